"""What a reader should know of a column before it is compared: what is perhaps not meant."""

import numpy as np

from .base import Note
from .columns import kind_in
from .key_columns import is_key
from .reads_as import reads_as
from .units import apart, beyond, scaled

_CHANCE = 1e-4  # that none is missing where some are elsewhere


def doubts(name, columns):
    """Sentences about a column that is perhaps not what it seems, by role of an aligned dict of columns."""
    import pandas as pd

    kind = kind_in(columns)
    if kind == "embedding":  # by the lengths of the arrays
        columns = {role: column.dropna().map(np.linalg.norm).astype(float) for role, column in columns.items()}
        kind = "length"
    real = [column for role, column in columns.items() if role != "generated"]
    if not real:
        return []
    real = pd.concat(real, ignore_index=True).dropna()
    given = {role: column.dropna() for role, column in columns.items()}
    found = list(_missing(name, columns))
    if not all(map(len, given.values())) or not len(real):
        return found
    found += _apart(name, kind, given)
    types = sorted({type(value).__name__ for value in real[:1000]})
    if kind == "category" and len(types) > 1:
        found.append(f"column {name!r} holds values of several types ({', '.join(types)}), which are levels apart")
    if kind == "category" and all(isinstance(value, str) for value in real[:1000]) and (what := reads_as(real[:1000])):
        cure = {"numbers": "to_numeric", "dates": "to_datetime", "times of day": "to_timedelta"}[what]
        found.append(f"column {name!r} is text that reads as {what} and is compared as text, but for pandas.{cure}")
    elif is_key(kind, {role: column for role, column in given.items() if role != "generated"}):
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
                one, other = (f"{_plain(given[which].iloc[0])!r:.40}" for which in (role, first))
                yield Note(
                    f"column {name!r}: no value of {role}, such as {one}, is in {first}, as {other} is: coded alike?",
                    f"column {name!r}: no value of {role} is in {first}: coded alike?",
                )
            continue
        counts = len(given[first]), len(given[role])
        ranges = [(_plain(column.min()), _plain(column.max())) for column in (given[first], given[role])]
        (low, high), (from_, to) = ranges
        with np.errstate(invalid="ignore"):  # what is not finite is told elsewhere
            lengths = [(0.0, float(_length(end - begin))) for begin, end in ranges]
        share = beyond(given[first], given[role], ranges, counts)
        if apart(*ranges, counts) or (role == "generated" and scaled(*lengths, counts)) or share:
            part = f", {share:.0%} of one beyond the other" if share else ""
            yield Note(
                f"column {name!r}: {first} lies in {low} to {high} and {role} in {from_} to {to}{part}: "
                "the same units?",
                f"column {name!r}: {first} and {role} lie apart, or one far beyond the other: the same units?",
            )


def _plain(value):
    """A value of NumPy's types as Python's, which is how a reader writes it."""
    return value.item() if isinstance(value, np.generic) else value


def _length(span):
    return span.total_seconds() if hasattr(span, "total_seconds") else span
