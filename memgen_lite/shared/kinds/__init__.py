"""What people hand in, read in one place for the memory, the metrics, the evaluation and the audit.

A kind of data is a class in a file of its own, with all that is asked of it: its rows of numbers, which of its items
are equal, how they come back from a memory, and how a pair of them is shown (:class:`.base.Kind`).
"""

from .containers import Container, unpack
from .items import equality_key, pack, unpack_rows
from .reading import Samples, featured, read, together

__all__ = ["Container", "Samples", "equality_key", "featured", "pack", "read", "together", "unpack", "unpack_rows"]
