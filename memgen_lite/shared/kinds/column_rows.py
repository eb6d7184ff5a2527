"""What aligned columns are compared by: codes, equal for equal values, and rows whose distances say how far apart."""

import numpy as np

from ..checks import finite
from ..row_bytes import keys
from .base import ColumnRead
from .columns import kind_in, kind_of
from .texts import grams, valid

_LEVELS = 64  # a category of more levels is compared as text


def codes(columns):
    """(int arrays by role, distinct values): equal numbers for values that are equal as given, -1 for missing ones."""
    import pandas as pd

    if kind_in(columns) == "embedding":  # by the bytes of each array
        rows = np.stack([row for column in columns.values() for row in column.dropna()])
        digests = iter(keys(rows))
        columns = {
            role: column.map(lambda _: next(digests).tobytes(), na_action="ignore") for role, column in columns.items()
        }
    dtypes = {column.dtype for column in columns.values()}
    if len(dtypes) > 1 and all(dtype.kind in "iu" for dtype in dtypes):
        columns = {role: column.astype(object) for role, column in columns.items()}  # int64 and uint64 would be rounded
    found, values = pd.factorize(pd.concat(list(columns.values()), ignore_index=True))
    ends = np.cumsum([len(column) for column in columns.values()])
    return dict(zip(columns, np.split(found, ends[:-1]), strict=True)), values


def rows(name, columns):
    """Float arrays (n, w) by role, in which the column's squared distance is at most 1 for what real rows span.

    A number or a time is divided by its range among the real rows (all but generated). A category counts 1 where two
    rows differ, 0 where they agree, as in Gower's coefficient (1971); one of more than 64 levels is compared as text.
    Arrays are divided by the diagonal of the box that holds those of the real rows, so that they count as one column.
    What is missing is a level of its own in a category; a missing number stands at the median of the real rows, and a
    second column, which counts as a category does, says where it was missing. None of this looks at which real row is
    of train.
    """
    if kind_in(columns) == "category":
        return _levels(columns)
    return _scaled(name, columns)


def _scaled(name, columns):
    width = _width(columns)
    numbers = {role: _numbers(column, width) for role, column in columns.items()}
    missing = {role: np.isnan(X).all(axis=1) for role, X in numbers.items()}
    for role, X in numbers.items():
        finite(np.where(missing[role][:, None], 0, X), role, columns=[name] * width)
    sources = {role: X for role, X in numbers.items() if role != "generated"} or numbers
    real = np.concatenate([X[~missing[role]] for role, X in sources.items()])
    low, middle, scale = np.zeros(width), np.zeros(width), 1.0
    if len(real):
        low, middle = real.min(axis=0), np.median(real, axis=0)
        scale = float(np.linalg.norm(np.ptp(real, axis=0))) or 1.0
    found = {role: (np.where(missing[role][:, None], middle, X) - low) / scale for role, X in numbers.items()}
    if any(flags.any() for flags in missing.values()):
        found = {role: np.hstack([X, missing[role][:, None] / np.sqrt(2)]) for role, X in found.items()}
    return found


def _width(columns):
    """How many numbers a cell of aligned columns, by role, has."""
    if kind_in(columns) != "embedding":
        return 1
    return next(len(row) for column in columns.values() for row in column.dropna())


def _numbers(column, width):
    """A column as floats (n, width), with NaN where it is missing."""
    if column.dtype.kind in "mM":
        X = np.where(column.isna(), np.nan, column.to_numpy().astype("int64").astype(np.float64))
    elif kind_of(column) == "embedding":
        X = np.stack([np.full(width, np.nan) if row is None else row for row in column.astype(object)])
    else:
        X = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.reshape(X, (len(column), -1)) if len(np.shape(X)) > 1 else np.repeat(X[:, None], width, axis=1)


def _levels(columns):
    numbers, levels = codes(columns)
    table = grams([str(level) for level in levels])[0] if len(levels) > _LEVELS else np.eye(len(levels), dtype="f4")
    if any((found < 0).any() for found in numbers.values()):  # what is missing: at distance 1 from each level
        table = np.pad(table, ((0, 1), (0, 1)))
        table[-1, -1] = 1
    return {role: table[found] / np.float32(np.sqrt(2)) for role, found in numbers.items()}


def told(name, columns):
    """How aligned columns, a dict by role, are read: a :class:`.base.ColumnRead`."""
    kind, note = kind_in(columns), ""
    if kind == "category":
        levels = len(codes(columns)[1])
        kind, note = ("text" if levels > _LEVELS else "category"), f"{levels:,} levels"
    elif kind == "embedding":
        note = f"{_width(columns):,} numbers, which together count as one column"
    return ColumnRead(valid(str(name)), kind, sum(int(column.isna().sum()) for column in columns.values()), note)
