"""pulumi-random on this machine: real random values, kept in the state alone."""

from __future__ import annotations

import secrets
import string
from typing import ClassVar

from local.machine import Machine
from local.provider import Handler, Made, Package, Properties

_ALPHABETS = {
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "numeric": string.digits,
    "special": "!@#$%&*()-_=+[]{}<>:?",
}


class RandomString(Handler):
    """`length` characters of the alphabets that are not switched off."""

    def create(self, name: str, inputs: Properties) -> Made:
        special = inputs.get("overrideSpecial") or _ALPHABETS["special"]
        alphabets = {**_ALPHABETS, "special": special}
        alphabet = "".join(letters for kind, letters in alphabets.items() if inputs.get(kind, True))
        value = "".join(secrets.choice(alphabet) for _ in range(inputs["length"]))
        return Made(id=self._id(value), outputs={"result": value})

    def _id(self, value: str) -> str:
        return value

    def delete(self, id_: str, outputs: Properties) -> None:
        pass


class RandomPassword(RandomString):
    secret_outputs: ClassVar[frozenset[str]] = frozenset({"result"})

    def _id(self, value: str) -> str:
        return "none"


def package(_machine: Machine) -> Package:
    return Package(
        handlers={
            "random:index/randomString:RandomString": RandomString(),
            "random:index/randomPassword:RandomPassword": RandomPassword(),
        }
    )
