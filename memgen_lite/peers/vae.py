"""Variational autoencoders: rows through a narrow, noisy channel and back; the channel is what one samples from."""

from functools import partial
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..shared.checks import number
from .perceptron import MLP
from .training import Objective, Trained, train


class Evidence(Objective):
    """Minus the evidence lower bound in nats, for rows x, latent z and a decoder of standard deviation gamma."""

    batch_size: int = 128
    learning_rate: float = 1e-3
    rounds: int = 4000
    latent: int = 16
    width: int = 256
    depth: int = 2
    gamma: float | None = None

    skip = False

    def build(self, n_features, key):
        one, two = jax.random.split(key)
        encoder = Through(n_features, 2 * self.latent, self.width, self.depth, one, self.skip)
        decoder = Through(self.latent, n_features, self.width, self.depth, two, self.skip)
        log_gamma = jnp.zeros(()) if self.gamma is None else jnp.log(jnp.float32(self.gamma))
        return {"model": (encoder, decoder, log_gamma)}

    def loss(self, player, networks, x, key):
        return -self.bound(networks["model"], x, key).mean()

    def bound(self, model, x, key):
        """A draw of the evidence lower bound of each row, in nats: shape (n,)."""
        encoder, decoder, log_gamma = model
        log_gamma = log_gamma if self.gamma is None else jnp.log(jnp.float32(self.gamma))
        z, information = send(encoder, x, key)
        missed = (x - decoder(z)) ** 2 / (2 * jnp.exp(2 * log_gamma)) + log_gamma + jnp.log(2 * jnp.pi) / 2
        return -information - missed.sum(-1)


def send(encoder, x, key):
    """A draw of the code of each row, and the divergence KL(q(z|x) || N(0, I)) in nats: (n, latent) and (n,)."""
    mean, log_sd = jnp.split(encoder(x), 2, axis=-1)
    code = mean + jnp.exp(log_sd) * jax.random.normal(key, mean.shape)
    return code, (mean**2 + jnp.exp(2 * log_sd) - 1 - 2 * log_sd).sum(-1) / 2


class FixedEvidence(Evidence):
    """Gamma is said."""

    gamma: float | None = 0.5


class LatentEvidence(Evidence):
    """The rows are the latents of another one, and the networks' inputs are handed on to their last layers."""

    skip = True


class Through(eqx.Module):
    """A multilayer perceptron that may hand its input on to the last layer, as the second stage needs."""

    body: MLP
    last: MLP | None

    def __init__(self, n_in, n_out, width, depth, key, skip):
        one, two = jax.random.split(key)
        self.body = MLP(n_in, width if skip else n_out, width, depth - skip, one)
        self.last = MLP(width + n_in, n_out, width, 0, two) if skip else None

    def __call__(self, x):
        if self.last is None:
            return self.body(x)
        return self.last(jnp.concatenate([jax.nn.relu(self.body(x)), x], axis=-1))


class VAE(Trained, objective=Evidence):
    """A Gaussian variational autoencoder. A sample is the decoder's mean for a normal latent.

    Parameters
    ----------
    latent : int, dimensions of the channel.
    gamma : float, standard deviation of the decoder, in units of twice that of the data; None to learn it.
    """

    def _generate(self, key, n):
        return _decode(self.networks_["model"][1], jax.random.normal(key, (n, self.latent)))


class FixedVAE(VAE, objective=FixedEvidence):
    """A variational autoencoder whose decoder's standard deviation is said, and not learnt."""

    _rules: ClassVar = {"gamma": partial(number, above=0)}


class TwoStageVAE(VAE):
    """A second autoencoder for the channel of the first, whose latents are not as normal as they should be."""

    def _train(self, rows, key):
        one, noise, two = jax.random.split(key, 3)
        super()._train(rows, one)
        latents, _ = _encode(self.networks_["model"][0], jnp.asarray(rows, jnp.float32), noise)
        latents = np.asarray(latents) / 2
        second, history, seconds = train(self._second(), latents, two, description="training its second stage")
        self.networks_["second"] = second["model"]
        self.history_["second"] = history["model"]
        self.fit_seconds_ += seconds

    def _second(self):
        # One layer more: what it misses of the law of the latents is decoded into rows that are no data.
        return LatentEvidence(**vars(self._objective(gamma=None, depth=self.depth + 1)))

    def skeleton(self, key: jax.Array) -> Any:
        return {**super().skeleton(key), "second": self._second().build(self.latent, key)["model"]}

    def _generate(self, key, n):
        one, two = jax.random.split(key)
        _, decoder, log_gamma = self.networks_["second"]
        z = _decode(decoder, jax.random.normal(one, (n, self.latent)))
        z = z + jnp.exp(log_gamma) * jax.random.normal(two, z.shape)
        return _decode(self.networks_["model"][1], 2 * z)


_encode = eqx.filter_jit(send)
_decode = eqx.filter_jit(lambda decoder, z: decoder(z))
