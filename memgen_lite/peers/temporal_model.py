"""A generative model of sequences with a memory: it draws a frame from what it looked up.

At each step a network reads its memory, and what it read sets the law of the next latent before the frame is seen (the
prior) and after (the posterior). How far these two are apart is what the frame told that the model could not know, in
nats: it falls to nothing where everything was looked up.
"""

from functools import partial
from typing import Any, ClassVar, Literal, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from ..shared.all_or_nothing import all_or_nothing
from ..shared.checks import numbers_in, one_of
from ..shared.randomness import generator
from ..shared.types import RandomState
from .base import Peer
from .external_memory import MEMORIES, Lookup, Memory
from .perceptron import MLP
from .training import Networked, Objective, train

PERIODS = np.array([32.0, 16.0, 8.0, 4.0])  # steps, of the clock that all networks are shown


class Network(eqx.Module):
    """Written for one sequence; batches by `jax.vmap`."""

    memory: Memory
    cell: eqx.nn.LSTMCell
    encoder: MLP
    decoder: MLP
    prior: MLP
    posterior: MLP
    latent: int = eqx.field(static=True)

    def __init__(self, memory, n_pixels, n_given, latent, hidden, width, key):
        one, two, three, four, five = jax.random.split(key, 5)
        self.memory, self.latent = memory, latent
        read = memory.size
        self.cell = eqx.nn.LSTMCell(latent + read + n_given + 2 * len(PERIODS), hidden, key=one)
        self.encoder = MLP(n_pixels, width, width, 1, two)
        self.decoder = MLP(latent, n_pixels, width, 1, three)
        self.prior = MLP(hidden + read, 2 * latent, width, 1, four)
        self.posterior = MLP(hidden + read + width, 2 * latent, width, 1, five)

    def __call__(self, frames, given, places, noise):
        """A pass over frames (T, d): what of each step is below, T in front.

        `noise` (T, latent) is standard normal. Returns a dict: `latent`, a draw of the posterior; `divergence` in nats
        of the posterior from the prior; `mean` and `log_sd` of the prior; `read` and `written`, weights of the slots.
        """
        angles = jnp.arange(len(frames))[:, None] * (2 * np.pi / PERIODS)
        told = jnp.concatenate([given, jnp.sin(angles), jnp.cos(angles)], axis=1)
        seen = jax.nn.relu(self.encoder(frames))

        def step(carry, item):
            state, memory, latent, context = carry
            seen, told, place, noise = item
            state = self.cell(jnp.concatenate([latent, context, told]), state)
            context, read, memory = self.memory.read(memory, state[0], place)
            known = jnp.concatenate([state[0], context])
            mean, log_sd = _law(self.prior(known))
            own_mean, own_log_sd = _law(self.posterior(jnp.concatenate([known, seen])))
            latent = own_mean + jnp.exp(own_log_sd) * noise
            ratio = jnp.exp(2 * (own_log_sd - log_sd)) + (own_mean - mean) ** 2 * jnp.exp(-2 * log_sd)
            divergence = (log_sd - own_log_sd + (ratio - 1) / 2).sum()
            written, memory = self.memory.write(memory, latent, state[0], place)
            out = (latent, divergence, mean, log_sd, read, written)
            return (state, memory, latent, context), out

        nothing = jnp.zeros(self.cell.hidden_size)
        start = (nothing, nothing), self.memory.start(), jnp.zeros(self.latent), jnp.zeros(self.memory.size)
        _, out = jax.lax.scan(step, start, (seen, told, places, noise))
        return dict(zip(("latent", "divergence", "mean", "log_sd", "read", "written"), out, strict=True))


def _law(said):
    mean, log_sd = jnp.split(said, 2)
    return mean, jnp.clip(log_sd, -4.0, 2.0)


def missed(logits, frames):
    """Minus the log probability of frames of pixels from 0 to 1, each a coin's bias: nats, summed over the pixels."""
    return (jax.nn.softplus(logits) - frames * logits).sum(-1)


