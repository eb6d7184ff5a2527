"""A table of the reader's own, of values between commas or tabs: what its first line is, and what its values are."""

import csv
import io
import re
import warnings
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .own_text import text_of

if TYPE_CHECKING:
    import pandas as pd

_WIDE = 16  # columns whose numbers, in order, are no row of data
_WHOLE = re.compile(r"[+-]?\d+")


def table_of(
    path: Path, *, na: Any = None, header: bool | None = None, separator: str = ",", **_: Any
) -> "pd.DataFrame":
    """The table of a text file; the arguments are those of :func:`memgen_lite.data.own_files.read_rows`."""
    import pandas as pd

    named, width = {",": "commas", "\t": "tabs"}[separator], None
    try:
        text = text_of(path)
        reader = csv.reader(io.StringIO(text), delimiter=separator)
        for values in filter(None, reader):
            width = width or len(values)
            if len(values) != width:
                other = _other_mark(text, separator)
                raise ValueError(f"line {reader.line_num} has {len(values)} values, where the first has {width}{other}")
        first = next(filter(None, csv.reader(io.StringIO(text), delimiter=separator)), [""])
        names = _first_names(path, first, text, separator) if header is None else header
        if names and (twice := [name for name, count in Counter(first).items() if count > 1]):
            raise ValueError(f"the first line has the name {twice[0]!r} more than once; of data alone header=False")
        missing = {} if na is None else {"keep_default_na": False, "na_values": ["", *na]}
        shape = {"sep": separator, "header": 0 if names else None, "index_col": False}
        # In a table of one column a line with nothing in it is a row whose value is missing.
        shape |= {"skip_blank_lines": width != 1, "low_memory": False, **missing}
        exact = tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1)  # from then on there is no other way
        shape |= {} if exact else {"float_precision": "round_trip"}
        frame = pd.read_csv(io.StringIO(text), **shape)
        frame = _all_digits(frame, lambda columns: pd.read_csv(io.StringIO(text), **shape, usecols=columns, dtype=str))
    except (ValueError, csv.Error) as error:  # of which a ParserError of pandas, and its word on an empty file, are two
        raise ValueError(f"{str(path)!r} must be a table of values separated by {named}: {error}") from None
    if names and not first[0] and len(first) > 1:
        index = frame.iloc[:, 0]
        if index.dtype.kind not in "iu" or not index.is_unique:
            told = "the first column has no name and is left out, as an index; give it a name if it is data"
            warnings.warn(f"{str(path)!r}: {told}", stacklevel=3)
        frame = frame.iloc[:, 1:]
    if len(frame.columns) == 1 and (other := _other_mark(text, separator)):
        raise ValueError(
            f"{str(path)!r} must have its values separated by {named}, got the line {first[0]!r:.80}{other}"
        )
    return frame


def _first_names(path, first, text, separator):
    """Whether the first line has names: words, or the numbers of the columns, as pandas writes them of an array.

    Of a line of whole numbers the lines below say what it is: of an array of floats each column has a fraction. What
    may be either is told in a warning.
    """
    import pandas as pd

    if not pd.to_numeric(pd.Series(first), errors="coerce").notna().all():
        return True
    first, wide = [value.strip() for value in first], len(first)
    if not all(map(_WHOLE.fullmatch, first)) or len(set(first)) < wide:
        return False
    lines = filter(None, csv.reader(io.StringIO(text), delimiter=separator))
    below = pd.DataFrame(islice(lines, 1, 1 + max(2, 20_000 // wide)))
    numbers = below.apply(pd.to_numeric, errors="coerce")
    fractions = int((numbers.notna() & (numbers % 1 != 0) | below.apply(_has_point)).any().sum())
    counted = first == [str(i) for i in range(wide)]
    sure = counted and wide > 1 and (wide >= _WIDE or fractions == wide)
    names = sure or (counted and (wide > 3 or (wide == 1 and fractions == 1)))
    doubt = (counted and (wide > 1 or names)) or (wide > 1 and fractions == wide)
    if len(below) and doubt and not sure:
        line = (
            f"the first line, {', '.join(first[:3])}{', ...' * (wide > 3)}, is read as {'names' if names else 'data'}"
        )
        told = f"{line}; if it is {'data' if names else 'names'}, say header={not names}"
        warnings.warn(f"{str(path)!r}: {told}", stacklevel=4)
    return bool(len(below)) and names


def _has_point(column):
    return column.str.fullmatch(r"\s*[+-]?\d*\.\d*(?:[eE][+-]?\d+)?\s*")


def _other_mark(text, separator):
    """What to do about a table whose first line has another mark between its values; "" where it has none."""
    line = text.lstrip("\n").partition("\n")[0]
    for mark in (";", "\t", "|", ","):
        if mark != separator and line.count(mark) > line.count(separator):
            return f"; pandas.read_csv(path, sep={mark!r}) reads values separated so, and a frame is taken as it is"
    return ""


def _all_digits(frame, again):
    """The frame with whole numbers of more than 15 digits as they were written, also in columns with missing ones."""
    import pandas as pd

    wide = [
        place
        for place, dtype in enumerate(frame.dtypes)
        if dtype.kind == "f" and frame.iloc[:, place].abs().max() >= 2**53
    ]
    if wide:
        written = again(wide)
        for i, place in enumerate(wide):
            digits = written.iloc[:, i]
            if digits.dropna().str.fullmatch(r"\s*[+-]?\d+\s*").all():
                values = [int(one) if isinstance(one, str) else None for one in digits]
                in_64_bits = all(value is None or -(2**63) <= value < 2**63 for value in values)
                frame.isetitem(
                    place, pd.array(values, dtype="Int64") if in_64_bits else pd.Series(values, dtype=object)
                )
    return frame
