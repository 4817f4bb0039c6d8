"""`python -m console.export ROOT`: prints the resources of the state, one JSON object a line, without secrets.

It is a process of its own: the keys of the state and what decrypts it (27 MB) are never in the console's memory.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from console.masking import masked
from local.errors import LocalError
from local.state import Entry, State


def line(number: int, entry: Entry) -> str:
    """Returns a resource as a line of JSON."""
    inputs, outputs = masked(entry.inputs), masked(entry.outputs)
    made = {name: value for name, value in outputs.items() if inputs.get(name) != value}
    return json.dumps(
        {
            "urn": entry.urn,
            "number": number,
            "type": entry.type,
            "name": entry.name,
            "parent": entry.parent,
            "custom": entry.custom,
            "status": entry.status,
            "dependencies": json.dumps(entry.dependencies),
            "content": json.dumps({"id": entry.id, "outputs": made, "inputs": inputs}),
        }
    )


def main() -> None:
    """Prints every resource."""
    try:
        for number, entry in enumerate(State(Path(sys.argv[1]) / ".local" / "state.json")):
            sys.stdout.write(line(number, entry) + "\n")
    except LocalError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
