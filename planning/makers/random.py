"""pulumi-random: real random values."""

from __future__ import annotations

import secrets
import string

from planning.makers import Made, Maker, Properties

_ALPHABETS = {
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "numeric": string.digits,
    "special": "!@#$%&*()-_=+[]{}<>:?",
}


def _value(inputs: Properties) -> str:
    """Returns `length` characters of the alphabets that the inputs do not switch off."""
    alphabets = {**_ALPHABETS, "special": inputs.get("overrideSpecial") or _ALPHABETS["special"]}
    alphabet = "".join(letters for kind, letters in alphabets.items() if inputs.get(kind, True))
    return "".join(secrets.choice(alphabet) for _ in range(inputs["length"]))


def _string(_name: str, inputs: Properties) -> Made:
    value = _value(inputs)
    return Made(id=value, outputs={"result": value})


def _password(_name: str, inputs: Properties) -> Made:
    return Made(id="none", outputs={"result": _value(inputs)})


MAKERS: dict[str, Maker] = {
    "random:index/randomString:RandomString": _string,
    "random:index/randomPassword:RandomPassword": _password,
}
SECRETS = {"random:index/randomPassword:RandomPassword": frozenset({"result"})}
"""Outputs that are secret by nature, by type."""
