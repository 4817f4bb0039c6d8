"""Reads JSON as the contract takes it: I-JSON (RFC 7493), which every recipient reads alike."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from app.contract.problems import MALFORMED, ProblemError


def parse(raw: bytes) -> Any:
    """Returns the value of a JSON text.

    Raises ProblemError (400) for text that is not UTF-8, no JSON, nested too deeply, or outside of I-JSON: duplicate
    names, NaN and Infinity, numbers beyond a double's range or too long, lone surrogates.
    """
    try:
        text = raw.decode()
        value = _DECODER.decode(text)
        if "\\u" in text:  # only an escape can smuggle in a code point that UTF-8 does not have
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise _malformed(f"{error.msg} at character {error.pos}") from None
    except UnicodeDecodeError as error:
        raise _malformed(f"the bytes at {error.start} are not UTF-8") from None
    except UnicodeEncodeError:
        raise _malformed("it holds a surrogate without its other half") from None
    except RecursionError:
        raise _malformed("it is nested too deeply") from None
    except ValueError as error:
        raise _malformed(_reason(error)) from None
    return value


class _NotInterchangeableError(ValueError):
    """A text is JSON and not I-JSON. The message repeats nothing of the text."""


def _malformed(reason: str) -> ProblemError:
    return ProblemError(MALFORMED, f"The body is no I-JSON text (RFC 7493): {reason}.")


def _reason(error: ValueError) -> str:
    if isinstance(error, _NotInterchangeableError):
        return str(error)
    return "a number has too many digits"  # sys.set_int_max_str_digits is the only other source


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _NotInterchangeableError("an object has two members of one name")
    return value


def _no_constant(_: str) -> NoReturn:
    raise _NotInterchangeableError("NaN and Infinity are no JSON numbers")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _NotInterchangeableError("a number is beyond the range of a double")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
