"""Rows from the reader's own files: arrays, tables, pictures, text; and a data set of them, by path or by name."""

import json
import os
import warnings
import zipfile
import zlib
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ..shared.checks import flag, shown
from ..shared.files import regular
from ..shared.types import FilePath
from .own_pictures import folder
from .own_tables import table_of
from .own_text import PACKED, text_of

_EXPECTED = (
    "a .npy, .npz, .csv, .tsv, .jsonl, .parquet or .txt file (the text ones perhaps .gz, .bz2, .xz or .zip), or a "
    "folder of images"
)


def read_rows(path: FilePath, key: str | None = None, *, na: Any = None, header: Any = None) -> Any:
    """Rows from a file or a folder, as :func:`memgen_lite.audit` takes them.

    * `.npy`: the array in it, memory-mapped. Nothing pickled is loaded, since that could run code.
    * `.npz`: the one array in it; of several, the one called `key`.
    * `.csv`, `.tsv`: a frame, of values separated by commas or tabs, as many in each line. The first line names the
      columns, unless it is all numbers; then columns are numbered. (0, 1, 2, ... are names: pandas gives them to an
      array's columns.) A first column without a name is what a frame writes
      as its index, and is left out.
    * `.jsonl`: a frame, of an object a line; an array or a frame, of a list a line; a list of str, of a string a line.
    * `.parquet`: a frame; needs pyarrow. One column of arrays of one length is an array.
    * the text ones packed: `.csv.gz`, `.bz2`, `.xz`, or `.zip` with one file in it.
    * `.txt`: a list of str, of UTF-8; row i is line i + 1.
    * a folder: its images as square thumbnails in order of file name, see :func:`memgen_lite.data.folder`. Files that
      are no images are named in a warning.

    Parameters
    ----------
    path : str or Path. key : None, or the name of an array.
    na : None, or the words that mean a missing value in a `.csv` or `.tsv`; None for those of :func:`pandas.read_csv`,
        of which "NA" is one, () for none but the empty cell.
    header : None, or whether the first line of a `.csv` or `.tsv` names the columns.

    Raises
    ------
    OSError, ValueError, TypeError : naming the file, what it holds, and what is expected, whatever went wrong.
    ImportError : for a `.parquet` file where pyarrow is not installed.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "poem.txt")
    ...     _ = path.write_text("a rose\\nis a rose\\n")
    ...     read_rows(path)
    ['a rose', 'is a rose']
    """
    if not isinstance(path, str | os.PathLike) or not str(path):
        raise TypeError(f"path must be the name of {_EXPECTED}, got {shown(path)}")
    if key is not None and not isinstance(key, str):
        raise TypeError(f"key must be the name of an array, or None, got {shown(key)}")
    na = [na] if isinstance(na, str) else na
    if na is not None and not (isinstance(na, list | tuple | set) and all(isinstance(word, str) for word in na)):
        raise TypeError(f"na must be the words that mean a missing value, or None, got {shown(na)}")
    if na is not None and any(word != word.encode("utf-8", "replace").decode() for word in na):
        raise ValueError(f"na must be words that a file can hold, got {shown(na)}, with a lone surrogate")
    header = None if header is None else flag(header, "header")
    path = _expanded(path)
    if path.is_dir():
        data = folder(path, held_out=0)
        if data.skipped:
            told = "; ".join(f"{name}: {reason}" for name, reason in data.skipped[:10])
            more = f"; and {len(data.skipped) - 10:,} more" if len(data.skipped) > 10 else ""
            warnings.warn(f"{str(path)!r}: {len(data.skipped):,} files left out ({told}{more})", stacklevel=2)
        return data.train
    if not path.exists():
        raise FileNotFoundError(f"path: {str(path)!r} does not exist; expected {_EXPECTED}")
    regular(path)
    packed = path.suffix.lower() in (*PACKED, ".zip")
    kind = (path.with_suffix("") if packed else path).suffix.lower()
    if kind not in _READERS or (packed and _READERS[kind] not in (table_of, _lines, _objects)):
        raise ValueError(f"{str(path)!r} must be {_EXPECTED}; what ends in {path.suffix!r} is not read")
    if not path.stat().st_size:
        raise ValueError(f"{str(path)!r} is an empty file")
    try:
        rows = _READERS[kind](path, key=key, na=na, header=header, separator="\t" if kind == ".tsv" else ",")
    except ImportError:
        raise
    except Exception as error:  # whatever a library raises of what others have written
        if isinstance(error, ValueError | OSError) and (str(path) in str(error) or repr(str(path)) in str(error)):
            raise
        raise ValueError(f"{str(path)!r} can't be read: {type(error).__name__}: {error}") from error
    if np.ndim(rows) == 0 or not len(rows):
        raise ValueError(f"{str(path)!r} must hold rows, got none")
    return rows


