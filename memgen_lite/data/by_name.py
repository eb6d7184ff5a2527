"""The data set that a page's parameter `data` names: one of this room, or the reader's own file or folder."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from ..shared.checks import one_of, whole
from ..shared.kinds import read, together
from ..shared.types import FilePath
from .bundled import digits, zen
from .dataset import Dataset, split
from .drawn_cats import cats
from .internet_pictures import emoji, photographs
from .known_laws import LAWS, density
from .own_files import read_rows
from .scipy_prose import prose

_NAMED = {"cats": cats, "digits": digits, "emoji": emoji, "photographs": photographs, "prose": prose, "zen": zen}
_NAMED |= {name: partial(density, name) for name in LAWS}


def load(data: FilePath, kind: Literal["numbers", "texts"] = "numbers", *, least: int = 2) -> Dataset:
    """The data set that `data` names, in a part to train on and a part held out.

    Parameters
    ----------
    data : the name of a data set of this module, such as "digits" or "moons"; or the path of a file or a folder of
        pictures, as :func:`memgen_lite.read_rows` takes it. Half of its rows are held out, at random.
    kind : "numbers" for pictures as they are, (n, height, width[, channels]), and all else as an array of float (n, d):
        tables and texts are made numbers as :func:`memgen_lite.audit` compares them. "texts" for lists of str, of which
        none is blank.
    least : int, how many rows there must be.

    Raises
    ------
    ValueError, TypeError, FileNotFoundError : naming `data`, what was given and what is expected.

    >>> load("moons").train.shape
    (1000, 2)
    """
    kind, least = one_of(kind, "kind", _WANTED), whole(least, "least", 0)
    wanted = f"data must be one of {', '.join(sorted(_NAMED))}, or the path of {_WANTED[kind]}"
    if not isinstance(data, str | Path):
        raise TypeError(f"{wanted}; got {type(data).__name__}")
    try:
        found = _NAMED[data]() if data in _NAMED else _own(data)
        parts = {"train": found.train} | ({} if found.held_out is None else {"held_out": found.held_out})
        parts = (_numbers if kind == "numbers" else _texts)(parts)
    except (ValueError, TypeError, OSError) as error:
        raise type(error)(f"{wanted}; got {str(data)!r}: {error}") from None
    if (rows := sum(map(len, parts.values()))) < least:
        raise ValueError(f"{wanted}, {least} rows at least; got {str(data)!r} with {rows}")
    if len(parts) == 2:
        return replace(found, **parts)
    rows, shares = parts["train"], split(rows, 0.5, 0)
    both = [rows[part] if kind == "numbers" else [rows[i] for i in part] for part in shares]
    return replace(found, train=both[0], held_out=both[1], y=None, names=None)


_WANTED = {
    "numbers": "an array, a table, a text file or a folder of pictures",
    "texts": "a text file, one text a line",
}


def _own(data):
    name = Path(data).name
    told = {
        "source": "the reader's own",
        "license": "as the reader has it",
        "credit": f"Data: {name}, the reader's own",
    }
    return Dataset(train=read_rows(data), held_out=None, name=Path(data).stem, **told)


def _numbers(parts):
    found = together(parts)
    if found.kind.name == "image":
        return {role: np.asarray(items) for role, items in found.items.items()}
    return {role: np.asarray(rows, dtype=float) for role, rows in found.rows.items()}


def _texts(parts):
    for role, rows in parts.items():
        kind, items = read(rows, role)
        if kind.name != "text":
            raise TypeError(f"its rows are of the kind {kind.name!r}, not texts")
        parts[role] = [text for text in items if text.strip()]
    return parts
