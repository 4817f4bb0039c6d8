"""The placeholders of a stack's file, which only whoever deploys can replace, and the lines that say REPLACE."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network

import yaml

from delivery.preflight.check import Check, Deployment
from delivery.preflight.finding import Finding, failed, passed, warned

MARK = re.compile(r" # REPLACE\b")
"""The begin of the comment on a line that only whoever deploys can write."""
NOBODYS = frozenset({"00000000-0000-0000-0000-000000000000", "123456789012"})
"""Identities and accounts that are nobody's."""
OF_DOCUMENTATION = tuple(map(IPv4Network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")))
"""Networks from which no packet comes (https://www.rfc-editor.org/rfc/rfc5737)."""
HARMLESS = re.compile(r"0000$|\bexample\.(?:com|org|net)\b")
"""Placeholders with which a deployment goes on: names that somebody else may have, pages and mail that nobody reads."""
SECTION = "docs/deploy.md, section 6"

Setting = tuple[str, str, int]
"""A setting of the file: its path, its value, which is empty for a group, and the number of its line."""


def placeholders(deployment: Deployment) -> Finding:
    """Fails for values with which a deployment is refused, or makes a cluster that nobody reaches."""
    found = [path for path, value, _ in settings(deployment.needs.text) if _leads_nowhere(value)]
    if found:
        names = ", ".join(dict.fromkeys(found))
        return failed(
            f"{deployment.needs.file} has placeholders that lead nowhere: {names}.",
            f"write your own values ({SECTION})",
        )
    return passed("no placeholder is left that would stop the deployment")


def marks(deployment: Deployment) -> Finding:
    """Warns of other placeholders, and of lines that still say REPLACE."""
    needs = deployment.needs
    first: dict[int, str] = {}
    harmless, grave = [], set()
    for path, value, number in settings(needs.text):
        first.setdefault(number, path)
        if _leads_nowhere(value):
            grave.add(number)
        elif HARMLESS.search(value):
            harmless.append(first[number])
    marked = [number for number, line in enumerate(needs.text.splitlines(), 1) if MARK.search(line)]
    found = [*(first[number] for number in marked if number in first and number not in grave), *harmless]
    if not found:
        return passed("no other placeholder is left, and no other line says REPLACE")
    names = ", ".join(dict.fromkeys(found))
    return warned(
        f"{needs.file} still has placeholders, or lines that say REPLACE, at {names}.",
        f"grep -n ' # REPLACE' {needs.file} ({SECTION})",
    )


def settings(text: str) -> Iterator[Setting]:
    """Yields every setting of a stack's file, groups before what is in them."""
    yield from _values(yaml.compose(text), "", 1)


def _values(node: yaml.Node | None, path: str, number: int) -> Iterator[Setting]:
    if isinstance(node, yaml.ScalarNode):
        yield path, str(node.value), node.start_mark.line + 1
        return
    if path:
        yield path, "", number
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = f"{path}.{key.value}".removeprefix(".")
            yield from _values(value, "" if below == "config" else below, key.start_mark.line + 1)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _values(value, f"{path}[{index}]", value.start_mark.line + 1)


def _leads_nowhere(value: str) -> bool:
    if value in NOBODYS:
        return True
    try:
        network = IPv4Network(value)
    except ValueError:
        return False
    return any(network.subnet_of(own) for own in OF_DOCUMENTATION)


CHECKS = (Check(name="settings.placeholders", look=placeholders), Check(name="settings.marks", look=marks))
