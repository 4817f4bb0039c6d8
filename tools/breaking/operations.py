"""The differences of two contracts' operations, as far as they break callers."""

from __future__ import annotations

from collections.abc import Iterator

from app.contract.document import Document, follow, routes
from tools.breaking.schemas import Change, Comparison

_SERIALISATION = ("style", "explode", "allowReserved")
"""Members of a parameter that say how its value is written."""

Credentials = frozenset[tuple[str, str]]
"""The credentials that are enough to be let in: pairs of a security scheme and a scope of it, which is empty for the
scheme itself."""


def breaking(old: Document, new: Document) -> Iterator[str]:
    """Yields a sentence for each change that can break a caller of the old contract. Raises UncomparableError."""
    comparison = _Operations(old, new)
    present = {route.key: route.spec for route in routes(new)}
    for route in routes(old):
        if route.key in present:
            sentences = comparison.breaking(route.spec, present[route.key])
            yield from dict.fromkeys(f"{route.key}: {text}." for text in sentences)
        else:
            yield f"{route.key}: the operation is gone."


class _Operations:
    """A comparison of the operations of two documents."""

    def __init__(self, old: Document, new: Document) -> None:
        self._old, self._new = old, new
        self._schemas = Comparison(old, new)

    def breaking(self, old: Document, new: Document) -> Iterator[str]:
        """Yields the end of a sentence for each change of an operation that breaks callers."""
        before, after = old.get("operationId"), new.get("operationId")
        if before != after:
            yield f"its operationId is {after}, was {before}, as generated clients call it"
        yield from self._security(old, new)
        yield from self._parameters(old, new)
        yield from self._body(old, new)
        yield from self._responses(old["responses"], new["responses"])

    # ---- requests

    def _security(self, old: Document, new: Document) -> Iterator[str]:
        """Yields what credentials were enough and no longer are."""
        alternatives = _alternatives(new)
        for credentials in _alternatives(old):
            if not any(needed <= credentials for needed in alternatives):
                needs = " or ".join(_shown(needed) for needed in alternatives)
                yield f"{_shown(credentials)} was enough, it needs {needs} now"

    def _parameters(self, old: Document, new: Document) -> Iterator[str]:
        before, after = _parameters(self._old, old), _parameters(self._new, new)
        for (place, name), parameter in after.items():
            where = f"the {place} parameter `{name}`"
            previous = before.get((place, name))
            if parameter.get("required") and not (previous or {}).get("required"):
                yield f"{where} is required now"
            if previous is not None:
                for key in _SERIALISATION:
                    if previous.get(key) != parameter.get(key):
                        yield f"{where}: `{key}` is {parameter.get(key)}, was {previous.get(key)}"
                yield from _narrowing(self._schemas.changes(_schema(previous), _schema(parameter), where))
        for place, name in before.keys() - after.keys():
            yield f"the {place} parameter `{name}` is gone"

    def _body(self, old: Document, new: Document) -> Iterator[str]:
        before, after = (follow(d, o.get("requestBody", {})) for d, o in ((self._old, old), (self._new, new)))
        if after.get("required") and not before.get("required"):
            yield "a body is required now"
        if before and not after:
            yield "it takes no body any more"
            return
        limit_before, limit_after = (o.get("x-orchestration", {}).get("max_body") for o in (old, new))
        if limit_before is not None and limit_after is not None and limit_after < limit_before:
            yield f"it takes a body of {limit_after} bytes at most, took {limit_before}"
        for media_type, content in before.get("content", {}).items():
            if media_type not in after["content"]:
                yield f"it takes no body of the type {media_type} any more"
            else:
                schema = _schema(after["content"][media_type])
                yield from _narrowing(self._schemas.changes(_schema(content), schema, "the body"))

    # ---- answers

    def _responses(self, old: Document, new: Document) -> Iterator[str]:
        for status, response in old.items():
            where = f"the answer {status}"
            if status not in new:
                yield f"{where} is gone"
                continue
            before, after = follow(self._old, response), follow(self._new, new[status])
            yield from self._headers(before.get("headers", {}), after.get("headers", {}), where)
            for media_type, content in before.get("content", {}).items():
                if media_type not in after.get("content", {}):
                    yield f"{where} is no longer given as {media_type}"
                else:
                    schema = _schema(after["content"][media_type])
                    yield from _widening(self._schemas.changes(_schema(content), schema, where))

    def _headers(self, old: Document, new: Document, answer: str) -> Iterator[str]:
        present = {name.lower(): header for name, header in new.items()}
        for name, header in old.items():
            where = f"{answer}'s header `{name}`"
            if name.lower() not in present:
                yield f"{where} is gone"
                continue
            before, after = follow(self._old, header), follow(self._new, present[name.lower()])
            if before.get("required") and not after.get("required"):
                yield f"{where} is no longer always there"
            yield from _widening(self._schemas.changes(_schema(before), _schema(after), where))


def _narrowing(changes: Iterator[Change]) -> Iterator[str]:
    """Yields the changes that refuse what a caller could send."""
    return (_sentence(change) for change in changes if change.narrows)


def _widening(changes: Iterator[Change]) -> Iterator[str]:
    """Yields the changes that give what a caller did not expect."""
    return (_sentence(change) for change in changes if change.widens)


def _sentence(change: Change) -> str:
    return f"{change.where}{':' if change.what.startswith('`') else ''} {change.what}"


def _schema(holder: Document) -> Document:
    schema: Document = holder.get("schema", {})
    return schema


def _parameters(document: Document, operation: Document) -> dict[tuple[str, str], Document]:
    """Returns the parameters by place and name. Header names have no case. An operation's own come last and win."""
    parameters = (follow(document, parameter) for parameter in operation["parameters"])
    return {(p["in"], p["name"].lower() if p["in"] == "header" else p["name"]): p for p in parameters}


def _alternatives(operation: Document) -> list[Credentials]:
    """Returns sets of credentials, of which one is enough."""
    needs = operation.get("security") or [{}]
    return [frozenset((scheme, scope) for scheme, scopes in need.items() for scope in ("", *scopes)) for need in needs]


def _shown(credentials: Credentials) -> str:
    schemes = sorted({scheme for scheme, _ in credentials})
    named = [[scheme, *sorted(scope for s, scope in credentials if s == scheme and scope)] for scheme in schemes]
    return " and ".join(" ".join(names) for names in named) or "nobody's name"
