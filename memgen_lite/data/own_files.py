"""Rows from the reader's own files: arrays, tables, pictures, text."""

import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np

from .own_pictures import folder

_EXPECTED = "a .npy, .npz, .csv, .parquet or .txt file, or a folder of images"


def read_rows(path, key=None):
    """Rows from a file or a folder, as :func:`memgen_lite.audit` takes them.

    * `.npy`: the array in it, memory-mapped. Nothing pickled is loaded, since that could run code.
    * `.npz`: the one array in it; of several, the one called `key`.
    * `.csv`: a frame. The first line names the columns, unless it is all numbers; then columns are numbered. A first
      column without a name is what a frame writes as its index, and is left out.
    * `.parquet`: a frame; needs pyarrow.
    * `.txt`: a list of str, of UTF-8; row i is line i + 1.
    * a folder: its images as square thumbnails in order of file name, see :func:`memgen_lite.data.folder`. Files that
      are no images are named in a warning.

    Parameters
    ----------
    path : str or Path. key : None, or the name of an array.

    Raises
    ------
    FileNotFoundError, ValueError, TypeError : naming the file, what it holds, and what is expected.
    ImportError : for a `.parquet` file where pyarrow is not installed.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "poem.txt")
    ...     _ = path.write_text("a rose\\nis a rose\\n")
    ...     read_rows(path)
    ['a rose', 'is a rose']
    """
    if not isinstance(path, str | Path):
        raise TypeError(f"path must be the name of {_EXPECTED}, got {type(path).__name__}")
    path = Path(path).expanduser()
    if path.is_dir():
        data = folder(path, held_out=0)
        if data.skipped:
            told = "; ".join(f"{name}: {reason}" for name, reason in data.skipped[:10])
            more = f"; and {len(data.skipped) - 10:,} more" if len(data.skipped) > 10 else ""
            warnings.warn(f"{str(path)!r}: {len(data.skipped):,} files left out ({told}{more})", stacklevel=2)
        return data.train
    if not path.exists():
        raise FileNotFoundError(f"{str(path)!r} does not exist; expected {_EXPECTED}")
    if path.suffix.lower() not in _READERS:
        raise ValueError(f"{str(path)!r} must be {_EXPECTED}; what ends in {path.suffix!r} is not read")
    if not path.stat().st_size:
        raise ValueError(f"{str(path)!r} is an empty file")
    rows = _READERS[path.suffix.lower()](path, key)
    if np.ndim(rows) == 0 or not len(rows):
        raise ValueError(f"{str(path)!r} must hold rows, got none")
    return rows


def _arrays(path, key):
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
        if isinstance(found, np.ndarray):
            return found
        with found:
            name = found.files[0] if len(found.files) == 1 else key
            if name in found.files:
                return found[name]
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        told = "Python objects, or no array at all" if "pickle" in str(error) or "objects" in str(error) else str(error)
        raise ValueError(f"{str(path)!r} must hold numbers or strings as numpy.save writes them, got: {told}") from None
    raise ValueError(f"{str(path)!r} must hold one array, or one called {key!r}, got arrays called {found.files}")


def _csv(path, key):
    import pandas as pd

    try:
        first = pd.read_csv(path, header=None, nrows=1, encoding="utf-8-sig").iloc[0]
        numbers = pd.to_numeric(first, errors="coerce").notna().all()
        frame = pd.read_csv(path, header=None if numbers else 0, encoding="utf-8-sig")
    except (ValueError, pd.errors.ParserError) as error:  # of which broken UTF-8 and an empty file are two
        raise ValueError(f"{str(path)!r} must be a table of values separated by commas: {error}") from None
    if not numbers and pd.isna(first.iloc[0]):
        frame = frame.iloc[:, 1:]
    if len(frame.columns) == 1 and any(mark in str(first.iloc[0]) for mark in ";\t|"):
        raise ValueError(f"{str(path)!r} must have its values separated by commas, got the line {first.iloc[0]!r:.80}")
    return frame


def _parquet(path, key):
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except ImportError:
        raise ImportError(
            f"{str(path)!r} needs pyarrow, which is not installed: pip install pyarrow, or write the frame to a .csv"
        ) from None
    except (ValueError, OSError) as error:
        raise ValueError(f"{str(path)!r} must be a table as DataFrame.to_parquet writes it: {error}") from None


def _lines(path, key):
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{str(path)!r} must be text in UTF-8: {error}") from None
    return text.removesuffix("\n").split("\n")


_READERS = {".npy": _arrays, ".npz": _arrays, ".csv": _csv, ".parquet": _parquet, ".txt": _lines}
