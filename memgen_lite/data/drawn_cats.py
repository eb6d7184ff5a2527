"""Drawn cats, whose law is known: parameters drawn by :func:`sample_parameters`, made a picture by :func:`draw`.

What a photograph never gives is the distribution it came from. These cats do: :func:`log_prob` is the exact density of
a cat's parameters, so that the distance from a sample, or from a memory, to the *population* can be computed.

The law, from top to bottom (each line depends on nothing but what is named in it):

* fur: gray 0.25, orange 0.25, black 0.20, white 0.15, cream 0.15
* pattern given fur, eyes given fur: the tables `PATTERN` and `EYES` (orange cats are mostly tabby, cream ones pointed)
* pose: sitting 0.4, loaf 0.3, face 0.3
* lids, how far the eyes are open: Beta(2, 3) for a loaf, Beta(5, 2) otherwise: loaves are sleepy
* ears, cheeks, tail, each from 0 to 1: Beta(4, 4), Beta(3, 3), Beta(2, 2)
* tilt of the head in degrees: Normal(0, 6)
* background, the hue of the wall as a share of the circle: Uniform(0, 1)
"""

import colorsys
from itertools import pairwise

import numpy as np
import scipy  # its modules load when first used
from numpy.typing import ArrayLike
from PIL import Image, ImageChops, ImageDraw
from tqdm.auto import tqdm

from ..shared.checks import shown, whole
from ..shared.randomness import generator
from ..shared.types import RandomState
from .dataset import Dataset

FUR = ("gray", "orange", "black", "white", "cream")
PATTERNS = ("plain", "tabby", "tuxedo", "patched", "pointed")
IRISES = ("green", "amber", "blue")
POSES = ("sitting", "loaf", "face")

FUR_LAW = np.array([0.25, 0.25, 0.20, 0.15, 0.15])
PATTERN = np.array(  # rows: fur; columns: pattern
    [
        [0.30, 0.50, 0.20, 0.00, 0.00],
        [0.15, 0.75, 0.10, 0.00, 0.00],
        [0.50, 0.00, 0.50, 0.00, 0.00],
        [0.50, 0.00, 0.00, 0.50, 0.00],
        [0.20, 0.10, 0.00, 0.00, 0.70],
    ]
)
EYES = np.array([[0.5, 0.5, 0.0], [0.4, 0.6, 0.0], [0.4, 0.6, 0.0], [0.3, 0.2, 0.5], [0.1, 0.1, 0.8]])  # rows: fur
POSE_LAW = np.array([0.4, 0.3, 0.3])
LIDS = np.array([[5.0, 2.0], [2.0, 3.0], [5.0, 2.0]])  # Beta's two parameters; rows: pose
EARS, CHEEKS, TAIL, TILT_SD = (4.0, 4.0), (3.0, 3.0), (2.0, 2.0), 6.0

PARAMETERS = np.dtype(
    [("fur", "U8"), ("pattern", "U8"), ("eyes", "U8"), ("pose", "U8")]
    + [(name, "f8") for name in ("lids", "ears", "cheeks", "tail", "tilt", "background")]
)

COATS = {  # main color, darker color of stripes and points
    "gray": ("#9AA3AD", "#5F6873"),
    "orange": ("#F2A33C", "#C66A1B"),
    "black": ("#3F3D46", "#26252B"),
    "white": ("#FBF7F0", "#D9CFC2"),
    "cream": ("#F3E2C4", "#7A5A48"),
}
GLOW = {"green": "#A8D84E", "amber": "#FFC83D", "blue": "#7CC4F5"}
INK, PINK, SNOW = "#2B2430", "#F29CA3", "#FFFDF8"


def sample_parameters(n: int, rng: RandomState = None) -> np.ndarray:
    """Draw `n` cats' parameters from the law above: a structured array of dtype `PARAMETERS`, shape (n,).

    >>> sample_parameters(2, np.random.default_rng(0)).dtype.names[:4]
    ('fur', 'pattern', 'eyes', 'pose')
    """
    n = whole(n, "n", 0)
    rng = generator(rng, "rng")
    cats = np.zeros(n, dtype=PARAMETERS)
    fur, pose = _choose(np.tile(FUR_LAW, (n, 1)), rng), _choose(np.tile(POSE_LAW, (n, 1)), rng)
    cats["fur"], cats["pose"] = np.array(FUR)[fur], np.array(POSES)[pose]
    cats["pattern"] = np.array(PATTERNS)[_choose(PATTERN[fur], rng)]
    cats["eyes"] = np.array(IRISES)[_choose(EYES[fur], rng)]
    cats["lids"] = rng.beta(*LIDS[pose].T)
    cats["ears"], cats["cheeks"], cats["tail"] = rng.beta(*EARS, n), rng.beta(*CHEEKS, n), rng.beta(*TAIL, n)
    cats["tilt"] = rng.normal(0, TILT_SD, n)
    cats["background"] = rng.uniform(0, 1, n)
    return cats


