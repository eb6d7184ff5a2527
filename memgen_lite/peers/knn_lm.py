"""A language model beside its own memory: kNN-LM of Khandelwal et al. 2020 (arXiv 1911.00172)."""

from collections.abc import Sequence
from typing import Any, Self

import jax
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ..shared.all_or_nothing import all_or_nothing
from ..shared.checks import shown, texts_in
from ..shared.neighbors import neighbors
from ..shared.randomness import generator
from .character_network import CharacterNetwork, NextCharacter
from .language import END


class NextCharacterBesideMemory(NextCharacter):
    """What the network is trained for; the memory is not trained."""

    k: int = 64
    weight: float = 0.25
    temperature: float = 1.0


class KNNLanguageModel(CharacterNetwork, objective=NextCharacterBesideMemory):
    """A network of characters, and all states that it was in while it read, each with the character that came then.

    Asked what comes next, it looks up the `k` states that are nearest to its own, and what came there has a say::

        P(w) = weight * P_memory(w) + (1 - weight) * P_network(w)
        P_memory(w) ~ sum of exp(-d^2 / temperature) over those of the k after which w came, d their distance

    With weight 0 it is the network, and with weight 1 and k = 1 a lookup. Khandelwal et al. take a transformer, k =
    1024, and the distance as it is, temperature 1; the search here is exact.

    Parameters
    ----------
    k : int, neighbors that count. weight : float from 0 to 1. temperature : float above 0. Others are those of
        :class:`CharacterNetwork`.

    Attributes
    ----------
    keys_ : float32 array (places, state), and values_ : int array (places,), what is remembered.
    """

    def fit(self, X: Sequence[str], y: Any = None, *, network: CharacterNetwork | None = None) -> Self:
        """Train a network on the list of str `X`, and remember what it made of them. Returns self; `y` is not used.

        Parameters
        ----------
        network : a fitted :class:`CharacterNetwork` of the same sizes, which is taken in place of one that is trained;
            the memory is of `X` all the same.
        """
        self._check_parameters()
        texts = texts_in(X)
        if network is not None:
            self._check_network(network)
        with all_or_nothing(self, generator(self.random_state)) as self._stream:
            if network is None:
                self._fit(texts, self._stream)
            else:
                for name in ("alphabet_", "networks_", "history_", "fit_seconds_", "n_parameters_"):
                    setattr(self, name, getattr(network, name))
            self._remember(texts)
        return self

    def _check_network(self, network):
        if not isinstance(network, CharacterNetwork) or not isinstance(network, BaseEstimator):
            raise TypeError(f"network must be a fitted CharacterNetwork or None, got {shown(network)}")
        check_is_fitted(network, "networks_")
        for name in ("context", "embedding", "width", "depth", "state"):
            mine, given = getattr(self, name), getattr(network, name)
            if mine != given:
                raise ValueError(f"network must have {name}={mine!r}, as this model has, got {given!r}")

    def _remember(self, texts):
        windows = self._windows(texts)
        self.keys_ = np.concatenate([state for state, _ in super()._states(windows)])
        self.values_ = windows[:, -1]

    def _states(self, windows):
        weight = self._parameter("weight")
        for state, logs in super()._states(windows):
            memory = self._recalled(state)
            with np.errstate(divide="ignore"):
                yield state, np.log(weight * memory + (1 - weight) * np.exp(logs))

    def _recalled(self, state):
        """What the memory says of states (n, state): the probability of each symbol (n, symbols)."""
        distances, places = neighbors(state, self.keys_, k=min(self._parameter("k"), len(self.keys_)))
        square = distances**2
        shares = np.exp((square[:, :1] - square) / self._parameter("temperature"))
        law = np.zeros((len(state), len(self.alphabet_) + 2))
        np.add.at(law, (np.arange(len(state))[:, None], self.values_[places]), shares)
        return law / shares.sum(axis=1, keepdims=True)

    def parts(self, X: Sequence[str]) -> dict[str, np.ndarray]:
        """What either part says of each character of the texts `X`, and each end, one text after the other.

        Returns
        -------
        A dict of arrays (characters and ends,) of probabilities: `network` and `memory`. With any weight w the model
        says w * memory + (1 - w) * network.
        """
        self._check_fitted()
        windows, found = self._windows(texts_in(X)), []
        for state, logs in super()._states(windows):
            found.append(np.stack([logs, np.log(np.maximum(self._recalled(state), 1e-300))]))
        network, memory = np.concatenate(found, axis=1)[:, np.arange(len(windows)), windows[:, -1]]
        network, memory = (np.exp(self._shared_out(logs, windows[:, -1])) for logs in (network, memory))
        return {"network": network, "memory": np.where(memory < 1e-200, 0.0, memory)}

    def _written(self, texts, n, key, noise):
        texts, going = list(texts), np.arange(len(texts))
        for step in range(n):
            logs = self.next_log_probabilities([texts[i] for i in going])
            drawn = np.asarray(jax.random.gumbel(jax.random.fold_in(key, step), logs.shape))
            symbols = (logs + noise * drawn).argmax(axis=1)
            going, symbols = going[symbols != END], symbols[symbols != END]
            if not len(going):
                break
            for i, symbol in zip(going, symbols, strict=True):
                texts[i] += self.alphabet_[symbol - 1]
        return texts
