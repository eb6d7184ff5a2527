"""One file for arrays: no pickle, checksums, written whole or not at all, read in place.

It is a plain `.npz`, which `np.load` opens too: a zip archive, not compressed, of a `.npy` a block and `header.json`.
The header has each block's dtype, shape and SHA-256; the SHA-256 of all that is no block's bytes is the archive's
comment, which ends the file. Only plain dtypes are blocks, so loading runs no code from the file.
"""

import json
import math
from contextlib import contextmanager
from hashlib import sha256
from zipfile import ZIP_STORED, ZipFile, ZipInfo, is_zipfile
from zlib import crc32

import numpy as np

from .files import atomic_write, regular
from .row_bytes import row_size

HEADER, DIGITS, ALIGN, CHUNK, VERSION = "header.json", 64, 64, 1 << 24, 1


class DamagedFileError(ValueError):
    """The file is no MemGEN file, or not as it was written."""


def write(path, header, blocks):
    """Write a header (JSON) and named blocks (an array, or a list of arrays in a row) to `path`, atomically."""
    table, around = {}, sha256()
    with atomic_write(path, durable=True) as file:
        with ZipFile(file, "w") as archive:
            for name, block in blocks.items():
                parts = block if isinstance(block, list) else [block]
                dtype, shape, digest = parts[0].dtype, (sum(map(len, parts)), *parts[0].shape[1:]), sha256()
                head, info = _npy(dtype, shape), _info(f"{name}.npy", file.tell())
                with archive.open(info, "w", force_zip64=True) as member:
                    member.write(head)
                    for chunk in _chunks(parts):
                        member.write(chunk)
                        digest.update(chunk)
                around.update(info.FileHeader(zip64=True) + head)
                table[name] = {"dtype": describe(dtype), "shape": shape, "sha256": digest.hexdigest()}
            end, content = file.tell(), {"version": VERSION, "content": header, "blocks": table}
            archive.writestr(_info(HEADER, end), json.dumps(content))
            archive.comment = bytes(DIGITS)  # until there is all that it is the checksum of
        file.seek(end)
        around.update(file.read()[:-DIGITS])
        file.seek(-DIGITS, 2)
        file.write(around.hexdigest().encode())


def read(path, *, mmap, verify):
    """The header and the blocks of a file: left in it with `mmap`, their checksums compared with `verify`.

    Raises
    ------
    DamagedFileError (a ValueError) : naming what is wrong with which part of the file.
    """
    blocks, around, end = {}, sha256(), 0
    with open(regular(path), "rb") as file, guarded(path):
        _require(is_zipfile(file), "is not a MemGEN file, or is cut off: it does not end as an archive does")
        archive = ZipFile(file)
        names, limit = archive.namelist(), archive.start_dir
        _require(names[-1:] == [HEADER], f"is not a MemGEN file: it is no archive that ends with {HEADER}")
        *members, last = archive.infolist()
        file.seek(max(0, limit - last.file_size))
        text = file.read(min(limit, last.file_size))
        _require(crc32(text) == last.CRC, "is damaged: its header is cut off or altered")
        content = json.loads(text)
        version, table = content["version"], content["blocks"]
        _require(version == VERSION, f"has format version {version!r}; this package reads version {VERSION}")
        right = names == [*(f"{name}.npy" for name in table), HEADER]
        _require(right, "is damaged: the blocks in it are not those that its header says")
        for (name, entry), info in zip(table.items(), members, strict=True):
            with guarded(f"is damaged: block {name!r}"):
                head, blocks[name] = _block(file, entry, info, end, limit, mmap, verify)
            around.update(head)
            end += len(head) + blocks[name].nbytes
        file.seek(end)
        around.update(file.read()[:-DIGITS])
        found = last.header_offset, last.compress_type, last.compress_size, archive.comment
        right = found == (end, ZIP_STORED, last.file_size, around.hexdigest().encode())
        _require(right, "is damaged, cut off or added to: what is around its blocks is not what was written")
        return content["content"], blocks