def log_prob(cats: ArrayLike) -> np.ndarray:
    """Natural log of the law's density at each cat, shape (n,).

    The density is with respect to counting measure on the four words and Lebesgue measure on the six numbers.
    A word that the law does not know, or one that it never puts together with another (a tabby black cat), gives -inf.
    """
    cats, stats = _parameters(cats), scipy.stats
    words = [(FUR, cats["fur"]), (PATTERNS, cats["pattern"]), (IRISES, cats["eyes"]), (POSES, cats["pose"])]
    places = [np.array([known.index(word) if word in known else -1 for word in given], int) for known, given in words]
    fur, pattern, eyes, pose = places
    with np.errstate(divide="ignore"):
        total = np.log(FUR_LAW[fur] * PATTERN[fur, pattern] * EYES[fur, eyes] * POSE_LAW[pose])
        total += stats.beta.logpdf(cats["lids"], *LIDS[pose].T) + stats.beta.logpdf(cats["ears"], *EARS)
        total += stats.beta.logpdf(cats["cheeks"], *CHEEKS) + stats.beta.logpdf(cats["tail"], *TAIL)
        total += stats.norm.logpdf(cats["tilt"], 0, TILT_SD) + stats.uniform.logpdf(cats["background"])
    return np.where(np.min(places, axis=0) < 0, -np.inf, total)


def _parameters(cats):
    if getattr(cats, "dtype", None) != PARAMETERS or np.ndim(cats) != 1:
        raise TypeError(f"cats must be parameters (n,) as sample_parameters draws them, got {shown(cats)}")
    return cats


def draw(cats: np.ndarray, size: int = 64) -> np.ndarray:
    """Draw cats as pictures, an array (n, size, size, 3) of uint8; the same parameters give the same pixels.

    They are drawn four times too large and averaged down, which is what makes their edges smooth.
    """
    size, cats = whole(size, "size", 1, 4096), _parameters(cats)
    pictures = np.zeros((len(cats), size, size, 3), np.uint8)
    for picture, cat in zip(pictures, tqdm(cats, "Cats", disable=len(cats) < 1000), strict=True):
        picture[:] = _draw_one(cat, size)
    return pictures


def _choose(law, rng):
    return (rng.uniform(size=(len(law), 1)) > np.cumsum(law, axis=1)[:, :-1]).sum(axis=1)


class _Pen:
    """Filled, outlined shapes in a frame that is moved, scaled and turned; points are (x to the right, y down)."""

    def __init__(self, image, x, y, scale, degrees=0.0):
        self.image, self.canvas = image, ImageDraw.Draw(image)
        turn = np.deg2rad(degrees)
        self.turn = scale * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        self.at = np.array([x, y])
        self.width = image.width / 52

    def points(self, points):
        return [tuple(point) for point in np.asarray(points, float) @ self.turn + self.at]

    def shape(self, points, color, clip=None, ink=True):
        """Fill a closed shape; with `clip`, only where it lies inside that other shape."""
        points = self.points(points)
        if clip is None:
            self.canvas.polygon(points, fill=color)
        else:
            masks = [Image.new("L", self.image.size), Image.new("L", self.image.size)]
            for mask, inside in zip(masks, (points, self.points(clip)), strict=True):
                ImageDraw.Draw(mask).polygon(inside, fill=255)
            self.image.paste(color, mask=ImageChops.darker(*masks))
        if ink:
            self.line([*points, points[0], points[1]], INK, self.width, placed=True)

    def line(self, points, color=INK, width=None, placed=False):
        """A line with round ends; `width` in pixels of the large picture."""
        points, width = points if placed else self.points(points), width or self.width
        self.canvas.line(points, fill=color, width=round(width))
        self.beads((points[0], points[-1]), color, width)

    def beads(self, points, color, width):
        """Placed points as discs; a row of them is a thick line, smooth where Pillow's own joints are not."""
        for x, y in points:
            self.canvas.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=color)


def _oval(x, y, rx, ry, power=2.0):
    turn = np.linspace(0, 2 * np.pi, 36)
    across, down = (np.sign(part) * abs(part) ** (2 / power) for part in (np.cos(turn), np.sin(turn)))
    return np.stack([x + rx * across, y + ry * down], axis=1)


