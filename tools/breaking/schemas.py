"""The differences of two schemas: the new one may take fewer values (it narrows) or more (it widens)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from app.contract.document import Document, follow
from tools.breaking.keywords import ANNOTATIONS, RULES, STRUCTURE, Schema, plain, shown


class UncomparableError(Exception):
    """A schema uses something that the comparison does not know; the message says what, and where."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A difference at one place of a schema."""

    where: str
    """The place, with which a sentence about the change begins."""
    what: str
    """The rest of that sentence."""
    narrows: bool
    """True if some value is no longer allowed."""
    widens: bool
    """True if some value is newly allowed."""


class Comparison:
    """A comparison of the schemas of two documents."""

    def __init__(self, old: Document, new: Document) -> None:
        self._old, self._new = old, new
        self._begun: set[tuple[str | None, str | None]] = set()

    def changes(self, old: Schema, new: Schema, where: str) -> Iterator[Change]:
        """Yields the changes of a schema and of all below it. A schema that refers to itself is compared once."""
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
        before, after = old.get("properties", {}), new.get("properties", {})
        required_before, required_after = set(old.get("required", ())), set(new.get("required", ()))
        closed = old.get("additionalProperties") is False
        for name in sorted(before.keys() | after.keys() | required_before | required_after):
            place = f"{where}.{name}"
            if name in before and name not in after:
                yield Change(where=place, what="is gone", narrows=True, widens=True)
                continue
            if name in after and name not in before and closed:
                yield Change(where=place, what="is new where nothing else was allowed", narrows=False, widens=True)
            if name in required_after - required_before:
                yield Change(where=place, what="is required now", narrows=True, widens=False)
            if name in required_before - required_after:
                yield Change(where=place, what="is no longer always there", narrows=False, widens=True)
            if name in before:
                yield from self.changes(before[name], after[name], place)

    def _additional(self, old: Schema, new: Schema, where: str) -> Iterator[Change]:
        before, after = (schema.get("additionalProperties", True) for schema in (old, new))
        if False in (before, after):
            if before is not after:
                what = "takes no other members now" if after is False else "may have other members now"
                yield Change(where=where, what=what, narrows=after is False, widens=before is False)
        elif before is not after:
            yield from self.changes({} if before is True else before, {} if after is True else after, f"{where}.*")

    def _alternatives(
        self, old: list[Schema] | None, new: list[Schema] | None, where: str, keyword: str
    ) -> Iterator[Change]:
        if old is None or new is None:
            if old is not new:
                what = f"`{keyword}` is {'gone' if new is None else 'new'}"
                yield Change(where=where, what=what, narrows=old is None, widens=new is None)
            return
        before, after = ({json.dumps(schema, sort_keys=True): schema for schema in schemas} for schemas in (old, new))
        for text in before.keys() | after.keys():
            if text in before and text in after:
                yield from self.changes(before[text], after[text], where)
            else:
                what = f"`{keyword}` {'lacks' if text in before else 'has in addition'} {text}"
                yield Change(where=where, what=what, narrows=text in before, widens=text in after)


def whole(document: Document, schema: Schema, where: str) -> Schema:
    """Returns the schema with its reference followed and with the parts of `allOf` merged into it.

    Raises UncomparableError when two parts contradict each other.
    """
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
