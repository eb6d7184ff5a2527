"""Drawing of plain arrays: axes in, axes out. Nothing here computes, saves, seeds or shows."""

from .costs import growth
from .pi_digits import DIGIT_COLORS, digit_dial, digits, path
from .pictures import eared_frames, images, mosaics
from .verdict_strips import on_strips, strips

__all__ = [
    "DIGIT_COLORS",
    "digit_dial",
    "digits",
    "eared_frames",
    "growth",
    "images",
    "mosaics",
    "on_strips",
    "path",
    "strips",
]
