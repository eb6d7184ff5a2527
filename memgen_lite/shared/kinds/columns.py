"""One column of tables: what it holds, and the same in all samples, so that equal values are equal."""

from decimal import Decimal
from numbers import Real

import numpy as np

from ..checks import unmasked
from .grain import coarsest, grids, on_grid, one_step
from .texts import valid

_KINDS = {
    **dict.fromkeys(("integer", "floating", "mixed-integer-float", "decimal"), "number"),
    **dict.fromkeys(("datetime", "datetime64", "date"), "time"),
    **dict.fromkeys(("timedelta", "timedelta64"), "duration"),
}


def kind_of(column):
    """One of "number", "time", "duration", "category", "embedding", told by the values of an object column; None if it
    is empty.
    """
    from pandas.api import types

    if types.is_bool_dtype(column) or isinstance(column.dtype, types.CategoricalDtype):
        return "category"
    if types.is_numeric_dtype(column):
        return "number"
    if column.dtype.kind == "O" and len(some := column.dropna()) and _is_row(some.iloc[0]):
        return "embedding"
    inferred = types.infer_dtype(column, skipna=True)
    if inferred.startswith("mixed") and all(_is_number(one) for one in column.dropna()):
        return "number"
    return None if inferred == "empty" else _KINDS.get(inferred, "category")


def _is_number(cell):
    return isinstance(cell, Real | Decimal) and not isinstance(cell, bool)


def kind_in(columns):
    """The kind of aligned columns, by role: that of the first which is not empty; a category if all are."""
    return next(filter(None, map(kind_of, columns.values())), "category")


def _is_row(cell):
    """Whether a cell is an array of numbers, or a list of them."""
    return (
        hasattr(cell, "__len__")
        and not isinstance(cell, str | bytes)
        and np.ndim(cell) > 0
        and (np.asarray(cell).dtype.kind in "fiub")
    )


def plain(name, column, role):
    """A column in the types of pandas' own: dense, of arrays or of single values, its periods as their first moments.

    Raises
    ------
    TypeError : for complex numbers and for cells that are no single values.
    """
    import pandas as pd

    if isinstance(column.dtype, pd.SparseDtype):
        column = pd.Series(np.asarray(column))
    elif isinstance(column.dtype, pd.ArrowDtype):
        column = pd.Series(column.to_numpy(dtype=object, na_value=None), dtype=object).infer_objects()
    if isinstance(column.dtype, pd.PeriodDtype):
        return column.dt.to_timestamp()
    if column.dtype.kind == "c":
        raise TypeError(f"column {name!r} of {role} must hold real numbers, got {column.dtype}")
    if column.dtype.kind != "O" or isinstance(column.dtype, pd.CategoricalDtype | pd.StringDtype):
        return column
    inferred = pd.api.types.infer_dtype(column, skipna=True)
    if inferred == "complex":
        raise TypeError(f"column {name!r} of {role} must hold real numbers, got complex ones")
    if inferred == "period":
        return column.map(lambda cell: cell.to_timestamp(), na_action="ignore").astype("datetime64[ns]")
    if inferred == "time":
        return pd.to_timedelta(column.map(str, na_action="ignore"))
    held = column.map(lambda cell: hasattr(cell, "__len__") and not isinstance(cell, str | bytes | tuple))
    return _arrays(name, column, role) if held.any() or kind_of(column) == "embedding" else column


def _arrays(name, column, role):
    """A column of arrays or lists of numbers, as many in each, as one of arrays of float64 or of one dtype."""
    import pandas as pd

    given = column.dropna()
    unmasked(list(given), f"column {name!r} of {role}")
    cells = [np.asarray(cell).ravel() if _is_row(cell) else None for cell in given]
    if bad := [i for i, cell in enumerate(cells) if cell is None or len(cell) != len(cells[0])]:
        cell, row = cells[bad[0]], given.index[bad[0]]
        what = f"{given[row]!r:.60}" if cell is None else f"{len(cell)} numbers, where the first has {len(cells[0])}"
        raise TypeError(
            f"column {name!r} of {role} must hold single values, or arrays of as many numbers in each row, got in row "
            f"{row} {what}"
        )
    found = pd.Series([None] * len(column), dtype=object)
    rows = np.stack(cells)
    for place, row in zip(given.index, rows, strict=True):
        found[place] = row
    return found


def aligned(name, columns, notes):
    """The columns (a dict by role) of one kind and precision, unit and zone, so that equal values are equal.

    Raises
    ------
    TypeError : for columns of several kinds, times of which some have a zone and others none, and cells that are no
        single values.
    """
    columns = {role: plain(name, column, role) for role, column in columns.items()}
    kinds = {role: kind for role, column in columns.items() if (kind := kind_of(column))}
    if {*kinds.values()} == {"number", "category"}:
        columns = _flags_as_numbers(name, columns, kinds, notes)
        kinds = {role: kind for role, column in columns.items() if (kind := kind_of(column))}
    if len({*kinds.values()}) > 1:
        found = ", ".join(f"{kind} in {role}" for role, kind in kinds.items())
        raise TypeError(
            f"column {name!r} must be of one kind in all samples, got {found}: make them alike (pandas.to_numeric, "
            f"pandas.to_datetime), or leave it out by ignore=[{name!r}]"
        )
    kind = next(iter(kinds.values()), None)
    try:
        if kind == "number":
            return _one_precision(name, columns, notes)
        if kind in ("time", "duration"):
            return _one_unit(name, columns, kind == "time", notes)
        if kind == "embedding":
            return _one_width(name, columns, notes)
        return {role: _category(column) for role, column in columns.items()}
    except (OverflowError, ValueError) as error:
        raise TypeError(f"column {name!r} can't be read as a {kind}: {error}") from None
    except TypeError as error:
        if "unhashable" not in str(error):
            raise
        raise TypeError(f"column {name!r} must hold single values, got some that can't be compared: {error}") from None


