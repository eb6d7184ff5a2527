"""How much memory is free, and a word before much of it is taken."""

import os
import warnings

LEAST = 2**26  # bytes that are worth asking for


def free_memory() -> int | None:
    """Bytes of main memory that can be had now; None where nobody says."""
    try:
        import psutil
    except ImportError:  # Linux tells it too
        try:
            return max(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), 0) or None
        except (AttributeError, ValueError, OSError):  # as in a browser
            return None
    return int(psutil.virtual_memory().available)


def warn_of_copy(nbytes: int, what: str) -> None:
    """Warn where a copy of so many bytes takes more than a quarter of the memory that is free; `what` says of what."""
    free = free_memory() if nbytes >= LEAST else None
    if free is not None and nbytes > free / 4:
        warnings.warn(f"{what}: {nbytes:,} bytes, where {free:,} are free", stacklevel=3)
