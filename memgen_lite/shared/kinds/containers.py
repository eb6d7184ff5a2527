"""What went in, and how the same kind of thing comes out: arrays, frames, lists of text, images or anything else."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..shards import Shards
from .items import equality_key
from .opening import opened
from .strings import python_strings


@dataclass
class Container:
    """The kind of container that a model was fitted to: `array`, `frame`, `series`, `list` or `tuple`.

    `columns`, `levels` (what the levels of the columns are called) and `dtypes` belong to a frame; a series has its
    name and its dtype there. `dtype` and `shape` are those of one row.
    """

    kind: str
    columns: Any = None
    levels: Any = None
    dtypes: Any = None
    dtype: Any = None
    shape: tuple = ()

    def agrees(self, other):
        """Why data in `other` can't join data in this container, or None if it can."""
        if self.kind != other.kind:
            return f"of kind {other.kind!r}, where the memory is of kind {self.kind!r}"
        mine, theirs = (equality_key((one.columns, one.levels)) for one in (self, other))
        if mine != theirs:  # by key, as NaN is a name like others
            return f"of the names {other.columns}, where the memory has {self.columns}"
        if self.dtypes != other.dtypes or self.dtype != other.dtype:
            return f"of dtype {other.dtypes or other.dtype}, where the memory has {self.dtypes or self.dtype}"
        if self.shape != other.shape:
            return f"of rows of shape {other.shape}, where the memory has {self.shape}"
        return None

    def rebuild(self, values):
        """Put values (an array of rows, or a list of items) into a container of this kind; shards stay as they are."""
        if isinstance(values, Shards):
            return values
        try:
            return self._rebuilt(values)
        except UnicodeEncodeError:  # of Arrow, in which pandas keeps texts by itself where it is installed
            with python_strings():
                return self._rebuilt(values)

    def _rebuilt(self, values):
        if self.dtype is not None and not isinstance(values, np.ndarray):
            rows = np.empty((len(values), *self.shape), dtype=self.dtype)
            for i, row in enumerate(values):
                rows[i] = row
            values = rows
        if self.kind == "array":
            return values
        if self.kind == "frame":
            return self._frame(values)
        if self.kind == "series":
            import pandas as pd

            return pd.Series(values, name=self.columns, dtype=self.dtypes)
        return tuple(values) if self.kind == "tuple" else values

    def _frame(self, values):
        import pandas as pd

        if isinstance(values, np.ndarray):
            data = [values[field] for field in values.dtype.names]
        else:
            data = list(zip(*values, strict=True)) or [()] * len(self.columns)
        series = [pd.Series(column, dtype=dtype) for column, dtype in zip(data, self.dtypes, strict=True)]
        if not series:
            return pd.DataFrame(index=range(len(values)))
        frame = pd.concat(series, axis=1)
        columns = pd.Index(self.columns, tupleize_cols=False)
        frame.columns = columns if len(self.levels) == 1 else pd.MultiIndex.from_tuples(columns)
        frame.columns.names = self.levels
        return frame


def unpack(X, *, name="X"):
    """Take data out of its container.

    Returns
    -------
    (Container, values) : values are an array whose first axis counts examples, or a list of examples; shards stay as
        they are. A frame's examples are tuples, unless all its columns are numbers, times or flags: then it is an
        array, a field a column.

    Raises
    ------
    TypeError : for what :func:`.opening.opened` refuses, and a structured array with objects in its fields.
    """
    if isinstance(X, Shards):
        return Container("array", dtype=X.dtype, shape=X.shape[1:]), X
    X = opened(X, name)
    if hasattr(X, "iloc"):
        return _unpack_pandas(X)
    if not isinstance(X, np.ndarray):
        return Container("tuple" if isinstance(X, tuple) else "list"), list(X)
    if X.dtype.hasobject and X.dtype.names:
        raise TypeError(f"{name} must have fields of plain dtypes, got {X.dtype}; pass a list of tuples or a frame")
    container = Container("array", dtype=X.dtype, shape=X.shape[1:])
    return container, list(np.array(X)) if X.dtype.hasobject else X  # copied, as rows of objects would be views


def _unpack_pandas(X):
    if X.ndim == 1:
        plain = isinstance(X.dtype, np.dtype) and not X.dtype.hasobject
        container = Container("series", columns=X.name, dtypes=X.dtype, dtype=X.dtype if plain else None)
        return container, X.to_numpy() if plain else X.tolist()
    names = {"columns": list(X.columns), "levels": list(X.columns.names)}
    columns, dtypes = names["columns"], list(X.dtypes)
    if not all(isinstance(dtype, np.dtype) and not dtype.hasobject for dtype in dtypes):
        values = list(zip(*(X.iloc[:, i].tolist() for i in range(len(columns))), strict=True))
        return Container("frame", **names, dtypes=dtypes), values
    rows = np.empty(len(X), dtype=[(f"f{i}", dtype) for i, dtype in enumerate(dtypes)])
    for i in range(len(columns)):
        rows[f"f{i}"] = X.iloc[:, i].to_numpy()
    return Container("frame", **names, dtypes=dtypes, dtype=rows.dtype), rows
