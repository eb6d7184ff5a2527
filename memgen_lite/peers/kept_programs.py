"""What JAX compiled and keeps in the folder `JAX_COMPILATION_CACHE_DIR`: whole programs only.

JAX 0.10 writes a program in its place, and the time of its last use after it. A process that is killed meanwhile leaves
half a program, which every later one tries to read, warns of, and compiles anew; or one without a time, and JAX keeps
nothing more. Here the time comes first, and a program is written beside its place and renamed.
"""

import os
from pathlib import Path

from ..shared.files import atomic_write


class _Place(type(Path())):
    def write_bytes(self, data):
        if self.name.endswith("-cache"):
            self.with_name(f"{self.name.removesuffix('-cache')}-atime").write_bytes(bytes(8))
        with atomic_write(self) as file:
            return file.write(data)


def keep_whole():
    """Let JAX write so from now on, in this process, if that folder is set."""
    try:
        from jax._src.lru_cache import LRUCache
    except ImportError:  # a JAX that keeps its programs in another way
        return
    put = LRUCache.put
    if put.__module__ == __name__ or not os.environ.get("JAX_COMPILATION_CACHE_DIR"):
        return

    def put_whole(self, key, value):
        if type(getattr(self, "path", None)) is type(Path()):  # and none of a store elsewhere
            self.path = _Place(self.path)
        return put(self, key, value)

    LRUCache.put = put_whole