def _expanded(path):
    try:
        path = Path(path).expanduser()
        with suppress(FileNotFoundError, NotADirectoryError, ValueError):
            path.stat()  # not exists(): from Python 3.14 on that keeps to itself why it can't tell
    except (ValueError, RuntimeError, OSError) as error:  # a zero byte, a lone surrogate, no such user, too long a name
        kind = type(error) if isinstance(error, OSError) else ValueError
        raise kind(f"path must be the name of {_EXPECTED}, got {shown(str(path))}: {error}") from None
    return path


def _arrays(path, key, **_):
    try:
        with path.open("rb") as file:  # NumPy leaves a damaged archive open
            if file.read(2) != b"PK":
                return np.load(path, mmap_mode="r", allow_pickle=False)
            file.seek(0)
            found = np.load(file, allow_pickle=False)
            name = found.files[0] if len(found.files) == 1 else key
            if name in found.files:
                return found[name]
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        told = "Python objects, or no array at all" if "pickle" in str(error) or "objects" in str(error) else str(error)
        raise ValueError(f"{str(path)!r} must hold numbers or strings as numpy.save writes them, got: {told}") from None
    named = f"one called {key!r}" if key is not None else "key='...' must say which"
    raise ValueError(f"{str(path)!r} must hold one array, or {named}, got arrays called {found.files}")


def _objects(path, **_):
    import pandas as pd

    rows = []
    for number, line in enumerate(text_of(path).split("\n"), 1):
        try:
            rows += [json.loads(line, object_pairs_hook=_once)] if line.strip() else []
        except ValueError as error:  # of which a JSONDecodeError is one
            raise ValueError(f"{str(path)!r} must have a JSON value in each line; line {number}: {error}") from None
    for kind, what in ((str, "a string"), (dict, "an object"), (list, "a list")):
        other = next((i for i, row in enumerate(rows) if not isinstance(row, kind)), None)
        if other is None:
            break
        if isinstance(rows[0], kind):
            raise ValueError(
                f"{str(path)!r} must have {what} in each line, as it has in the first, got {rows[other]!r:.60}"
            )
    else:
        raise ValueError(f"{str(path)!r} must have an object in each line, or a string or a list in each")
    if kind is str:
        return rows
    if kind is list and len({*map(len, rows)}) > 1:
        raise ValueError(f"{str(path)!r} must have lists of one length, got some of {sorted({*map(len, rows)})[:5]}")
    frame = pd.DataFrame(rows)
    return frame.to_numpy() if kind is list and all(dtype.kind in "fiub" for dtype in frame.dtypes) else frame


def _once(pairs):
    if twice := [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]:
        raise ValueError(f"an object has the name {twice[0]!r} more than once")
    return dict(pairs)


def _parquet(path, **_):
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except ImportError:
        raise ImportError(
            f"{str(path)!r} needs pyarrow, which is not installed: pip install pyarrow, or write the frame to a .csv"
        ) from None
    except (ValueError, OSError) as error:
        raise ValueError(f"{str(path)!r} must be a table as DataFrame.to_parquet writes it: {error}") from None
    cells = frame.iloc[:, 0] if len(frame.columns) == 1 else []
    if len(cells) and all(isinstance(cell, np.ndarray) and cell.shape == cells.iloc[0].shape for cell in cells):
        return np.stack(cells)
    return frame


def _lines(path, **_):
    return text_of(path).removesuffix("\n").split("\n")


_READERS = {".npy": _arrays, ".npz": _arrays, ".csv": table_of, ".tsv": table_of, ".jsonl": _objects}
_READERS |= {".parquet": _parquet, ".txt": _lines}
