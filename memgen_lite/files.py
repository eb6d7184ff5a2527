"""Writing files so that a crash leaves the old one or the new one, and where the cache is."""

import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path, *, durable=False):
    """Open a new file for writing that takes the place of `path` only when the block ends without an error.

    The bytes go into a temporary file in the same folder, which is renamed at the end: readers see the whole old file
    or the whole new one, also when several processes write the same path. With `durable` the data is flushed to the
    disk before the rename, so that this holds through a power cut too.
    """
    path = Path(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if os.name == "posix":  # mkstemp makes the file private; give it what open() would have given
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


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
