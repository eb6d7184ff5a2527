"""Drawing of plain arrays: axes in, axes out. Nothing here computes, saves, seeds or shows."""

from functools import wraps
from inspect import signature

from ...shared.checks import shown
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


def _told(draw):
    """The same function, whose errors name its arguments: those of Matplotlib say neither which one nor what it was."""

    @wraps(draw)
    def told(*args, **kwargs):
        given = signature(draw).bind(*args, **kwargs).arguments
        try:
            return draw(*args, **kwargs)
        except Exception as error:
            words = ", ".join(f"{name}={shown(value)}" for name, value in given.items())
            raise ValueError(f"{draw.__name__} can't draw {words}: {error}") from error

    return told


globals().update({name: _told(globals()[name]) for name in __all__ if callable(globals()[name])})
