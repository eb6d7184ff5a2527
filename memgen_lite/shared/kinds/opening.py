"""From whatever holds examples to an array, a frame, a series, a list or a tuple, or an error that says how."""

import io
import os
from collections.abc import Mapping, Set

import numpy as np

from ..checks import unmasked
from ..devices import card_of, fetched, library
from ..free_memory import warn_of_copy

_WAYS = "array, frame, list or iterable"


def opened(X, name="X"):
    """`X` as an array, a frame, a series, a list or a tuple of examples; an iterable is read to its end.

    Arrays of other libraries become NumPy's, through `__array__` or DLPack or fetched from a graphics card, and frames
    of other libraries pandas'. Numbers for which NumPy has no type of its own, as bfloat16, become float32, which holds
    each of them exactly.

    Raises
    ------
    TypeError : for what is no collection of examples (one string, a number, a mapping, a set, an open file), and for
        what can't be taken as it is (a sparse matrix, a masked array, a tensor that NumPy can't look into).
    """
    if isinstance(X, np.ndarray):
        return _array(X, name)
    if type(X).__module__.partition(".")[0] == "pandas" and hasattr(X, "iloc"):
        return X
    if isinstance(X, str | bytes | bytearray):
        raise TypeError(
            f"{name} must be a collection of examples, got one {type(X).__name__}; for one document pass [text], for "
            "a file memgen_lite.read_rows(path)"
        )
    if isinstance(X, os.PathLike | io.IOBase) or (hasattr(X, "read") and hasattr(X, "readline")):
        raise TypeError(
            f"{name} must be a collection of examples ({_WAYS}), got {type(X).__name__}; memgen_lite.read_rows(path) "
            "reads a file"
        )
    if hasattr(X, "tocsr"):
        raise TypeError(
            f"{name} must be dense, as sparse data is not supported, got a sparse {type(X).__name__}: pass "
            f"{name}.toarray()"
        )
    if isinstance(X, Mapping | Set):
        raise TypeError(f"{name} must be an ordered collection of examples, got a {type(X).__name__}; {_instead(X)}")
    if isinstance(X, list | tuple):
        return X
    if library(X) == "datasets":
        raise TypeError(
            f"{name} must be a collection of examples, got a {type(X).__name__} of Hugging Face: "
            f"memgen_lite.shards({name}, column=...) reads a column of one that is not streamed, and "
            f"{name}.to_pandas() is a frame"
        )
    if hasattr(X, "batch_size"):
        raise TypeError(
            f"{name} must be a collection of examples, got a {type(X).__name__}, which yields batches of them"
        )
    if hasattr(X, "to_pandas") and not hasattr(X, "dims"):  # xarray's arrays have dims, and are arrays
        return _frame(X, name)
    if hasattr(X, "__array__") or hasattr(X, "__dlpack__"):
        return _array(_as_numpy(X, name), name)
    if not hasattr(X, "__iter__"):
        how = f"; pass {name}.collect()" if hasattr(X, "collect") else ""
        raise TypeError(f"{name} must be a collection of examples ({_WAYS}), got {type(X).__name__}{how}")
    return list(X)


def _array(X, name):
    if isinstance(X, np.ma.MaskedArray):  # a plain one of masked ones is MemGEN's to keep as it is
        unmasked(X, name)
    X = np.asarray(X) if isinstance(X, np.matrix) else X
    if X.ndim == 0:
        raise TypeError(f"{name} must hold examples along its first axis, got a 0-dimensional array of {X.dtype}")
    return X.astype(np.float32) if X.dtype.type.__module__.startswith("ml_dtypes") else X


def _as_numpy(X, name):
    """Another library's array as NumPy's."""
    if not hasattr(X, "least_and_most"):  # else shards, which say so themselves
        _told_of(X, name)
    try:
        X = fetched(X)
    except Exception as error:  # as below
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        raise TypeError(f"{name} lies on a graphics card and can't be fetched from there: {said}") from None
    dtype = str(getattr(X, "dtype", ""))
    if hasattr(X, "detach") and any(kind in dtype for kind in ("bfloat16", "float8")):
        X = X.float()  # a tensor of PyTorch; NumPy knows no such numbers
    reasons = []
    for attribute, read in (("__array__", np.asanyarray), ("__dlpack__", np.from_dlpack)):
        if hasattr(X, attribute):
            try:
                return read(X)
            except Exception as error:  # whatever the other library says of why not
                reasons.append(str(error).strip().partition("\n")[0] or type(error).__name__)
    raise TypeError(f"{name} must be an array that NumPy can read, got {type(X).__name__}: {reasons[0]}") from None


def _frame(X, name):
    """A frame or a column of another library (polars, pyarrow, and what has their way out) as pandas'."""
    _told_of(X, name)
    try:
        return opened(X.to_pandas(), name)
    except ImportError as error:
        raise ImportError(
            f"{name} is a {type(X).__module__.partition('.')[0]} {type(X).__name__}, which becomes a frame of pandas "
            f"only where what it needs is installed: {error}"
        ) from None


def _told_of(X, name):
    """Warn before something large that lies elsewhere, perhaps in files, is copied into memory."""
    if library(X) in ("torch", "jax", "jaxlib") and card_of(X) is None:
        return  # which NumPy reads where it lies
    try:
        size = getattr(X, "estimated_size", None) or getattr(X, "nbytes", 0)
        nbytes = int(size() if callable(size) else size)
    except Exception:  # of unknown size, or of the object's own making
        return
    what = f"{name}, a {type(X).__name__} of {library(X)}, is copied into memory"
    warn_of_copy(nbytes, f"{what}, which memgen_lite.shards({name}) does not do where it can read it")


def _instead(X):
    if hasattr(X, "files"):
        return f"pass one of its arrays, of {list(X.files)}"
    if hasattr(X, "to_dataframe"):
        return "pass its to_dataframe()"
    return "pass a list" + (", or a pandas.DataFrame of it where it holds columns" if isinstance(X, Mapping) else "")