class SequenceEvidence(Objective):
    """Minus the evidence lower bound of a sequence, in nats: Gemici et al. 2017 (arXiv 1702.04649, appendix A).

    A row is a dict: `frames` (T, d), `given` (T, c), what the model is told at each step, and `places` (T,), ints.
    """

    batch_size: int = 32
    learning_rate: float = 2e-3
    rounds: int = 3000
    memory: Literal["none", "lookup", "introspection", "ntm", "lru", "dnc"] = "introspection"
    slots: int = 16
    latent: int = 16
    hidden: int = 64
    width: int = 128

    def rate(self, done):
        """It rises for 50 moves, and falls to a twentieth along a cosine."""
        falling = 0.05 + 0.95 * (1 + jnp.cos(jnp.pi * done / self.rounds)) / 2
        return self.learning_rate * falling * jnp.minimum(1.0, (done + 1) / 50)

    def build(self, size, key):
        one, two = jax.random.split(key)
        memory = MEMORIES[self.memory](self.slots, self.latent, self.hidden, one)
        pixels, told = size["frames"][1], size["given"][1]
        return {"model": Network(memory, pixels, told, self.latent, self.hidden, self.width, two)}

    def loss(self, player, networks, rows, key):
        model = networks["model"]
        noise = jax.random.normal(key, (*rows["places"].shape, self.latent))
        out = jax.vmap(model)(rows["frames"], rows["given"], rows["places"], noise)
        return (out["divergence"] + missed(model.decoder(out["latent"]), rows["frames"])).sum(1).mean()


