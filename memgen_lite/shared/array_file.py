"""One file for arrays: no pickle, checksums, written whole or not at all, read in place.

It is a plain `.npz`, which `np.load` opens too: a zip archive, not compressed, of `header.json` and a `.npy` a block.
The header has each block's dtype, shape and checksums, from which every other byte of the file follows; a file with any
that does not is refused. Only plain dtypes are blocks, so loading runs no code from the file.
"""

import hashlib
import json
import math
import os
import struct
import zlib
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from .files import atomic_write
from .row_bytes import row_size

HEADER, SIGNATURE = b"header.json", b"PK\3\4"
LENGTH = 30 + len(HEADER) + 4  # where the length of the header's text is
PREFIX = LENGTH + 8 + 8 + 4 + 32  # where that text begins, behind its SHA-256
ALIGN = 64
CHUNK = 1 << 24
VERSION = 1
_NO16, _NO32 = 2**16 - 1, 2**32 - 1  # what an archive has in place of a number that is among the 64-bit ones


class DamagedFileError(ValueError):
    """The file is no MemGEN file, or not as it was written."""


def write(path, header, blocks):
    """Write a header (JSON) and named blocks (an array, or a list of arrays in a row) to `path`, atomically."""
    blocks = {name: block if isinstance(block, list) else [block] for name, block in blocks.items()}
    table = {}
    for name, parts in blocks.items():
        shape = (sum(map(len, parts)), *parts[0].shape[1:])
        table[name] = {"dtype": describe(parts[0].dtype), "shape": shape, "crc32": "0" * 8, "sha256": "0" * 64}
    content = {"version": VERSION, "content": header, "blocks": table}
    with atomic_write(path, durable=True) as file:
        places = _frame(json.dumps(content).encode(), table)[1:-1]
        for (name, parts), (offset, head) in zip(blocks.items(), places, strict=True):
            file.seek(offset + len(head))
            crc, digest = zlib.crc32(_npy(table[name])), hashlib.sha256()
            for chunk in _chunks(parts):
                crc = zlib.crc32(chunk, crc)
                digest.update(chunk)
                file.write(chunk)
            table[name].update(crc32=f"{crc:08x}", sha256=digest.hexdigest())
        for offset, piece in _frame(json.dumps(content).encode(), table):  # of the same lengths, now with checksums
            file.seek(offset)
            file.write(piece)


def read(path, *, mmap, verify):
    """The header and the blocks of a file: left in it with `mmap`, their checksums compared with `verify`.

    Raises
    ------
    DamagedFileError (a ValueError) : naming what is wrong with which part of the file.
    """
    path = Path(path)
    with open(path, "rb") as file, guarded(path):
        text = _read_text(file, path)
        content = json.loads(text)
        if content["version"] != VERSION:
            version = content["version"]
            raise DamagedFileError(f"{path} has format version {version!r}; this package reads version {VERSION}")
        table = content["blocks"]
        frame = _frame(text, table)
        _compare(file, path, frame, ["its header", *(f"block {name!r}" for name in table), "its directory"])
        blocks = {}
        for (name, entry), (offset, head) in zip(table.items(), frame[1:-1], strict=True):
            if verify and _digest(file, offset + len(head), _size(entry)) != entry["sha256"]:
                raise DamagedFileError(
                    f"{path} is damaged: block {name!r} does not have the checksum that it was written with"
                )
            blocks[name] = _block(file, path, offset + len(head), entry, mmap)
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


def _read_text(file, path):
    prefix = file.read(PREFIX)
    if prefix[:4] != SIGNATURE or prefix[30 : 30 + len(HEADER)] != HEADER:
        raise DamagedFileError(f"{path} is not a MemGEN file: it is no archive that begins with {HEADER.decode()}")
    length = int.from_bytes(prefix[LENGTH : LENGTH + 8], "little")
    text = file.read(length) if length <= os.fstat(file.fileno()).st_size else b""
    if len(text) != length or hashlib.sha256(text).digest() != prefix[-32:]:
        raise DamagedFileError(f"{path} is damaged: its header is cut off or altered")
    return text


