"""All of a text file, packed or not."""

import io
import zipfile
from importlib import import_module
from pathlib import Path

PACKED = {".gz": "gzip", ".bz2": "bz2", ".xz": "lzma"}  # modules; a Python in a browser may lack the last one
_BEGINS = {".gz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zXZ", ".zip": b"PK"}


def text_of(path: Path) -> str:
    """All of a text file, of UTF-8, unpacked if need be, its lines ended by "\\n"; ValueError for one that is none."""
    try:
        content, suffix = path.read_bytes(), path.suffix.lower()
        if suffix == ".zip" or suffix in PACKED:
            content = _unpacked(path, suffix, content)
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except (UnicodeDecodeError, OSError) as error:
        raise ValueError(f"{str(path)!r} must be text in UTF-8: {error}") from None


def _unpacked(path, suffix, content):
    try:
        if suffix != ".zip":
            return import_module(PACKED[suffix]).decompress(content)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(files) == 1:
                return archive.read(files[0])
    except MemoryError:
        raise
    except Exception as error:  # each module has kinds of its own; of a password, or of a method that is not known
        other = "" if content.startswith(_BEGINS[suffix]) else f"; what ends in {suffix!r} must be packed so"
        raise ValueError(f"{str(path)!r} can't be unpacked: {error}{other}") from None
    raise ValueError(f"{str(path)!r} must hold one file, got {[entry.filename for entry in files]}: unpack it")
