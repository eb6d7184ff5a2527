"""The reader's own pictures: a folder as a data set, in which every file is either loaded or named with a reason."""

import contextlib
import os
import stat
import warnings
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError
from tqdm.auto import tqdm

from ..shared.checks import shown, whole
from ..shared.kinds.images import as_seen, on_white, one_depth
from ..shared.parallel import in_parallel
from ..shared.types import FilePath, RandomState
from .dataset import Dataset, split

_TURNS = dict(
    enumerate(  # what undoes each orientation of EXIF, from 2 on
        ("FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE", "ROTATE_270", "TRANSVERSE", "ROTATE_90"), 2
    )
)


def folder(path: FilePath, size: int = 64, held_out: float = 0.2, random_state: RandomState = 0) -> Dataset:
    """The images in a folder and the folders inside it, as square thumbnails: uint8 (n, size, size, 3).

    Each is what an image viewer shows, its middle square scaled to `size`: turned as its EXIF data says, the first
    frame of an animation, transparent parts on white, every color mode as RGB.

    No level is lost: where one has more than 8 bits all are uint16, those of 8 bits as the same shades, which a warning
    says, and fractions from 0 to 1 too; where one has other fractions, or numbers above 65535 or below 0, all keep
    their values as float32, with 0 for what is not finite.

    Parameters
    ----------
    path : str or Path.
    size : int, pixels.
    held_out : share of the images that goes into `.held_out`, drawn by `random_state`.

    Returns
    -------
    Dataset in order of file name. `names` are paths inside the folder; `y` is the name of the first folder on that
    path, "" for none, and None where there are no folders. `skipped` has (name, reason) for every file not loaded: no
    image, empty, truncated, hidden, over Pillow's limit on pixels (`PIL.Image.MAX_IMAGE_PIXELS`), or no file at all.
    Links are followed, also out of the folder, but each file and each folder is read once. PostScript is not opened, as
    that would run it.

    Raises
    ------
    FileNotFoundError, NotADirectoryError : if `path` is not a folder.
    ValueError : if none of its files is an image; the message says what was wrong with each.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path must be a folder of images, got {shown(path)}")
    path = Path(path).expanduser()
    size = whole(size, "size", 1, 4096)
    if not path.exists():
        raise FileNotFoundError(f"path must be a folder of images, and {str(path)!r} does not exist")
    if not path.is_dir():
        raise NotADirectoryError(f"path must be a folder of images, and {str(path)!r} is a file")
    files, skipped = _files(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow warns of is either harmless or found out below
        jobs = in_parallel(lambda name: _thumbnail(path / name, size), files)
        results = list(tqdm(jobs, "Images", total=len(files), disable=len(files) < 100))
    loaded = [(name, image) for name, image in zip(files, results, strict=True) if not isinstance(image, str)]
    skipped += [(name, reason) for name, reason in zip(files, results, strict=True) if isinstance(reason, str)]
    skipped = tuple(sorted((_printable(name), reason) for name, reason in skipped))
    if not loaded:
        told = "; ".join(f"{name}: {reason}" for name, reason in skipped[:20]) or "it is empty"
        more = f"; and {len(skipped) - 20:,} more" if len(skipped) > 20 else ""
        raise ValueError(f"path must be a folder of images, and {str(path)!r} has none that can be read ({told}{more})")
    names = [_printable(name) for name, _ in loaded]
    depths = {str(image.dtype) for _, image in loaded}
    images = np.stack(one_depth([image for _, image in loaded]))
    if len(depths) > 1:
        warnings.warn(
            f"{str(path)!r} has pictures of several depths ({', '.join(sorted(depths))}), all read as {images.dtype}",
            stacklevel=2,
        )
    labels = np.array([name.split("/")[0] if "/" in name else "" for name in names])
    train, kept = split(len(names), held_out, random_state)
    return Dataset(
        train=images[train],
        held_out=images[kept] if len(kept) else None,
        y=labels[train] if any(labels) else None,
        y_held_out=labels[kept] if any(labels) and len(kept) else None,
        names=[names[i] for i in train],
        names_held_out=[names[i] for i in kept] if len(kept) else None,
        name=path.resolve().name or "folder",
        source="a folder of the reader's own pictures",
        license="as the reader has them",
        credit=f"Pictures: the reader's own ({len(names):,} loaded, {len(skipped):,} skipped)",
        skipped=skipped,
    )


def _files(root):
    """Relative names of the files to open, sorted, and (name, reason) of what is not to be opened."""
    files, skipped, seen = [], [], {os.path.realpath(root): "."}

    def name_of(path):
        return Path(path).relative_to(root).as_posix()

    def unreadable(error):
        skipped.append((name_of(error.filename), f"cannot be opened: {error.strerror}"))

    def opened(here, entries, kind, again):
        for entry in sorted(entries):
            name = name_of(os.path.join(here, entry))
            if entry.startswith("."):
                skipped.append((name, f"a hidden {kind}"))
            elif (first := seen.setdefault(os.path.realpath(os.path.join(here, entry)), name)) != name:
                skipped.append((name, f"{again} {_printable(first)}"))
            else:
                yield entry, name

    for here, folders, names in os.walk(root, followlinks=True, onerror=unreadable):
        folders[:] = [name for name, _ in opened(here, folders, "folder", "a link to a folder that is read already,")]
        files += [name for _, name in opened(here, names, "file", "the same file as")]
    return sorted(files), skipped


def _thumbnail(path, size):
    """The file as an array (size, size, 3), or the reason why not, as a str."""
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            return "not a file but a pipe, socket or device"
        if not facts.st_size:
            return "an empty file"
        Image.init()
        with Image.open(path, formats=[name for name in Image.ID if name != "EPS"]) as image:
            if image.width * image.height > (Image.MAX_IMAGE_PIXELS or np.inf):
                return f"{image.width:,} x {image.height:,} pixels are more than Pillow's limit on pixels"
            fine = _other_half(image)
            image.draft("RGB", (2 * size, 2 * size))  # a JPEG is decoded no larger than needed
            image.load()
            if fine is None and image.mode[0] not in "IF":
                return np.asarray(_square(as_seen(image).convert("RGB"), size))
            return _deep(image, _halves(path, image, fine) if fine else _measured(image), size)
    except UnidentifiedImageError:
        return "not an image that Pillow can read"
    except Image.DecompressionBombError:
        return "more pixels than twice Pillow's limit"
    except FileNotFoundError:
        return "a link to nothing"
    except Exception as error:  # a broken file may raise anything in a decoder, and must not end the others' loading
        return f"cannot be decoded: {str(error) or type(error).__name__}"


def _square(image, size):
    """The middle square of a Pillow image, scaled."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side))
    return square.resize((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _other_half(image):
    """How to decode the lower halves of 16-bit colors, of which Pillow gives the upper ones; None for other images."""
    tiles = [tile for tile in image.tile if any(mark in str(tile[3]) for mark in ("RGB;16", "RGBA;16"))]
    if image.mode not in ("RGB", "RGBA") or not tiles or len(tiles) < len(image.tile):
        return None
    swapped = str.maketrans("BLN", "LBB")  # of the order of bytes, so that the other one is taken

    def other(args):
        if isinstance(args, str):
            color, _, order = args.partition(";16")
            return f"{color};16{order.translate(swapped)}" if order else args
        return (other(args[0]), *args[1:])

    return [tile._replace(args=other(tile[3])) for tile in tiles]


def _halves(path, image, tiles):
    with Image.open(path, formats=[image.format]) as low:
        low.tile = tiles
        low.load()
        return on_white(np.asarray(image).astype(np.uint16) * np.uint16(256) + np.asarray(low))


def _measured(image):
    """The values of an image of 16 or 32 bits, or of fractions: uint16 where they can be, else float32."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32 if image.mode == "F" else None), posinf=0, neginf=0)
    low, high = values.min(), values.max()
    if image.mode == "F" and low >= 0 and high <= 1:
        return np.round(values * 65535).astype(np.uint16)
    return values.astype(np.uint16 if image.mode != "F" and low >= 0 and high <= 65535 else np.float32)


def _deep(image, X, size):
    """An array (h, w) or (h, w, 3) of the pixels of an image as a thumbnail (size, size, 3) of the same dtype."""
    turn = None
    with contextlib.suppress(Exception):  # damaged EXIF data: the picture itself is whole
        turn = Image.Transpose[_TURNS[image.getexif()[ExifTags.Base.Orientation]]]
    channels = [X] if X.ndim == 2 else np.moveaxis(X, 2, 0)
    planes = []
    for channel in channels:
        plane = Image.fromarray(np.ascontiguousarray(channel, dtype=np.float32))
        plane = _square(plane if turn is None else plane.transpose(turn), size)
        planes.append(np.clip(np.asarray(plane), channel.min(), channel.max()))
    found = np.stack(planes * (3 // len(planes)), axis=2)
    return (np.round(found) if X.dtype == np.uint16 else found).astype(X.dtype)


def _printable(name):
    # A file name need not be valid text; what is not is shown as its code.
    return name.encode("utf-8", "backslashreplace").decode()
