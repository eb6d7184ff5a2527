"""What took too long to measure on every run: tables that `make bench` and `make simulate` write, as JSON files."""

import json
from importlib.resources import files


def record(name):
    """A stored table with its machine and date, as a dict: `record("power")["rows"]`.

    Raises
    ------
    ValueError : for a name that none has; the message lists them.
    """
    found = (path for path in files(__name__).iterdir() if path.name.endswith(".json"))
    stored = {path.name.removesuffix(".json"): path for path in found}
    if name not in stored:
        raise ValueError(f"name must be that of a record, one of {', '.join(sorted(stored))}; got {name!r}")
    return json.loads(stored[name].read_text("utf-8"))
