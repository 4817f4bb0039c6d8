"""Reads one operation of the contract, and says everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.contract.callers import HEADERS
from app.contract.document import ContractError, Document, Route, follow
from app.contract.operation import (
    ORCHESTRATOR,
    STAFF,
    Forward,
    Operation,
    Orchestration,
    OwnerRule,
    ParameterType,
    Part,
    Place,
    Source,
    Throttle,
)

REPLACED = frozenset({"x-request-id", "traceparent", "tracestate"})
"""Headers that `app.contract.correlation` reads: a value that is not valid is replaced, never refused."""
SCHEME = "jwt"
"""The security scheme of the gateway's authorizer."""
ROUTABLE = ("GET", "PUT", "POST", "PATCH", "DELETE")
"""Methods that the functions answer. API Gateway answers OPTIONS itself where web pages may call."""
OWNER_RULES: Mapping[str, OwnerRule] = {
    "checked-by-function": "checked-by-function",
    "checked-by-service": "checked-by-service",
    "nobody": "nobody",
}
"""The values that x-owner may have besides a place in the request."""
_EXPRESSION = re.compile(r"\$request\.(?:(?P<place>path|query|header)\.(?P<name>[\w-]+)|body#/(?P<member>\w+))")
_WHOLE_BODY = "$request.body"
_CALL = frozenset({"upstream", "method", "path", "parameters", "query", "headers", "body"})
_PART = _CALL | {"required", "select"}
_ORCHESTRATION = _CALL | {"timeout", "safe", "answers", "max_body", "parts", "report"}


