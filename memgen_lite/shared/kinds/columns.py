"""One column of tables: what it holds, the same in all samples, and what a reader should know before it is compared."""

import re

import numpy as np

from ..checks import finite
from .base import ColumnRead, Note
from .texts import grams

_LEVELS = 64  # a category of more levels is compared as text
_DIGITS = 1e12  # whole numbers this far apart are no counts
_FEW = 20  # rows that tell nothing of a column
_KINDS = {
    **dict.fromkeys(("integer", "floating", "mixed-integer-float", "decimal"), "number"),
    **dict.fromkeys(("datetime", "datetime64", "date"), "time"),
    **dict.fromkeys(("timedelta", "timedelta64"), "duration"),
}


def kind_of(column):
    """One of "number", "time", "duration", "category", told by the values of an object column; None if it is empty."""
    from pandas.api import types

    if types.is_bool_dtype(column) or isinstance(column.dtype, types.CategoricalDtype):
        return "category"
    if types.is_numeric_dtype(column):
        return "number"
    inferred = types.infer_dtype(column, skipna=True)
    return None if inferred == "empty" else _KINDS.get(inferred, "category")


def aligned(name, columns, notes):
    """The columns (a dict by role) of one kind and precision, unit and zone, so that equal values are equal.

    Raises
    ------
    TypeError : for columns of several kinds, times of which some have a zone and others none, and cells that are no
        single values.
    """
    kinds = {kind for column in columns.values() if (kind := kind_of(column))}
    if len(kinds) > 1:
        raise TypeError(f"column {name!r} must be of one kind in all samples, got {sorted(kinds)}")
    for role, column in columns.items():
        if column.dtype.kind == "c":
            raise TypeError(f"column {name!r} of {role} must hold real numbers, got {column.dtype}")
        if column.dtype.kind == "O" and (held := column.map(type).isin((list, dict, set, np.ndarray))).any():
            raise TypeError(
                f"column {name!r} of {role} must hold single values, got {column[held].iloc[0]!r:.60}; of a column of "
                f"arrays, numpy.stack(frame[{name!r}]) is an array (rows, features)"
            )
    if kinds == {"number"}:
        return _one_precision(name, columns, notes)
    if kinds == {"time"} or kinds == {"duration"}:
        return _one_unit(name, columns, kinds == {"time"})
    return {role: column.astype("category") for role, column in columns.items()}


def _one_precision(name, columns, notes):
    columns = {role: column if kind_of(column) else column.astype(float) for role, column in columns.items()}
    floats = {column.dtype for column in columns.values() if str(column.dtype) in ("float16", "float32", "float64")}
    if len(floats) > 1:
        coarsest = min(floats, key=lambda dtype: dtype.itemsize)
        found = ", ".join(sorted(map(str, floats)))
        notes.append(f"column {name!r}: samples of {found} were all rounded to {coarsest}")
        columns = {role: column.astype(coarsest) for role, column in columns.items()}
    return columns


def _one_unit(name, columns, time):
    import pandas as pd

    columns = {role: (pd.to_datetime if time else pd.to_timedelta)(column) for role, column in columns.items()}
    zoned = [role for role, column in columns.items() if time and column.dt.tz is not None]
    if zoned and len(zoned) < len(columns):
        raise TypeError(f"column {name!r} must have a time zone in all samples or in none; with one: {zoned}")
    if zoned:
        columns = {role: column.dt.tz_convert("UTC").dt.tz_localize(None) for role, column in columns.items()}
    finest = max((column.dt.unit for column in columns.values()), key=["s", "ms", "us", "ns"].index)
    return {role: column.dt.as_unit(finest) for role, column in columns.items()}


