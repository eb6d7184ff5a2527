"""The network of most peers here: a multilayer perceptron."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np


class MLP(eqx.Module):
    """`depth` layers of `width` rectified units, for a batch of rows.

    With `spectral`, weights are divided by their largest singular value. With `normalized`, each unit is normalized
    over the batch (Ioffe and Szegedy 2015, arXiv 1502.03167), when sampling too: a batch is then a thousand rows.
    """

    layers: list
    spectral: bool = eqx.field(static=True)
    normalized: bool = eqx.field(static=True)

    def __init__(self, n_in, n_out, width, depth, key, *, spectral=False, normalized=False):
        sizes = [n_in, *[width] * depth, n_out]
        keys = jax.random.split(key, len(sizes))
        # He et al. 2015 (arXiv 1502.01852); what the last layer says at first is small, and drowns nothing.
        scales = [np.sqrt(2 / n) for n in sizes[:-2]] + [0.1 / np.sqrt(sizes[-2])]
        self.layers = [
            (scale * jax.random.normal(own, (b, a)), jnp.zeros(b))
            for a, b, scale, own in zip(sizes[:-1], sizes[1:], scales, keys[1:], strict=True)
        ]
        self.spectral = spectral
        self.normalized = normalized

    def __call__(self, x):
        for i, (weight, bias) in enumerate(self.layers):
            x = x @ (weight / spectral_norm(weight) if self.spectral else weight).T + bias
            if i < len(self.layers) - 1:
                if self.normalized:
                    x = (x - x.mean(0)) / jnp.sqrt(x.var(0) + 1e-5)
                x = jax.nn.relu(x)
        return x


def spectral_norm(weight, iterations=5):
    """The largest singular value by power iteration from a fixed start: Miyato et al. 2018 (arXiv 1802.05957)."""
    u = jnp.ones(weight.shape[0])
    for _ in range(iterations):
        v = _unit(weight.T @ u)
        u = _unit(weight @ v)
    u, v = jax.lax.stop_gradient(u), jax.lax.stop_gradient(v)
    return u @ weight @ v


def _unit(x):
    return x / (jnp.linalg.norm(x) + 1e-12)