class OperationReading:
    """An operation of the document while it is read. `problems` holds a sentence for each thing that is wrong."""

    def __init__(self, document: Document, route: Route) -> None:
        self.problems: list[str] = []
        self._document, self._route, self._spec = document, route, route.spec
        self._parameters = list(self._resolved_parameters())
        self._checked = list(self._checked_parameters())

    def operation(self) -> Operation:
        """Returns the operation; where there are problems, something stands for what could not be read."""
        spec, forwarded = self._spec, self._spec.get("x-orchestration")
        if self._route.method not in ROUTABLE:
            self._problem(f"is none of {', '.join(ROUTABLE)}, which the functions answer")
        if "operationId" not in spec:
            self._problem("has no operationId, which names its route")
        if "x-function" in spec and forwarded is not None:
            self._problem("has both x-function and x-orchestration: one of them answers")
        elif "x-function" not in spec and forwarded is None:
            self._problem("has neither x-orchestration nor x-function: nobody answers")
        security = self._security()
        return Operation(
            route_key=self._route.key,
            operation_id=str(spec.get("operationId", "")),
            security=security,
            owner=self._owner(security),
            throttle=self._throttle(),
            max_body=self._max_body(forwarded),
            path=self._path(),
            query={each["name"]: self._type(each) for each in self._checked if each["in"] == "query"},
            headers={each["name"].lower(): each["name"] for each in self._checked if each["in"] == "header"},
            function=str(spec.get("x-function", ORCHESTRATOR)),
            orchestration=None if forwarded is None else self._orchestration(forwarded),
        )

    def parameter_schema(self) -> Document | None:
        """Returns one object schema with all parameters that are checked, or None when there are none."""
        if not self._checked:
            return None
        required = [each["name"] for each in self._checked if each.get("required")]
        return {
            "type": "object",
            **({"required": required} if required else {}),  # draft 4 takes no empty list
            "properties": {each["name"]: each["schema"] for each in self._checked},
        }

    def body_schema(self) -> Document | None:
        """Returns the schema of the body, or None when the operation takes none."""
        if "requestBody" not in self._spec:
            return None
        schema: Document = self._spec["requestBody"]["content"]["application/json"]["schema"]
        return schema

    def request_headers(self) -> set[str]:
        """Returns the names of the parameters in headers, in lower case."""
        return {each["name"].lower() for each in self._parameters if each["in"] == "header"}

    def response_headers(self) -> set[str]:
        """Returns the names of the answers' headers, in lower case."""
        answers = (follow(self._document, answer) for answer in self._spec.get("responses", {}).values())
        return {name.lower() for answer in answers for name in answer.get("headers", {})}

    def _problem(self, sentence: str) -> None:
        """Notes a problem. The sentence goes on after the operation's route."""
        self.problems.append(f"{self._route.key} {sentence}")

    def _member(self, holder: Mapping[str, Any], name: str, where: str, default: Any) -> Any:
        if name not in holder:
            self._problem(f"has no {name} in {where}")
        return holder.get(name, default)

    def _known(self, given: Mapping[str, Any], members: frozenset[str], where: str) -> None:
        for name in sorted(given.keys() - members):
            self._problem(f"has {name} in {where}, which knows {', '.join(sorted(members))}")

    # ---- who may call, how often, with what

    def _security(self) -> tuple[frozenset[str], ...] | None:
        if "security" not in self._spec:
            self._problem("has no `security`; a public operation says so with `security: []`")
            return None
        security = self._spec["security"]
        if not security:
            return None
        if any(set(alternative) != {SCHEME} for alternative in security):
            self._problem(f"must have only alternatives of the scheme {SCHEME} in `security`: {security}")
            return None
        sets = tuple(frozenset(alternative[SCHEME]) for alternative in security)
        kinds = [{scope.startswith(STAFF) for scope in scopes} for scopes in sets]
        if any(len(kind) != 1 for kind in kinds) or len(sets) > 2 or (len(sets) == 2 and kinds[0] == kinds[1]):
            self._problem(
                "must have in `security` at most one alternative for the caller's own data and one for everybody's, "
                f"each with a scope; the scopes for everybody's data, and only those, begin with {STAFF}: {security}"
            )
        return sets

    def _owner(self, security: tuple[frozenset[str], ...] | None) -> Source | OwnerRule | None:
        given = self._spec.get("x-owner")
        if not any(not scope.startswith(STAFF) for scopes in security or () for scope in scopes):
            if given is not None:
                self._problem(f"has x-owner, but no scopes in `security` that do not begin with {STAFF}")
            return None
        if given is None:
            self._problem(
                f"has scopes that do not begin with {STAFF}, so it needs x-owner: a place in the request such as "
                f"$request.path.userId that names the user, or one of {', '.join(OWNER_RULES)}"
            )
            return None
        if given in OWNER_RULES:
            answering = "checked-by-function" if "x-function" in self._spec else "checked-by-service"
            if given not in ("nobody", answering):
                self._problem(f"has the x-owner {given}, but it is answered where x-owner is {answering}")
            return OWNER_RULES[given]
        return self._source(str(given), "x-owner")

    def _throttle(self) -> Throttle | None:
        if "x-throttle" not in self._spec:
            return None
        given = self._spec["x-throttle"]
        rate, burst = given.get("rate"), given.get("burst")
        if isinstance(rate, int | float) and isinstance(burst, int) and rate > 0 and burst > 0:
            return Throttle(rate=float(rate), burst=burst)
        # API Gateway takes a missing half as 0 and answers every call with 429.
        self._problem(
            f"must have in x-throttle a rate (requests per second) and a burst (requests), both above 0: {given}"
        )
        return None

    def _max_body(self, forwarded: Mapping[str, Any] | None) -> int | None:
        if "requestBody" not in self._spec:
            return None
        if "application/json" not in self._spec["requestBody"].get("content", {}):
            self._problem("takes a body that is not application/json, the only one that is checked")
        holder, name = (self._spec, "x-max-body") if forwarded is None else (forwarded, "max_body")
        where = "the operation" if forwarded is None else "x-orchestration"
        return int(self._member(holder, name, where, 0))

    def _resolved_parameters(self) -> Iterator[Document]:
        for given in self._spec["parameters"]:
            try:
                yield follow(self._document, given)
            except ContractError as error:
                for problem in error.problems:
                    self._problem(f"has a parameter that is not there: {problem}")

    def _checked_parameters(self) -> Iterator[Document]:
        """Yields all but the replaced headers. Names must be unique, so that one object can hold the values."""
        names: set[str] = set()
        for parameter in self._parameters:
            name, place = parameter["name"], parameter["in"]
            if place == "header" and name.lower() in REPLACED:
                continue
            if place not in ("path", "query", "header"):
                self._problem(f"has the parameter {name} in {place}, which is not supported")
            elif name in names:
                self._problem(f"has two parameters that are called {name}")
            else:
                names.add(name)
                yield parameter

    def _path(self) -> tuple[str, ...]:
        names = tuple(each["name"] for each in self._checked if each["in"] == "path")
        placeholders = _placeholders(self._route.path)
        if set(names) != set(placeholders):
            self._problem(f"names {sorted(placeholders)} in its path, but {sorted(names)} in `parameters`")
        return names

    def _type(self, parameter: Document) -> ParameterType:
        match follow(self._document, parameter["schema"]).get("type"):
            case "string":
                return "string"
            case "integer":
                return "integer"
            case other:
                self._problem(f"has {parameter['name']} of type {other}; a query can hold strings and integers")
                return "string"

    # ---- which services are called

    def _orchestration(self, given: Mapping[str, Any]) -> Orchestration:
        self._known(given, _ORCHESTRATION, "x-orchestration")
        parts = {name: self._part(name, part) for name, part in given.get("parts", {}).items()}
        report = given.get("report")
        if report not in (None, "status") or (report and not parts):
            self._problem("can have `report` in x-orchestration only as `status`, and only with parts")
        return Orchestration(
            timeout=float(self._member(given, "timeout", "x-orchestration", 0)),
            safe=bool(self._member(given, "safe", "x-orchestration", False)),
            answers=frozenset(self._member(given, "answers", "x-orchestration", ())),
            forward=None if parts else self._forward(given, "x-orchestration"),
            parts=parts,
            only_status=report == "status",
        )

    def _part(self, name: str, given: Mapping[str, Any]) -> Part:
        where = f"x-orchestration.parts.{name}"
        self._known(given, _PART, where)
        forward = self._forward({"method": "GET", **given}, where)
        if forward.method != "GET" or forward.body:
            self._problem(f"has {where}, which can only be a GET without a body")
        return Part(forward=forward, required=bool(given.get("required", False)), select=given.get("select"))

    def _forward(self, given: Mapping[str, Any], where: str) -> Forward:
        path = str(given.get("path", ""))
        if "upstream" not in given or not path.startswith("/"):
            self._problem(f"must have in {where} an upstream and a path that begins with /: {dict(given)}")
        parameters = {
            name: source
            for name, text in given.get("parameters", {}).items()
            if (source := self._source(text, where)) is not None
        }
        if set(_placeholders(path)) != set(given.get("parameters", {})):
            self._problem(f"must name the parameters of {path} in {where}.parameters")
        if given.get("body") not in (None, _WHOLE_BODY):
            self._problem(f"can have {where}.body only as {_WHOLE_BODY}, not {given['body']!r}")
        for name in sorted({str(name).lower() for name in given.get("headers", {})} & HEADERS):
            self._problem(f"has {name} in {where}.headers, by which functions say who calls: no request may fill it")
        return Forward(
            upstream=str(given.get("upstream", "")),
            method=str(self._member(given, "method", where, "GET")),
            path=path,
            parameters=parameters,
            query={name: self._value(value, where) for name, value in given.get("query", {}).items()},
            headers={name.lower(): self._value(value, where) for name, value in given.get("headers", {}).items()},
            body="body" in given,
        )

    def _value(self, value: object, where: str) -> Source | str:
        text = str(value)
        return (self._source(text, where) or text) if text.startswith("$") else text

    def _source(self, expression: str, where: str) -> Source | None:
        match = _EXPRESSION.fullmatch(expression)
        if match is None:
            self._problem(
                f"has {expression!r} in {where}, which is none of $request.path.<name>, $request.query.<name>, "
                "$request.header.<name>, $request.body#/<name>"
            )
            return None
        if match["member"]:
            return Source(place="body", name=match["member"])
        places: dict[str, Place] = {"path": "path", "query": "query", "header": "header"}
        source = Source(place=places[match["place"]], name=match["name"])
        if (source.place, source.name) not in {(each["in"], each["name"]) for each in self._checked}:
            self._problem(f"has {expression} in {where}, which is not among the operation's checked parameters")
        return source


def _placeholders(template: str) -> list[str]:
    return re.findall(r"{(\w+)}", template)
