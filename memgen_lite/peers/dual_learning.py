"""Translators in both directions that teach each other: what is translated there and back should be what it was."""

from collections.abc import Sequence
from typing import Any, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..shared.all_or_nothing import all_or_nothing
from ..shared.checks import flag, texts_in
from ..shared.grams import profiles
from ..shared.randomness import generator
from .base import Peer
from .perceptron import MLP
from .training import Networked, Objective
from .translation_memory import pairs
from .translation_student import WRITTEN, likeness, spread


class BothWays(Objective):
    """Cross-entropy in nats of runs with those of the translation, both ways, and with those of a text's way and back.

    A row is a dict of shares of runs, `x` and `y`, with 0 everywhere in that which is not known. The translators of
    "pair" learn from both costs; those of "others" from the first, and their say in the second is taken as it is.
    """

    batch_size: int = 64
    learning_rate: float = 3e-3
    rounds: int = 300
    width: int = 64
    buckets: int = 1024
    agents: int = 1
    dual: float = 1.0

    @property
    def players(self) -> dict[str, int]:
        return {"pair": 1} | ({"others": 1} if self.agents > 1 else {})

    def build(self, size: Any, key: jax.Array) -> dict[str, Any]:
        keys = jax.random.split(key, (self.agents, 2))
        agents = [tuple(MLP(self.buckets, self.buckets, self.width, 1, one) for one in both) for both in keys]
        return {"pair": agents[:1], "others": agents[1:]}

    def loss(self, player: str, networks: dict[str, Any], x: Any, key: jax.Array) -> jax.Array:
        source, target = x["x"], x["y"]
        both = source.any(axis=1) & target.any(axis=1)

        def mean(costs, counted):
            return (costs * counted).sum() / jnp.maximum(counted.sum(), 1)

        total = 0.0
        for there, back in networks[player]:
            costs = crossed(target, jax.nn.log_softmax(there(spread(source))))
            total += mean(costs + crossed(source, jax.nn.log_softmax(back(spread(target)))), both)
        if player == "pair":
            fixed = jax.lax.stop_gradient(eqx.filter(networks["others"], eqx.is_array))
            others = eqx.combine(fixed, networks["others"])
            agents = [*networks["pair"], *others]
            for text, way in ((source, (0, 1)), (target, (1, 0))):
                returned = together(agents, way[1], together(agents, way[0], text))
                total += self.dual * mean(crossed(text, jnp.log(returned + 1e-9)), text.any(axis=1))
        return total


def together(agents: list, way: int, shares: jax.Array) -> jax.Array:
    """The mean of what all agents' translators of a way (0 there, 1 back) say of shares (n, buckets)."""
    said = [jax.nn.softmax(agent[way](spread(shares))) for agent in agents]
    return sum(said) / len(said)


def crossed(meant: jax.Array, logs: jax.Array) -> jax.Array:
    """Cross-entropy in nats (n,) of shares that are meant with those that are said."""
    return -(meant * logs).sum(axis=1)


class DualTranslators(Networked, objective=BothWays):
    """A translator and its counterpart, which learn from pairs, and from texts without a translation.

    He et al. 2016 (arXiv 1611.00179): a text that goes there by one translator and back by the other should return.
    Wang et al. 2019 (ICLR, HyGhN2A5tm): with `agents` a side, that way and the way back are the mean of all of them,
    of which one pair learns from it. They translate shares of runs of characters, as
    :class:`~memgen_lite.peers.translation_student.TranslationStudent` does, and the answer is a known text.
    (Unlike there, the others are trained at the same time, and not before.)

    Parameters
    ----------
    agents : int, 1 or more, translators a side. dual : float, 0 or more, the weight of the way and back; 0 for none.
    width : int, hidden units. buckets : int, the runs of characters are hashed into so many.

    Attributes
    ----------
    targets_ : list of str, all known texts of the other language. buckets_ : int, those of the fit.
    """

    save = Peer.save
    _check_fitted = Peer._check_fitted

    def fit(self, X: Sequence[str], y: Sequence[str]) -> Self:
        """Train on texts `X` and translations `y`, lists of str, in which "" stands for what is not known.

        An interrupt ends the training early, with a warning. Returns self.

        Raises
        ------
        TypeError, ValueError : for what does not fit, and where there is no pair.
        """
        self._check_parameters()
        X, y = pairs(X, y)
        if not any(a and b for a, b in zip(X, y, strict=True)):
            raise ValueError("y must hold a translation of one of the texts X or more, got none")
        with all_or_nothing(self, generator(self.random_state)) as self._stream:
            self.targets_, self.buckets_ = [text for text in y if text], self.buckets
            rows = {name: self._shares(texts) for name, texts in (("x", X), ("y", y))}
            self._train(rows, jax.random.key(int(self._stream.integers(2**31))))
            self.n_parameters_ = sum(leaf.size for leaf in self.leaves())
        return self

    def _shares(self, texts):
        return profiles(texts, WRITTEN, self.buckets_) * np.array([text != "" for text in texts])[:, None]

    def skeleton(self, key: jax.Array) -> Any:
        return self._objective().build(None, key)

    def shares(self, X: Sequence[str], *, all_agents: bool = False) -> np.ndarray:
        """The share that the first translator, or the mean of all, gives to each run of characters: (n, buckets)."""
        self._check_fitted()
        agents = self.networks_["pair"] + (self.networks_["others"] if flag(all_agents, "all_agents") else [])
        return np.asarray(_said(agents, profiles(texts_in(X), WRITTEN, self.buckets_)), np.float64)

    def bits(self, X: Sequence[str], y: Sequence[str], *, all_agents: bool = False) -> np.ndarray:
        """The cross-entropy in bits per run, array (n,), of translations `y` of texts `X`."""
        X, y = pairs(X, y)
        said = np.log2(np.maximum(self.shares(X, all_agents=all_agents), 1e-30))
        return -(profiles(y, WRITTEN, self.buckets_) * said).sum(axis=1)

    def predict(self, X: Sequence[str], *, all_agents: bool = False) -> list[str]:
        """For each text of the list `X` the known text of the other language that is most like what is said."""
        said = self.shares(X, all_agents=all_agents)
        best = likeness(said, profiles(self.targets_, WRITTEN, self.buckets_)).argmax(axis=1)
        return [self.targets_[place] for place in best]


@eqx.filter_jit
def _said(agents, shares):
    return together(agents, 0, shares)
