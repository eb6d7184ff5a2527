"""Files of `shared/array_file` changed with all their checksums and records made right: what an attacker can do."""

import contextlib
import hashlib
import json
import struct
import zipfile

from memgen_lite.shared import array_file


def members(path):
    """The bytes of each member but the header, read by the standard library alone."""
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist() if info.filename != "header.json"}


def opened(path):
    """The header and the bytes of each block, read by the standard library alone."""
    with zipfile.ZipFile(path) as archive:
        header = json.loads(archive.read("header.json"))
    return header, {name.removesuffix(".npy"): data[_head(data) :] for name, data in members(path).items()}


def _head(data):
    return 12 + int.from_bytes(data[8:12], "little")


def places(path):
    """Where the bytes of each block are, as (name, range), in the order of the file's directory."""
    found = []
    with zipfile.ZipFile(path) as archive, open(path, "rb") as file:
        for info in archive.infolist():
            file.seek(info.header_offset + 26)
            begin = info.header_offset + 30 + sum(struct.unpack("<2H", file.read(4)))
            file.seek(begin)
            start = begin + _head(file.read(12))
            if info.filename.endswith(".npy") and info.compress_type == zipfile.ZIP_STORED:
                found.append((info.filename.removesuffix(".npy"), range(start, begin + info.file_size)))
    return found


def sign(path, blocks=None):
    """Put the checksum of all that is around the blocks at the end of a file."""
    digest, at = hashlib.sha256(), 0
    with open(path, "r+b") as file:
        end = file.seek(0, 2) - array_file.DIGITS
        for place in [*(place for _, place in blocks or places(path)), range(end, end)]:
            file.seek(at)
            digest.update(file.read(max(0, place.start - at)))
            at = place.stop
        file.seek(end)
        file.write(digest.hexdigest().encode())


def pack(path, text, members):
    """A file of some text for a header, and of some members, with all checksums and records right."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            with archive.open(array_file._info(name, archive.fp.tell()), "w", force_zip64=True) as member:
                member.write(data)
        archive.writestr(array_file._info("header.json", archive.fp.tell()), text)
        archive.comment = bytes(array_file.DIGITS)
    sign(path)


def forge(path, change, block=None):
    """Rewrite the header, or one block, of a file, and whatever is said of it elsewhere."""
    (header, blocks), intact = opened(path), members(path)
    if block is None:
        header = change(header) or header
    else:
        entry, size = header["blocks"][block], len(blocks[block])
        blocks[block] = change(blocks[block])
        row = max(1, size // max(1, entry["shape"][0]))
        entry["shape"] = [len(blocks[block]) // row, *entry["shape"][1:]]
        entry["sha256"] = hashlib.sha256(blocks[block]).hexdigest()
    for name, data in blocks.items():
        file = f"{name}.npy"
        intact[file] = intact[file][: _head(intact[file])] + data
        with contextlib.suppress(Exception):  # nothing follows from some headers: then it stays as it was
            entry = header["blocks"][name]
            intact[file] = array_file._npy(array_file.dtype_of(entry["dtype"]), tuple(entry["shape"])) + data
    pack(path, json.dumps(header), intact)


def put(*keys_and_value):
    """A change of a header: a value at some place."""
    *keys, last, value = keys_and_value

    def change(header):
        for key in keys:
            header = header[key]
        header[last] = value

    return change


def drop(*keys):
    """A change of a header: no value at some place."""

    def change(header):
        for key in keys[:-1]:
            header = header[key]
        del header[keys[-1]]

    return change


@contextlib.contextmanager
def damaged(path, position, bit=None):
    """One bit of a file is turned, and turned back again."""
    with open(path, "r+b", buffering=0) as file:
        file.seek(position)
        intact = file.read(1)[0]
        for value in (intact ^ (1 << (position % 8 if bit is None else bit)), intact):
            file.seek(position)
            file.write(bytes([value]))
            if value != intact:
                yield
