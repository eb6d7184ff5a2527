"""Writing files so that a crash leaves the old one or the new one, and where the cache is."""

import errno
import hashlib
import os
import re
import secrets
import shutil
import stat
import time
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path

from platformdirs import user_cache_path

from .checks import shown
from .types import FilePath

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None
if not hasattr(fcntl, "flock"):  # in a browser
    fcntl = None

_OTHERS = {
    stat.S_ISDIR: (errno.EISDIR, "a folder"),
    stat.S_ISFIFO: (errno.ESPIPE, "a pipe"),
    stat.S_ISSOCK: (errno.ESPIPE, "a socket"),
    stat.S_ISCHR: (errno.ENXIO, "a device"),
    stat.S_ISBLK: (errno.ENXIO, "a device"),
}
_LONGEST = 255  # bytes of a file's name
_PART = re.compile(r"\..+\.[0-9a-f]{16}\.part", re.S)
_DAY = 86400  # seconds


def regular(path, name="path", *, missing=False):
    """The place of a file behind all links, as a :class:`pathlib.Path`; `missing` if it may be one that is not there.

    Raises
    ------
    TypeError, ValueError : for what is no name of a file.
    OSError : FileNotFoundError for what is not there; for a folder, a pipe, a socket or a device, which says so.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{name} must be the name of a file, a str or a Path, got {shown(path)}")
    if not str(path):
        raise ValueError(f"{name} must be the name of a file, got ''")
    try:
        place = Path(os.path.realpath(path))
        mode = place.stat().st_mode
    except FileNotFoundError as error:
        if missing:
            return place
        raise FileNotFoundError(errno.ENOENT, f"{name} must be a file that is there", str(path)) from error
    except (ValueError, OSError) as error:  # a zero byte, a lone surrogate, links in a ring, no right to look
        if isinstance(error, OSError):
            raise type(error)(error.errno, f"{name} must be a file: {error.strerror}", str(path)) from error
        raise ValueError(f"{name} must be the name of a file, got {str(path)!r}: {error}") from error
    for is_other, (number, what) in _OTHERS.items():
        if is_other(mode):
            raise OSError(number, f"{name} must be a file, and this is {what}", str(path))
    return place


@contextmanager
def atomic_write(path, *, durable=False):
    """Open a new file for writing that takes the place of `path` only when the block ends without an error.

    The bytes go into a temporary file in the same folder, which is renamed at the end: readers see the whole old file
    or the whole new one, also when several processes write the same path. With `durable` the data is flushed to the
    disk before the rename, so that this holds through a power cut too. Who may read the old file may read the new one.
    Of a link, the file behind it is written. What is there and is no file is left alone, see :func:`regular`. What
    writers that were killed have left in the folder is deleted.
    """
    path = regular(path, missing=True)
    _sweep(path.parent)
    with _temporary(path) as temporary:
        with open(temporary, "w+b") as file:
            if path.exists():
                shutil.copymode(path, temporary)
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)


@contextmanager
def _temporary(path):
    """A new file beside `path`, locked until the block ends, or its process does, so that no other sweeps it away."""
    while True:
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
        if len(os.fsencode(temporary.name)) > _LONGEST:
            short = hashlib.sha256(os.fsencode(path.name)).hexdigest()
            temporary = path.with_name(f".{short}.{secrets.token_hex(8)}.part")
        try:
            handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        except OSError as error:
            raise type(error)(error.errno, f"path can't be written: {error.strerror}", str(path)) from error
        try:
            if fcntl is None:
                os.close(handle)
            else:
                with suppress(OSError):  # a file system without locks
                    fcntl.flock(handle, fcntl.LOCK_EX)
            if temporary.exists():  # else another writer took it for abandoned before it was locked
                yield temporary
                return
        finally:
            temporary.unlink(missing_ok=True)  # after the rename there is none
            if fcntl is not None:
                os.close(handle)


def _sweep(folder):
    """Delete the temporary files in a folder whose writers are gone: nobody holds their lock.

    Where there are no locks, on Windows and on some file systems, those are deleted that nobody wrote to for a day.
    """
    with suppress(OSError):  # no right to look
        for part in filter(lambda found: _PART.fullmatch(found.name), folder.glob(".*.part")):
            with suppress(OSError):  # it is another's, or another one sweeps too
                locks = fcntl is not None and _delete_unlocked(part)
                if not locks and time.time() - part.stat().st_mtime > _DAY:
                    part.unlink()


def _delete_unlocked(part):
    """Delete a file unless another process holds its lock; False where there are no locks."""
    with open(part, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        part.unlink()
        return True


def write(path: FilePath, content: str | bytes, *, durable: bool = False) -> None:
    """Write a whole file, bytes or str, as by :func:`atomic_write`."""
    with atomic_write(path, durable=durable) as file:
        file.write(content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace"))


def cache_folder():
    """The folder for what can be computed again: `MEMGEN_CACHE` if set, else this user's cache folder (created)."""
    chosen = os.environ.get("MEMGEN_CACHE")
    folder = Path(chosen) if chosen else user_cache_path("memgen_lite", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def cached(name, compute):
    """The bytes that `compute()` gives, kept under `name` in :func:`cache_folder` with a checksum before them.

    They are computed again where the file is not there, is none, or damaged in any way. What cannot be kept is given
    all the same, with a warning.
    """
    with suppress(OSError, RuntimeError):  # not there, a pipe that would be waited for, or no home to look in
        kept = regular(cache_folder() / name).read_bytes()
        if hashlib.sha256(kept[32:]).digest() == kept[:32]:
            return kept[32:]
    content = compute()
    try:
        write(cache_folder() / name, hashlib.sha256(content).digest() + content)
    except (OSError, RuntimeError) as error:
        warnings.warn(f"{name} could not be kept, and is computed again next time: {error}", stacklevel=2)
    return content
