"""Style, paths and saving of figures: one place each."""

import io
import json
import math
import os
import re
import sys
import textwrap
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from PIL import Image, ImageChops, ImageStat

from . import layout
from .checks import number, unmasked
from .checks import shown as told
from .files import write
from .html import img, visible

# Okabe and Ito (2008): told apart with every common kind of color vision. Order is by contrast on white.
COLORS = {
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "orange": "#E69F00",
    "black": "#000000",
    "gray": "#767676",
}
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
SHARP = ("nearest", "auto", "antialiased")  # these ways to enlarge an image leave its pixels to be seen
DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (8, 2)), (0, (3, 1)))

STYLE = {
    **mpl.rc_params_from_file(Path(__file__).with_suffix(".mplstyle"), use_default_template=False),
    "axes.prop_cycle": mpl.cycler(color=list(COLORS.values())[:7]),
}


def use_style() -> None:
    """Draw all later figures of this process in the project's style (a notebook's set-up cell calls it)."""
    mpl.rcParams.update(STYLE)


def folder() -> Path:
    """Where figures go: `MEMGEN_FIGURES` if set, else `figures/` in the working folder.

    With `os.devnull` they are shown and not written; so they are within a checkout of this project, whose figures are
    written by `make figures` and by nothing else.
    """
    if chosen := os.environ.get("MEMGEN_FIGURES"):
        if Path(chosen).is_file():
            raise NotADirectoryError(f"MEMGEN_FIGURES must be a folder, or {os.devnull}, got the file {chosen}")
        return Path(chosen)
    here = Path.cwd()
    checkout = any((place / "tools" / "regenerate.py").is_file() for place in (here, *here.parents))
    return Path(os.devnull) if checkout else here / "figures"


class Picture:
    """A drawn figure that shows as an image with alt text in a notebook, and as its alt text everywhere else.

    `png` are the bytes of the image, `figure` is the matplotlib Figure that was drawn.
    """

    def __init__(self, png: bytes, alt: str, width: int, figure: Figure | None = None) -> None:
        self.png, self.alt, self.width, self.figure = png, alt, width, figure

    def html(self) -> str:
        return img(self.png, self.alt, f"max-width:100%;width:{self.width}px")

    def __repr__(self):
        return self.alt

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.html(), "text/plain": self.alt}


def picture(fig: Figure, alt: str, *, sources: Sequence[Any] = (), dpi: float = 120) -> Picture:
    """Draw a figure into a :class:`Picture` and close it: as :func:`save`, without the files."""
    words, credits, dpi = _sentence(alt), _credits(sources), _drawable(fig, dpi)
    if credits:
        _print_credit(fig, credits)
    _settle(fig)
    png = _render(fig, "png", dpi)
    if "matplotlib.pyplot" in sys.modules:  # only what pyplot manages needs closing, and importing it is slow
        sys.modules["matplotlib.pyplot"].close(fig)
    return Picture(png, words, round(fig.get_figwidth() * 96), fig)


def save(fig: Figure, name: str, *, alt: str, numbers: dict, sources: Sequence[Any] = (), dpi: float = 144) -> Picture:
    """Write `figures/<name>.svg`, `.pdf`, `.png` and `.json`, close the figure, and return it as a :class:`Picture`.

    Parameters
    ----------
    fig : matplotlib Figure.
    name : str of lower-case letters, digits and underscores.
    alt : str, one or two sentences that state the finding; it goes into the page and into the `.json`.
    numbers : dict of the numbers behind the figure; arrays become lists. These are what the tests compare. Beside them
        the `.json` has what :func:`memgen_lite.shared.layout.faults` finds wrong with the layout.
    sources : data sets (anything with a `credit`) or str; printed under the figure and stored.

    Raises
    ------
    ValueError : for a name that is no plain file name, an empty alt text, or sources that are longer than the figure.
    """
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9_]+", name):
        raise ValueError(f"name must be made of a-z, 0-9 and _, got {told(name)}")
    credits, dpi = _credits(sources), _drawable(fig, dpi)
    if not isinstance(numbers, dict):
        raise TypeError(f"numbers must be a dict, got {told(numbers)}")
    record = {"alt": _sentence(alt), "numbers": plain(numbers), "sources": credits}
    try:
        json.dumps(record, allow_nan=False)
    except (TypeError, RecursionError) as error:
        raise TypeError(f"numbers must be numbers, words, and arrays, lists and dicts of these: {error}") from None
    if credits:
        _print_credit(fig, credits)
    _settle(fig)
    target = folder()
    if target == Path(os.devnull):
        return picture(fig, alt, dpi=dpi)
    target.mkdir(parents=True, exist_ok=True)
    record["layout"] = layout.faults(fig)
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    drawn = {kind: _render(fig, kind, dpi) for kind in ("svg", "pdf")}
    shown = picture(fig, alt, dpi=dpi)
    for kind, content in {**drawn, "png": shown.png, "json": text}.items():
        write(target / f"{name}.{kind}", content)
    return shown


