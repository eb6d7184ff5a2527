"""Tables: pandas' frames, whose columns are numbers, times, categories or texts."""

import numpy as np

from ..row_bytes import values_by_role
from . import column_rows, columns
from .arrays import Arrays, short
from .doubts import doubts
from .strings import python_strings
from .texts import valid


class Frames(Arrays):
    """Frames with the same columns, in any order; how each is compared is said in :func:`.column_rows.rows`."""

    name = "table"

    def read(self, X):
        return X if type(X).__module__.partition(".")[0] == "pandas" and X.ndim == 2 else None

    def without(self, items, ignore, role):
        return items.drop(columns=[name for name in ignore if name in items.columns])

    def aligned(self, samples, notes):
        import pandas as pd

        first, *_ = samples
        names = list(samples[first].columns)
        if not names:
            raise ValueError(f"{first} must have a column at least, got none")
        if len({*names}) < len(names):
            raise ValueError(f"{first} must have columns of different names, got {names}")
        for role, frame in samples.items():
            own = list(frame.columns)
            if len(own) != len(names) or {*own} != {*names}:
                raise ValueError(f"{role} must have the columns of {first}, {_difference(names, own)}")
        notes += _of_index(samples)
        found = {role: {} for role in samples}
        for name in names:
            given = {role: frame[name].reset_index(drop=True) for role, frame in samples.items()}
            given = columns.aligned(name, given, notes)
            notes += doubts(name, given)
            for role, column in given.items():
                found[role][name] = column
        return {
            role: pd.DataFrame(parts, columns=pd.Index(names, tupleize_cols=False)) for role, parts in found.items()
        }

    def columns_read(self, samples):
        return [column_rows.told(name, given) for name, given in _by_column(samples)]

    @python_strings()
    def parts(self, samples):
        """The rows of each column alone: a dict by name of dicts by role."""
        return {name: column_rows.rows(name, given) for name, given in _by_column(samples)}

    def rows(self, samples):
        return beside(self.parts(samples).values())

    def same(self, samples):
        parts = [column_rows.codes(given)[0] for _, given in _by_column(samples)]
        return values_by_role({role: np.column_stack([part[role] for part in parts]) for role in samples})

    def at(self, items, i):
        return items.iloc[i]

    def alike(self, one, two):
        equal = sum(a == b for _, a, b in self.cells(one, two))
        return f"{equal} of {len(one)} columns"

    def cells(self, one, two):
        """(name, value, value) of all columns, as str."""
        names, values = (valid(str(name)) for name in one.index), zip(one, two, strict=True)
        return [(name, short(a), short(b)) for name, (a, b) in zip(names, values, strict=True)]


def beside(parts):
    """Rows of several columns, dicts by role, side by side."""
    parts = list(parts)
    return {role: np.concatenate([part[role] for part in parts], axis=1) for role in parts[0]}


def _by_column(samples):
    for name in next(iter(samples.values())).columns:
        yield name, {role: frame[name] for role, frame in samples.items()}


def _difference(names, own):
    """How the columns of a sample differ from those of the first, as many as a reader looks at."""
    lacks = [name for name in names if name not in own]
    more = [name for name in own if name not in names]
    twice = [name for i, name in enumerate(own) if name in own[:i]]
    parts = ((lacks, "without"), (more, "with"), (twice, "twice"))
    told = "; ".join(
        f"{words} {found[:10]}" + f" and {len(found) - 10:,} more" * (len(found) > 10)
        for found, words in parts
        if found
    )
    return f"{names[:10]}{', ...' * (len(names) > 10)}; it comes {told}: rename them, or leave them out by ignore="


def _of_index(samples):
    """A note on the indices of frames, by role, that may hold data."""
    for role, frame in samples.items():
        index = frame.index
        if index.nlevels > 1 or index.name is not None or index.dtype.kind not in "iu":
            name = ", ".join(repr(one) for one in index.names if one is not None) or f"of {index.dtype}"
            return [f"the index of {role} ({name}) is no column and is not compared: reset_index() makes it one"]
    return []
