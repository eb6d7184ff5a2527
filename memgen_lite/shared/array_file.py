"""One file for a memory: no pickle, checksums, written whole or not at all, read in place.

The layout is a magic number, the length and SHA-256 of a JSON header, the header, and then each block of data at a
multiple of 4,096 bytes, where the header says. What fills up a page is checked too: no byte of the file is unguarded.
Only plain dtypes are blocks, so loading runs no code from the file.
"""

import hashlib
import json
import math
import os
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from .files import atomic_write
from .row_bytes import row_size

MAGIC = b"MEMGEN\x00\x01"
PREFIX = len(MAGIC) + 8 + 32  # the header begins after the magic number, its length and its SHA-256
PAGE = 4096
CHUNK = 1 << 24
VERSION = 1


class DamagedFileError(ValueError):
    """The file is no MemGEN file, or not as it was written."""


def write(path, header, blocks):
    """Write a header (JSON) and named blocks (an array, or a list of arrays in a row) to `path`, atomically."""
    blocks = {name: block if isinstance(block, list) else [block] for name, block in blocks.items()}
    table, offset = {}, 0
    for name, parts in blocks.items():
        size = sum(part.nbytes for part in parts)
        table[name] = {
            "dtype": describe(parts[0].dtype),
            "shape": (sum(map(len, parts)), *parts[0].shape[1:]),
            "offset": offset,
            "bytes": size,
            "sha256": "0" * 64,
        }
        offset += _pages(size)
    content = {"version": VERSION, "content": header, "blocks": table}
    start = _pages(PREFIX + len(json.dumps(content)))
    with atomic_write(path, durable=True) as file:
        file.write(bytes(start))
        for name, parts in blocks.items():
            digest = hashlib.sha256()
            for chunk in _chunks(parts):
                digest.update(chunk)
                file.write(chunk)
            table[name]["sha256"] = digest.hexdigest()
        text = json.dumps(content).encode().ljust(start - PREFIX)
        file.seek(0)
        file.write(MAGIC + len(text).to_bytes(8, "little") + hashlib.sha256(text).digest() + text)


def read(path, *, mmap, verify):
    """The header and the blocks of a file: left in it with `mmap`, their checksums compared with `verify`.

    Raises
    ------
    DamagedFileError (a ValueError) : naming what is wrong with which part of the file.
    """
    path = Path(path)
    with open(path, "rb") as file, guarded(path):
        size = os.fstat(file.fileno()).st_size
        prefix = file.read(PREFIX)
        if not prefix.startswith(MAGIC):
            raise DamagedFileError(f"{path} is not a MemGEN file: it does not begin with {MAGIC!r}")
        length = int.from_bytes(prefix[len(MAGIC) : len(MAGIC) + 8], "little")
        text = file.read(length) if length <= size else b""
        if len(text) != length or hashlib.sha256(text).digest() != prefix[len(MAGIC) + 8 :]:
            raise DamagedFileError(f"{path} is damaged: its header is cut off or altered")
        content = json.loads(text)
        if content["version"] != VERSION:
            version = content["version"]
            raise DamagedFileError(f"{path} has format version {version!r}; this package reads version {VERSION}")
        first = end = PREFIX + length
        for name, entry in content["blocks"].items():
            _check(path, name, entry, end - first)
            end += _pages(entry["bytes"])
        if size != end:
            what = "is cut off" if size < end else "has been added to"
            raise DamagedFileError(f"{path} {what}: it has {size:,} bytes where {end:,} were written")
        blocks = {}
        for name, entry in content["blocks"].items():
            if verify and _digest(file, first + entry["offset"], entry["bytes"]) != entry["sha256"]:
                raise DamagedFileError(
                    f"{path} is damaged: block {name!r} does not have the checksum that it was written with"
                )
            blocks[name] = _block(file, path, first + entry["offset"], entry, mmap)
        return content["content"], blocks


@contextmanager
def guarded(path):
    """Whatever goes wrong with what a file says is the file's fault, and said so (OSError and MemoryError are not)."""
    try:
        yield
    except (DamagedFileError, OSError, MemoryError):
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise DamagedFileError(f"{path} is damaged or was not written by this package ({reason})") from error


def describe(dtype):
    """A dtype as JSON; raises TypeError for one that holds Python objects."""
    if dtype.hasobject:
        raise TypeError(f"save stores plain values, got an array of dtype {dtype}")
    return np.lib.format.dtype_to_descr(dtype)


def dtype_of(description):
    """The inverse of :func:`describe`."""
    dtype = np.lib.format.descr_to_dtype(_tuples(description))
    describe(dtype)  # refuses objects
    return dtype


def _tuples(description):
    if not isinstance(description, list):
        return description
    fields = []
    for field in description:
        name = tuple(field[0]) if isinstance(field[0], list) else field[0]
        fields.append((name, _tuples(field[1]), *(tuple(shape) for shape in field[2:])))
    return fields


def _pages(size):
    return -(-size // PAGE) * PAGE


def _chunks(parts):
    size = 0
    for part in parts:
        rows = max(1, CHUNK // max(1, row_size(part)))
        for i in range(0, len(part), rows):
            yield np.ascontiguousarray(part[i : i + rows]).tobytes()
        size += part.nbytes
    yield bytes(_pages(size) - size)


def _check(path, name, entry, offset):
    sizes = [*entry["shape"], entry["bytes"]]
    if not all(type(size) is int and size >= 0 for size in sizes):
        raise DamagedFileError(f"{path} is damaged: block {name!r} has sizes that are no sizes")
    if entry["offset"] != offset or entry["bytes"] != math.prod(entry["shape"]) * dtype_of(entry["dtype"]).itemsize:
        raise DamagedFileError(f"{path} is damaged: block {name!r} is not where, or as large as, it should be")


def _digest(file, offset, size):
    digest = hashlib.sha256()
    file.seek(offset)
    remaining = _pages(size)
    while chunk := file.read(min(remaining, CHUNK)):
        digest.update(chunk)
        remaining -= len(chunk)
    return digest.hexdigest()


def _block(file, path, offset, entry, mmap):
    dtype, shape = dtype_of(entry["dtype"]), tuple(entry["shape"])
    if mmap and entry["bytes"]:
        return np.memmap(file, dtype=dtype, mode="r", offset=offset, shape=shape)
    block = np.empty(shape, dtype=dtype)
    if entry["bytes"]:
        file.seek(offset)
        if file.readinto(block.reshape(-1).view(np.uint8)) != entry["bytes"]:
            raise DamagedFileError(f"{path} was cut off while it was read")
    return block
