"""Where rows of shards lie: a class for each kind of place, as :class:`memgen_lite.shared.row_sources.Source` has it.

Each opens what it reads when it is asked for rows, so that it can be sent to another process, and says its number of
rows, their shape and dtype by what stands at the head of the file.
"""

from typing import Any, BinaryIO
from zipfile import ZipFile

import numpy as np

from ..shared.checks import shown
from ..shared.extras import needed_by

_PIECE = 2**24  # bytes of a file elsewhere that are read at a time


class Place:
    """A local path, or an address that fsspec knows, and the options that its file system needs."""

    def __init__(self, path: str, options: dict[str, Any] | None = None) -> None:
        self.path, self.options = path, options or {}

    def __str__(self) -> str:
        return self.path

    @property
    def here(self) -> bool:
        """Whether it is a path of this machine."""
        return "://" not in self.path and "::" not in self.path

    def open(self) -> BinaryIO:
        if self.here:
            return open(self.path, "rb")
        return self.system()[0].open(self.system()[1], "rb")

    def system(self) -> tuple[Any, str]:
        """fsspec's file system, and the path in it."""
        with needed_by(f"the address {self.path}"):
            from fsspec.core import url_to_fs
        return url_to_fs(self.path, **self.options)


class Npy:
    """A `.npy` file: mapped into memory where it lies on this machine, else read by ranges of bytes."""

    def __init__(self, place: Place) -> None:
        self.place, self.name = place, str(place)
        with place.open() as file:
            self.dtype, shape, fortran, self.start = _header(file, self.name)
        self.size, self.shape = shape[0], shape[1:]
        if fortran and not place.here:
            raise ValueError(f"{self.name} is in Fortran's order, whose rows can't be read one by one from elsewhere")
        each = self.dtype.itemsize * int(np.prod(self.shape))
        self.ends = None if place.here else _ends(self.size, max(1, _PIECE // max(each, 1)))

    def read(self, rows: Any) -> np.ndarray:
        if self.place.here:
            return np.asarray(np.load(self.place.path, mmap_mode="r", allow_pickle=False))[rows]
        each = self.dtype.itemsize * int(np.prod(self.shape))
        with self.place.open() as file:
            file.seek(self.start + rows.start * each)
            found = file.read((rows.stop - rows.start) * each)
        return np.frombuffer(found, self.dtype).reshape(-1, *self.shape)


class Npz:
    """An array of a `.npz` file, which is one piece."""

    def __init__(self, place: Place, key: str | None) -> None:
        self.place = place
        with place.open() as file, ZipFile(file) as archive:
            keys = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
            self.key = _one_of(key, keys, str(place), "arrays")
            self.name = f"{place}[{self.key!r}]"
            with archive.open(f"{self.key}.npy") as member:
                self.dtype, shape, *_ = _header(member, self.name)
        self.size, self.shape, self.ends = shape[0], shape[1:], np.array([shape[0]])

    def read(self, rows: Any) -> np.ndarray:
        with self.place.open() as file, np.load(file, allow_pickle=False) as arrays:
            return arrays[self.key]


class Zarr:
    """An array of Zarr, of which a piece is a chunk along the first axis, or a shard of them."""

    def __init__(self, array: Any, name: str) -> None:
        if not array.ndim:
            raise TypeError(f"{name} must have rows along its first axis, got an array without axes")
        self.array, self.name = array, name
        self.size, self.dtype, self.shape = array.shape[0], np.dtype(array.dtype), tuple(array.shape[1:])
        self.ends = _ends(self.size, (getattr(array, "shards", None) or array.chunks)[0])

    def read(self, rows: Any) -> np.ndarray:
        return self.array[rows]

    @classmethod
    def at(cls, place: Place, key: str | None) -> "Zarr":
        """The array at a place, or the one of a group there that `key` names."""
        with needed_by(f"the store {place}"):
            import zarr
        found = zarr.open(place.path, mode="r", storage_options=None if place.here else place.options)
        return cls.of(found, str(place), key)

    @classmethod
    def of(cls, found: Any, name: str, key: str | None) -> "Zarr":
        """That of an array, or of the group that holds it."""
        if not hasattr(found, "shape"):
            key = _one_of(key, sorted(found.array_keys()), name, "arrays")
            found, name = found[key], f"{name}[{key!r}]"
        return cls(found, name)


class Parquet:
    """Columns of a Parquet file: one of lists of one length, or several of numbers. A piece is a row group."""

    def __init__(self, place: Place, columns: list[str] | None) -> None:
        self.place, self.columns = place, columns
        with place.open() as file:
            table = self._open(file)
            names = table.schema_arrow.names
            self.columns = names if columns is None else columns
            if missing := [name for name in self.columns if name not in names]:
                raise ValueError(f"column must be of {place}, one of {', '.join(names)}, got {', '.join(missing)}")
            self.name = f"{place}[{', '.join(map(repr, self.columns))}]"
            groups = [table.metadata.row_group(i).num_rows for i in range(table.num_row_groups)]
            self.ends = np.cumsum([many for many in groups if many])
            self.groups = [i for i, many in enumerate(groups) if many]
            self.size = sum(groups)
            # The length of lists stands in their type, or in a row.
            first = next(table.iter_batches(batch_size=1, columns=self.columns), None) if self.size else None
        some = np.empty(0) if first is None else columns_as_rows(first.columns, self.columns, self.name)
        self.dtype, self.shape = some.dtype, some.shape[1:]

    def read(self, rows: Any) -> np.ndarray:
        with self.place.open() as file:
            group = self.groups[int(np.searchsorted(self.ends, rows.start, side="right"))]
            table = self._open(file).read_row_group(group, columns=self.columns)
            return columns_as_rows(table.columns, self.columns, self.name).astype(self.dtype, copy=False)

    def _open(self, file):
        with needed_by(f"the file {self.place}"):
            from pyarrow.parquet import ParquetFile
        return ParquetFile(file)


class Dask:
    """A Dask array; a piece is a block along the first axis, computed by Dask as it is set to."""

    def __init__(self, array: Any, name: str) -> None:
        if any(part != part for part in array.shape):
            raise ValueError(f"{name} must have blocks of known sizes, call its compute_chunk_sizes() before")
        if not array.ndim:
            raise TypeError(f"{name} must have rows along its first axis, got an array without axes")
        self.array, self.name = array, name
        self.size, self.dtype, self.shape = array.shape[0], np.dtype(array.dtype), tuple(array.shape[1:])
        self.ends = np.cumsum([many for many in array.chunks[0] if many])

    def read(self, rows: Any) -> np.ndarray:
        return self.array[rows].compute()


class HuggingFace:
    """Columns of a `datasets.Dataset`, whose rows may be read in any number."""

    ends = None

    def __init__(self, dataset: Any, columns: list[str] | None, name: str) -> None:
        names = dataset.column_names
        if isinstance(names, dict) or not hasattr(dataset, "with_format") or not hasattr(dataset, "__len__"):
            raise TypeError(f"{name} must be one Dataset, such as dataset['train'], got a {type(dataset).__name__}")
        self.columns = names if columns is None else columns
        if missing := [column for column in self.columns if column not in names]:
            raise ValueError(f"column must be of {name}, one of {', '.join(names)}, got {', '.join(missing)}")
        self.name = f"{name}[{', '.join(map(repr, self.columns))}]"
        self.dataset, self.size = dataset.select_columns(self.columns).with_format("arrow"), len(dataset)
        some = self.read(slice(0, 1)) if self.size else np.empty(0)
        self.dtype, self.shape = some.dtype, some.shape[1:]

    def read(self, rows: Any) -> np.ndarray:
        table = self.dataset[rows]
        return columns_as_rows([table[column] for column in self.columns], self.columns, self.name)


def columns_as_rows(columns: list[Any], names: list[str], name: str) -> np.ndarray:
    """Columns of Arrow as an array: of numbers (n, d), in a common dtype; or one of lists, nested to any depth.

    Raises
    ------
    ValueError : for missing values, and lists of several lengths; naming the column.
    TypeError : for other values, and columns of lists beside others.
    """
    found = []
    for column, called in zip(columns, names, strict=True):
        rows = _column(column, f"column {called!r} of {name}")
        if len(names) > 1 and rows.ndim > 1:
            raise TypeError(f"column must be one of lists, or several of numbers, of {name}, got {', '.join(names)}")
        found.append(rows)
    return found[0] if len(found) == 1 else np.stack(found, axis=1)


def _column(values, name):
    import pyarrow as pa

    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.ExtensionArray):  # as a tensor of fixed shape
        shape = getattr(values.type, "shape", None)
        rows = _column(values.storage, name)
        return rows if shape is None or rows.ndim < 2 else rows.reshape(len(rows), *shape)
    if values.null_count:
        raise ValueError(f"{name} has {values.null_count:,} missing values, and must have none")
    kind, lengths = values.type, []
    many = len(values)
    while pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        if pa.types.is_fixed_size_list(kind):
            lengths.append(kind.list_size)
        else:
            each = np.diff(np.asarray(values.offsets))
            if len(each) and (each != each[0]).any():
                odd = int(np.flatnonzero(each != each[0])[0])
                raise ValueError(f"{name} must have lists of one length, got {each[0]} and, at {odd}, {each[odd]}")
            lengths.append(int(each[0]) if len(each) else 0)
        values = values.flatten()
        if values.null_count:
            raise ValueError(f"{name} has {values.null_count:,} missing values in its lists, and must have none")
        kind = values.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        raise TypeError(f"{name} must hold numbers, or lists of them, got {kind}")
    return values.to_numpy(zero_copy_only=False).reshape(many, *lengths)


def _header(file, name):
    """(dtype, shape, whether in Fortran's order, where the numbers start) of a file of NumPy's."""
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(file)
    except ValueError as error:
        raise ValueError(f"{name} is no .npy file that can be read: {error}") from None
    if dtype.hasobject:
        raise TypeError(f"{name} must be of a plain dtype, got objects, which only pickle reads")
    if not shape:
        raise TypeError(f"{name} must have rows along its first axis, got an array without axes")
    return dtype, shape, fortran, file.tell()


def _one_of(key, keys, name, what):
    if key is None and len(keys) == 1:
        return keys[0]
    if key not in keys:
        raise ValueError(f"column must be one of the {what} of {name}, {', '.join(keys) or 'none'}, got {shown(key)}")
    return key


def _ends(size, step):
    return np.append(np.arange(step, size, step), size)
