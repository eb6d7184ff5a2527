"""Drawing of plain arrays: axes in, axes out. Nothing here computes, saves, seeds or shows."""

from .peer_comparison import PEER_KINDS, growth, peer_costs, peer_panels
from .pi_digits import DIGIT_COLORS, digit_dial, digits, path
from .pictures import eared_frames, images, mosaics
from .verdict_table import VERDICTS, on_strips, strips, verdict_key, verdicts

__all__ = [
    "DIGIT_COLORS",
    "PEER_KINDS",
    "VERDICTS",
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
    "strips",
    "verdict_key",
    "verdicts",
]
