"""Algorithm 1: a memory, what draws from it, and the file that it is saved in."""

from .memgen import MemGEN

__all__ = ["MemGEN"]
