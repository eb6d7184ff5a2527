"""One file for a memory: no pickle, checksums, written whole or not at all, read in place.

The layout is a magic number, the length and SHA-256 of a JSON header, the header, and then each block of data at a
multiple of 4,096 bytes, where the header says. Only plain dtypes are blocks, so loading runs no code from the file.
"""

import hashlib
import json
from pathlib import Path

import numpy as np

from .files import atomic_write

MAGIC = b"MEMGEN\x00\x01"
PAGE = 4096
CHUNK = 1 << 24
VERSION = 1


class DamagedFileError(ValueError):
    """The file is no MemGEN file, or not as it was written."""


def write(path, header, blocks):
    """Write a header (JSON) and named blocks (an array, or a list of arrays that follow one another) to `path`, atomically."""
    table, offset = {}, 0
    for name, block in blocks.items():
        parts = block if isinstance(block, list) else [block]
        shape = (sum(map(len, parts)), *parts[0].shape[1:])
        size = sum(part.nbytes for part in parts)
        table[name] = {
            "dtype": describe(parts[0].dtype),
            "shape": shape,
            "offset": offset,
            "bytes": size,
            "sha256": "0" * 64,
        }
        offset += -(-size // PAGE) * PAGE
    content = {"version": VERSION, "content": header, "blocks": table}
    start = -(-(48 + len(json.dumps(content).encode())) // PAGE) * PAGE
    with atomic_write(path, durable=True) as file:
        for name, block in blocks.items():
            file.seek(start + table[name]["offset"])
            digest = hashlib.sha256()
            for chunk in _chunks(block if isinstance(block, list) else [block]):
                digest.update(chunk)
                file.write(chunk)
            table[name]["sha256"] = digest.hexdigest()
        file.truncate(start + offset)
        text = json.dumps(content).encode()
        file.seek(0)
        file.write(MAGIC + len(text).to_bytes(8, "little") + hashlib.sha256(text).digest() + text)


def read(path, *, mmap, verify):
    """The header and the blocks of a file; with `mmap` the blocks stay in it, with `verify` their checksums are compared.

    Raises
    ------
    DamagedFileError (a ValueError) : naming what is wrong with which part of the file.
    """
    path = Path(path)
    with open(path, "rb") as file:
        start = file.read(48)
        if start[:8] != MAGIC:
            raise DamagedFileError(f"{path} is not a MemGEN file: it does not begin with {MAGIC!r}")
        length = int.from_bytes(start[8:16], "little")
        size = path.stat().st_size
        text = file.read(length) if length <= size else b""
        if len(text) != length or hashlib.sha256(text).digest() != start[16:48]:
            raise DamagedFileError(f"{path} is damaged: its header is cut off or altered")
        content = json.loads(text)
        if content["version"] != VERSION:
            raise DamagedFileError(
                f"{path} has format version {content['version']}; this package reads version {VERSION}"
            )
        first = -(-(48 + length) // PAGE) * PAGE
        blocks = {}
        for name, entry in content["blocks"].items():
            offset = first + entry["offset"]
            if offset + entry["bytes"] > size:
                raise DamagedFileError(
                    f"{path} is cut off: block {name!r} ends at byte {offset + entry['bytes']:,} of {size:,}"
                )
            if verify and _digest(file, offset, entry["bytes"]) != entry["sha256"]:
                raise DamagedFileError(
                    f"{path} is damaged: block {name!r} does not have the checksum that it was written with"
                )
            blocks[name] = _block(file, path, offset, entry, mmap)
    return content["content"], blocks


def describe(dtype):
    """A dtype as JSON; raises TypeError for one that holds Python objects."""
    if dtype.hasobject:
        raise TypeError(f"save stores plain values, got an array of dtype {dtype}")
    return np.lib.format.dtype_to_descr(dtype)


def dtype_of(description):
    """The inverse of :func:`describe`."""
    return np.lib.format.descr_to_dtype(_tuples(description))


def _tuples(description):
    if not isinstance(description, list):
        return description
    fields = []
    for field in description:
        name = tuple(field[0]) if isinstance(field[0], list) else field[0]
        fields.append((name, _tuples(field[1]), *(tuple(shape) for shape in field[2:])))
    return fields


def _chunks(parts):
    for part in parts:
        rows = max(1, CHUNK // max(1, part.dtype.itemsize * int(np.prod(part.shape[1:]))))
        for i in range(0, len(part), rows):
            yield np.ascontiguousarray(part[i : i + rows]).tobytes()


def _digest(file, offset, size):
    digest = hashlib.sha256()
    file.seek(offset)
    while size:
        chunk = file.read(min(size, CHUNK))
        if not chunk:
            break
        digest.update(chunk)
        size -= len(chunk)
    return digest.hexdigest()


def _block(file, path, offset, entry, mmap):
    dtype, shape = dtype_of(entry["dtype"]), tuple(entry["shape"])
    if mmap and entry["bytes"]:
        return np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape)
    file.seek(offset)
    block = np.empty(shape, dtype=dtype)
    if entry["bytes"]:
        view = block.reshape(-1).view(np.uint8)
        if file.readinto(view) != entry["bytes"]:
            raise DamagedFileError(f"{path} was cut off while it was read")
    return block
