"""Rademacher Coin Flipping, the raters that it replaces, and the statistics of a human study.

A rater sees pairs: one real picture and one generated, left and right as a fair coin fell, and says which is real.
Who cannot tell is right half the time, as is a coin, which is cheaper. Notebook 16 teaches what follows from that.

>>> coin = RademacherCoin(random_state=0)
>>> coin.flip(5)
array([ 1,  1,  1, -1, -1])
>>> raters_needed(0.6)  # to tell people who are right in 60 % of cases from a coin, in 80 % of studies
199
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..shared.checks import able, as_array, items, numbers_in, shown, whole
from ..shared.randomness import generator
from ..shared.types import Data, RandomState
from .coin_statistics import betting_e_process, binomial_interval, confidence_sequence, posterior, power, raters_needed
from .study_answers import pool, summarize

__all__ = [
    "Elephant",
    "Librarian",
    "RademacherCoin",
    "betting_e_process",
    "binomial_interval",
    "confidence_sequence",
    "duplicate_probability",
    "elephant_accuracy",
    "pool",
    "posterior",
    "power",
    "raters_needed",
    "session",
    "summarize",
]


class RademacherCoin:
    """A rater with no eyes: -1 or +1 with probability 1/2 each, whatever it is shown.

    Parameters
    ----------
    random_state : int, numpy Generator, RandomState or None.
    """

    def __init__(self, random_state: RandomState = None) -> None:
        self.random_state = random_state
        self._rng = generator(random_state)

    def flip(self, n: int) -> np.ndarray:
        """`n` independent flips, an int array (n,) of -1 and +1."""
        return 2 * self._rng.integers(0, 2, whole(n, "n", 0)) - 1

    def judge(self, left: Any, right: Any) -> np.ndarray:
        """Say of each of n pairs which picture is the real one: -1 the left, +1 the right; int array (n,).

        Parameters
        ----------
        left, right : arrays (n, ...) of the same shape, one pair a row, in the order in which they are shown.
        """
        left, right = items(left, "left"), items(right, "right")
        if left.shape != right.shape:
            raise ValueError(f"left and right must have the same shape, got {left.shape} and {right.shape}")
        return self.flip(len(left))


class Elephant(RademacherCoin):
    """A rater that forgets nothing it was shown: a picture seen before in the session is called generated.

    It has never seen the training set and knows nothing of quality; where nothing, or everything, repeats it flips a
    coin. A new session takes a new elephant. What it is right about is in :func:`elephant_accuracy`.
    """

    def __init__(self, random_state: RandomState = None) -> None:
        super().__init__(random_state)
        self.known = set()

    def judge(self, left: Any, right: Any) -> np.ndarray:
        answers = super().judge(left, right)
        for pair, (one, other) in enumerate(zip(_keys(left, "left"), _keys(right, "right"), strict=True)):
            if (one in self.known) != (other in self.known):
                answers[pair] = 1 if one in self.known else -1
            self._look_at(one, other)
        return answers

    def _look_at(self, *pictures):
        self.known.update(pictures)


class Librarian(Elephant):
    """A rater that has read the training set, and calls a picture from it generated; otherwise it flips a coin.

    What it is shown while it judges it does not remember.

    Parameters
    ----------
    train : array (N, ...), rows of the same shape as the pictures that it will judge.
    random_state : int, numpy Generator, RandomState or None.
    """

    def __init__(self, train: Data, random_state: RandomState = None) -> None:
        super().__init__(random_state)
        self.known.update(_keys(train, "train"))

    def _look_at(self, *pictures):
        pass


def _keys(pictures, name):
    pictures = items(pictures, name)
    if all(isinstance(one, str) for one in pictures):
        return pictures.tolist()
    # Equal pictures have equal bytes once their type is one; adding zero makes -0.0 and 0.0 the same.
    return [row.tobytes() for row in np.ascontiguousarray(numbers_in(pictures, name), dtype=float) + 0.0]


def session(rater: Any, real: ArrayLike, generated: ArrayLike, random_state: RandomState = None) -> np.ndarray:
    """Show `rater` n pairs, each in the order that a fair coin gives it, and say where the answer was right.

    The sides are independent flips, not dealt half and half: who is told how well they do could count a balanced deck
    and beat the coin with closed eyes (Blackwell and Hodges, 1957).

    Parameters
    ----------
    rater : has `judge(left, right)`, like :class:`RademacherCoin`.
    real, generated : arrays (n, ...) of the same shape; row i of both makes pair i.
    random_state : of the sides; give the rater another one.

    Returns
    -------
    outcomes : bool array (n,).
    """
    able(rater, "rater", "judge")
    real, generated = items(real, "real"), items(generated, "generated")
    if real.shape != generated.shape:
        raise ValueError(f"real and generated must have the same shape, got {real.shape} and {generated.shape}")
    sides = RademacherCoin(random_state).flip(len(real))
    on_left = (sides < 0).reshape(-1, *[1] * (real.ndim - 1))
    left, right = np.where(on_left, real, generated), np.where(on_left, generated, real)
    judged = as_array(rater.judge(left, right), "rater")
    if judged.shape != sides.shape or judged.dtype.kind not in "if" or not np.isin(judged, (-1, 1)).all():
        raise ValueError(
            f"rater must judge {len(sides):,} pairs by -1, where the left one is real, or 1, got {shown(judged)}"
        )
    return judged == sides


def duplicate_probability(n_memories: int, draws: ArrayLike) -> np.ndarray:
    """Probability that `draws` uniform draws with replacement from `n_memories` hold a repeat: the birthday problem.

    `draws` may be an array. Drawing without replacement, as MemGEN-P does, makes it 0.

    >>> round(float(duplicate_probability(365, 23)), 4)
    0.5073
    """
    n_memories, draws = whole(n_memories, "n_memories", 1), numbers_in(draws, "draws", 0, 10**8, kinds="iu")
    terms = np.log1p(-np.minimum(np.arange(draws.max(initial=0)), n_memories - 0.5) / n_memories)
    return np.where(draws > n_memories, 1.0, 0.0 - np.expm1(np.concatenate([[0.0], np.cumsum(terms)])[draws]))


def elephant_accuracy(n_memories: int, trial: ArrayLike) -> Any:
    """Probability that an :class:`Elephant` is right at `trial` (1, 2, ...; may be an array) of a session on MemGEN-U.

    The draw was seen before with probability 1 - (1 - 1/N)^(t - 1), and half of the rest is guessed. It assumes real
    pictures that do not repeat and are not in the memory.
    """
    trial = numbers_in(trial, "trial", 1, kinds="iu")
    return 1 - 0.5 * (1 - 1 / whole(n_memories, "n_memories", 1)) ** (trial - 1)
