"""A denoiser that is trained, where :mod:`.optimal_denoiser` has the one that training would end at."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from ..shared.checks import number
from ..shared.types import RandomState
from .diffusion_sampler import Diffusion, noise_levels
from .perceptron import MLP
from .training import Objective, Trained


class Denoising(Objective):
    """Mean squared error of the guess, weighted so that all noise levels count alike: Karras et al. 2022, table 1."""

    width: int
    depth: int

    def build(self, n_features, key):
        return {"model": MLP(n_features + 2 * len(_FREQUENCIES), n_features, self.width, self.depth, key)}

    def loss(self, player, networks, x, key):
        one, two = jax.random.split(key)
        sigma = jnp.exp(1.2 * jax.random.normal(one, (len(x), 1)) - 1.2)
        guess = guess_clean(networks["model"], x + sigma * jax.random.normal(two, x.shape), sigma)
        return ((sigma**2 + 0.25) / (0.25 * sigma**2) * (guess - x) ** 2).mean()


_FREQUENCIES = np.array([0.5, 1.0, 2.0, 4.0])


def guess_clean(network, x, sigma):
    """The denoiser D(x, sigma): the network's part of it has inputs and targets of variance 1 at all noise levels."""
    total = jnp.sqrt(sigma**2 + 0.25)
    phase = jnp.log(sigma) / 4 * _FREQUENCIES * jnp.pi
    wave = jnp.broadcast_to(jnp.concatenate([jnp.sin(phase), jnp.cos(phase)], -1), (len(x), 2 * len(_FREQUENCIES)))
    return 0.25 / total**2 * x + sigma * 0.5 / total * network(jnp.concatenate([x / total, wave], -1))


class Denoiser(Trained):
    """Diffusion with a multilayer perceptron as the denoiser, sampled by Heun's method.

    Parameters
    ----------
    steps : int, noise levels of the sampler.
    """

    _rules: ClassVar = Diffusion._rules

    def __init__(
        self,
        rounds: int = 4000,
        width: int = 256,
        depth: int = 3,
        steps: int = 18,
        batch_size: int = 256,
        learning_rate: float = 0.001,
        random_state: RandomState = None,
    ) -> None:
        self._store(locals())

    def _objective(self):
        return Denoising(*map(self._plain, ("batch_size", "learning_rate", "rounds", "width", "depth")))

    def denoise(self, x: ArrayLike, sigma: float) -> np.ndarray:
        """The guess of rows `x` (n, d) without their noise of standard deviation `sigma`, in the data's unit."""
        number(sigma, "sigma", above=0)
        x = jnp.asarray(self._scaled(self._checked(x, name="x")), dtype=jnp.float32)
        guess = _guess(self.networks_["model"], x, jnp.full((len(x), 1), sigma / self.unit_, dtype=jnp.float32))
        return self.mean_ + self.unit_ * np.asarray(guess, dtype=float)

    def _generate(self, key, n):
        return _follow(self.networks_["model"], key, n, len(self.mean_), self._parameter("steps"))


_guess = eqx.filter_jit(guess_clean)


@eqx.filter_jit
def _follow(network, key, n, n_features, steps):
    levels = jnp.asarray(noise_levels(steps), dtype=jnp.float32)

    def step(x, pair):
        s, after = pair
        slope = (x - guess_clean(network, x, s[None, None])) / s
        ahead = x + (after - s) * slope
        second = (ahead - guess_clean(network, ahead, after[None, None])) / after
        return x + (after - s) / 2 * (slope + second), None

    x = levels[0] * jax.random.normal(key, (n, n_features))
    x, _ = jax.lax.scan(step, x, (levels[:-2], levels[1:-1]))
    return guess_clean(network, x, levels[-2][None, None])
