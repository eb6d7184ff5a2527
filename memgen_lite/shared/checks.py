"""Checks that several rooms make of what comes in, each with one wording."""

import numpy as np


def finite(X, name, *, limit=1e100, columns=None):
    """Raise ValueError, which names the first five places, unless all of `X` (n, d) is finite and below `limit`.

    `columns` are the names of the columns, by default their numbers. Larger numbers overflow where they are squared.
    """
    if X.dtype.kind != "f" or not X.size or (float(X.min()) > -limit and float(X.max()) < limit):
        return
    bad = []
    for start in range(0, len(X), 4096):
        part = np.abs(X[start : start + 4096].astype(np.float64))
        bad += [(start + i, j) for i, j in np.argwhere(~(part < limit))]
    where = ", ".join(f"row {i} column {j if columns is None else columns[j]}" for i, j in bad[:5])
    more = f" and {len(bad) - 5:,} more" if len(bad) > 5 else ""
    below = "" if limit == np.inf else f" and below {limit:g}".replace("e+", "e")
    raise ValueError(f"{name} must be finite{below}; not so: {where}{more}")
