"""Columns that are perhaps keys, which say nothing of likeness."""

import re
import uuid

import numpy as np

_DIGITS = 1e12  # whole numbers this far apart are no counts
_FEW = 20  # rows that tell nothing of a column


def doubts_of_array(rows):
    """Sentences about columns of arrays (n, d) of real rows, by role, that are perhaps keys."""
    import pandas as pd

    if not rows:
        return
    some = np.concatenate([X[:200] for X in rows.values()])
    if some.shape[1] < 2 or some.dtype.kind not in "fiu":
        return
    for column in np.flatnonzero((some == np.round(some)).all(axis=0)):
        first = next(iter(rows.values()))[:200, column]
        if len(np.unique(first)) == len(first) and is_key(
            "number", {role: pd.Series(X[:, column].astype(X.dtype.newbyteorder("="))) for role, X in rows.items()}
        ):
            yield f"column {column} has another value in each row, as a key has: ignore=[{column}] leaves it out"


def is_key(kind, real):
    """Whether a column of train and held-out, series by role, has another value in each row, as keys have.

    Of whole numbers, those that stand close together, in all or counted anew in each sample, or far apart; of words,
    single ones with a digit or an @, or of one length.
    """
    import pandas as pd

    together = pd.concat([*real.values()], ignore_index=True)
    if len(together) < _FEW or kind not in ("number", "category"):
        return False
    if kind == "category":
        some = [str(one) if isinstance(one, uuid.UUID) else one for one in together[:1000]]
        if not together.is_unique or not all(isinstance(one, str) and re.fullmatch(r"\S{1,100}", one) for one in some):
            return False
        alike = len({*map(len, some)}) == 1 and len(some[0]) >= 6 and all(re.fullmatch(r"[\w-]+", one) for one in some)
        return alike or all(re.search(r"[\d@]", one) for one in some)
    if any(not np.isfinite(float(one)) or one != int(one) for one in together[:1000]):
        return False
    if together.is_unique and (_span(together) < 20 * len(together) or _far(together)):
        return True
    return all(len(one) >= _FEW and one.is_unique and _span(one) < 2 * len(one) for one in real.values())


def _span(numbers):
    return int(numbers.max()) - int(numbers.min())


def _far(numbers):
    return numbers.dtype.kind != "f" and _span(numbers) > _DIGITS  # all floats as large are whole
