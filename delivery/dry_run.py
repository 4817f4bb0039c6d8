"""Calls new versions before anybody else does, with an event that no route and no record is in.

The event is `app.contract.dry_run`'s, with which the local stack does the same.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.contract.dry_run import EVENT
from delivery.commands import Run, answer_of, parsed, read
from delivery.releases import ALIAS, FunctionRelease


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """Calls of new versions."""

    run: Run
    """Runs the command line of AWS."""

    def newest(self, moving: Sequence[FunctionRelease]) -> dict[str, str]:
        """Returns the number of the version that each alias leads to, by function. Raises DeliveryError."""
        command = ["aws", "lambda", "get-alias", "--name", ALIAS, "--output", "json", "--function-name"]
        return {release.name: read(self.run, [*command, release.function])["FunctionVersion"] for release in moving}

    def failures(self, release: FunctionRelease, version: str) -> Iterator[str]:
        """Calls a version, and yields a sentence when it fails. Raises DeliveryError when it can't be called."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "answer.json"
            command = ["aws", "lambda", "invoke", "--function-name", release.function, "--qualifier", version]
            command += ["--cli-binary-format", "raw-in-base64-out", "--payload", json.dumps(EVENT)]
            told = answer_of(self.run, [*command, "--output", "json", str(file)])
            answered = parsed(file.read_text() or "null", f"The function {release.function}")
        if problem := _problem(told, answered):
            yield f"{release.name}: version {version} fails before it is called: {problem}"


def _problem(told: dict[str, Any], answer: Any) -> str:
    """Returns what is wrong with an answer, empty when it is well."""
    content = answer if isinstance(answer, dict) else {}
    if "FunctionError" in told:
        return f"{content.get('errorType', told['FunctionError'])}: {content.get('errorMessage', 'no message')}"
    if content.get("statusCode", 200) >= 500:
        return f"it answers with {content['statusCode']}; its log says why."
    return ""