def _curve(*corners, n=16):
    # A Bezier curve through the first and the last corner.
    points, t = [np.asarray(corner, float) for corner in corners], np.linspace(0, 1, n)[:, None]
    while len(points) > 1:
        points = [(1 - t) * a + t * b for a, b in pairwise(points)]
    return points[0]


def _draw_one(cat, size):
    large = 4 * size
    wall, floor = (
        tuple(round(255 * part) for part in colorsys.hls_to_rgb(cat["background"], light, strength))
        for light, strength in ((0.88, 0.65), (0.74, 0.42))
    )
    image = Image.new("RGB", (large, large), wall)
    _Pen(image, 0, 0, large).shape([(0, 0.8), (1, 0.8), (1, 1), (0, 1)], floor, ink=False)
    face = {"sitting": (0.5, 0.36, 0.235), "loaf": (0.4, 0.45, 0.235), "face": (0.5, 0.54, 0.385)}[str(cat["pose"])]
    _body(_Pen(image, *(part * large for part in face)), cat)
    _head(_Pen(image, *(part * large for part in face), cat["tilt"]), cat)
    return np.asarray(image.resize((size, size), Image.Resampling.BOX))


def _body(pen, cat):
    main, dark = COATS[str(cat["fur"])]
    pattern, pose = str(cat["pattern"]), str(cat["pose"])
    tip = dark if pattern == "pointed" else main
    paw = SNOW if pattern == "tuxedo" else tip
    if pose == "face":
        pen.shape(_oval(0, 1.55, 1.25, 0.95), main)
        return
    if pose == "sitting":
        up = 1.9 - 2.0 * cat["tail"]
        tip_at = (1.35, 2.2) if cat["tail"] < 0.3 else (1.6, up - 0.1)
        tail = _curve((0.5, 2.25), (1.6, 2.6), (1.55, 1.4), (1.1, up), tip_at, n=60)
        side, foot = _curve((0.5, 0.5), (1.0, 1.2), (0.98, 2.0)), _curve((0.98, 2.0), (1.0, 2.46), (0.6, 2.46))
        flank = np.concatenate([side, foot])
        outline = np.concatenate([flank, flank[::-1] * (-1, 1)])
    else:
        heights = np.array([1.1, 0.7, 0.2]) - np.array([1.3, 1.7, 1.2]) * cat["tail"]
        tail = _curve((1.9, 1.45), *zip((2.3, 2.35, 1.95), heights, strict=True), n=60)
        outline = _oval(0.62, 0.85, 1.6, 0.85, power=3.0)
    for color, width in ((INK, 6.4), (tip, 4.4)):
        pen.beads(pen.points(tail), color, width * pen.width)
    pen.shape(outline, main)
    if pattern == "tuxedo":
        bib = _oval(0, 0.9, 0.5, 0.75) if pose == "sitting" else _oval(0, 0.95, 0.6, 0.5)
        pen.shape(bib, SNOW, clip=outline, ink=False)
    if pattern == "tabby":
        for step in range(3):
            x, y = (0.62, 1.05 + 0.38 * step) if pose == "sitting" else (0.95 + 0.42 * step, 0.28)
            stripe = _oval(x + 0.25, y, 0.36, 0.09) if pose == "sitting" else _oval(x, y, 0.1, 0.42)
            for side in (1, -1) if pose == "sitting" else (1,):
                pen.shape(stripe * (side, 1), dark, clip=outline, ink=False)
    if pattern == "patched":
        pen.shape(_oval(1.0, 0.75, 0.6, 0.5), "#F2A33C", clip=outline, ink=False)
    if pattern in ("tuxedo", "tabby", "patched"):
        pen.line([*outline, outline[0]])
    if pose == "sitting":
        for side in (-1, 1):
            pen.line([(side * 0.08, 1.6), (side * 0.08, 2.3)])
            pen.shape(_oval(side * 0.38, 2.35, 0.36, 0.2), paw)
    else:
        for x in (-0.45, 0.3):
            pen.shape(_oval(x, 1.6, 0.34, 0.16), paw)


