"""How the operations of one contract differ from those of another, as far as it breaks callers."""

from __future__ import annotations

from collections.abc import Iterator

from tools.breaking.schemas import Change, Comparison, Document, follow

METHODS = ("get", "put", "post", "patch", "delete", "head", "options", "trace")
_SERIALISATION = ("style", "explode", "allowReserved")


def breaking(old: Document, new: Document) -> Iterator[str]:
    """A sentence for each change that can break a caller of the old contract. Raises UncomparableError."""
    comparing = _Operations(old, new)
    now = dict(_operations(new))
    for route, operation in _operations(old):
        if route in now:
            yield from dict.fromkeys(f"{route}: {text}." for text in comparing.breaking(operation, now[route]))
        else:
            yield f"{route}: the operation is gone."


def _operations(document: Document) -> Iterator[tuple[str, Document]]:
    """With the parameters of their path."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                parameters = [*item.get("parameters", []), *operation.get("parameters", [])]
                yield f"{method.upper()} {path}", {**operation, "parameters": parameters}


class _Operations:
    def __init__(self, old: Document, new: Document) -> None:
        self._old, self._new = old, new
        self._schemas = Comparison(old, new)

    def breaking(self, old: Document, new: Document) -> Iterator[str]:
        before, after = old.get("operationId"), new.get("operationId")
        if before != after:
            yield f"its operationId is {after}, was {before}, as generated clients call it"
        yield from self._security(old, new)
        yield from self._parameters(old, new)
        yield from self._body(old, new)
        yield from self._responses(old["responses"], new["responses"])

    # ---- what a caller sends

    def _security(self, old: Document, new: Document) -> Iterator[str]:
        """Whoever was let in must be let in."""
        now = _alternatives(self._new, new)
        for credentials in _alternatives(self._old, old):
            if not any(needed <= credentials for needed in now):
                what = " or ".join(_shown(needed) for needed in now)
                yield f"{_shown(credentials)} was enough, it needs {what} now"

    def _parameters(self, old: Document, new: Document) -> Iterator[str]:
        was, now = _parameters(self._old, old), _parameters(self._new, new)
        for (place, name), parameter in now.items():
            where = f"the {place} parameter `{name}`"
            before = was.get((place, name))
            if parameter.get("required") and not (before or {}).get("required"):
                yield f"{where} is required now"
            if before is not None:
                for key in _SERIALISATION:
                    if before.get(key) != parameter.get(key):
                        yield f"{where}: `{key}` is {parameter.get(key)}, was {before.get(key)}"
                yield from _sent(self._schemas.changes(_schema(before), _schema(parameter), where))
        for place, name in was.keys() - now.keys():
            yield f"the {place} parameter `{name}` is gone"

    def _body(self, old: Document, new: Document) -> Iterator[str]:
        was, now = (follow(d, o.get("requestBody", {})) for d, o in ((self._old, old), (self._new, new)))
        if now.get("required") and not was.get("required"):
            yield "a body is required now"
        if was and not now:
            yield "it takes no body any more"
            return
        before, after = (o.get("x-orchestration", {}).get("max_body") for o in (old, new))
        if before is not None and after is not None and after < before:
            yield f"it takes a body of {after} bytes at most, took {before}"
        for media_type, content in was.get("content", {}).items():
            if media_type not in now["content"]:
                yield f"it takes no body of the type {media_type} any more"
            else:
                yield from _sent(
                    self._schemas.changes(_schema(content), _schema(now["content"][media_type]), "the body")
                )

    # ---- what a caller gets

    def _responses(self, old: Document, new: Document) -> Iterator[str]:
        for status, given in old.items():
            where = f"the answer {status}"
            if status not in new:
                yield f"{where} is gone"
                continue
            was, now = follow(self._old, given), follow(self._new, new[status])
            yield from self._headers(was.get("headers", {}), now.get("headers", {}), where)
            for media_type, content in was.get("content", {}).items():
                if media_type not in now.get("content", {}):
                    yield f"{where} is no longer given as {media_type}"
                else:
                    after = _schema(now["content"][media_type])
                    yield from _got(self._schemas.changes(_schema(content), after, where))

    def _headers(self, old: Document, new: Document, answer: str) -> Iterator[str]:
        now = {name.lower(): header for name, header in new.items()}
        for name, given in old.items():
            where = f"{answer}'s header `{name}`"
            if name.lower() not in now:
                yield f"{where} is gone"
                continue
            before, after = follow(self._old, given), follow(self._new, now[name.lower()])
            if before.get("required") and not after.get("required"):
                yield f"{where} is no longer always there"
            yield from _got(self._schemas.changes(_schema(before), _schema(after), where))


def _sent(changes: Iterator[Change]) -> Iterator[str]:
    return (_sentence(change) for change in changes if change.narrows)


def _got(changes: Iterator[Change]) -> Iterator[str]:
    return (_sentence(change) for change in changes if change.widens)


def _sentence(change: Change) -> str:
    return f"{change.where}{':' if change.what.startswith('`') else ''} {change.what}"


def _schema(holder: Document) -> Document:
    schema: Document = holder.get("schema", {})
    return schema


def _parameters(document: Document, operation: Document) -> dict[tuple[str, str], Document]:
    """By place and name; header names have no case. An operation's own come last and win."""
    found = (follow(document, parameter) for parameter in operation["parameters"])
    return {(p["in"], p["name"].lower() if p["in"] == "header" else p["name"]): p for p in found}


def _alternatives(document: Document, operation: Document) -> list[frozenset[tuple[str, str]]]:
    """Sets of credentials, of which one is enough. A scheme is a credential without a scope."""
    needs = operation.get("security", document.get("security")) or [{}]
    return [frozenset((scheme, scope) for scheme, scopes in need.items() for scope in ("", *scopes)) for need in needs]


def _shown(credentials: frozenset[tuple[str, str]]) -> str:
    schemes = sorted({scheme for scheme, _ in credentials})
    named = [[scheme, *sorted(scope for s, scope in credentials if s == scheme and scope)] for scheme in schemes]
    return " and ".join(" ".join(names) for names in named) or "nobody's name"
