"""Densities in one and two dimensions whose law is known: what a model learned can be held against the truth."""

from dataclasses import dataclass

import numpy as np
import scipy  # its modules load when first used
from numpy.typing import ArrayLike

from ..shared.checks import one_of, unmasked, whole
from ..shared.randomness import generator
from ..shared.types import RandomState
from .dataset import Dataset


@dataclass(frozen=True)
class Mixture:
    """A mixture of normal distributions on the line, in points (n, 1)."""

    weights: tuple = (0.3, 0.45, 0.25)
    means: tuple = (-2.0, 0.5, 3.0)
    deviations: tuple = (0.5, 0.8, 0.35)

    def sample(self, n: int, rng: RandomState = None) -> np.ndarray:
        """`n` points, shape (n, 1)."""
        rng = generator(rng, "rng")
        part = rng.choice(len(self.weights), size=n, p=self.weights)
        return rng.normal(np.array(self.means)[part], np.array(self.deviations)[part])[:, None]  # take wants an intp

    def log_density(self, x: ArrayLike) -> np.ndarray:
        """Natural log of the density at points (n, 1) or (n,), shape (n,)."""
        z = (_points(x, 1) - self.means) / self.deviations
        return scipy.special.logsumexp(
            -0.5 * z**2 - np.log(self.deviations) - 0.5 * np.log(2 * np.pi), b=self.weights, axis=1
        )

    def cdf(self, x: ArrayLike) -> np.ndarray:
        """The share of the law at or below each point, shape (n,)."""
        return scipy.special.ndtr((_points(x, 1) - self.means) / self.deviations) @ np.asarray(self.weights)


@dataclass(frozen=True)
class Ring:
    """A point uniform on a circle around the origin, plus normal noise of deviation `noise` in both directions."""

    radius: float = 1.0
    noise: float = 0.1

    def sample(self, n: int, rng: RandomState = None) -> np.ndarray:
        """`n` points, shape (n, 2)."""
        rng = generator(rng, "rng")
        turn = rng.uniform(0, 2 * np.pi, n)
        return self.radius * np.stack([np.cos(turn), np.sin(turn)], axis=1) + rng.normal(0, self.noise, (n, 2))

    def log_density(self, x: ArrayLike) -> np.ndarray:
        """Natural log of the density at points (n, 2), shape (n,).

        The angle integrates out in closed form: at distance `d` from the origin the density is that of the noise at
        `d - radius`, in two dimensions, times exp(-k) I0(k) with k = d radius / noise^2.
        """
        distance, variance = np.linalg.norm(_points(x, 2), axis=1), self.noise**2
        radial = -0.5 * (distance - self.radius) ** 2 / variance
        return radial + np.log(scipy.special.ive(0, distance * self.radius / variance)) - np.log(2 * np.pi * variance)


@dataclass(frozen=True)
class Moons:
    """Two half circles of radius 1 that reach into each other, with normal noise of deviation `noise` around them.

    The upper one is centered at (0, 0) and the lower one at (1, 0.5), as in scikit-learn's `make_moons`; a point is on
    either with equal chance, uniform along the arc.
    """

    noise: float = 0.1

    def sample(self, n: int, rng: RandomState = None) -> np.ndarray:
        """`n` points, shape (n, 2)."""
        rng = generator(rng, "rng")
        return self._arcs(rng.uniform(0, np.pi, n), rng.integers(0, 2, n)) + rng.normal(0, self.noise, (n, 2))

    def log_density(self, x: ArrayLike) -> np.ndarray:
        """Natural log of the density at points (n, 2), shape (n,).

        It is the noise averaged along both arcs, by Gauss and Legendre's rule on 256 angles: exact to 10 digits or more
        where the noise is 0.05 or more.
        """
        nodes, weights = np.polynomial.legendre.leggauss(256)
        turn, weights = np.pi * (nodes + 1) / 2, np.tile(weights / 4, 2)  # both arcs together weigh 1
        arcs = np.concatenate([self._arcs(turn, 0), self._arcs(turn, 1)])
        result = np.empty(len(x := _points(x, 2)))
        for start in range(0, len(x), 2048):  # in blocks, so that memory stays bounded
            squared = ((x[start : start + 2048, None] - arcs) ** 2).sum(axis=2)
            result[start : start + 2048] = scipy.special.logsumexp(-0.5 * squared / self.noise**2, b=weights, axis=1)
        return result - np.log(2 * np.pi * self.noise**2)

    @staticmethod
    def _arcs(turn, lower):
        x, y = np.cos(turn), np.sin(turn)
        return np.stack([np.where(lower, 1 - x, x), np.where(lower, 0.5 - y, y)], axis=1)


LAWS = {"mixture": Mixture, "moons": Moons, "ring": Ring}


def density(name: str, n: int = 1000, n_held_out: int | None = None, random_state: RandomState = 0) -> Dataset:
    """A sample of a known law: "mixture" on the line, "moons" or "ring" in the plane.

    Parameters
    ----------
    n, n_held_out : int, points in `.train`, shape (n, 1 or 2), and in `.held_out` (as many if None).

    The law itself is `.law`, with `.law.log_density(x)` and `.law.sample(n, rng)`.

    >>> ring = density("ring", n=100)
    >>> ring.train.shape, ring.law.log_density([[1.0, 0.0]]).round(3)
    ((100, 2), array([-0.453]))
    """
    name, n = one_of(name, "name", LAWS), whole(n, "n", 0)
    n_held_out = None if n_held_out is None else whole(n_held_out, "n_held_out", 0)
    law, rng = LAWS[name](), generator(random_state)
    train, held_out = law.sample(n, rng), law.sample(n if n_held_out is None else n_held_out, rng)
    return Dataset(
        train=train,
        held_out=held_out,
        name=name,
        source="drawn from a known law by memgen_lite.data.known_laws",
        license="MIT",
        credit=f"{name.capitalize()}: simulated, memgen_lite",
        feature_names=["x", "y"][: train.shape[1]],
        law=law,
    )


def _points(x, dimensions):
    x = np.asarray(unmasked(x, "x"), dtype=float)
    if dimensions == 1 and x.ndim == 1:
        x = x[:, None]
    if x.ndim != 2 or x.shape[1] != dimensions:
        raise ValueError(f"x must have shape (n, {dimensions}), got {x.shape}")
    return x
