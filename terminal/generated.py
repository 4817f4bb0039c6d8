"""The sources that are made of the contract: `up` makes them anew, so that a changed contract is not half done."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console

from app.contract import generate as operations
from app.contract.events import generate as events
from local.errors import LocalError


def bring_up_to_date(console: Console, *, write: bool = True) -> None:
    """Writes the files that are not as the contract says, or only names them. Raises LocalError for a bad contract."""
    try:
        contents: dict[Path, str] = {**operations.generate(), events.TARGET: events.generate()}
    except json.JSONDecodeError as error:
        raise LocalError(f"A schema in {events.FOLDER} is no JSON: {error}.") from None
    except ValueError as error:  # of the contract or of a schema
        raise LocalError(str(error)) from None
    for path, text in contents.items():
        if path.exists() and path.read_text() == text:
            continue
        if write:
            path.write_text(text)
        consequence = "is made anew" if write else "would be made anew, and then whatever is made of it,"
        name = path.relative_to(operations.APP.parent)
        console.print(f"~ {name} {consequence} as the contract has changed", highlight=False, soft_wrap=True)
