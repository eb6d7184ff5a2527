"""Tables: pandas' frames, whose columns are numbers, times, categories or texts."""

import numpy as np

from ..checks import finite
from ..row_bytes import keys
from .arrays import Arrays, short
from .texts import grams

_LEVELS = 64


class Frames(Arrays):
    """Frames with the same columns.

    A numeric or time column is divided by its range among the real rows; a categorical one counts 1 where two rows
    differ, 0 where they agree, as in Gower's coefficient (1971), but summed as squares; a categorical column of more
    than 64 levels is taken as texts.
    """

    name = "table"

    def read(self, X):
        return X if type(X).__module__.partition(".")[0] == "pandas" and X.ndim == 2 else None

    def aligned(self, samples, notes):
        first, *_ = samples
        names = list(samples[first].columns)
        if len({*names}) < len(names):
            raise ValueError(f"{first} must have columns of different names, got {names}")
        for role, frame in samples.items():
            own = list(frame.columns)
            if len(own) != len(names) or {*own} != {*names}:
                raise ValueError(f"{role} must have the columns of {first}, {names}, got {own}")
        samples = {role: frame[names].reset_index(drop=True) for role, frame in samples.items()}
        for role, frame in samples.items():
            _complete(frame, role)
        return samples

    def rows(self, samples):
        import pandas as pd

        names, parts = list(next(iter(samples.values())).columns), {role: [] for role in samples}
        real_roles = [role for role in samples if role != "generated"] or list(samples)
        for name in names:
            columns = {role: frame[name] for role, frame in samples.items()}
            kinds = {_column_kind(column) for column in columns.values()}
            if len(kinds) > 1:
                raise TypeError(f"column {name!r} must be of one kind in all samples, got {sorted(kinds)}")
            if kinds == {"category"}:
                levels = pd.Index(pd.unique(pd.concat([column.astype(object) for column in columns.values()])))
                text = len(levels) > _LEVELS and all(isinstance(level, str) for level in levels)
                codes = grams(levels.tolist())[0] if text else np.eye(len(levels), dtype=np.float32)
                for role, column in columns.items():
                    parts[role].append(codes[levels.get_indexer(column.astype(object))] / np.float32(np.sqrt(2)))
                continue
            numbers = {role: _numbers(column, kinds == {"time"}) for role, column in columns.items()}
            for role, X in numbers.items():
                finite(X, role, columns=[name])
            real = np.concatenate([numbers[role] for role in real_roles])
            scale = float(np.ptp(real)) or 1.0
            for role, X in numbers.items():
                parts[role].append((X - real.min()) / scale)
        return {role: np.concatenate(columns, axis=1) for role, columns in parts.items()}

    def same(self, samples):
        return {role: keys(X) for role, X in self.rows(samples).items()}

    def at(self, items, i):
        return items.iloc[i]

    def cells(self, one, two):
        """(name, value, value) of all columns, as str."""
        names, values = map(str, one.index), zip(one, two, strict=True)
        return [(name, short(a), short(b)) for name, (a, b) in zip(names, values, strict=True)]


def _complete(frame, role):
    missing = frame.isna().to_numpy()
    if missing.any():
        counts = ", ".join(
            f"{frame.columns[j]!r} in {missing[:, j].sum():,}" for j in np.flatnonzero(missing.any(axis=0))
        )
        first = int(np.argmax(missing.any(axis=1)))
        raise ValueError(
            f"{role} must have no missing values: of {len(frame):,} rows, column {counts} (first: row {first}). In "
            "all three, fill a category with a level of its own, such as 'missing', and a number with the "
            "median of train beside a column that says where it was missing; or leave such columns out"
        )


def _column_kind(column):
    from pandas.api import types

    if types.is_datetime64_any_dtype(column) or types.is_timedelta64_dtype(column):
        return "time"
    return "number" if types.is_numeric_dtype(column) and not types.is_bool_dtype(column) else "category"


def _numbers(column, time):
    X = column.to_numpy()
    return (X.astype("int64") if time else X).astype(np.float64)[:, None]
