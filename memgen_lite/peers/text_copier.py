"""An autoregressive bidirectional-LSTM-attention-CNN that is trained to copy text, as f(x) = x does untrained.

The parts are standard: a long short-term memory (Hochreiter and Schmidhuber 1997) read in both directions (Schuster and
Paliwal 1997) over a convolution of embedded characters; a second one that writes, looking back by dot-product attention
(Luong et al., arXiv 1508.04025, section 3.1); Adam (Kingma and Ba, arXiv 1412.6980) with a cosine schedule (Loshchilov
and Hutter, arXiv 1608.03983, eq. 5). Needs the extra `neural`: JAX, Equinox and Optax. Taught in notebook 03.
"""

import warnings
from collections.abc import Sequence
from typing import Any, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from tqdm.auto import tqdm

from ..shared.all_or_nothing import all_or_nothing
from ..shared.checks import number, numbers_in, shown, texts_in, whole
from ..shared.randomness import generator
from ..shared.types import RandomState
from .base import Peer
from .training import Objective, play

END = 0  # the id that ends a string, fills it up to the common length, and starts the writer
BATCH = 256  # strings decoded at a time


class Network(eqx.Module):
    """Ids of one string in, logits of each next character out. Written for one string; batches by `jax.vmap`."""

    embedding: eqx.nn.Embedding
    convolution: eqx.nn.Conv1d
    ahead: eqx.nn.LSTMCell
    back: eqx.nn.LSTMCell
    writer: eqx.nn.LSTMCell
    query: eqx.nn.Linear
    output: eqx.nn.Linear

    def __init__(self, n_characters: int, hidden: int, width: int, key: jax.Array) -> None:
        keys = iter(jax.random.split(key, 7))
        self.embedding = eqx.nn.Embedding(n_characters + 2, hidden, key=next(keys))
        self.convolution = eqx.nn.Conv1d(hidden, hidden, width, padding=width // 2, key=next(keys))
        self.ahead = eqx.nn.LSTMCell(hidden, hidden // 2, key=next(keys))
        self.back = eqx.nn.LSTMCell(hidden, hidden // 2, key=next(keys))
        self.writer = eqx.nn.LSTMCell(hidden, hidden, key=next(keys))
        self.query = eqx.nn.Linear(hidden, hidden, key=next(keys))
        self.output = eqx.nn.Linear(2 * hidden, n_characters + 1, key=next(keys))

    def encode(self, ids: jax.Array) -> Any:
        """(T,) ids to what was read at each place (T, hidden), which places are text (T,), and the writer's state."""
        real = ids != END
        embedded = jax.vmap(self.embedding)(ids) * real[:, None]
        features = embedded + jax.nn.relu(self.convolution(embedded.T).T)

        def read(cell, reverse):
            def step(state, item):
                x, is_text = item
                new = jax.tree.map(lambda a, b: jnp.where(is_text, a, b), cell(x, state), state)
                return new, new[0]

            nothing = jnp.zeros(cell.hidden_size)
            return jax.lax.scan(step, (nothing, nothing), (features, real), reverse=reverse)

        (last, ahead), (first, back) = read(self.ahead, False), read(self.back, True)
        start = jax.tree.map(lambda a, b: jnp.concatenate([a, b]), last, first)
        return jnp.concatenate([ahead, back], axis=1), real, start

    def attend(self, states: jax.Array, real: jax.Array, hidden: jax.Array) -> Any:
        """The writer's state (hidden,) to the logits of the next character and the weights (T,) of where it looked."""
        weights = jax.nn.softmax(jnp.where(real, states @ self.query(hidden), -1e9))
        return self.output(jnp.concatenate([hidden, weights @ states])), weights

    def write(self, ids: jax.Array, given: jax.Array) -> Any:
        """Logits and attention at each place when the characters before it are `given` (T,), as in training."""
        states, real, start = self.encode(ids)

        def step(state, previous):
            state = self.writer(self.embedding(previous), state)
            return state, state[0]

        _, hidden = jax.lax.scan(step, start, given)
        return jax.vmap(lambda h: self.attend(states, real, h))(hidden)

    def copy(self, ids: jax.Array) -> jax.Array:
        """The ids (T,) written one after the other, each the likeliest one after those written so far."""
        states, real, start = self.encode(ids)

        def step(carry, _):
            state, previous = carry
            state = self.writer(self.embedding(previous), state)
            chosen = jnp.argmax(self.attend(states, real, state[0])[0]).astype(ids.dtype)
            return (state, chosen), chosen

        return jax.lax.scan(step, (start, jnp.asarray(END, ids.dtype)), None, length=len(ids))[1]


class Copying(Objective):
    """Mean cross-entropy in nats per character, the end of each string included, of a batch (n, T) of ids."""

    rates: jax.Array

    compiled_briefly = False

    def rate(self, done: Any) -> Any:
        return self.rates[done]

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optax.chain(optax.clip_by_global_norm(1.0), optax.adam(self.rate))

    def loss(self, player: str, networks: dict[str, Any], batch: jax.Array, key: jax.Array) -> jax.Array:
        given = jnp.pad(batch[:, :-1], ((0, 0), (1, 0)), constant_values=END)
        logits, _ = jax.vmap(networks["model"].write)(batch, given)
        counts = jnp.pad(batch[:, :-1] != END, ((0, 0), (1, 0)), constant_values=True)
        return jnp.sum(optax.softmax_cross_entropy_with_integer_labels(logits, batch) * counts) / jnp.sum(counts)


_BRIEFLY = {"xla_llvm_disable_expensive_passes": True}  # compiling takes longer than copying; the numbers are the same
_copy = eqx.filter_jit(lambda network, batch: jax.vmap(network.copy)(batch), compiler_options=_BRIEFLY)
_write = eqx.filter_jit(Network.write, compiler_options=_BRIEFLY)


class BiLSTMAttentionCNN(BaseEstimator):
    """The network as an estimator: `fit` on strings to copy, `predict` the copies.

    Parameters
    ----------
    hidden : even int, size of the embedding, of both readers together, and of the writer.
    width : odd int, characters that the convolution sees at a time.
    steps, batch_size : int, gradient steps and strings per step.
    learning_rate : float, that of Adam at the first step; it falls to 0 along a cosine.
    checkpoint_every : int, steps between two looks at the held-out strings.
    random_state : int, numpy Generator, RandomState or None; the initial weights and the batches.

    Attributes
    ----------
    network_ : the trained :class:`Network`.
    alphabet_ : str, the characters of the training strings, sorted; it can write no others.
    history_ : dict of lists, an entry per checkpoint from step 0 on: `step`, `loss` (nats per character, mean over the
        steps since the last checkpoint; None at step 0) and `exact_match` (share of the held-out strings).
    n_parameters_ : int.

    With one random state and one machine the result is the same each time; across machines the last digits may differ.
    """

    def __init__(
        self,
        hidden: int = 32,
        width: int = 3,
        steps: int = 800,
        batch_size: int = 64,
        learning_rate: float = 0.012,
        checkpoint_every: int = 50,
        random_state: RandomState = None,
    ) -> None:
        self._store(locals())

    _store = Peer._store

    def fit(self, X: Sequence[str], held_out: Sequence[str]) -> Self:
        """Train on the list of str X to write each string again; `held_out`, a list of str, is only looked at.

        An interrupt (Ctrl-C, the stop button) ends the training and leaves a model that works, with a warning; before
        the first checkpoint it leaves what was there before.

        Raises
        ------
        TypeError, ValueError : for what is no list of str, for an empty one, for parameters that make no network.
        FloatingPointError : if the loss is no number any more; the model stays as it was at the last checkpoint.
        """
        for name in ("hidden", "width", "steps", "batch_size", "checkpoint_every"):
            whole(getattr(self, name), name, 1)
        if self.hidden % 2 or not self.width % 2:
            raise ValueError(f"hidden must be even and width odd, got {self.hidden} and {self.width}")
        number(self.learning_rate, "learning_rate", above=0)
        texts, held_out = texts_in(X), texts_in(held_out, "held_out")
        with all_or_nothing(self, generator(self.random_state)) as rng:
            problem = self._train(texts, held_out, rng)
        if problem:
            raise FloatingPointError(problem)
        return self

    def _train(self, texts, held_out, rng):
        """Train until the end, an interrupt, or numbers that are none; returns what to say of these, or None."""
        self.alphabet_ = "".join(sorted(set("".join(texts))))
        ids, points, problem = self._encode(texts), [], None
        network = Network(len(self.alphabet_), self.hidden, self.width, jax.random.key(int(rng.integers(2**31))))
        self.n_parameters_ = sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(network, eqx.is_array)))
        rates = optax.cosine_decay_schedule(self.learning_rate, self.steps)(np.arange(self.steps))
        run = play(
            Copying(self.batch_size, self.learning_rate, self.steps, rates),
            ids,
            jax.random.key(0),
            chunk=self.checkpoint_every,
            networks={"model": network},
            draw=lambda n: rng.integers(len(ids), size=(n, self.batch_size)),
        )
        try:
            with tqdm(total=self.steps, desc="training to copy", unit="step") as progress:
                for networks, step, losses, finite in run:
                    mean = float(jnp.mean(losses)) if step else None
                    if not finite:
                        problem = (
                            f"the loss became {mean} between steps {points[-1][0]} and {step}: try a smaller "
                            f"learning_rate than {self.learning_rate:g}; the model is that of step {points[-1][0]}"
                        )
                        break
                    match = _share(self._copies(networks["model"], held_out), held_out)
                    network, points = networks["model"], [*points, (step, mean, match)]
                    progress.update(step - progress.n)
        except KeyboardInterrupt:
            if not points:
                raise
            warnings.warn(f"interrupted: the model is that of step {points[-1][0]}", stacklevel=3)
        self.network_ = network
        self.history_ = dict(zip(("step", "loss", "exact_match"), map(list, zip(*points, strict=True)), strict=True))
        return problem

    def predict(self, X: Sequence[str]) -> list[str]:
        """The list of str X as the network writes it: a list of str, each at most 8 characters longer than the longest.

        Any length goes in; a character outside `alphabet_` is read as one that was never seen, and cannot be written.
        """
        check_is_fitted(self, "network_")
        return self._copies(self.network_, texts_in(X, allow_empty=True))

    def _copies(self, network, texts):
        letters = np.array(["", *self.alphabet_], dtype=object)
        copies = []
        for start in range(0, len(texts), BATCH):
            ids = self._encode(texts[start : start + BATCH], rows=BATCH, multiple=8)
            written = np.array(_copy(network, ids))[: len(texts) - start]
            written[np.cumsum(written == END, axis=1) > 0] = END
            copies += ["".join(row) for row in letters[written]]
        return copies

    def exact_match(self, X: Sequence[str]) -> float:
        """The share of the strings X that :meth:`predict` gives back character for character."""
        texts = texts_in(X)
        return _share(self.predict(texts), texts)

    def attention(self, text: str) -> np.ndarray:
        """Where the network looks while it copies the str `text` correctly: array (len + 1, len) of weights.

        Row i is the distribution over the characters read when character i is written; the last row writes the end.
        """
        check_is_fitted(self, "network_")
        (text,) = texts_in([text], "text")
        ids = self._encode([text], multiple=32)[0]  # few shapes are compiled: a slider does not wait for one
        _, weights = _write(self.network_, ids, np.append(END, ids[:-1]))
        return np.asarray(weights)[: len(text) + 1, : len(text)]

    def steps_to(self, share: float) -> int | None:
        """The first checkpoint's step at which the share of exact copies was at least `share`, or None."""
        check_is_fitted(self, "history_")
        share = number(share, "share")
        steps = zip(self.history_["step"], self.history_["exact_match"], strict=True)
        return next((step for step, match in steps if match >= share), None)

    def _encode(self, texts, rows=None, multiple=1):
        # With a fixed number of rows, and a length that is a multiple of something, few shapes are compiled.
        length = -(-(max(map(len, texts)) + 1) // multiple) * multiple
        ids = np.full((rows or len(texts), length), END, dtype=np.int32)
        for row, text in zip(ids, texts, strict=False):
            row[: len(text)] = [self.alphabet_.find(character) + 1 or len(self.alphabet_) + 1 for character in text]
        return ids


def _share(copies, texts):
    return float(np.mean([copy == text for copy, text in zip(copies, texts, strict=True)]))


def random_texts(
    n: int, alphabet: str, lengths: tuple[int, int] = (1, 8), random_state: RandomState = None
) -> list[str]:
    """n strings of characters drawn uniformly from the str `alphabet`, of lengths uniform from the first to the last.

    >>> random_texts(3, "ab", lengths=(1, 4), random_state=0)
    ['bbb', 'aaa', 'abbb']
    """
    if not isinstance(alphabet, str) or not alphabet:
        raise ValueError(f"alphabet must be a str of one character or more, got {shown(alphabet)}")
    lengths = numbers_in(lengths, "lengths", 0, kinds="iu")
    if lengths.shape != (2,) or lengths[0] > lengths[1]:
        raise ValueError(f"lengths must be (low, high), in order, got {shown(lengths)}")
    (shortest, longest), n = lengths.tolist(), whole(n, "n", 0)
    rng = generator(random_state)
    letters = np.array(list(alphabet))[rng.integers(len(alphabet), size=(n, longest))]
    cuts = rng.integers(shortest, longest + 1, size=n)
    return ["".join(row[:cut]) for row, cut in zip(letters, cuts, strict=True)]
