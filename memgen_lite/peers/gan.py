"""Generative adversarial networks: a generator against a critic. They differ in what the critic maximizes."""

import equinox as eqx
import jax
import jax.numpy as jnp
import optax

from .perceptron import MLP
from .training import Objective, Trained


class Adversarial(Objective):
    """A generator of noise into rows, and a critic of rows into numbers, high for real ones."""

    batch_size: int = 128
    learning_rate: float = 1e-3
    rounds: int = 3000
    critic_moves: int = 1
    noise: int = 16
    width: int = 128
    depth: int = 3
    spectral: bool = False
    normalized: bool = True

    @property
    def players(self):
        return {"critic": self.critic_moves, "generator": 1}

    @property
    def optimizer(self):
        return optax.adam(self.learning_rate, b1=0.5, b2=0.9)

    def build(self, n_features, key):
        one, two = jax.random.split(key)
        return {
            "generator": MLP(self.noise, n_features, self.width, self.depth, one, normalized=self.normalized),
            "critic": MLP(n_features, 1, self.width, self.depth, two, spectral=self.spectral),
        }

    def loss(self, player, networks, x, key):
        draw, mix = jax.random.split(key)
        fake = networks["generator"](jax.random.normal(draw, (len(x), self.noise)))

        def critic(rows):
            return networks["critic"](rows)[..., 0]

        if player == "critic":
            return self.critic_loss(critic, x, fake, mix)
        return self.generator_loss(critic, x, fake)

    def critic_loss(self, critic, real, fake, key):
        """What the critic, a function of rows (n, d) into (n,), minimizes."""
        return (critic(fake) - critic(real)).mean()

    def generator_loss(self, critic, real, fake):
        return -critic(fake).mean()


class Standard(Adversarial):
    """log 2 minus the Jensen-Shannon divergence at the best critic; the generator does not saturate."""

    def critic_loss(self, critic, real, fake, key):
        return (jax.nn.softplus(-critic(real)) + jax.nn.softplus(critic(fake))).mean() / 2

    def generator_loss(self, critic, real, fake):
        return jax.nn.softplus(-critic(fake)).mean()


class Clipped(Adversarial):
    """Weights of a bounded size make a critic of a bounded slope, after each move."""

    learning_rate: float = 5e-4
    critic_moves: int = 5
    clip: float = 0.1

    @property
    def optimizer(self):
        return optax.rmsprop(self.learning_rate)

    def project(self, player, network):
        if player != "critic":
            return network
        return jax.tree.map(lambda w: jnp.clip(w, -self.clip, self.clip), network)


class Penalized(Adversarial):
    """The penalty is on the slope of the critic at points between a real and a fake row, uniform on the segment."""

    critic_moves: int = 5
    penalty: float = 1.0

    def critic_loss(self, critic, real, fake, key):
        plain = super().critic_loss(critic, real, fake, key)
        share = jax.random.uniform(key, (len(real), 1))
        gradient = jax.grad(lambda rows: critic(rows).sum())(share * real + (1 - share) * fake)
        return plain + self.charge((gradient**2).sum(axis=1)).mean()

    def charge(self, squares):
        return self.penalty * (jnp.sqrt(squares + 1e-12) - 1) ** 2


class Divergence(Penalized):
    """As the one before, but a slope is charged by a power of it, and none is asked for."""

    critic_moves: int = 1
    penalty: float = 2.0
    power: float = 6.0

    def charge(self, squares):
        return self.penalty * squares ** (self.power / 2)


class Quadratic(Adversarial):
    """A parabola of the critic's difference, over the distance of the two rows, has its top at a bounded slope."""

    critic_moves: int = 2
    penalty: float = 10.0

    def critic_loss(self, critic, real, fake, key):
        difference = critic(real) - critic(fake)
        distance = jnp.abs(real - fake).mean(axis=1)
        return (difference**2 / (2 * self.penalty * distance + 1e-12) - difference).mean()


@eqx.filter_jit
def _draw(generator, key, n, noise):
    return generator(jax.random.normal(key, (n, noise)))


class GAN(Trained, objective=Standard):
    """The generative adversarial network, with the generator's loss that does not saturate.

    Parameters
    ----------
    rounds : int, moves of the generator. critic_moves : int, moves of the critic before each of them.
    noise : int, dimensions of what the generator is fed. width, depth : int, units a layer, and layers, of both.
    spectral : bool, divide the critic's weights by their spectral norms (Miyato et al. 2018, arXiv 1802.05957).
    normalized : bool, normalize the generator's units over the batch: without it some collapse.
    """

    def _generate(self, key, n):
        return _draw(self.networks_["generator"], key, n, self._plain("noise"))


class WGANClip(GAN, objective=Clipped):
    """The Wasserstein network as it was first made: the critic's weights are clipped to [-clip, clip]."""


class WGANGP(GAN, objective=Penalized):
    """The Wasserstein network with a penalty on slopes of the critic that are not 1."""


class WGANDiv(GAN, objective=Divergence):
    """The Wasserstein divergence: steep slopes are charged by a power, and none is asked for."""


class GANQP(GAN, objective=Quadratic):
    """The quadratic potential: the critic is charged by the square of its difference, over the rows' distance."""
