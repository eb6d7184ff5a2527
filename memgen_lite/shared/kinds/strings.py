"""Texts in frames: where Arrow is installed pandas keeps them there, and Arrow knows valid UTF-8 alone."""

import threading
from contextlib import ContextDecorator
from typing import Any

_lock = threading.Lock()
_inside: dict[str, Any] = {"many": 0, "before": None}


class python_strings(ContextDecorator):
    """Within, or in what it decorates, pandas makes frames of Python's own strings, lone surrogates included.

    The setting is one for all threads: who comes first sets it, and who leaves last restores what was found.
    """

    def __enter__(self) -> "python_strings":
        import pandas as pd

        with _lock:
            if not _inside["many"]:
                _inside["before"] = pd.get_option("mode.string_storage")
                pd.set_option("mode.string_storage", "python")
            _inside["many"] += 1
        return self

    def __exit__(self, *error: object) -> None:
        import pandas as pd

        with _lock:
            _inside["many"] -= 1
            if not _inside["many"]:
                pd.set_option("mode.string_storage", _inside["before"])
