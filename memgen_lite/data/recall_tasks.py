"""Sequences of pictures in which something comes back: the seven tasks of Gemici et al. 2017 (arXiv 1702.04649).

Their section 5 describes them in words; what it leaves open is settled here, and said at each task.
"""

from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..shared.checks import items, numbers_in, one_of, shown, whole
from ..shared.randomness import generator
from ..shared.types import RandomState


@dataclass(frozen=True, eq=False)
class Sequences:
    """Sequences of pictures, and where in them something comes back.

    Attributes
    ----------
    frames : float32 (n, T, d), pixels from 0 to 1.
    given : float32 (n, T, c), what a model is told at each step and does not model, such as an action.
    places : int (n, T), the key under which each frame can be stored, so that what comes back is stored there already.
    again : bool (n, T), the frames that come back, so that a memory could know them.
    candidates : float32 (n, C, d), the pictures that a frame may be.
    target : int (n, T), which of the candidates each frame is.
    known : bool (n, T, C), the candidates that were there before the frame.
    """

    frames: np.ndarray
    given: np.ndarray
    places: np.ndarray
    again: np.ndarray
    candidates: np.ndarray
    target: np.ndarray
    known: np.ndarray

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, rows: Any) -> "Sequences":
        """Some of the sequences, chosen as the rows of an array are: by a slice, a mask or a list of numbers."""
        if np.ndim(rows) == 0 and not isinstance(rows, slice):
            raise TypeError(f"rows must be a slice, or an array of numbers or of bool, got {shown(rows)}")
        return Sequences(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def identified(self, drawn: ArrayLike) -> float:
        """The share of the frames that come back which `drawn` (n, T, d) is nearest to, of the candidates known.

        Where two candidates are the same picture, either will do.
        """
        drawn, hits = numbers_in(drawn, "drawn"), []
        if drawn.shape != self.frames.shape:
            raise ValueError(f"drawn must have the shape of the frames, {self.frames.shape}, got {drawn.shape}")
        for i, step in np.argwhere(self.again):
            distance = ((self.candidates[i] - drawn[i, step]) ** 2).sum(1)
            hits.append(distance[self.target[i, step]] <= distance[self.known[i, step]].min())
        if not hits:
            raise ValueError("there must be a frame that comes back, got none")
        return float(np.mean(hits))

    @property
    def chance(self) -> float:
        """What :meth:`identified` is, on average, for whoever guesses, if no two candidates are alike."""
        return float((1 / self.known.sum(2)[self.again]).mean())


def sequences(
    task: str, images: ArrayLike, labels: ArrayLike | None = None, n: int = 1000, *, random_state: RandomState = None
) -> Sequences:
    """`n` sequences of one task, each of pictures that are drawn anew.

    Parameters
    ----------
    task : "recall", ten pictures, then the first five again; "varied", 6 to 10 pictures, which then begin again;
        "parity", ten digits, and then for each of the first five a 1 where it is odd and a 0 where it is even;
        "index", ten pictures, then five times a digit and the picture at that place of the ten; "cue", eight digits,
        each of another class, then a digit of the class of one of them, and the three that followed that one;
        "navigation", 30 steps on a grid of 5 x 5 pictures, where the step that is taken is given, and so is the start;
        "located", the same where the place is given at every step;
        "alternation", 30 frames that repeat themselves after 5 to 15.
    images : array (N, ...) of numbers from 0 to 1, N of 25 or more.
    labels : int array (N,), the digits that the images show, for "parity", "index" and "cue".

    Raises
    ------
    ValueError, TypeError : naming the argument, what was given and what is expected.

    >>> digits = np.eye(30)
    >>> made = sequences("recall", digits, n=2, random_state=0)
    >>> made.frames.shape, bool((made.frames[:, 10:] == made.frames[:, :5]).all()), made.chance
    ((2, 15, 30), True, 0.1)
    """
    one_of(task, "task", TASKS)
    images = items(numbers_in(images, "images", 0, 1), "images")
    images = images.reshape(len(images), -1).astype(np.float32)
    if len(images) < GRID**2:
        raise ValueError(f"images must hold {GRID**2} pictures at least, got {len(images)}")
    n, rng = whole(n, "n", 1), generator(random_state)
    if task not in _OF_DIGITS:
        return TASKS[task](images, n, rng)
    if labels is None:
        raise ValueError(f'labels must say which digit each image shows, for task="{task}"; got None')
    labels = numbers_in(labels, "labels", 0, 9, kinds="iu")
    if labels.shape != images.shape[:1] or len(np.unique(labels)) < 10:
        raise ValueError(f"labels must be {len(images)} digits, each of 0 to 9 among them, got {labels!r:.80}")
    return TASKS[task](images, labels, n, rng)


LENGTH, AGAIN, GRID, STEPS = 10, 5, 5, 30


def _recall(images, n, rng):
    return _repeated(images, np.full(n, LENGTH), LENGTH + AGAIN, rng, announced=True)


def _varied(images, n, rng):
    return _repeated(images, rng.integers(6, LENGTH + 1, n), LENGTH + AGAIN, rng)


def _alternation(images, n, rng):
    return _repeated(images, rng.integers(5, 16, n), STEPS, rng)


def _repeated(images, periods, steps, rng, announced=False):
    """Frames that begin again after a period. Unless all know it, nobody can know that the first repetition is one."""
    chosen, times = _some(len(images), len(periods), periods.max(), rng), np.arange(steps)
    again = times >= periods[:, None] + (not announced)
    known = np.arange(periods.max()) < np.minimum(times, periods[:, None])[..., None]
    return _shown(images[chosen], times % periods[:, None], again, known)


def _parity(images, labels, n, rng):
    chosen = _some(len(images), n, LENGTH, rng)
    odd = labels[chosen[:, :AGAIN]] % 2
    answers, means = np.empty_like(odd), []
    for digit in (0, 1):
        rows = np.flatnonzero(labels == digit)
        answers[odd == digit] = rng.choice(rows, (odd == digit).sum())
        means.append(images[rows].mean(0))
    frames = images[np.concatenate([chosen, answers], axis=1)]
    times = np.broadcast_to(np.arange(LENGTH + AGAIN), (n, LENGTH + AGAIN))
    target = np.zeros_like(times)
    target[:, LENGTH:] = odd
    candidates = np.broadcast_to(np.stack(means), (n, 2, images.shape[1]))
    return _told(frames, times % LENGTH, times >= LENGTH, candidates, target, np.ones((*times.shape, 2), bool))


def _index(images, labels, n, rng):
    chosen = _some(len(images), n, LENGTH, rng)
    digits = rng.integers(len(images), size=(n, AGAIN))
    asked = labels[digits]
    places = np.concatenate([np.broadcast_to(np.arange(LENGTH), (n, LENGTH)), _woven(LENGTH + 0 * asked, asked)], 1)
    frames = np.concatenate([images[chosen], images[_woven(digits, np.take_along_axis(chosen, asked, 1))]], axis=1)
    again = np.concatenate([np.zeros((n, LENGTH), bool), _woven(0 * asked, 0 * asked + 1) > 0], axis=1)
    known = np.broadcast_to(again[..., None], (*again.shape, LENGTH))
    return _told(frames, places, again, images[chosen], np.minimum(places, LENGTH - 1), known)


def _cue(images, labels, n, rng):
    shown, more = 8, 3
    classes = rng.permuted(np.tile(np.arange(10), (n, 1)), axis=1)[:, :shown]
    place = rng.integers(shown - more, size=n)
    of = {digit: np.flatnonzero(labels == digit) for digit in range(10)}
    chosen, cue = np.empty((n, shown), int), np.empty(n, int)
    asked = classes[np.arange(n), place]
    for digit, rows in of.items():
        chosen[classes == digit] = rng.choice(rows, (classes == digit).sum())
        cue[asked == digit] = rng.choice(rows, (asked == digit).sum())
    follow = place[:, None] + np.arange(1, more + 1)
    first = np.broadcast_to(np.arange(shown), (n, shown))
    places = np.concatenate([first, np.full((n, 1), shown), follow], axis=1)
    frames = images[np.concatenate([chosen, cue[:, None], np.take_along_axis(chosen, follow, 1)], axis=1)]
    again = np.broadcast_to(np.arange(shown + 1 + more) > shown, places.shape)
    known = np.broadcast_to(again[..., None], (*again.shape, shown))
    return _told(frames, places, again, images[chosen], np.minimum(places, shown - 1), known)


def _navigation(images, n, rng, located=False):
    chosen = _some(len(images), n, GRID**2, rng)
    moves, steps = np.array([[0, 1], [0, -1], [1, 0], [-1, 0]]), rng.integers(4, size=(n, STEPS))
    at = np.empty((n, STEPS, 2), int)
    at[:, 0] = rng.integers(GRID, size=(n, 2))
    for t in range(1, STEPS):
        at[:, t] = np.clip(at[:, t - 1] + moves[steps[:, t]], 0, GRID - 1)
    places = at @ [GRID, 1]
    been = np.cumsum(np.eye(GRID**2, dtype=bool)[places], axis=1) > 0
    known = np.concatenate([np.zeros_like(been[:, :1]), been[:, :-1]], axis=1)
    again = np.take_along_axis(known, places[..., None], 2)[..., 0]
    step, where = np.eye(4)[steps], np.zeros((n, STEPS, 2 * GRID))
    step[:, 0] = 0
    told = slice(None) if located else slice(1)
    where[:, told] = np.eye(GRID)[at[:, told]].reshape(n, -1, 2 * GRID)
    return _shown(images[chosen], places, again, known, np.concatenate([step, where], axis=2))


TASKS = {
    "recall": _recall,
    "varied": _varied,
    "parity": _parity,
    "index": _index,
    "cue": _cue,
    "navigation": _navigation,
    "located": partial(_navigation, located=True),
    "alternation": _alternation,
}
_OF_DIGITS = {"parity", "index", "cue"}


def _some(n_images, n, k, rng):
    """`k` different ones of the images for each of `n` sequences: int (n, k)."""
    # A partition would do, but the order of its parts is not the same on all processors.
    return rng.random((n, n_images)).argsort(axis=1)[:, :k]


def _woven(first, second):
    """(n, k) and (n, k) to (n, 2 k): one of these, one of those."""
    return np.stack([first, second], axis=2).reshape(len(first), -1)


def _shown(candidates, places, again, known, given=None):
    """Sequences whose frames are the candidates at their places."""
    frames = np.take_along_axis(candidates, places[..., None], 1)
    return _told(frames, places, again, candidates, places, known, given)


def _told(frames, places, again, candidates, target, known, given=None):
    given = np.zeros((*places.shape, 0)) if given is None else given
    return Sequences(
        frames=frames,
        given=given.astype(np.float32),
        places=places.astype(np.int32),
        again=np.ascontiguousarray(again),
        candidates=candidates,
        target=target,
        known=known,
    )
