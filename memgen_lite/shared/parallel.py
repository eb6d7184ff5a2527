"""Side by side on all processors, in threads: what NumPy and BLAS compute does not hold the interpreter."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import joblib
from threadpoolctl import threadpool_limits

_here = threading.local()


class _OneThread:
    """Has BLAS at one thread as long as somebody is inside: who left last restores what who came first found."""

    def __init__(self):
        self.lock, self.inside, self.limits = threading.RLock(), 0, None

    def __enter__(self):
        with self.lock:
            if not self.inside:
                self.limits = threadpool_limits(1)
            self.inside += 1

    def __exit__(self, *error):
        with self.lock:
            self.inside -= 1
            if not self.inside:
                self.limits.restore_original_limits()


one_thread = _OneThread()  # for many small steps too: threads that wait for each other on a busy machine take minutes


def processors(most: int = 4) -> int:
    """How many threads are worth starting from here: 1 inside one that :func:`in_parallel` has started."""
    if getattr(_here, "started", False):
        return 1
    return min(most, joblib.cpu_count())


def in_parallel(function: Callable[[Any], Any], items: Iterable[Any], *, most: int = 4) -> Iterator[Any]:
    """function(x) for each x, in this order, by a thread for each processor: NumPy lets them run side by side.

    Inside such a thread, and with one processor, it is done on the spot.

    >>> list(in_parallel(abs, [-2, 3]))
    [2, 3]
    """
    if (workers := processors(most)) == 1:
        yield from map(function, items)
        return
    with one_thread:  # else each of them would start as many
        workers = ThreadPoolExecutor(workers, initializer=setattr, initargs=(_here, "started", True))
        try:
            yield from workers.map(function, items)
        finally:
            workers.shutdown(cancel_futures=True)
