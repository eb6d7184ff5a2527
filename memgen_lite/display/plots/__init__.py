"""Drawing of plain arrays: axes in, axes out. Nothing here computes, saves, seeds or shows."""

from .peer_comparison import PEER_KINDS, growth, peer_costs, peer_panels
from .pi_digits import DIGIT_COLORS, digit_dial, digits, path
from .pictures import eared_frames, images, mosaics
from .power import power_panels
from .verdict_strips import on_strips, strips

__all__ = [
    "DIGIT_COLORS",
    "PEER_KINDS",
    "digit_dial",
    "digits",
    "eared_frames",
    "growth",
    "images",
    "mosaics",
    "on_strips",
    "path",
    "peer_costs",
    "peer_panels",
    "power_panels",
    "strips",
]
