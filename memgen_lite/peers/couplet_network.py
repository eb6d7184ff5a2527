"""The answer to a line, character by character: the couplet network of Su (kexue.fm 6270, 2019).

A Chinese couplet is two lines of one length, of which each character answers the one above it. So the answer is a label
for each place of the line. Gates as those of Dauphin et al. 2017 (arXiv 1612.08083), residual as he has them.
"""

from collections.abc import Sequence
from typing import Any, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import ArrayLike

from ..shared.all_or_nothing import all_or_nothing
from ..shared.checks import numbers_in, shown, texts_in
from ..shared.randomness import generator
from .base import Peer
from .language import symbols_of
from .perceptron import MLP
from .training import Networked, Objective

_BATCH, _MULTIPLE = 256, 8  # lines that are answered together, and what their length is a multiple of: few shapes


class Gated(eqx.Module):
    """A convolution over three places that decides by a gate g what it changes: x s(g) + h s(-g), s the sigmoid."""

    weight: jax.Array
    bias: jax.Array

    def __init__(self, width: int, key: jax.Array) -> None:
        self.weight = jax.random.normal(key, (3 * width, 2 * width)) / jnp.sqrt(3.0 * width)
        self.bias = jnp.zeros(2 * width)

    def __call__(self, x: jax.Array) -> jax.Array:
        """(lines, places, width) to the same."""
        beside = jnp.pad(x, ((0, 0), (1, 1), (0, 0)))
        three = jnp.concatenate([beside[:, :-2], x, beside[:, 2:]], axis=2)
        gate, new = jnp.split(three @ self.weight + self.bias, 2, axis=2)
        return x * jax.nn.sigmoid(gate) + new * jax.nn.sigmoid(-gate)


class Network(eqx.Module):
    """Ids of lines (lines, places), 0 after their ends, to the logits of each character of the answer."""

    embedding: jax.Array
    layers: list
    output: MLP

    def __init__(self, n_symbols: int, objective: "Answering", key: jax.Array) -> None:
        keys = jax.random.split(key, objective.depth + 2)
        self.embedding = 0.5 * jax.random.normal(keys[0], (n_symbols, objective.width))
        self.layers = [Gated(objective.width, own) for own in keys[2:]]
        self.output = MLP(objective.width, n_symbols, 0, 0, keys[1])

    def __call__(self, ids: jax.Array, kept: Any = 1.0) -> jax.Array:
        """`kept` is what the vectors of the characters are multiplied by, as dropout does in training."""
        # What is after the end, and what was never seen, are zeros. The former stay so, and so tell the line nothing.
        x = jnp.pad(self.embedding, ((1, 1), (0, 0)))[ids] * kept
        for layer in self.layers:
            x = layer(x) * (ids > 0)[..., None]
        return self.output(x)


class Answering(Objective):
    """Mean cross-entropy in nats of each character of the answers, of rows {line, answer} of ids (n, places)."""

    batch_size: int = 64
    learning_rate: float = 3e-3
    rounds: int = 500
    width: int = 128
    depth: int = 6
    dropout: float = 0.25
    n_symbols: int = eqx.field(kw_only=True)

    def build(self, size: Any, key: jax.Array) -> dict[str, Any]:
        return {"model": Network(self.n_symbols, self, key)}

    def loss(self, player: str, networks: dict[str, Any], x: dict[str, jax.Array], key: jax.Array) -> jax.Array:
        lines, real = x["line"], x["answer"] > 0
        kept = jax.random.bernoulli(key, 1 - self.dropout, (*lines.shape, self.width)) / (1 - self.dropout)
        logits = networks["model"](lines, kept)
        costs = optax.softmax_cross_entropy_with_integer_labels(logits, jnp.maximum(x["answer"] - 1, 0))
        return jnp.sum(costs * real) / jnp.sum(real)


