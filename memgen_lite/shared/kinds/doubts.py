"""What a reader should know of a column before it is compared: what is perhaps not meant."""

import re

import numpy as np

from .base import Note
from .columns import kind_in

_DIGITS = 1e12  # whole numbers this far apart are no counts
_CHANCE = 1e-4  # that none is missing where some are elsewhere
_FEW = 20  # rows that tell nothing of a column


def doubts(name, columns):
    """Sentences about a column that is perhaps not what it seems, by role of an aligned dict of columns."""
    import pandas as pd

    kind = kind_in(columns)
    if kind == "embedding":  # by the lengths of the arrays
        columns = {role: column.dropna().map(np.linalg.norm).astype(float) for role, column in columns.items()}
        kind = "length"
    real = pd.concat([column for role, column in columns.items() if role != "generated"], ignore_index=True).dropna()
    given = {role: column.dropna() for role, column in columns.items()}
    found = list(_missing(name, columns))
    if not all(map(len, given.values())) or not len(real):
        return found
    found += _apart(name, kind, given)
    types = sorted({type(value).__name__ for value in real[:1000]})
    if kind == "category" and len(types) > 1:
        found.append(f"column {name!r} holds values of several types ({', '.join(types)}), which are levels apart")
    if kind == "category" and all(isinstance(value, str) for value in real[:1000]):
        found += _reads_as(name, real[:1000])
    if _is_key(kind, real):
        found.append(f"column {name!r} has another value in each row, as a key has: ignore=[{name!r}] leaves it out")
    return found


def _missing(name, columns):
    """Where one sample lacks values and another none, as if they said in other words that a value is missing."""
    first, *others = columns
    count = {role: int(column.isna().sum()) for role, column in columns.items()}
    for role in others:
        some, none = sorted((first, role), key=lambda one: count[one] == 0)
        share = count[some] / len(columns[some])
        if count[none] == 0 and (1 - share) ** len(columns[none]) < _CHANCE:
            yield (
                f"column {name!r}: {count[some]:,} of {len(columns[some]):,} values of {some} are missing and none of "
                f"{none}: is it written alike (na=)?"
            )


def _apart(name, kind, given):
    """What two samples do not share: ranges, or levels."""
    first, *others = given
    for role in others:
        if kind == "category":
            levels = given[first].unique()
            if 2 * len(levels) <= len(given[first]) and not given[role].isin(levels).any():  # what repeats is a code
                one, other = (f"{given[which].iloc[0]!r:.40}" for which in (role, first))
                yield Note(
                    f"column {name!r}: no value of {role}, such as {one}, is in {first}, as {other} is: coded alike?",
                    f"column {name!r}: no value of {role} is in {first}: coded alike?",
                )
            continue
        (low, high), (from_, to) = ((column.min(), column.max()) for column in (given[first], given[role]))
        with np.errstate(invalid="ignore"):  # what is not finite is told elsewhere
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
