"""From a container to what can be compared: an array of one dtype, a frame, or a list of str."""

import numpy as np

from ..checks import unmasked
from .images import is_image, pixels
from .opening import opened
from .texts import Texts


def arranged(X, name="X"):
    """An opened `X` as an array, a frame or a list of str.

    Rows of numbers and words, records, dicts, arrays of objects, of str or of times are tables. Pictures of a list get
    the shape and depth of the richest of them.

    Raises
    ------
    ValueError : for items of several shapes.
    TypeError : for items that NumPy can't read.
    """
    if hasattr(X, "iloc") and X.ndim == 2:
        return X
    if hasattr(X, "to_numpy"):
        X = X.to_numpy()
    if isinstance(X, np.ndarray):
        if X.dtype.names:
            return _records(X)
        if X.dtype.kind in "Mm":
            X = _moments(X, name)
        if X.ndim == 2 and X.dtype.kind in "OUSTMm":
            return _table(X.tolist() if X.dtype.kind == "T" else X)
        if X.dtype.kind not in "OT" or X.ndim != 1:
            return X
        X = X.tolist()
    return _listed(X, name)


def _listed(X, name):
    unmasked(X, name)
    if (texts := Texts().read(X)) is not None:
        return texts
    if all(map(is_image, X)):
        return pixels(X, name)
    if all(isinstance(item, dict) for item in X):
        return _table(X)
    if hasattr(X[0], "__dlpack__") and not isinstance(X[0], np.ndarray | np.generic):
        X = [opened(item, f"{name}[{i}]") if hasattr(item, "__dlpack__") else item for i, item in enumerate(X)]
    rows = all(isinstance(item, list | tuple | np.void) for item in X)
    try:
        found = np.asarray(X)
    except ValueError:
        if rows and len({*map(len, X)}) == 1:  # a cell of them is an array
            return _table(X)
        raise ValueError(f"{name} must be items of one shape, got some that differ: {_odd(X)}") from None
    if found.dtype.names:
        return _records(found)
    if found.ndim == 1 and found.dtype.kind == "U":  # NumPy has turned numbers among the texts into texts
        return np.array(X, dtype=object)
    return _table(X) if found.ndim == 2 and found.dtype.kind in "OUSMm" else found


def _moments(X, name):
    """Times of NumPy in a unit that pandas has too."""
    unit = np.datetime_data(X.dtype)[0]
    if unit == "generic":
        raise TypeError(
            f"{name} must be times of a unit, got {X.dtype}: astype('{X.dtype.char.lower()}8[s]') gives one"
        )
    if unit not in ("ps", "fs", "as"):
        return X
    found = X.astype(f"{X.dtype.kind}8[ns]")
    if not ((found == X) | np.isnat(X)).all():
        raise TypeError(f"{name} must be times of whole nanoseconds, got {X.dtype}: X.astype(float) has the numbers")
    return found


def _odd(X):
    """Which item is the first that is not of the shape of the first of all."""
    shapes = [getattr(item, "shape", (len(item),) if hasattr(item, "__len__") else ()) for item in X]
    i = next((i for i, shape in enumerate(shapes) if shape != shapes[0]), 0)
    return f"number {i} has shape {shapes[i]}, number 0 has {shapes[0]}"


def _table(rows):
    """Rows of cells as a frame; as an array, where all cells are numbers of one type."""
    import pandas as pd

    frame = pd.DataFrame(rows).infer_objects()
    dtypes = {*frame.dtypes}
    numbers = len(dtypes) == 1 and isinstance(one := dtypes.pop(), np.dtype) and one.kind in "fiub"
    return frame.to_numpy() if numbers and isinstance(rows, np.ndarray) else frame


def _records(X):
    import pandas as pd

    return pd.DataFrame({field: X[field] if X[field].ndim == 1 else list(X[field]) for field in X.dtype.names})