class CoupletNetwork(Networked, objective=Answering):
    """A convolutional network that is shown the first line of a couplet and trained to say the second.

    Embedding, dropout, gated residual convolutions over three places, and a softmax at each place. Su trains on 700,000
    couplets, leaves characters out that come once, and sorts lines by their length; none of that is done here.

    Parameters
    ----------
    width : int, numbers for each place. depth : int, convolutions; the answer sees so many characters to either side.
    dropout : float from 0 to below 1, the share of the numbers of a character that are hidden in training.

    Attributes
    ----------
    alphabet_ : str, the characters of the training couplets, sorted; it can write no others.
    history_ : also `train` and, if couplets were held out, `held_out`: the share of characters that are right.

    >>> lines, answers = ["cloud", "snow"], ["winds", "rain"]
    >>> CoupletNetwork(rounds=100, width=8, random_state=0).fit(lines, answers).predict(["snow"])
    ['rain']
    """

    save = Peer.save
    _check_fitted = Peer._check_fitted

    def fit(self, X: Sequence[str], y: Sequence[str], *, held_out: ArrayLike | None = None) -> Self:
        """Train on the list of str `X` to answer each line by that of the list `y`, which is as long. Returns self.

        An interrupt ends the training early, with a warning.

        Parameters
        ----------
        held_out : bool array (n,), the couplets that are only looked at every 50 rounds; or None, and all are learned.

        Raises
        ------
        TypeError, ValueError : for what is no list of str, for an empty one, for lines without a character, answers of
            another length, parameters that make no network.
        """
        self._check_parameters()
        lines, answers = _couplets(X, y)
        out = _held_out(held_out, len(lines))
        with all_or_nothing(self, generator(self.random_state)) as self._stream:
            self._fit(np.array(lines, dtype=object), np.array(answers, dtype=object), out, self._stream)
        return self

    def _fit(self, lines, answers, out, rng):
        parts = {"train": (lines[~out], answers[~out]), "held_out": (lines[out], answers[out])}
        lines, answers = parts["train"]
        self.alphabet_ = "".join(sorted(set("".join([*lines, *answers]))))
        places = max(map(len, lines))
        rows = {"line": self._ids(lines, len(lines), places), "answer": self._ids(answers, len(lines), places)}

        def look(networks):
            return {name: self._right(networks["model"], *part) for name, part in parts.items() if len(part[0])}

        self._train(rows, jax.random.key(int(rng.integers(2**31))), look)
        self.n_parameters_ = sum(leaf.size for leaf in self.leaves())

    def _objective(self, **changed):
        return super()._objective(n_symbols=len(self.alphabet_), **changed)

    def skeleton(self, key: jax.Array) -> Any:
        return self._objective().build(None, key)

    def predict(self, X: Sequence[str]) -> list[str]:
        """The answers to the list of str `X`: a list of str of the same lengths."""
        self._check_fitted()
        return self._answers(self.networks_["model"], texts_in(X))

    def score(self, X: Sequence[str], y: Sequence[str]) -> float:
        """The share of the characters of the answers `y` to the lines `X`, both lists of str, that are said right."""
        self._check_fitted()
        return self._right(self.networks_["model"], *_couplets(X, y))

    def _ids(self, texts, rows, places):
        """Texts as int32 (rows, places): 1, 2, .. for the alphabet, one more for what is not in it, 0 after the end."""
        ids = np.zeros((rows, places), np.int32)
        for row, text in zip(ids, texts, strict=False):
            row[: len(text)] = symbols_of(text, self.alphabet_, len(self.alphabet_) + 1)
        return ids

    def _answers(self, network, lines):
        said = []
        for start in range(0, len(lines), _BATCH):
            part = lines[start : start + _BATCH]
            ids = self._ids(part, _BATCH, -(-max(map(len, part)) // _MULTIPLE) * _MULTIPLE or _MULTIPLE)
            for line, row in zip(part, np.asarray(_likeliest(network, ids)), strict=False):
                said.append("".join(self.alphabet_[i] for i in row[: len(line)]))
        return said

    def _right(self, network, lines, answers):
        pairs = zip("".join(self._answers(network, lines)), "".join(answers), strict=True)
        return float(np.mean([one == other for one, other in pairs]))


@eqx.filter_jit
def _likeliest(network, ids):
    return network(ids).argmax(axis=2)


def _couplets(X, y):
    """Lines and their answers, two lists of str, as long as each other in every way."""
    lines, answers = texts_in(X), texts_in(y, "y")
    if len(lines) != len(answers):
        raise ValueError(f"y must hold an answer to each of {len(lines)} lines, got {len(answers)}")
    for i, (line, answer) in enumerate(zip(lines, answers, strict=True)):
        if not line or len(line) != len(answer):
            raise ValueError(
                f"X and y must be lines of one character or more and answers of the same length, got {len(line)} and "
                f"{len(answer)} characters at position {i}"
            )
    return lines, answers


def _held_out(held_out, n):
    if held_out is None:
        return np.zeros(n, bool)
    out = numbers_in(held_out, "held_out", kinds="b")
    if out.shape != (n,) or out.all():
        raise ValueError(f"held_out must be {n} flags, of which one or more are False, got {shown(held_out)}")
    return out
