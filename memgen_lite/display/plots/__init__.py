"""Drawing of plain arrays: axes in, axes out. Nothing here computes, saves, seeds or shows."""

from .pictures import *  # noqa: F403
