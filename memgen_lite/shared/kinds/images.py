"""Images: arrays (n, height, width[, channels]), or lists of Pillow's."""

import numpy as np
from PIL import Image

from ..html import img, png
from .arrays import Arrays
from .base import refused

IMAGE_MODES = ("1", "L", "RGB", "RGBA")  # the modes of Pillow whose pixels are all there is to them


def is_image(item):
    """Whether an item is a Pillow image."""
    return isinstance(item, Image.Image)


def as_seen(image):
    """A Pillow image as a viewer shows it, in gray or RGB: transparent parts on white, palettes and inks as colors.

    More than 8 bits, and fractions, keep their values.
    """
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    if image.mode in ("L", "RGB") or image.mode[0] in "IF":
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


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


def _image(X, alt):
    if (step := X.shape[1] // (4 * _shown(X))) > 1:  # far more pixels than are shown
        X = X[::step, ::step]
    X = X[..., 0] if X.ndim == 3 and X.shape[2] == 1 else X
    if X.ndim == 3 and X.shape[2] not in (3, 4):
        X = np.floor(np.clip(np.round(X), 0, 255).mean(axis=2))
    return img(png(X), alt, f"width:{_shown(X)}px;image-rendering:pixelated")
