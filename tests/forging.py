"""Files of `shared/array_file` changed with all their checksums and records made right: what an attacker can do."""

import contextlib
import hashlib
import json
import zipfile
import zlib

from memgen_lite.shared import array_file


def opened(path):
    """The header and the bytes of each block, read by the standard library alone."""
    with zipfile.ZipFile(path) as archive:
        header = json.loads(archive.read("header.json"))
        members = {name: archive.read(f"{name}.npy") for name in header["blocks"]}
    return header, {name: data[12 + int.from_bytes(data[8:12], "little") :] for name, data in members.items()}


def first(text):
    """The beginning of a file whose header is some text."""
    signed = hashlib.sha256(text).digest()
    return array_file._local(array_file.HEADER, zlib.crc32(text), len(text), signed) + text


def forge(path, change, block=None):
    """Rewrite the header, or one block, of a file, and whatever is said of it elsewhere."""
    header, blocks = opened(path)
    before = len(first(json.dumps(header).encode()))
    if block is None:
        header = change(header) or header
    else:
        entry, size = header["blocks"][block], len(blocks[block])
        blocks[block] = change(blocks[block])
        row = max(1, size // max(1, entry["shape"][0]))
        entry["shape"] = [len(blocks[block]) // row, *entry["shape"][1:]]
        entry["sha256"] = hashlib.sha256(blocks[block]).hexdigest()
        entry["crc32"] = f"{zlib.crc32(array_file._npy(entry) + blocks[block]):08x}"
    text = json.dumps(header).encode()
    data = first(text) + path.read_bytes()[before:]
    with contextlib.suppress(Exception):  # no records follow from some headers: then they stay those of before
        pieces = [piece for _, piece in array_file._frame(text, header["blocks"])]
        bodies = [b"", *(blocks[name] for name in header["blocks"]), b""]
        data = b"".join(piece + body for piece, body in zip(pieces, bodies, strict=True))
    path.write_bytes(data)


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
def damaged(path, position):
    """One bit of a file is turned, and turned back again."""
    with open(path, "r+b", buffering=0) as file:
        file.seek(position)
        intact = file.read(1)[0]
        for value in (intact ^ (1 << position % 8), intact):
            file.seek(position)
            file.write(bytes([value]))
            if value != intact:
                yield
