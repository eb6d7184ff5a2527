"""Images: arrays (n, height, width[, channels]), or lists of Pillow's."""

import contextlib

import numpy as np
from PIL import Image, ImageOps

from ..html import img, png
from .arrays import Arrays
from .base import refused

IMAGE_MODES = ("1", "L", "RGB", "RGBA")  # the modes of Pillow whose pixels are all there is to them


def is_image(item):
    """Whether an item is a Pillow image."""
    return isinstance(item, Image.Image)


def as_seen(image):
    """A Pillow image as a viewer shows it, in gray or RGB: upright, transparent parts on white, palettes and inks as
    colors. Of an animation it is the frame at hand.

    More than 8 bits, and fractions, keep their values.
    """
    with contextlib.suppress(Exception):  # damaged EXIF data: the picture itself is whole
        image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        image = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    if image.mode in ("L", "RGB") or image.mode[0] in "IF":
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def pixels(images, name="X"):
    """A list of Pillow images of one size as an array (n, h, w) or (n, h, w, 3), as :func:`as_seen` shows them.

    All get the depth and the colors of the richest: see :func:`one_depth`.
    """
    seen = [np.asarray(as_seen(image)) for image in images]
    for i, X in enumerate(seen):
        if X.shape[:2] != seen[0].shape[:2]:
            (h, w), (height, width) = X.shape[:2], seen[0].shape[:2]
            raise ValueError(
                f"{name} must be images of one size, got {width} x {height} and, at number {i}, {w} x {h} pixels: "
                "resize them, or memgen_lite.data.folder(path) makes thumbnails of files"
            )
    seen = one_depth(seen)
    if len({X.ndim for X in seen}) > 1:
        seen = [np.repeat(X[..., None], 3, axis=2) if X.ndim == 2 else X for X in seen]
    return np.stack(seen)


def one_depth(pictures):
    """Arrays of pixels as they are where all have one depth; else those of 8 bits as the same shades of 16.

    Whole numbers from 0 to 65535 are of 16 bits. Beside others, which have no greatest shade, all keep their values.
    """
    if len({X.dtype for X in pictures}) == 1:
        return pictures
    if not all(X.dtype.kind in "ui" and X.min() >= 0 and X.max() <= 65535 for X in pictures):
        return [X.astype(np.float32) for X in pictures]
    return [(X.astype(np.uint16) * np.uint16(257) if X.dtype == np.uint8 else X.astype(np.uint16)) for X in pictures]


class Images(Arrays):
    """Images of one size, compared pixel by pixel."""

    name = "image"
    legend = "A training picture, the generated one beside it, and their difference, which is white where they agree."
    _DIMENSIONS = (3, 4)

    def read(self, X):
        X = super().read(X)
        if X is not None and X.ndim == 4 and X.shape[1] in (1, 3, 4) and X.shape[3] not in (1, 3, 4):
            return np.moveaxis(X, 1, 3)  # (n, channels, height, width), as PyTorch has them
        return X

    def aligned(self, samples, notes):
        given, samples = samples, {role: _opaque(X) for role, X in samples.items()}
        if any(X is not given[role] for role, X in samples.items()):
            notes.append(
                "pictures of 4 channels were read as red, green, blue and how opaque, and are seen on white; "
                "reshape(len(X), -1) compares the four as numbers"
            )
        channels = {role: X.shape[3] if X.ndim == 4 else 1 for role, X in samples.items()}
        if {*channels.values()} == {1, 3}:
            notes.append(f"gray pictures were read as colors: {[role for role, n in channels.items() if n == 1]}")
            samples = {
                role: np.repeat(_flat(X)[..., None], 3, 3) if channels[role] == 1 else X for role, X in samples.items()
            }
        elif {*channels.values()} == {1}:
            samples = {role: _flat(X) for role, X in samples.items()}
        return super().aligned(samples, notes)

    def key(self, item):
        if not is_image(item):
            return super().key(item)
        palette = bytes(item.getpalette("RGBA")) if item.mode in ("P", "PA") else None
        transparency = item.info.get("transparency")
        if isinstance(transparency, list | tuple):
            transparency = (type(transparency), *transparency)
        return ("image", item.mode, item.size, item.tobytes(), palette, transparency)

    def pack(self, items):
        sizes = {image.size for image in items}
        modes = {image.mode + " with transparency" * ("transparency" in image.info) for image in items}
        if len(modes) > 1 or len(sizes) > 1 or modes - set(IMAGE_MODES):
            raise refused(
                f"X holds images of modes {sorted(modes)} and sizes {sorted(sizes)}",
                f"one size, of the modes {', '.join(IMAGE_MODES)}",
            )
        return f"image:{modes.pop()}", np.stack([np.asarray(image) for image in items])

    def unpack(self, codec, rows):
        return [Image.fromarray(row) for row in rows]

    def text(self, one, two):
        return f"mean difference {np.abs(one.astype(float) - two.astype(float)).mean():.3g}"

    def html(self, one, two, *, train, places):
        low, high = float(np.min(train)), float(np.max(train))
        scale = 255 / ((high - low) or 1)
        one, two = ((X.astype(float) - low) * scale for X in (one, two))
        difference = np.abs(one - two)
        pictures = {
            f"training picture {places[0]}": one,
            f"generated picture {places[1]}": two,
            f"their difference, {difference.mean():.0f} of 255": 255 - difference,
        }
        return " ".join(_image(X, alt) for alt, X in pictures.items())

    def width(self, item):
        return 3 * _shown(item) + 16


def _shown(X):
    """How wide a picture is shown."""
    return min(120, max(48, X.shape[1]))


def _flat(X):
    return X[..., 0] if X.ndim == 4 else X


def _opaque(X):
    """Pictures of four channels on white, where the fourth can be how opaque they are."""
    if X.ndim != 4 or X.shape[3] != 4 or X.dtype.kind not in "uf":
        return X
    if X.dtype.kind == "f" and not (X.min() >= 0 and X.max() <= 1):  # not so for NaN, either
        return X
    if X.dtype == np.uint8:  # to the last shade as pictures of Pillow are
        return np.stack([np.asarray(as_seen(Image.fromarray(picture))) for picture in X])
    return on_white(X)


def on_white(X):
    """Pixels (..., 3 or 4) of whole numbers or of fractions as pixels (..., 3), with what is not opaque on white."""
    if X.shape[-1] == 3:
        return X
    full = np.iinfo(X.dtype).max if X.dtype.kind == "u" else 1
    color, alpha = X[..., :3].astype(np.float64), X[..., 3:] / full
    found = color * alpha + full * (1 - alpha)
    return (np.round(found) if X.dtype.kind == "u" else found).astype(X.dtype)


def _image(X, alt):
    if (step := X.shape[1] // (4 * _shown(X))) > 1:  # far more pixels than are shown
        X = X[::step, ::step]
    X = X[..., 0] if X.ndim == 3 and X.shape[2] == 1 else X
    if X.ndim == 3 and X.shape[2] not in (3, 4):
        X = np.floor(np.clip(np.round(X), 0, 255).mean(axis=2))
    return img(png(X), alt, f"width:{_shown(X)}px;image-rendering:pixelated")
