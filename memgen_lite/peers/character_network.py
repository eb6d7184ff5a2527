"""A small neural language model: from the last characters, the next one (Bengio et al. 2003, JMLR 3)."""

from collections.abc import Iterator, Sequence
from typing import Any, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from ..shared.all_or_nothing import all_or_nothing
from ..shared.checks import shown, texts_in, whole
from ..shared.randomness import generator
from ..shared.types import RandomState
from .language import CODE_POINTS, END, LanguageModel, symbols_of
from .perceptron import MLP
from .training import Networked, Objective

_BATCH = 1024  # places that are looked at together: one shape, compiled once
_CHUNK = 64  # characters that are written before anybody looks whether all texts have ended


class Network(eqx.Module):
    """Vectors of the last characters, side by side, through a perceptron, to logits of the next one. In batches."""

    embedding: jax.Array
    perceptron: MLP
    output: MLP

    def __init__(self, n_symbols: int, objective: "NextCharacter", key: jax.Array) -> None:
        one, two, three = jax.random.split(key, 3)
        size, n_in = objective.embedding, objective.context * objective.embedding
        self.embedding = 0.5 * jax.random.normal(one, (n_symbols, size))
        self.perceptron = MLP(n_in, objective.state, objective.width, objective.depth, two)
        self.output = MLP(objective.state, n_symbols, 0, 0, three)

    def state(self, ids: jax.Array) -> jax.Array:
        """Ids (batch, context) to what the last layer is told of them (batch, state), which is never negative."""
        return jax.nn.relu(self.perceptron(self.embedding[ids].reshape(len(ids), -1)))


class NextCharacter(Objective):
    """Mean cross-entropy in nats of the last symbol of each row (context + 1,) of ids, given those before it."""

    batch_size: int = 512
    learning_rate: float = 3e-3
    rounds: int = 2000
    context: int = 16
    embedding: int = 16
    width: int = 256
    depth: int = 1
    state: int = 64
    n_symbols: int = eqx.field(kw_only=True)

    def build(self, size: Any, key: jax.Array) -> dict[str, Any]:
        return {"model": Network(self.n_symbols, self, key)}

    def loss(self, player: str, networks: dict[str, Any], x: jax.Array, key: jax.Array) -> jax.Array:
        network = networks["model"]
        logits = network.output(network.state(x[:, :-1]))
        return optax.softmax_cross_entropy_with_integer_labels(logits, x[:, -1]).mean()


