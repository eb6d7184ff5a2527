"""Rows that are too many for one file, or for memory: from what holds them to shards.

Nothing is read but how many rows there are, and of what shape and dtype.
"""

import os
from glob import glob, has_magic
from pathlib import Path
from typing import Any

import numpy as np

from ..shared.checks import shown
from ..shared.devices import library
from ..shared.row_sources import InMemory
from ..shared.shards import Shards
from .sources import Dask, HuggingFace, Npy, Npz, Parquet, Place, Zarr

_FILES = (".npy", ".npz", ".parquet", ".zarr")
_NEEDS = "what it needs goes into storage_options="
_WAYS = (
    "a path or an address of .npy, .npz, .parquet or .zarr (with * for many), a folder of them, an array, a Zarr or "
    "Dask array, a Dataset of Hugging Face, or a list of such"
)


def shards(source: Any, *, column: Any = None, storage_options: dict[str, Any] | None = None) -> Shards:
    """Rows that stay where they are, for :class:`memgen_lite.MemGEN` and :func:`memgen_lite.audit`.

    Only the number of rows, their shape and dtype are read, from the heads of files; one row where a file of Parquet
    says no length of its lists. So rows of the result are read each time they are asked for.

    Parameters
    ----------
    source : a path of a `.npy`, `.npz`, `.parquet` file or a `.zarr` store, or an address as fsspec has them
        ("s3://bucket/part-*.parquet"), either with `*` for many; a folder, for all such in it; an array or a memory
        map; a Zarr array or group; a Dask array; a `datasets.Dataset`; or a list of these, in order. Many are sorted by
        name.
    column : str, the column of lists of Parquet or a Dataset, or the array of a `.npz` or a Zarr group; or a list of
        columns of numbers, which become the columns of the rows. None for all columns, or the only array.
    storage_options : dict for the file system of an address, such as its credentials; None for none.

    Returns
    -------
    :class:`~memgen_lite.shared.shards.Shards`

    Raises
    ------
    ValueError, TypeError, OSError : naming the source which can't be opened, has no rows, or rows unlike the first's.
    ModuleNotFoundError : saying how to install what reads it, the extra `distributed`.

    >>> some = shards([np.zeros((2, 3)), np.ones((4, 3))])
    >>> some[1:3].tolist()
    [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
    """
    if storage_options is not None and not isinstance(storage_options, dict):
        raise TypeError(f"storage_options must be a dict or None, got {shown(storage_options)}")
    if column is not None and not isinstance(column, str):
        if not isinstance(column, list | tuple) or not column or not all(isinstance(name, str) for name in column):
            raise TypeError(f"column must be a name, a list of names, or None, got {shown(column)}")
        column = list(column)
    given = list(source) if isinstance(source, list | tuple) else [source]
    if not given:
        raise ValueError(f"source must be {_WAYS}; got an empty {type(source).__name__}")
    found = []
    for i, one in enumerate(given):
        name = f"source[{i}]" if isinstance(source, list | tuple) else "source"
        found += _sources(one, name, column, storage_options)
    return Shards(found)


def _sources(source, name, column, options):
    if isinstance(source, Shards):
        return list(source.sources)
    if isinstance(source, str | os.PathLike):
        return [_file(place, name, column) for place in _places(os.fspath(source), name, options)]
    if isinstance(source, np.ndarray):
        return [InMemory(source, name)]
    of = library(source)
    if of == "zarr" and hasattr(source, "store"):
        return [Zarr.of(source, name, _single(column, name))]
    if of == "dask" and hasattr(source, "to_dask_array"):
        raise TypeError(f"{name} must be an array, got a frame of Dask: pass its to_dask_array(lengths=True)")
    if of == "dask" and hasattr(source, "chunks"):
        return [Dask(source, name)]
    if of == "datasets" and hasattr(source, "column_names"):
        return [HuggingFace(source, _several(column), name)]
    raise TypeError(f"{name} must be {_WAYS}; got {shown(source)}")


def _places(path, name, options):
    """The files behind a path or an address, sorted."""
    place = Place(path, options)
    try:
        paths = _here(place.path, name) if place.here else _elsewhere(place, name)
    except ValueError as error:  # of a path that no file system has
        raise ValueError(f"{name} must be a path, got {shown(path)}: {error}") from None
    if not paths:
        raise FileNotFoundError(f"{name} must hold files of {', '.join(_FILES)}, got none at {path}")
    return [Place(one, options) for one in paths]


def _here(path, name):
    folder = Path(path)
    try:
        there = folder.exists()
    except OSError as error:
        raise OSError(f"{name} must be a path, got {shown(path)}: {error.strerror}") from None
    if has_magic(path) and not there:
        return sorted(glob(path))
    if not there:
        raise FileNotFoundError(f"{name} must be there, got {path}")
    if folder.is_dir() and not _is_store(folder.name, os.listdir(folder)):
        return [str(one) for one in sorted(folder.iterdir()) if one.suffix in _FILES]
    return [path]


def _elsewhere(place, name):
    try:
        system, inside = place.system()
        if has_magic(inside):
            found = sorted(system.glob(inside))
        elif system.isdir(inside):
            listed = [one["name"] for one in system.ls(inside, detail=True)]
            if _is_store(inside, [one.rstrip("/").rpartition("/")[2] for one in listed]):
                return [place.path]
            found = sorted(one for one in listed if one.rstrip("/").endswith(_FILES))
        else:
            return [place.path]
        return [system.unstrip_protocol(one) for one in found]
    except ModuleNotFoundError:
        raise
    except Exception as error:  # whatever a file system says of a lack of credentials, or of the network
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        raise OSError(f"{name}, {place}, can't be looked into: {said}; {_NEEDS}") from error


def _is_store(name, inside):
    """Whether a folder is one of Zarr."""
    return name.rstrip("/").endswith(".zarr") or bool({"zarr.json", ".zarray", ".zgroup"} & set(inside))


def _file(place, name, column):
    suffix = Path(place.path.partition("::")[0].rstrip("/")).suffix
    try:
        if suffix == ".npy":
            return Npy(place)
        if suffix == ".npz":
            return Npz(place, _single(column, str(place)))
        if suffix == ".parquet":
            return Parquet(place, _several(column))
        if suffix != ".zarr" and place.here and not Path(place.path).is_dir():
            raise ValueError(
                f"{name}, {place}, must be of {', '.join(_FILES)}; memgen_lite.read_rows reads other files whole"
            )
        return Zarr.at(place, _single(column, str(place)))
    except (ModuleNotFoundError, MemoryError):
        raise
    except (ValueError, TypeError) as error:
        if str(error).startswith((str(place), "column", "source")):
            raise
        raise ValueError(f"{name}, {place}, can't be read: {error}") from error
    except Exception as error:  # of the library that reads it
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        lacks = isinstance(error, OSError) and not isinstance(error, FileNotFoundError)
        said += f"; {_NEEDS}" if lacks and not place.here else ""
        raise OSError(f"{name}, {place}, can't be read: {said}") from error


def _single(column, name):
    if isinstance(column, list):
        raise TypeError(f"column must be the name of one array of {name}, got {column}")
    return column


def _several(column):
    return [column] if isinstance(column, str) else column