def _flags_as_numbers(name, columns, kinds, notes):
    """True and False as 1 and 0, where other samples have numbers."""
    from pandas.api import types

    flags = [role for role, kind in kinds.items() if kind == "category"]
    if any(types.infer_dtype(columns[role], skipna=True) != "boolean" for role in flags):
        return columns
    notes.append(f"column {name!r}: True and False of {', '.join(flags)} were read as 1 and 0, beside numbers")
    return columns | {role: columns[role].astype("boolean").astype("Int8") for role in flags}


def _one_precision(name, columns, notes):
    """Numbers as floats of one dtype, or, where no sample has floats, as exact as they are; rounded alike."""
    import pandas as pd

    what = f"column {name!r}: "
    given = {role: _exact(column) for role, column in columns.items() if kind_of(column)}
    floats = [X.dtype for X in given.values() if X.dtype.kind == "f"]
    dtype = coarsest(given, notes, what) or floats[0] if floats else None
    rounded = grids({role: (X if dtype is None else X.astype(dtype))[:, None] for role, X in given.items()})
    found = {}
    for role, column in columns.items():
        if dtype is not None:
            column = pd.Series(_floats(column).astype(dtype))
        elif role not in given:
            column = pd.Series([None] * len(column), dtype=object)
        for places, told in rounded.values():
            column = pd.Series(on_grid(column.to_numpy(), places)) if column.notna().all() else column.round(places)
            notes += [what + told] if what + told not in notes else []
        found[role] = column
    return found


def _exact(column):
    """The numbers of a column that are not missing: floats, integers, or objects where they are exact otherwise."""
    from pandas.api import types

    given = column.dropna()
    if types.is_extension_array_dtype(column.dtype):
        return given.to_numpy(dtype=column.dtype.numpy_dtype)
    floats = column.dtype.kind == "O" and any(isinstance(one, float | np.floating) for one in given)
    return given.to_numpy(dtype=np.float64) if floats else given.to_numpy()


def _floats(column):
    """A column of numbers as floats, with NaN where it is missing."""
    if column.dtype.kind == "f" and isinstance(column.dtype, np.dtype):
        return column.to_numpy()
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _one_unit(name, columns, time, notes):
    import pandas as pd

    if not time:
        columns = {role: pd.to_timedelta(column) for role, column in columns.items()}
    else:
        zoned = {role: found for role, column in columns.items() if (found := _zones(column))}
        if len({one for found in zoned.values() for one in found}) > 1:
            some = [role for role, found in zoned.items() if True in found]
            raise TypeError(f"column {name!r} must have a time zone in all samples or in none; with one: {some}")
        columns = {role: pd.to_datetime(column, utc=True).dt.tz_localize(None) for role, column in columns.items()}
    units = ["s", "ms", "us", "ns"]
    finest = max((column.dt.unit for column in columns.values()), key=units.index)
    while (same := _in_unit(columns, finest)) is None:
        if finest == "s":
            raise ValueError("its times lie too far apart for the fractions of a second that they have; .dt.floor('s')")
        finest = units[units.index(finest) - 1]
    columns = same
    moments = {role: column.dropna().to_numpy().astype(np.int64) for role, column in columns.items()}
    if (cut := one_step(moments, 1000 ** units.index(finest))) is None:
        return columns
    step, start, told = cut
    notes.append(f"column {name!r}: {told}")
    return {
        role: column - pd.to_timedelta((column.to_numpy().astype(np.int64) - start) % step, unit=finest)
        for role, column in columns.items()
    }


def _in_unit(columns, unit):
    """Times of all columns in a unit; None where 64 bits of it do not reach as far, or would lose what is finer."""
    try:
        found = {role: column.dt.as_unit(unit) for role, column in columns.items()}
    except (OverflowError, ValueError):
        return None
    exact = (found[role].eq(column) | column.isna() for role, column in columns.items())
    return found if all(one.all() for one in exact) else None


def _zones(column):
    """Which of True and False hold of a column of times: that there is a zone, or none."""
    if column.dtype.kind != "O":
        return {getattr(column.dtype, "tz", None) is not None} if column.notna().any() else set()
    return {getattr(cell, "tzinfo", None) is not None for cell in column.dropna()}


def _one_width(name, columns, notes):
    import pandas as pd

    rows = {role: np.stack(column.dropna()) for role, column in columns.items() if column.notna().any()}
    if len({X.shape[1] for X in rows.values()}) > 1:
        found = ", ".join(f"{X.shape[1]} in {role}" for role, X in rows.items())
        raise TypeError(f"column {name!r} must hold arrays of as many numbers in all samples, got {found}")
    dtype = coarsest(rows, notes, f"column {name!r}: ")
    if dtype is None:
        dtype = np.result_type(*rows.values())
    found = {}
    for role, column in columns.items():
        cells = iter(rows.get(role, np.empty((0, 1))).astype(dtype))
        found[role] = pd.Series([next(cells) if there else None for there in column.notna()], dtype=object)
    return found


def _category(column):
    # A lone surrogate counts as what stands for it, before pandas hashes it, which fails, or takes it for another.
    levels = column.cat.categories if hasattr(column, "cat") else column
    if any(isinstance(one, str) and not one.isascii() and one != valid(one) for one in levels):
        column = column.astype(object).map(lambda one: valid(one) if isinstance(one, str) else one)
    return column.astype("category")
