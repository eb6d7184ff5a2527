"""Small networks that learn to translate from pairs and from a translation memory: what they say is runs of characters.

A network that wrote translations letter by letter would be large and slow. This one says how large a share each run of
characters has in the translation. Its answer is the known translation whose shares are most like these.
"""

from collections.abc import Sequence
from typing import Any, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from ..shared.all_or_nothing import all_or_nothing
from ..shared.checks import numbers_in, shown, texts_in
from ..shared.grams import profiles
from ..shared.randomness import generator
from .base import Peer
from .perceptron import MLP
from .training import Networked, Objective
from .translation_memory import TranslationMemory, pairs

READ, WRITTEN = (1, 2, 3, 4), (1, 2, 3)  # lengths of the runs of a text, and of its translation
COMMON = (
    0.1  # the part of a memory's plain mean, and of all runs alike, in what it says: it holds nothing for impossible
)


class Distilling(Objective):
    """Cross-entropy in nats of runs with what stands in the translation, and with what the teacher says.

    (1 - distill) NLL + distill KD, equation 3 of Tan et al.; as both are linear in what is meant, their mixture is.
    A row is a dict: `x`, what is read, `y`, what is meant, `teacher`, what a memory says, and `language`.
    """

    batch_size: int = 128
    learning_rate: float = 3e-3
    rounds: int = 300
    width: int = 128
    buckets: int = 1024
    distill: float = 0.0
    top_k: int | None = None
    selective: bool = False
    temperature: float = 0.05
    n_languages: int = eqx.field(kw_only=True)
    check: Any = eqx.field(kw_only=True)  # None, or rows that are set aside and the teacher's costs (languages,)

    def build(self, size: Any, key: jax.Array) -> dict[str, Any]:
        return {"model": MLP(self.buckets + self.n_languages, self.buckets, self.width, 1, key)}

    def loss(self, player: str, networks: dict[str, Any], x: Any, key: jax.Array) -> jax.Array:
        network, weight = networks["model"], self.distill
        if self.check is not None:
            rows, teacher = self.check
            costs = jax.lax.stop_gradient(cost(network, rows, self.n_languages))
            own = jax.nn.one_hot(rows["language"], self.n_languages)
            student = costs @ own / jnp.maximum(own.sum(axis=0), 1)
            weight = (weight * (teacher < student))[x["language"]][:, None]
        meant = (1 - weight) * x["y"] + weight * x["teacher"]
        return -(meant * log_shares(network, x, self.n_languages)).sum(axis=1).mean()


def log_shares(network: MLP, x: Any, n_languages: int) -> jax.Array:
    """Logs of the shares of all runs, (n, buckets)."""
    told = jax.nn.one_hot(x["language"], n_languages)
    return jax.nn.log_softmax(network(jnp.concatenate([spread(x["x"]), told], axis=1)))


def cost(network: MLP, x: Any, n_languages: int) -> jax.Array:
    """Cross-entropy in nats of each row (n,), per run of the translation."""
    return -(x["y"] * log_shares(network, x, n_languages)).sum(axis=1)


def spread(shares: jax.Array) -> jax.Array:
    """Roots of shares, of which each row has length 1, in the unit that a network is used to."""
    return 16 * jnp.sqrt(shares)