class TemporalModel(Networked, objective=SequenceEvidence):
    """A generative temporal model with an external memory, of sequences of frames whose pixels are from 0 to 1.

    Parameters
    ----------
    memory : what it remembers with: "none", a variational recurrent network; "introspection", the last latents by
        their age; "ntm", "lru", "dnc", rows found by their keys; or "lookup", the row at a place that it is told.
    slots : int, rows of the memory. latent : int, numbers that a frame is drawn from.
    hidden : int, units of the recurrent network. width : int, units of all other layers.
    """

    _rules: ClassVar = {"memory": partial(one_of, options=MEMORIES)}
    save = Peer.save
    _check_fitted = Peer._check_fitted

    def fit(self, X: ArrayLike, y: Any = None, *, given: ArrayLike | None = None, places: Any = None) -> Self:
        """Learn from sequences `X` (n, T, d), n of 2 or more. Returns self. `y` is not used.

        Parameters
        ----------
        given : array (n, T, c), what the model is told at each step and does not model, such as an action; or None.
        places : int array (n, T), where "lookup" reads and writes, at least 0 and below `slots`; other memories ignore
            it. None: a frame's own place, modulo `slots`.

        Raises
        ------
        ValueError, TypeError : naming the argument, what was given and what is expected.
        """
        self._check_parameters()
        with all_or_nothing(self, generator(self.random_state)) as self._stream:
            rows = self._rows(X, given, places, fitted=False)
            self.n_given_ = rows["given"].shape[2]
            self.n_features_in_ = rows["frames"].shape[2]
            key = jax.random.key(int(self._stream.integers(2**31)))
            title = f"training a {self.card.title} ({self.memory})"
            self.networks_, self.history_, self.fit_seconds_ = train(self._objective(), rows, key, description=title)
            self.n_parameters_ = sum(leaf.size for leaf in self.leaves())
        return self

    def skeleton(self, key: jax.Array) -> Any:
        return self._objective().build({"frames": (0, self.n_features_in_), "given": (0, self.n_given_)}, key)

    def follow(
        self,
        X: ArrayLike,
        *,
        given: ArrayLike | None = None,
        places: Any = None,
        random_state: RandomState = None,
    ) -> dict[str, np.ndarray]:
        """What the model makes of sequences `X` (n, T, d), step by step, as it sees them.

        Returns
        -------
        A dict of arrays (n, T, ...): `divergence`, nats that each frame told beyond what was known; `missed`, nats of
        the frame given its latent; `bound`, minus their sum, a draw of a lower bound of the log probability; `drawn`
        (n, T, d), a frame drawn before the true one was seen, as the mean of its pixels; and `looked_at` (n, T, T),
        with what weight was read, at a step, what had been written at each step before: exactly for "lookup" and
        "introspection", and for the others as if a write put what it writes in place of what was there.
        """
        self._check_fitted()
        rows = self._rows(X, given, places)
        rng = self._stream if random_state is None else generator(random_state)
        key = jax.random.key(int(rng.integers(2**31)))
        model, parts = self.networks_["model"], []
        for i, start in enumerate(range(0, len(rows["places"]), _BATCH)):
            batch = {name: _filled(array[start : start + _BATCH]) for name, array in rows.items()}
            parts.append(jax.tree.map(np.asarray, _follow(model, batch, jax.random.fold_in(key, i))))
        out = {name: np.concatenate([part[name] for part in parts])[: len(rows["places"])] for name in parts[0]}
        read, written = out.pop("read"), out.pop("written")
        looked = [model.memory.looked_at(*pair) for pair in zip(read, written, strict=True)]
        return out | {"bound": -out["divergence"] - out["missed"], "looked_at": np.array(looked)}

    def _rows(self, X, given, places, *, fitted=True):
        at_least = 1 if fitted else 2
        slots = self.networks_["model"].memory.slots or self.slots if fitted else self.slots
        lookup = isinstance(self.networks_["model"].memory, Lookup) if fitted else self.memory == "lookup"
        frames = _steps(X, "X", "pixels")
        n, steps, pixels = frames.shape
        if n < at_least or 0 in (steps, pixels):
            raise ValueError(f"X must hold {at_least} or more sequences of frames, got shape {frames.shape}")
        given = np.zeros((n, steps, 0), np.float32) if given is None else _steps(given, "given", "numbers")
        if places is None:
            places = np.broadcast_to(np.arange(steps) % slots, (n, steps))
        places = numbers_in(places, "places", 0, slots - 1 if lookup else None, kinds="iu").astype(np.int32)
        for name, array in {"given": given, "places": places}.items():
            if array.shape[:2] != (n, steps):
                raise ValueError(f"{name} must be of {n} sequences of {steps} steps, as X is, got shape {array.shape}")
        if places.ndim != 2:
            raise ValueError(f"places must have two axes (sequences, steps), got shape {places.shape}")
        if fitted and (pixels, given.shape[2]) != (self.n_features_in_, self.n_given_):
            raise ValueError(
                f"X and given must have {self.n_features_in_} pixels and {self.n_given_} numbers a step, as in fit, "
                f"got {pixels} and {given.shape[2]}"
            )
        return {"frames": frames, "given": given, "places": places}


_BATCH = 128  # sequences that are followed at a time: one shape, compiled once


def _steps(X, name, last):
    """Numbers of each step of some sequences, as an array of three axes."""
    array = numbers_in(X, name, 0, 1) if name == "X" else numbers_in(X, name)
    if array.ndim != 3:
        raise ValueError(f"{name} must have three axes (sequences, steps, {last}), got shape {array.shape}")
    return array.astype(np.float32)


def _filled(array):
    return jnp.asarray(np.pad(array, [(0, _BATCH - len(array))] + [(0, 0)] * (array.ndim - 1)))


@eqx.filter_jit
def _follow(model, rows, key):
    one, two = jax.random.split(key)
    noise, ahead = (jax.random.normal(own, (*rows["places"].shape, model.latent)) for own in (one, two))
    out = jax.vmap(model)(rows["frames"], rows["given"], rows["places"], noise)
    drawn = jax.nn.sigmoid(model.decoder(out["mean"] + jnp.exp(out["log_sd"]) * ahead))
    kept = {name: out[name] for name in ("divergence", "read", "written")}
    return kept | {"missed": missed(model.decoder(out["latent"]), rows["frames"]), "drawn": drawn}