def _head(pen, cat):
    main, dark = COATS[str(cat["fur"])]
    pattern, wide = str(cat["pattern"]), 0.98 + 0.3 * cat["cheeks"]
    skull = _oval(0, 0.05, wide, 0.86, power=2.3)
    tall = 1.12 + 0.4 * cat["ears"]
    mark = dark if pattern == "pointed" else main
    colors = {"patched": (("#F2A33C", -1), ("#4A4650", 1))}.get(pattern, ((mark, -1), (mark, 1)))
    for color, side in colors:
        tip = np.array((side * 0.86, -tall))
        outer = _curve((side * 0.98, -0.15), (side * 1.06, -0.7), tip)
        pen.shape([*outer, (side * 0.12, -0.7)], color)
        inner = tip * (0.93, 0.86), (side * 0.86, -0.4), (side * 0.36, -0.66)
        pen.shape(inner, PINK, ink=False)
    pen.shape(skull, main)
    if pattern == "patched":
        pen.shape(_oval(-0.62, -0.3, 0.58, 0.62), "#F2A33C", clip=skull, ink=False)
        pen.shape(_oval(0.75, -0.5, 0.5, 0.5), "#4A4650", clip=skull, ink=False)
    if pattern == "pointed":
        pen.shape(_oval(0, 0.42, 0.62, 0.6), "#B4927A", clip=skull, ink=False)
    if pattern == "tuxedo":
        pen.shape(np.array([(0, -0.55), (0.24, 0.2), (-0.24, 0.2)]), SNOW, ink=False)
        pen.shape(_oval(0, 0.55, 0.62, 0.45), SNOW, clip=skull, ink=False)
    if pattern == "tabby":
        for x, length in ((-0.3, 0.38), (0, 0.5), (0.3, 0.38)):
            pen.shape(_oval(x, -0.82, 0.085, length), dark, clip=skull, ink=False)
        for side, y in ((-1, 0.05), (-1, 0.4), (1, 0.05), (1, 0.4)):
            pen.shape(_oval(side * wide, y, 0.3, 0.075), dark, clip=skull, ink=False)
    if pattern in ("patched", "pointed", "tuxedo", "tabby"):
        pen.line([*skull, skull[0]])
    _expression(pen, cat)


def _expression(pen, cat):
    ink = "#DDD6E2" if cat["fur"] == "black" and cat["pattern"] == "plain" else INK
    for side in (-1, 1):
        x, opened = side * 0.46, float(cat["lids"])
        if opened < 0.3:
            lid = ink if cat["pattern"] != "tuxedo" or cat["fur"] != "black" else "#DDD6E2"
            pen.line(_curve((x - 0.22, 0.05), (x, 0.28), (x + 0.22, 0.05)), lid)
        else:
            height = 0.12 + 0.19 * opened
            pen.shape(_oval(x, 0.06, 0.27, height), GLOW[str(cat["eyes"])])
            pen.shape(_oval(x, 0.06, 0.07 + 0.1 * opened, height * 0.86), INK, ink=False)
            pen.shape(_oval(x + 0.07, 0.06 - 0.4 * height, 0.07, 0.07), "#FFFFFF", ink=False)
        for y, end in ((0.36, 0.28), (0.48, 0.52)):
            pen.line([(side * 0.72, y), (side * 1.42, end)], ink if abs(side) < 0.72 else INK, pen.width * 0.55)
        pen.line(_curve((0, 0.46), (side * 0.06, 0.66), (side * 0.26, 0.56)), ink, pen.width * 0.8)
    pen.shape([(-0.12, 0.34), (0.12, 0.34), (0, 0.48)], PINK, ink=False)


def cats(n: int = 200, random_state: RandomState = 0, size: int = 64, *, n_held_out: int | None = None) -> Dataset:
    """Cats drawn from a known law (:mod:`memgen_lite.cats`), uint8 (n, size, size, 3); `n_held_out` is n if None.

    `y` is the structured array of the parameters behind each picture, with `feature_names` as its fields;
    `memgen_lite.cats.log_prob(y)` is their exact log density under the population.

    >>> two = cats(2)
    >>> two.train.shape, two.y.shape, two.feature_names[:4]
    ((2, 64, 64, 3), (2,), ['fur', 'pattern', 'eyes', 'pose'])
    """
    rng, n = generator(random_state), whole(n, "n", 0)
    n_held_out = n if n_held_out is None else whole(n_held_out, "n_held_out", 0)
    y, y_held_out = sample_parameters(n, rng), sample_parameters(n_held_out, rng)
    return Dataset(
        train=draw(y, size),
        held_out=draw(y_held_out, size),
        y=y,
        y_held_out=y_held_out,
        name="cats",
        source="drawn from parameters with a known law by memgen_lite.cats",
        license="MIT",
        credit="Drawn cats: memgen_lite, MIT",
        feature_names=list(PARAMETERS.names),
    )