@contextmanager
def guarded(subject):
    """Whatever goes wrong with what a file says is the file's fault, and said so (OSError and MemoryError are not)."""
    try:
        yield
    except (OSError, MemoryError):
        raise
    except Exception as error:
        reason = f"is damaged or was not written by this package ({type(error).__name__}: {error})"
        raise DamagedFileError(f"{subject} {error if isinstance(error, DamagedFileError) else reason}") from error


def _require(condition, message):
    if not condition:
        raise DamagedFileError(message)


def describe(dtype):
    """A dtype as JSON; raises TypeError for one that holds Python objects."""
    if dtype.hasobject:
        raise TypeError(f"save stores plain values, got an array of dtype {dtype}")
    return np.lib.format.dtype_to_descr(dtype)


def dtype_of(description):
    """The inverse of :func:`describe`."""
    if isinstance(description, list):  # of fields, whose tuples are lists in JSON
        fields = ((field[0], describe(dtype_of(field[1])), *map(tuple, field[2:])) for field in description)
        description = [(tuple(name) if isinstance(name, list) else name, *rest) for name, *rest in fields]
    dtype = np.lib.format.descr_to_dtype(description)
    describe(dtype)  # refuses objects
    return dtype


def _info(name, offset):
    """A member whose record begins at `offset`, and is so long that what follows it begins at a multiple of ALIGN."""
    info = ZipInfo(name)
    room = -(offset + 30 + len(name.encode()) + 4 + 20) % ALIGN  # these 20 are the sizes, of 64 bits
    info.create_system, info.extra = 0, b"MG" + room.to_bytes(2, "little") + bytes(room)
    info.flag_bits = 0 if name.isascii() else 0x800  # the name is in UTF-8, which Python 3.14 asks to be told
    return info


def _npy(dtype, shape):
    """What stands before an array in a `.npy`: in ASCII, since NumPy's own writer fails with some names of fields."""
    text = ascii({"descr": describe(dtype), "fortran_order": False, "shape": shape}).encode()
    text += b" " * (-(len(text) + 13) % ALIGN) + b"\n"
    return np.lib.format.magic(2, 0) + len(text).to_bytes(4, "little") + text


def _chunks(parts):
    for part in parts:
        rows = max(1, CHUNK // max(1, row_size(part)))
        for i in range(0, len(part), rows):
            yield np.ascontiguousarray(part[i : i + rows]).tobytes()


def _block(file, entry, info, offset, limit, mmap, verify):
    """What stands before a block in its file, which follows from what is said of it to the byte, and the block."""
    dtype, shape = dtype_of(entry["dtype"]), tuple(entry["shape"])
    _require(all(type(n) is int and n >= 0 for n in shape), f"has sizes that are no sizes: {shape!r:.80}")
    head, size, twin = _npy(dtype, shape), math.prod(shape) * dtype.itemsize, _info(info.filename, offset)
    twin.CRC, twin.file_size, twin.compress_size = info.CRC, info.file_size, info.file_size
    file.seek(offset)
    around = file.read(len(wanted := twin.FileHeader(zip64=True) + head))
    # Python before 3.11.4 says otherwise, at 4 and at 18, that sizes have 64 bits.
    records = [(record[:4], record[6:18], record[26:]) for record in (around, wanted)]
    found = info.header_offset, info.compress_type, info.compress_size, info.file_size, records[0]
    right = found == (offset, ZIP_STORED, len(head) + size, len(head) + size, records[1])
    _require(right and offset + len(around) + size <= limit, "is not where, or not what, the header says")
    start = offset + len(around)
    block = np.memmap(file, dtype, "r", start, shape) if mmap and size else np.ndarray(shape, dtype)
    data = block.reshape(-1).view(np.uint8) if size else bytearray()
    _require(mmap or file.readinto(data) == size, "was cut off while it was read")
    right = not verify or sha256(data).hexdigest() == entry["sha256"]
    _require(right, "does not have the checksum that it was written with")
    return around, block
