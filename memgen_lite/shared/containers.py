"""What went in, and how the same kind of thing comes out: arrays, frames, lists of text, images or anything else."""

import struct
import sys
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from .row_bytes import pure

IMAGE_MODES = ("1", "L", "RGB", "RGBA")  # the modes of Pillow whose pixels are all there is to them

ARRAYS = (np.ndarray, np.memmap)  # a memmap is an array that happens to be in a file; other subclasses mean something


def is_image(item):
    """Whether an item is a Pillow image (False without importing Pillow where nobody has)."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(item, module.Image)


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
        if freeze((self.columns, self.levels)) != freeze((other.columns, other.levels)):  # NaN is a name like others
            return f"of the names {other.columns}, where the memory has {self.columns}"
        if self.dtypes != other.dtypes or self.dtype != other.dtype:
            return f"of dtype {other.dtypes or other.dtype}, where the memory has {self.dtypes or self.dtype}"
        if self.shape != other.shape:
            return f"of rows of shape {other.shape}, where the memory has {self.shape}"
        return None

    def rebuild(self, values):
        """Put values (an array of rows, or a list of items) into a container of this kind."""
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
    (Container, values) : values are an array whose first axis counts examples, or a list of examples. A frame's
        examples are tuples, unless all its columns are numbers, times or flags: then it is an array, a field a column.

    Raises
    ------
    TypeError : for what is no collection of examples (one string, a number, a mapping, a set) or can't be kept as it is
        (a sparse matrix, a masked array, a structured array with objects in its fields).
    """
    module = type(X).__module__.partition(".")[0]
    if isinstance(X, np.ndarray):
        if X.ndim == 0:
            raise TypeError(f"{name} must hold examples along its first axis, got a 0-dimensional array of {X.dtype}")
        if isinstance(X, np.ma.MaskedArray):
            raise TypeError(f"{name} must be a plain array, got a masked one; pass {name}.filled(value)")
        if X.dtype.hasobject and X.dtype.names:
            raise TypeError(f"{name} must have fields of plain dtypes, got {X.dtype}; pass a list of tuples or a frame")
        container = Container("array", dtype=X.dtype, shape=X.shape[1:])
        return container, list(np.array(X)) if X.dtype.hasobject else X  # copied, as rows of objects would be views
    if module == "pandas" and hasattr(X, "iloc"):
        return _unpack_pandas(X)
    if isinstance(X, str | bytes | bytearray):
        raise TypeError(
            f"{name} must be a collection of examples, got one {type(X).__name__}; for one document pass [text]"
        )
    if module == "scipy" and hasattr(X, "tocsr"):
        raise TypeError(f"{name} is a sparse {type(X).__name__}; sparse data is not supported: pass {name}.toarray()")
    if isinstance(X, Mapping | Set):
        raise TypeError(f"{name} must be an ordered collection of examples, got a {type(X).__name__}; pass a list")
    if hasattr(X, "__array__") and not isinstance(X, list | tuple):
        return unpack(np.asarray(X), name=name)  # another library's array: stored, and returned, as NumPy's
    if not hasattr(X, "__iter__"):
        raise TypeError(
            f"{name} must be a collection of examples (array, frame, list or iterable), got {type(X).__name__}"
        )
    return Container("tuple" if isinstance(X, tuple) else "list"), list(X)


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


def freeze(item):
    """A hashable key that two items share exactly if they are the same kind of thing with the same content.

    Numbers are compared by type and bits (1, 1.0 and True are three things, NaN is itself); lists, tuples, sets, dicts,
    arrays and images by their content; anything else by its own `__hash__` and `__eq__`.
    """
    kind = type(item)
    if kind is str or kind is bytes or kind is int or item is None:
        return item
    if kind is float:
        return (kind, struct.pack("<d", item))
    if kind is complex:
        return (kind, struct.pack("<2d", item.real, item.imag))
    if isinstance(item, tuple | list):
        return (kind, *map(freeze, item))
    if isinstance(item, dict):
        return (kind, *((freeze(key), freeze(value)) for key, value in item.items()))
    if isinstance(item, set | frozenset):
        return (kind, frozenset(map(freeze, item)))
    if kind is bytearray:
        return (kind, bytes(item))
    if isinstance(item, np.character):
        return (kind, item.tobytes())
    if isinstance(item, np.ma.MaskedArray):
        return (kind, freeze(item.data), freeze(np.ma.getmaskarray(item)))
    if isinstance(item, np.ndarray | np.generic):
        kind = "array" if type(item) in ARRAYS else kind
        plain = not item.dtype.hasobject
        return (kind, item.dtype, item.shape, pure(np.asarray(item)).tobytes() if plain else freeze(item.tolist()))
    if is_image(item):
        palette = bytes(item.getpalette("RGBA")) if item.mode in ("P", "PA") else None
        return ("image", item.mode, item.size, item.tobytes(), palette, freeze(item.info.get("transparency")))
    try:
        hash(item)
    except TypeError:
        raise TypeError(f"X holds a {kind.__name__}, which has no hash to compare it by: {item!r:.80}") from None
    return (kind, item)
