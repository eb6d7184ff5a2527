"""What a call holds at most."""

import tracemalloc

from memgen_lite.shared import parallel


def most_held(call, *sizes):
    """The peak in bytes of call(size) for each size, the same each time.

    The first call loads what it needs, and is not counted; threads that run at the same time would overlap by chance,
    so there is one.
    """
    before = getattr(parallel._here, "started", False)
    parallel._here.started = True
    try:
        call(sizes[0])
        return [_peak(call, size) for size in sizes]
    finally:
        parallel._here.started = before


def _peak(call, size):
    tracemalloc.start()
    try:
        call(size)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