class CharacterNetwork(LanguageModel, Networked, objective=NextCharacter):
    """A perceptron that is shown the last characters of a text and trained to say the next one, or the end.

    Parameters
    ----------
    context : int, how many characters it sees; before a text stand ends. embedding : int, numbers for each of them.
    width, depth : int, units of a hidden layer, and how many there are. state : int, units of one more, the last.

    Attributes
    ----------
    alphabet_ : str, the characters of the training texts, sorted; it can write no others.
    """

    def fit(self, X: Sequence[str], y: Any = None) -> Self:
        """Train on the list of str `X`. Returns self; `y` is not used.

        An interrupt ends the training early, with a warning.

        Raises
        ------
        TypeError, ValueError : for what is no list of str, for an empty one, for parameters that make no network.
        """
        self._check_parameters()
        texts = texts_in(X)
        with all_or_nothing(self, generator(self.random_state)) as self._stream:
            self._fit(texts, self._stream)
        return self

    def _fit(self, texts, rng):
        self.alphabet_ = "".join(sorted(set("".join(texts))))
        self._train(self._windows(texts), jax.random.key(int(rng.integers(2**31))))
        self.n_parameters_ = sum(leaf.size for leaf in self.leaves())

    def _objective(self, **changed):
        return super()._objective(n_symbols=len(self.alphabet_) + 2, **changed)

    def skeleton(self, key: jax.Array) -> Any:
        return self._objective().build(None, key)

    def _ids(self, text):
        return symbols_of(text, self.alphabet_, len(self.alphabet_) + 1).astype(np.int32)

    def _windows(self, texts):
        """For each character of the texts, and each end, the symbols before it and itself: (places, context + 1)."""
        parts = [np.concatenate([np.zeros(self.context, np.int32), self._ids(text), [END]]) for text in texts]
        windows = [np.lib.stride_tricks.sliding_window_view(part, self.context + 1) for part in parts]
        return np.concatenate(windows).astype(np.int32)

    def _last(self, texts):
        """The last symbols of each text, which the next one is told from: (texts, context)."""
        before = np.zeros(self.context, np.int32)
        return np.stack([np.concatenate([before, self._ids(text[-self.context :])])[-self.context :] for text in texts])

    def _states(self, windows) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """States (n, width) and log-probabilities (n, symbols), some windows after the other."""
        for start in range(0, len(windows), _BATCH):
            part = windows[start : start + _BATCH, : self.context]
            padded = np.pad(part, ((0, _BATCH - len(part)), (0, 0)))
            state, logs = _said(self.networks_["model"], jnp.asarray(padded))
            yield np.asarray(state)[: len(part)], np.asarray(logs, dtype=np.float64)[: len(part)]

    def _shared_out(self, logs, targets):
        """The log-probability of one character, where that of all which are not in the alphabet is given."""
        unseen = targets == len(self.alphabet_) + 1
        return logs - unseen * np.log(CODE_POINTS - len(self.alphabet_))

    def _log_shares(self, windows):
        """The natural log of the probability of the last symbol of each window."""
        found = [logs for _, logs in self._states(windows)]
        targets = windows[:, -1]
        return self._shared_out(np.concatenate(found)[np.arange(len(windows)), targets], targets)

    def next_log_probabilities(self, X: Sequence[str]) -> np.ndarray:
        """What comes after each text of the list `X`: array (n, 1 + characters) of natural logs of probabilities.

        The first is that of the end of the text, the others are those of the characters of `alphabet_`.
        """
        self._check_fitted()
        return np.concatenate([logs for _, logs in self._states(self._last(texts_in(X)))])[:, :-1]

    def score_samples(self, X: Sequence[str]) -> np.ndarray:
        """The natural log of the probability of each text of the list `X`, its end included: array (n,).

        A character that was never seen has an equal part of the share of all such, so that the probabilities of all
        texts, over all of Unicode, add up to 1.
        """
        self._check_fitted()
        texts = texts_in(X)
        starts = np.cumsum([0, *(len(text) + 1 for text in texts[:-1])])
        return np.add.reduceat(self._log_shares(self._windows(texts)), starts)

    def sample(
        self, n: int = 1, *, prefix: str = "", max_length: int = 10000, random_state: RandomState = None
    ) -> list[str]:
        """Draw `n` texts, a list of str, each from its `prefix` on to its end, or up to `max_length` characters.

        The share of characters never seen goes to the others, as the network cannot name them. Without `random_state`
        it goes on along the model's stream.
        """
        self._check_fitted()
        n, max_length = whole(n, "n", 0), whole(max_length, "max_length", 0)
        if not isinstance(prefix, str):
            raise TypeError(f"prefix must be a str, got {shown(prefix)}")
        rng = self._stream if random_state is None else generator(random_state)
        key = jax.random.key(int(rng.integers(2**31)))
        return self._written([prefix] * n, max_length - len(prefix), key, 1.0) if n else []

    def complete(self, X: Sequence[str], n: int) -> list[str]:
        """Each text of the list `X` with up to `n` characters more, each the likeliest one: a list of str."""
        self._check_fitted()
        return self._written(texts_in(X), whole(n, "n", 0), jax.random.key(0), 0.0)

    def _written(self, texts, n, key, noise):
        added, rows = np.zeros((len(texts), 0), np.int32), len(texts)
        ids = jnp.asarray(np.pad(self._last(texts), ((0, -rows % 64), (0, 0))))
        while added.shape[1] < n and (added > 0).all(axis=1).any():
            key, own = jax.random.split(key)
            ids, new = _write(self.networks_["model"], ids, own, jnp.float32(noise))
            added = np.concatenate([added, np.asarray(new).T[:rows]], axis=1)
        ends = [np.append(np.flatnonzero(row == END), n)[0] for row in added]
        letters = [
            "".join(self.alphabet_[i - 1] for i in row[: min(end, n)]) for row, end in zip(added, ends, strict=True)
        ]
        return [text + more for text, more in zip(texts, letters, strict=True)]


@eqx.filter_jit
def _said(network, ids):
    state = network.state(ids)
    return state, jax.nn.log_softmax(network.output(state))


@eqx.filter_jit
def _write(network, ids, key, noise):
    """Ids (batch, context) some characters later, and these (characters, batch): likeliest, or with noise 1 drawn."""

    def step(ids, key):
        logits = network.output(network.state(ids))[:, :-1]  # what is in no text can't be written
        drawn = (logits + noise * jax.random.gumbel(key, logits.shape)).argmax(axis=1).astype(ids.dtype)
        return jnp.concatenate([ids[:, 1:], drawn[:, None]], axis=1), drawn

    return jax.lax.scan(step, ids, jax.random.split(key, _CHUNK))