def _compare(file, path, frame, names):
    size, end = os.fstat(file.fileno()).st_size, frame[-1][0] + len(frame[-1][1])
    if size != end:
        what = "is cut off" if size < end else "has been added to"
        raise DamagedFileError(f"{path} {what}: it has {size:,} bytes where {end:,} were written")
    for name, (offset, piece) in zip(names, frame, strict=True):
        file.seek(offset)
        if file.read(len(piece)) != piece:
            raise DamagedFileError(f"{path} is damaged: {name} is not where, or not what, the header says")


def _frame(text, table):
    """All but the blocks' bytes, as (offset, bytes): the header, what stands before each block, and the directory."""
    members = [(HEADER, text, 0, zlib.crc32(text))]
    members += [(f"{name}.npy".encode(), _npy(e), _size(e), int(e["crc32"], 16)) for name, e in table.items()]
    frame, directory, offset = [], [], 0
    for name, head, size, crc in members:
        own = bytes(-(offset + 54 + len(name)) % ALIGN) if frame else hashlib.sha256(text).digest()
        size += len(head)
        directory.append(_central(name, crc, size, offset))
        frame.append((offset, _local(name, crc, size, own) + head))
        offset += len(frame[-1][1]) + size - len(head)
    directory = b"".join(directory)
    return [*frame, (offset, directory + _end(len(members), len(directory), offset))]


# The records of a zip archive as in PKWARE's APPNOTE 6.3, sections 4.3 and 4.5.3, with sizes of 64 bits, and of 1980.


def _local(name, crc, size, own):
    extra = struct.pack("<2H2Q2sH", 1, 16, size, size, b"MG", len(own)) + own
    numbers = 45, 1 << 11, 0, 0, 33, crc, _NO32, _NO32, len(name), len(extra)
    return struct.pack("<4s5H3I2H", SIGNATURE, *numbers) + name + extra


def _central(name, crc, size, offset):
    extra = struct.pack("<2H3Q", 1, 24, size, size, offset)
    numbers = 45, 45, 1 << 11, 0, 0, 33, crc, _NO32, _NO32, len(name), len(extra), 0, 0, 0, 0, _NO32
    return struct.pack("<4s6H3I5H2I", b"PK\1\2", *numbers) + name + extra


def _end(count, size, offset):
    large = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset)
    where = struct.pack("<4sIQI", b"PK\6\7", 0, offset + size, 1)
    return large + where + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, _NO16, _NO16, _NO32, _NO32, 0)


def _npy(entry):
    """What stands before the bytes of an array in a `.npy` of version 2.0 (see :mod:`numpy.lib.format`)."""
    text = ascii({"descr": _tuples(entry["dtype"]), "fortran_order": False, "shape": tuple(entry["shape"])}).encode()
    length = -(len(text) + 13) // ALIGN * -ALIGN - 12
    return b"\x93NUMPY\2\0" + struct.pack("<I", length) + text.ljust(length - 1) + b"\n"


def _size(entry):
    if not all(type(size) is int and size >= 0 for size in entry["shape"]):
        raise ValueError(f"a block has sizes that are no sizes: {entry['shape']!r:.80}")
    return math.prod(entry["shape"]) * dtype_of(entry["dtype"]).itemsize


def _chunks(parts):
    for part in parts:
        rows = max(1, CHUNK // max(1, row_size(part)))
        for i in range(0, len(part), rows):
            yield np.ascontiguousarray(part[i : i + rows]).tobytes()


def _digest(file, offset, size):
    digest = hashlib.sha256()
    file.seek(offset)
    while chunk := file.read(min(size, CHUNK)):
        digest.update(chunk)
        size -= len(chunk)
    return digest.hexdigest()


def _block(file, path, offset, entry, mmap):
    dtype, shape = dtype_of(entry["dtype"]), tuple(entry["shape"])
    if mmap and _size(entry):
        return np.memmap(file, dtype=dtype, mode="r", offset=offset, shape=shape)
    block = np.empty(shape, dtype=dtype)
    file.seek(offset)
    if block.nbytes and file.readinto(block.reshape(-1).view(np.uint8)) != block.nbytes:
        raise DamagedFileError(f"{path} was cut off while it was read")
    return block
