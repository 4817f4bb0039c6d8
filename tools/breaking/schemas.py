"""How one schema differs from another: which values it takes less (it narrows) or more (it widens)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tools.breaking.keywords import ANNOTATIONS, RULES, STRUCTURE, Schema, plain, shown

Document = dict[str, Any]


class UncomparableError(Exception):
    """The schema uses something that this comparison does not know; says what and where."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """`where` is the place, `what` the end of a sentence that begins with it."""

    where: str
    what: str
    narrows: bool
    widens: bool


class Comparison:
    """Of the schemas of two documents."""

    def __init__(self, old: Document, new: Document) -> None:
        self._old, self._new = old, new
        self._begun: set[tuple[str | None, str | None]] = set()

    def changes(self, old: Schema, new: Schema, where: str) -> Iterator[Change]:
        """Those of everything below, too. A schema that refers to itself is compared once."""
        references = old.get("$ref"), new.get("$ref")
        if references in self._begun:
            return
        if any(references):
            self._begun.add(references)
        yield from self._compare(whole(self._old, old, where), whole(self._new, new, where), where)
        self._begun.discard(references)

    def _compare(self, old: Schema, new: Schema, where: str) -> Iterator[Change]:
        for keyword in sorted(old.keys() | new.keys() | {"type"}):
            if keyword in ANNOTATIONS | STRUCTURE or keyword.startswith("x-"):
                continue
            narrows, widens = RULES.get(keyword, plain(keyword))(old, new)
            if narrows or widens:
                what = f"`{keyword}` is {shown(new, keyword)}, was {shown(old, keyword)}"
                yield Change(where=where, what=what, narrows=narrows, widens=widens)
        yield from self._members(old, new, where)
        yield from self._additional(old, new, where)
        for keyword in ("oneOf", "anyOf"):
            yield from self._alternatives(old.get(keyword), new.get(keyword), where, keyword)
        if "items" in old or "items" in new:
            yield from self.changes(old.get("items", {}), new.get("items", {}), f"{where}[]")

    def _members(self, old: Schema, new: Schema, where: str) -> Iterator[Change]:
        was, now = old.get("properties", {}), new.get("properties", {})
        required_then, required_now = set(old.get("required", ())), set(new.get("required", ()))
        closed = old.get("additionalProperties") is False
        for name in sorted(was.keys() | now.keys() | required_then | required_now):
            place = f"{where}.{name}"
            if name in was and name not in now:
                yield Change(where=place, what="is gone", narrows=True, widens=True)
                continue
            if name in now and name not in was and closed:
                yield Change(where=place, what="is new where nothing else was allowed", narrows=False, widens=True)
            if name in required_now - required_then:
                yield Change(where=place, what="is required now", narrows=True, widens=False)
            if name in required_then - required_now:
                yield Change(where=place, what="is no longer always there", narrows=False, widens=True)
            if name in was:
                yield from self.changes(was[name], now[name], place)

    def _additional(self, old: Schema, new: Schema, where: str) -> Iterator[Change]:
        was, now = (schema.get("additionalProperties", True) for schema in (old, new))
        if False in (was, now):
            if was is not now:
                what = "takes no other members now" if now is False else "may have other members now"
                yield Change(where=where, what=what, narrows=now is False, widens=was is False)
        elif was is not now:
            yield from self.changes({} if was is True else was, {} if now is True else now, f"{where}.*")

    def _alternatives(
        self, old: list[Schema] | None, new: list[Schema] | None, where: str, keyword: str
    ) -> Iterator[Change]:
        if old is None or new is None:
            if old is not new:
                what = f"`{keyword}` is {'gone' if new is None else 'new'}"
                yield Change(where=where, what=what, narrows=old is None, widens=new is None)
            return
        was, now = ({json.dumps(schema, sort_keys=True): schema for schema in schemas} for schemas in (old, new))
        for text in was.keys() | now.keys():
            if text in was and text in now:
                yield from self.changes(was[text], now[text], where)
            else:
                what = f"`{keyword}` {'lacks' if text in was else 'has in addition'} {text}"
                yield Change(where=where, what=what, narrows=text in was, widens=text in now)


def whole(document: Document, schema: Schema, where: str) -> Schema:
    """The schema with its reference followed and what `allOf` says of it put into it. Raises UncomparableError."""
    schema = follow(document, schema)
    result = {key: value for key, value in schema.items() if key != "allOf"}
    for part in (whole(document, part, where) for part in schema.get("allOf", ())):
        for key, value in part.items():
            if key == "properties":
                result[key] = {**value, **result.get(key, {})}
            elif key == "required":
                result[key] = [*result.get(key, []), *value]
            elif result.setdefault(key, value) != value and key not in ANNOTATIONS:
                raise UncomparableError(f"{where}: the parts of `allOf` have different values of `{key}`.")
    return result


def follow(document: Document, value: Document) -> Document:
    """What a reference leads to, or the value itself."""
    while "$ref" in value:
        target: Any = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        value = target
    return value
