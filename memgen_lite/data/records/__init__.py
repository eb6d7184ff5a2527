"""What took too long to measure on every run: tables that `make bench` and `make simulate` write, as JSON files."""

import json
from pathlib import Path
from typing import Any


def record(name: str) -> Any:
    """A stored table with its machine and date, as a dict: `record("power")["rows"]`.

    Raises
    ------
    ValueError : for a name that none has; the message lists them.
    """
    stored = {path.stem: path for path in Path(__file__).parent.glob("*.json")}
    if not isinstance(name, str) or name not in stored:
        raise ValueError(f"name must be that of a record, one of {', '.join(sorted(stored))}; got {name!r}")
    return json.loads(stored[name].read_text("utf-8"))
