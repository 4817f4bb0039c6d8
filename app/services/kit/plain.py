"""Says which routes can be taken directly, and by which steps: those that have nothing that only FastAPI can do."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

from fastapi import Response
from fastapi.datastructures import DefaultPlaceholder
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_typed_return_annotation
from fastapi.routing import APIRoute

from app.services.kit.direct import HEADERS, PATH, QUERY, Direct, Parameter, Step

_SCALARS = frozenset({str, int, float, bool, date, datetime, Decimal, UUID, type(None)})


class _NotPlainError(Exception):
    """The route has something that only FastAPI can do."""


def direct(route: APIRoute) -> Direct | None:
    """Returns the direct way of a route, None for one that is left to FastAPI."""
    if not (_answers_plainly(route) and _takes_plainly(route)):
        return None
    steps: list[Step] = []
    try:
        _add_step(route.dependant, steps)
    except _NotPlainError:
        return None
    return Direct(route, tuple(steps))


def _answers_plainly(route: APIRoute) -> bool:
    """Tells whether the route returns a response, or a model that is answered whole."""
    if route.response_field is None:
        returned = get_typed_return_annotation(route.endpoint)
        return inspect.isclass(returned) and issubclass(returned, Response)
    return (
        isinstance(route.response_class, DefaultPlaceholder)
        and route.response_model_by_alias
        and not (
            route.response_model_include
            or route.response_model_exclude
            or route.response_model_exclude_unset
            or route.response_model_exclude_defaults
            or route.response_model_exclude_none
        )
    )


def _takes_plainly(route: APIRoute) -> bool:
    """Tells whether the route takes no body or a whole one, and whether nothing else is put around or in its place."""
    fields = route.dependant.body_params
    if route.max_body_size is not None or route.dependency_overrides_provider is not None:
        return False
    if route.body_field is None:
        return True
    return fields == [route.body_field] and route.body_field.field_info.is_required()


def _add_step(dependant: Dependant, steps: list[Step]) -> None:
    """Adds the steps of the dependencies, each once, and then the one of the dependant. Raises _NotPlainError."""
    results = []
    for dependency in dependant.dependencies:
        if dependency.body_params or not dependency.use_cache or dependency.scope is not None:
            raise _NotPlainError
        number = _number(dependency, steps)
        if number is None:
            _add_step(dependency, steps)
            number = len(steps) - 1
        if dependency.name is not None:
            results.append((dependency.name, number))
    if dependant.call is None or not _is_plain(dependant):
        raise _NotPlainError
    steps.append(Step(dependant.call, tuple(_parameters(dependant)), dependant.request_param_name, tuple(results)))


def _number(dependency: Dependant, steps: list[Step]) -> int | None:
    return next((number for number, step in enumerate(steps) if step.function == dependency.call), None)


def _is_plain(dependant: Dependant) -> bool:
    """Tells whether this is a coroutine function that asks for nothing but parameters and the request."""
    return inspect.iscoroutinefunction(dependant.call) and not (
        dependant.cookie_params
        or dependant.websocket_param_name
        or dependant.http_connection_param_name
        or dependant.response_param_name
        or dependant.background_tasks_param_name
        or dependant.security_scopes_param_name
        or dependant.own_oauth_scopes
        or dependant.parent_oauth_scopes
        or dependant.concurrency
    )


def _parameters(dependant: Dependant) -> Iterator[Parameter]:
    for place, fields in (
        (PATH, dependant.path_params),
        (QUERY, dependant.query_params),
        (HEADERS, dependant.header_params),
    ):
        for field in fields:
            about = field.field_info
            if (
                not _is_scalar(about.annotation)
                or about.validation_alias not in (None, field.alias)
                or about.validate_default
                or about.default_factory is not None
            ):
                raise _NotPlainError
            alias = field.alias.lower().encode("latin-1") if place == HEADERS else field.alias
            required = about.is_required()
            yield Parameter(field.name, place, alias, field, required, None if required else field.default)


def _is_scalar(annotation: Any) -> bool:
    """Tells whether a value has the form of one text. Nothing changes such a value: requests can share a default."""
    if get_origin(annotation) is Annotated:
        return _is_scalar(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return all(map(_is_scalar, get_args(annotation)))
    return annotation in _SCALARS
