"""Building blocks of the settings: a strict base model and checks that know for which stack they are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationInfo, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """The circumstances that a check may depend on besides the value."""

    production: bool
    """True if the stack has `production: true`."""
    this_machine: bool
    """True if the stack is the one of this machine, `local`."""


class Group(BaseModel):
    """Settings that belong together. Unknown keys are refused, defaults are checked like given values."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_default=True,
        # `pulumi config set --path` and YAML make numbers of texts such as 1.36.
        coerce_numbers_to_str=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: Any) -> Any:
        """Puts empty groups where groups are left out, so that their defaults are checked too."""
        if not isinstance(given, dict):
            return given
        fields = cls.model_fields.values()
        groups = {str(f.alias) for f in fields if isinstance(f.annotation, type) and issubclass(f.annotation, Group)}
        return {**{alias: {} for alias in groups}, **given}


def wrong(sentence: str) -> PydanticCustomError:
    """Returns an error whose sentence continues the setting's name: "must be ..."."""
    return PydanticCustomError("setting", "{sentence}", {"sentence": sentence})


@dataclass(frozen=True, slots=True)
class Check(AfterValidator):
    """A validator that can say what it asks for."""

    sentence: str
    """The condition that the value must meet, as docs/settings.md says it."""


def check(accepts: Callable[[Any], bool], sentence: str) -> Check:
    """Returns a check that refuses a value for which `accepts` is false."""

    def validate(value: T) -> T:
        if not accepts(value):
            raise wrong(sentence)
        return value

    return Check(validate, sentence)


def one_of(*values: str) -> Check:
    """Returns a check of texts that look like numbers, which a Literal would not take unquoted."""
    return check(lambda value: value in values, f"must be one of {', '.join(values)}")


def in_production(accepts: Callable[[Any], bool], sentence: str) -> Check:
    """Returns a check like `check`, for stacks with `production: true`."""

    def validate(value: T, info: ValidationInfo) -> T:
        if circumstances(info).production and not accepts(value):
            raise wrong(f"{sentence} (this stack has `production: true`)")
        return value

    return Check(validate, f"{sentence} (in production)")


def in_clouds(accepts: Callable[[Any], bool], sentence: str) -> Check:
    """Returns a check like `check`, for every stack but the one of this machine."""

    def validate(value: T, info: ValidationInfo) -> T:
        if not circumstances(info).this_machine and not accepts(value):
            raise wrong(sentence)
        return value

    return Check(validate, sentence)


def on_this_machine(accepts: Callable[[Any], bool], sentence: str) -> Check:
    """Returns a check like `check`, for the stack of this machine only."""

    def validate(value: T, info: ValidationInfo) -> T:
        if circumstances(info).this_machine and not accepts(value):
            raise wrong(sentence)
        return value

    return Check(validate, f"on the stack local it {sentence}")


def at_least(field: str, size: Callable[[Any], float] = float) -> Check:
    """Returns a check that the value is not smaller than that of the model's `field`, which must come before it."""

    def validate(value: T, info: ValidationInfo) -> T:
        least = info.data.get(field)
        if least is not None and size(value) < size(least):
            raise wrong(f"must be at least {to_camel(field)}, which is {least}")
        return value

    return Check(validate, f"must be at least {to_camel(field)}")


def circumstances(info: ValidationInfo) -> Circumstances:
    """Returns the circumstances of a validation. Raises TypeError when it was begun without them."""
    if not isinstance(info.context, Circumstances):
        raise TypeError("Settings are validated with their Circumstances as context.")
    return info.context


Label = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,19}$")]
"""A part of resource names: up to 20 of a-z, 0-9 and `-`."""

LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR"],
    in_production(lambda level: level != "DEBUG", "must not be DEBUG: such lines hold what people sent"),
]

RetentionDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 3653]
"""Days for which logs can be kept: some of what CloudWatch Logs takes
(https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html)."""