def codes(columns):
    """(int arrays by role, distinct values): equal numbers for values that are equal as given, -1 for missing ones."""
    import pandas as pd

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
    What is missing is a level of its own in a category; a missing number stands at the median of the real rows, and a
    second column, which counts as a category does, says where it was missing. None of this looks at which real row is
    of train.
    """
    if kind_of(next(iter(columns.values()))) in ("number", "time", "duration"):
        return _scaled(name, columns)
    return _levels(columns)


def _scaled(name, columns):
    numbers = {role: _numbers(column) for role, column in columns.items()}
    missing = {role: np.isnan(X) for role, X in numbers.items()}
    for role, X in numbers.items():
        finite(np.where(missing[role], 0, X)[:, None], role, columns=[name])
    real = np.concatenate([X for role, X in numbers.items() if role != "generated"] or [*numbers.values()])
    real = real[~np.isnan(real)]
    low, scale = (real.min(), float(np.ptp(real)) or 1.0) if len(real) else (0.0, 1.0)
    middle = np.median(real) if len(real) else 0.0
    found = {role: ((np.where(missing[role], middle, X) - low) / scale)[:, None] for role, X in numbers.items()}
    if any(flags.any() for flags in missing.values()):
        found = {role: np.hstack([X, missing[role][:, None] / np.sqrt(2)]) for role, X in found.items()}
    return found


def _numbers(column):
    if column.dtype.kind in "mM":
        X = column.to_numpy().astype("int64").astype(np.float64)
        return np.where(column.isna(), np.nan, X)
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _levels(columns):
    numbers, levels = codes(columns)
    table = grams([str(level) for level in levels])[0] if len(levels) > _LEVELS else np.eye(len(levels), dtype="f4")
    if any((found < 0).any() for found in numbers.values()):  # what is missing: at distance 1 from each level
        table = np.pad(table, ((0, 1), (0, 1)))
        table[-1, -1] = 1
    return {role: table[found] / np.float32(np.sqrt(2)) for role, found in numbers.items()}


def told(name, columns):
    """How aligned columns, a dict by role, are read: a :class:`.base.ColumnRead`."""
    kind, note = kind_of(next(iter(columns.values()))), ""
    if kind not in ("number", "time", "duration"):
        levels = len(codes(columns)[1])
        kind, note = ("text" if levels > _LEVELS else "category"), f"{levels:,} levels"
    return ColumnRead(str(name), kind, sum(int(column.isna().sum()) for column in columns.values()), note)


def doubts(name, columns):
    """Sentences about a column that is perhaps not what it seems, by role of an aligned dict of columns."""
    import pandas as pd

    kind = kind_of(next(iter(columns.values())))
    real = pd.concat([column for role, column in columns.items() if role != "generated"], ignore_index=True).dropna()
    given = {role: column.dropna() for role, column in columns.items()}
    if not all(map(len, given.values())) or not len(real):
        return []
    found = list(_apart(name, kind, given))
    if kind == "category" and all(isinstance(value, str) for value in real[:1000]):
        found += _reads_as(name, real[:1000])
    if _is_key(kind, real):
        found.append(f"column {name!r} has another value in each row, as a key has: ignore=[{name!r}] leaves it out")
    return found


def _apart(name, kind, given):
    """What two samples do not share: ranges, or levels."""
    first, *others = given
    for role in others:
        if kind == "category":
            if not given[role].isin(given[first].unique()).any():
                one, other = (f"{given[which].iloc[0]!r:.40}" for which in (role, first))
                yield Note(
                    f"column {name!r}: no value of {role}, such as {one}, is in {first}, as {other} is: coded alike?",
                    f"column {name!r}: no value of {role} is in {first}: coded alike?",
                )
            continue
        (low, high), (from_, to) = ((column.min(), column.max()) for column in (given[first], given[role]))
        wide, own = float(_length(high - low)), float(_length(to - from_))
        if to < low or from_ > high or (wide > 0 and not 0.1 < own / wide < 10 and role == "generated"):
            yield Note(
                f"column {name!r}: {first} lies in {low} to {high} and {role} in {from_} to {to}: the same units?",
                f"column {name!r}: {first} and {role} lie apart, or one spans ten times the other: the same units?",
            )


def _length(span):
    return span.total_seconds() if hasattr(span, "total_seconds") else span


def _reads_as(name, texts):
    import pandas as pd

    numbers = pd.to_numeric(texts.str.replace(r"[\s,$€£%]", "", regex=True), errors="coerce")
    dates = texts.str.match(r"\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}")
    for what, share, cure in (("numbers", numbers.notna(), "to_numeric"), ("dates", dates, "to_datetime")):
        if share.mean() > 0.9:
            yield f"column {name!r} is text that reads as {what} and is compared as text, but for pandas.{cure}"
            return


def _is_key(kind, real):
    if len(real) < _FEW or kind not in ("number", "category") or not real.is_unique:
        return False
    some = real[:1000]
    if kind == "category":
        words = all(isinstance(one, str) and re.fullmatch(r"[\w-]{6,}", one) for one in some)
        return words and len({*map(len, some)}) == 1
    if real.dtype.kind == "f" or any(one != int(one) for one in some):
        return False
    span = int(real.max()) - int(real.min())
    return span < 20 * len(real) or span > _DIGITS