def plain(value: Any) -> Any:
    """Numbers as JSON has them: arrays as lists, floats to 10 digits, NaN and infinities as words."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(unmasked(value, "value"), np.generic) or (isinstance(value, np.ndarray) and not value.ndim):
        return plain(value.item())
    if isinstance(value, np.ndarray | list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.10g}") if math.isfinite(value) else str(value)
    return value


def _sentence(alt):
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt must be a sentence that states the figure's finding, got {told(alt)}")
    return visible(" ".join(alt.split()))


def _drawable(fig, dpi):
    if not isinstance(fig, Figure):
        raise TypeError(f"fig must be a Figure of Matplotlib, got {told(fig)}")
    return number(dpi, "dpi", 10, 10_000)  # below it letters have no pixels


def _render(fig, kind, dpi):
    # Dates and tool versions would make the bytes depend on when and where the figure was drawn.
    buffer = io.BytesIO()
    if kind == "png":  # as savefig does, without its first pass for a layout that is settled already
        before, fig.dpi = fig.dpi, dpi
        canvas = FigureCanvasAgg(fig)
        canvas.draw()
        fig.dpi = before
        _few_colors(np.asarray(canvas.buffer_rgba())).save(buffer, "png", dpi=(dpi, dpi), optimize=True)
    else:
        # After drawing, Matplotlib gives a figure that had no layout engine the one of the style, if that has one.
        settings = {"svg.hashsalt": STYLE["svg.hashsalt"], "figure.constrained_layout.use": False}
        with mpl.rc_context(settings | {"image.composite_image": False}), _own_pixels(fig):
            fig.savefig(buffer, format=kind, dpi=dpi, metadata={"Date" if kind == "svg" else "CreationDate": None})
    return buffer.getvalue()


@contextmanager
def _own_pixels(fig):
    """Let images stand in a file of vectors with the pixels that they have, which the viewer enlarges.

    Resampled to those of one size of the figure they would take several times the bytes, and all of them anew wherever
    a word beside them changes.
    """
    sharp = [image for image in fig.findobj(AxesImage) if image.get_interpolation() in SHARP]
    before = [image.get_interpolation() for image in sharp]
    try:
        for image in sharp:
            image.set_interpolation("none")
        yield
    finally:
        for image, interpolation in zip(sharp, before, strict=True):
            image.set_interpolation(interpolation)


def _few_colors(pixels):
    """A drawing as an image of 256 colors, where nobody sees the difference, else of all.

    Lines, text and their soft edges need no more, and take a third of the bytes. Each picture is in git twice, as a
    file and in its page, and git stores one that was redrawn as a whole. Photographs keep their colors.
    """
    image = Image.fromarray(pixels).convert("RGB")
    fewer = image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    apart = ImageStat.Stat(ImageChops.difference(image, fewer.convert("RGB"))).mean
    return fewer if max(apart) < 0.6 else image  # levels of 255, on average over all pixels


def _settle(fig):
    # The layout's solver leaves noise in the last bits, which the ids in an SVG show; so lay out once and round.
    engine = fig.get_layout_engine()
    if engine is None or not fig.axes:
        return
    engine.execute(fig)
    fig.set_layout_engine("none")
    for ax in fig.axes:
        ax.set_position([round(side, 6) for side in ax.get_position(original=True).bounds], which="original")


def _credits(sources):
    credits = (
        None
        if isinstance(sources, str) or not np.iterable(sources)
        else [getattr(source, "credit", source) for source in sources]
    )
    if credits is None or not all(isinstance(credit, str) for credit in credits):
        raise TypeError(f"sources must be a list of str, or of data sets with a credit, got {told(sources)}")
    return [visible(credit) for credit in credits]


def _print_credit(fig, credits):
    size = layout.SMALLEST * max(1, fig.get_figwidth() * 96 / layout.COLUMN)
    lines = textwrap.wrap("  ·  ".join(credits), width=int(fig.get_figwidth() * 130 / size))  # letters and spaces
    height = (0.06 + size / 64 * len(lines)) / fig.get_figheight()
    if height >= 1:
        many = sum(map(len, credits))
        raise ValueError(f"sources must fit below the figure, got {many:,} characters, which are higher than all of it")
    engine = fig.get_layout_engine()
    if hasattr(engine, "set"):
        engine.set(rect=(0, height, 1, 1 - height))
    fig.text(0.005, 0.005, "\n".join(lines), fontsize=size, color="#555555", ha="left", va="bottom", parse_math=False)
