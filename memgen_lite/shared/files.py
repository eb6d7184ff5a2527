"""Writing files so that a crash leaves the old one or the new one, and where the cache is."""

import os
import secrets
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path, *, durable=False):
    """Open a new file for writing that takes the place of `path` only when the block ends without an error.

    The bytes go into a temporary file in the same folder, which is renamed at the end: readers see the whole old file
    or the whole new one, also when several processes write the same path. With `durable` the data is flushed to the
    disk before the rename, so that this holds through a power cut too. Who may read the old file may read the new one.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        with open(temporary, "x+b") as file:
            if path.exists():
                shutil.copymode(path, temporary)
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)  # after the rename there is none


def write(path, content, *, durable=False):
    """Write a whole file, bytes or str, as by :func:`atomic_write`."""
    with atomic_write(path, durable=durable) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def cache_folder():
    """The folder for what can be computed again: `MEMGEN_CACHE` if set, else this user's cache folder (created)."""
    if chosen := os.environ.get("MEMGEN_CACHE"):
        folder = Path(chosen)
    elif sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "memgen_lite" / "cache"
    elif sys.platform == "darwin":
        folder = Path.home() / "Library" / "Caches" / "memgen_lite"
    else:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "memgen_lite"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