class TranslationStudent(Networked, objective=Distilling):
    """A perceptron from the runs of characters of a text to those of its translation, which a memory may teach.

    Without a teacher (`distill` = 0) it learns from pairs. With one it learns partly from what a translation memory
    says of a training text *when that text is not in it*: the mean runs of all other translations, weighted by
    exp(similarity / `temperature`). (The memory that holds the text says its translation, which teaches nothing new.)
    One network may learn several languages, as Tan et al. 2019 (arXiv 1902.10461) distil 44 models of one language
    each into one; which language is asked for is one more input.

    Parameters
    ----------
    distill : float from 0 to 1, the teacher's part. top_k : int or None: only so many of the largest shares that the
        teacher says are kept. selective : bool: in a language, the teacher is heard only while it is better than the
        student on a tenth of the texts, which are set aside (with any setting, so that all learn from the same).
    temperature : float above 0. width : int, hidden units. buckets : int, the runs of characters are hashed into so
        many.

    Attributes
    ----------
    targets_ : list of str, all known translations, and `spoken_` int (targets,), the language of each.
    n_languages_, buckets_ : int, those of the fit.
    """

    save = Peer.save
    _check_fitted = Peer._check_fitted

    def fit(self, X: Sequence[str], y: Sequence[str], languages: ArrayLike | None = None) -> Self:
        """Train on texts `X` and their translations `y`, lists of str, into `languages`, int (n,) from 0 on.

        An interrupt ends the training early, with a warning. Returns self.

        Raises
        ------
        TypeError, ValueError : for what does not fit, and for fewer than 20 texts.
        """
        self._check_parameters()
        X, y = pairs(X, y)
        languages = languages_of(languages, len(X))
        if len(texts := sorted({*X})) < 20:
            raise ValueError(f"X must hold 20 different texts or more, got {len(texts)}")
        with all_or_nothing(self, generator(self.random_state)) as self._stream:
            self._fit(X, y, languages, texts)
        return self

    def _fit(self, X, y, languages, texts):
        self.targets_, self.spoken_ = y, languages
        self.n_languages_, self.buckets_ = int(languages.max()) + 1, self.buckets
        aside = {texts[i] for i in self._stream.permutation(len(texts))[: len(texts) // 10]}
        kept = np.array([text not in aside for text in X])
        rows = self._rows(X, languages) | {"y": (meant := self._known())}
        teacher = np.zeros_like(meant)
        costs = np.zeros(self.n_languages_, np.float32)
        for language in range(self.n_languages_) if self.distill else ():
            here = np.flatnonzero((languages == language) & kept)
            other = np.flatnonzero((languages == language) & ~kept)
            if len(here) > 1:
                teacher[here] = self._taught(X, meant, here, here)
                said = self._taught(X, meant, here, other) if len(other) else meant[other]
                costs[language] = (
                    -(meant[other] * np.log(np.maximum(said, 1e-9))).sum(axis=1).mean() if len(other) else 0
                )
        rows["teacher"] = largest(teacher, self.top_k)
        self._check = None
        if self.selective and self.distill:
            self._check = {name: jnp.asarray(rows[name][~kept]) for name in ("x", "y", "language")}, jnp.asarray(costs)
        key = jax.random.key(int(self._stream.integers(2**31)))
        self._train({name: values[kept] for name, values in rows.items()}, key)
        del self._check
        self.n_parameters_ = sum(leaf.size for leaf in self.leaves())

    def _taught(self, X, meant, kept, asked):
        """What the memory of some rows says of others, or of each of them if it were not there."""
        memory = TranslationMemory(threshold=0).fit([X[i] for i in kept], [""] * len(kept))
        return memory_shares(memory, [X[i] for i in asked], meant[kept], self.temperature, others=kept is asked)

    def _objective(self, **changed):
        more = {"n_languages": self.n_languages_, "check": vars(self).get("_check")}
        return super()._objective(**more | changed)

    def skeleton(self, key: jax.Array) -> Any:
        return self._objective().build(None, key)

    def _rows(self, X, languages):
        return {"x": profiles(X, READ, self.buckets_), "language": languages.astype(np.int32)}

    def _known(self):
        return profiles(self.targets_, WRITTEN, self.buckets_)

    def _asked(self, X, languages):
        self._check_fitted()
        X = texts_in(X)
        return X, languages_of(languages, len(X), self.n_languages_)

    def shares(self, X: Sequence[str], languages: ArrayLike | None = None) -> np.ndarray:
        """The share that the student gives to each run of characters in the translation: array (n, buckets)."""
        rows = self._rows(*self._asked(X, languages))
        return np.exp(np.asarray(_said(self.networks_["model"], rows, self.n_languages_), np.float64))

    def bits(self, X: Sequence[str], y: Sequence[str], languages: ArrayLike | None = None) -> np.ndarray:
        """The cross-entropy in bits per run, array (n,), of translations `y` of texts `X`; 10 by guessing of 1,024."""
        X, y = pairs(X, y)
        meant = profiles(y, WRITTEN, self.buckets_)
        return -(meant * np.log2(np.maximum(self.shares(X, languages), 1e-30))).sum(axis=1)

    def predict(self, X: Sequence[str], languages: ArrayLike | None = None) -> list[str]:
        """For each text of the list `X` the known translation, in that language, that is most like what is said."""
        X, languages = self._asked(X, languages)
        said, known, best = self.shares(X, languages), self._known(), np.zeros(len(X), int)
        for language in np.unique(languages):
            asked, spoken = languages == language, np.flatnonzero(self.spoken_ == language)
            if not len(spoken):
                raise ValueError(f"languages must be of those that were learned, got {language}")
            best[asked] = spoken[likeness(said[asked], known[spoken]).argmax(axis=1)]
        return [self.targets_[place] for place in best]


@eqx.filter_jit
def _said(network, rows, n_languages):
    return log_shares(network, rows, n_languages)


def memory_shares(
    memory: TranslationMemory, X: Sequence[str], known: np.ndarray, temperature: float, *, others: bool = False
) -> np.ndarray:
    """The shares of runs that a memory says of texts: mean of the `known` ones (kept, buckets) of its translations.

    They are weighted by exp(similarity / temperature), and COMMON of the plain mean is mixed in. With `others` the
    texts are the memory's own, and the same texts do not count.
    """
    alike = memory.similarity(X)
    if others:
        alike = np.where(alike == 1, -np.inf, alike)
        alike[np.isneginf(alike).all(axis=1)] = 0
    weight = np.exp((alike - alike.max(axis=1, keepdims=True)) / temperature)
    weight /= weight.sum(axis=1, keepdims=True)
    common = (known.mean(axis=0) + 1 / known.shape[1]) / 2
    return ((1 - COMMON) * weight @ known + COMMON * common).astype(np.float32)


def likeness(said: np.ndarray, known: np.ndarray) -> np.ndarray:
    """How like shares that are `said` (n, d) are to `known` ones (m, d): the cosine (n, m) of their roots' deviations.

    Deviations are from the mean of the known ones: what all texts of a language have in common tells none from another.
    """
    middle = np.sqrt((known.mean(axis=0, dtype=np.float64) + 1 / known.shape[1]) / 2)
    said, known = (np.sqrt(part, dtype=np.float64) - middle for part in (said, known))
    lengths = np.linalg.norm(said, axis=1)[:, None] * np.linalg.norm(known, axis=1)
    return said @ known.T / np.maximum(lengths, 1e-12)


def largest(shares: np.ndarray, k: int | None) -> np.ndarray:
    """Only the `k` largest of each row (n, d), which then add up to 1 again; with None all of them."""
    if k is None or k >= shares.shape[1]:
        return shares
    # By a stable order, so that of equal ones the same are kept on all processors.
    left_out = np.argsort(-shares, axis=1, kind="stable")[:, k:]
    kept = shares.copy()
    np.put_along_axis(kept, left_out, 0, axis=1)
    return kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-30)


def languages_of(languages, n, most=None):
    """Numbers of languages, int (n,), which are all the first one where none are given."""
    found = np.zeros(n, int) if languages is None else numbers_in(languages, "languages", 0, kinds="iu")
    if found.shape != (n,):
        raise ValueError(f"languages must be {n} numbers, one for each text, got {shown(languages)}")
    if most is not None and found.max() >= most:
        raise ValueError(f"languages must be below {most}, as many as were learned, got {int(found.max())}")
    if most is None and found.max() > 999:
        raise ValueError(f"languages must be from 0 to 999, got {int(found.max())}")
    return found.astype(int)
