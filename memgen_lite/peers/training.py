"""One training loop for all models that are trained by gradients: who plays, in what order, for how many rounds.

A model is its objective: it says which networks there are, what each of them minimizes, and how often it moves in a
round. A variational autoencoder has one player, a generative adversarial network two. All rounds of a chunk run in one
compiled loop. What does not change its shape is fed to it as numbers: how many rounds there will be, rates, prices,
penalties, and the rows up to a thousand. So a program is compiled once for all of these. A row is an array of any
shape, or a dict, tuple or list of some: an image, a sequence and its length, a row and its label.
"""

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, replace
from functools import cache
from inspect import Parameter, Signature
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.base import BaseEstimator

from ..shared.progress import bar
from .base import Carded, Peer
from .kept_programs import keep_whole

keep_whole()


class Objective(eqx.Module):
    """What is trained. Another objective has these two methods as well:

    `build(size, key)`, the networks: a dict of Equinox modules, one of them for each player. For rows (n, d), `size` is
    d; for others it is the shape of a row, or the dict, tuple or list of these.
    `loss(player, networks, x, key)`, a scalar that the network called `player` minimizes in its move, from a batch x:
    rows as :func:`play` was given them, but `batch_size` of them.

    Fields that have a default are the parameters of the :class:`Networked` estimator that is trained by it.
    """

    batch_size: int
    learning_rate: float
    rounds: int

    compiled_briefly = True  # the loop, on XLA's lowest level; on its usual one the last digits are others

    @property
    def players(self) -> dict[str, int]:
        """Names of the networks that move in a round, in order, and how often each does."""
        return {"model": 1}

    def rate(self, done: Any) -> Any:
        """The learning rate after so many moves: it falls to 0 along a cosine."""
        return self.learning_rate * (1 + jnp.cos(jnp.pi * done / self.rounds)) / 2

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optax.chain(optax.clip_by_global_norm(100.0), optax.adam(self.rate, b1=0.9, b2=0.99))

    def project(self, player: str, network: Any) -> Any:
        """What becomes of a network after its move."""
        return network


# Compiling takes longer than most trainings here; with fewer passes it takes a third less, and the loop is as fast.
# JAX's own switch for still fewer, which the tests use, is a matter of the process and would be overruled by these.
_FEW = {"xla_backend_optimization_level": 1, "xla_llvm_disable_expensive_passes": True}
_BRIEFLY = {} if jax.config.read("jax_disable_most_optimizations") else _FEW


@eqx.filter_jit(compiler_options=_BRIEFLY)
def _start(objective, size, key, networks):
    """New networks unless there are some, their moments, and another key.

    Compiled in one piece, for forty small ones take longer.
    """
    start, key = jax.random.split(key)
    networks = objective.build(size, start) if networks is None else networks
    moments = {name: objective.optimizer.init(eqx.filter(networks[name], eqx.is_array)) for name in objective.players}
    return networks, moments, key


def _play(objective, *state):
    return _compiled(objective.compiled_briefly)(objective, *state)


@cache
def _compiled(briefly):
    fewer = {name: value for name, value in _BRIEFLY.items() if briefly or name != "xla_backend_optimization_level"}
    return eqx.filter_jit(_rounds, compiler_options=fewer)


def _rounds(objective, n_rounds, networks, moments, rows, n_rows, key, done, batches):
    """`n_rounds` rounds in one compiled loop: networks, moments, losses (n_rounds, players), and if all are finite.

    `batches` (n_rounds, batch_size) are the rows of each round; where it is None, each move draws from the first
    `n_rows`.
    """
    weights, fixed = eqx.partition(networks, eqx.is_array)

    def move(player, batch, weights, moments, key):
        choose, noise = jax.random.split(key)
        if batch is None:
            batch = jax.random.randint(choose, (objective.batch_size,), 0, n_rows)
        x = jax.tree.map(lambda leaf: leaf[batch], rows)

        def loss(mine):
            return objective.loss(player, eqx.combine({**weights, player: mine}, fixed), x, noise)

        value, gradient = jax.value_and_grad(loss)(weights[player])
        updates, moment = objective.optimizer.update(gradient, moments[player], weights[player])
        mine = objective.project(player, eqx.apply_updates(weights[player], updates))
        return {**weights, player: mine}, {**moments, player: moment}, value

    def one(carry, item):
        (key, batch), losses = item, []
        for player, times in objective.players.items():

            def turn(carry, own, player=player):
                *carry, value = move(player, batch, *carry, own)
                return tuple(carry), value

            carry, values = jax.lax.scan(turn, carry, jax.random.split(jax.random.fold_in(key, len(losses)), times))
            losses.append(values[-1])
        return carry, jnp.stack(losses)

    keys = jax.random.split(jax.random.fold_in(key, done), n_rounds)
    (weights, moments), losses = jax.lax.scan(one, (weights, moments), (keys, batches))
    finite = jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves((weights, losses))]).all()
    return eqx.combine(weights, fixed), moments, losses, finite


_ROOM = 1024  # rows that are fewer are filled up to so many, so that one program does for all of them


def _fed(objective):
    """The objective with arrays for its floats and its rounds: Python's own numbers would be parts of the program."""
    floats = jax.tree.map(lambda leaf: jnp.float32(leaf) if isinstance(leaf, float) else leaf, objective)
    return replace(floats, rounds=jnp.float32(objective.rounds))


def _as_rows(rows):
    """The arrays of a tree of rows, filled up, how many rows they are, and the `size` that a network is built for."""
    rows = jax.tree.map(np.asarray, rows)
    leaves = jax.tree.leaves(rows)
    lengths = {leaf.shape[:1] for leaf in leaves}
    if len(lengths) != 1 or lengths <= {(), (0,)}:
        raise ValueError(
            "rows must be an array, or a dict, tuple or list of arrays, of which each has as many rows, 1 or more, "
            f"got shapes {[leaf.shape for leaf in leaves]}"
        )
    size = jax.tree.map(lambda leaf: leaf.shape[1:], rows)
    n = len(leaves[0])

    def filled(leaf):
        leaf = leaf.astype(np.float32) if leaf.dtype.kind == "f" else leaf
        return jnp.asarray(np.pad(leaf, [(0, max(0, _ROOM - n))] + [(0, 0)] * (leaf.ndim - 1)))

    plain = isinstance(rows, np.ndarray) and rows.ndim == 2
    return jax.tree.map(filled, rows), jnp.int32(n), size[0] if plain else size


def play(
    objective: Objective,
    rows: Any,
    key: jax.Array,
    *,
    chunk: int = 50,
    networks: dict[str, Any] | None = None,
    draw: Callable[[int], Any] | None = None,
) -> Iterator[tuple[dict[str, Any], int, Any, bool]]:
    """Play all rounds of an objective, and say where it stands: at the start, and after each `chunk` of rounds.

    Parameters
    ----------
    rows : array (n, ...), or a dict, tuple or list of such arrays, n rows each. Floats are taken as float32.
    networks : those to start from, or None to build them.
    draw : None, and each move draws its batch, with replacement; or a function of a number of rounds to an int array
        (rounds, batch_size), the rows of the batches of the next ones.

    Yields
    ------
    The networks, how many rounds were played, the losses of the chunk (rounds, players), and whether they and all
    weights are finite.
    """
    rounds, (rows, n_rows, size) = objective.rounds, _as_rows(rows)
    objective, done = _fed(objective), 0
    networks, moments, key = _start(objective, size, key, networks)
    yield networks, done, jnp.empty((0, len(objective.players))), True
    while done < rounds:
        n = min(chunk, rounds - done)
        networks, moments, losses, finite = _play(
            objective, n, networks, moments, rows, n_rows, key, jnp.uint32(done), draw and draw(n)
        )
        done += n
        yield networks, done, losses, bool(finite)


def train(objective, rows, key, *, description, look=None):
    """Play all rounds of an objective on rows as of :func:`play`: networks, history, and seconds of processor time.

    An interrupt (Ctrl-C, the stop button) ends it with what is there. Losses or weights that are no numbers end it too,
    with the networks of the last chunk in which they were, and a warning that names the round.
    `look`, if any, is a function of the networks after each chunk to a dict of numbers, which the history keeps too.
    """
    history = {"round": [], **{name: [] for name in objective.players}}
    chunks = play(objective, rows, key)
    networks, done, *_ = next(chunks)
    began = time.process_time()
    try:
        with bar(objective.rounds, description, "round") as progress:
            for after, reached, losses, finite in chunks:
                if not finite:
                    warnings.warn(
                        f"training diverged between rounds {done} and {reached}, at a learning rate of "
                        f"{objective.learning_rate:g}: the model is that of round {done}",
                        stacklevel=4,
                    )
                    break
                seen = look(after) if look else {}
                progress.update(reached - done)
                networks, done = after, reached
                history["round"].append(done)
                for name, values in zip(objective.players, np.asarray(losses).T, strict=True):
                    history[name].append(float(values.mean()))
                for name, value in seen.items():
                    history.setdefault(name, []).append(value)
    except KeyboardInterrupt:
        warnings.warn(f"interrupted: the model is that of round {done} of {objective.rounds}", stacklevel=4)
    return networks, history, time.process_time() - began


class Networked(Carded, BaseEstimator):
    """An estimator of networks: what :func:`train` made of an objective, as numbers that can be kept.

    `class Model(Networked, objective=Kind)` has the fields of `Kind` that have a default as its parameters, and
    `random_state`; all are given by keyword.

    Attributes
    ----------
    networks_ : dict of Equinox modules. history_ : dict of lists: `round`, and the mean loss of each player since the
        last entry. n_parameters_ : int. fit_seconds_ : float, processor time of the training, compilation included.
    """

    def __init_subclass__(cls, objective=None, **more):
        super().__init_subclass__(**more)
        if objective is not None:
            cls._kind = objective
            cls.__init__ = _constructor(objective)
            cls.__init__.__module__ = cls.__module__

    def _objective(self, **changed):
        return self._kind(
            **{name: self._plain(name) for name in self._get_param_names() if name != "random_state"} | changed
        )

    def _plain(self, name):
        """A parameter without NumPy's type, which would be an array to the compiler."""
        value = getattr(self, name)
        return value.item() if isinstance(value, np.generic) else value

    def _learn(self, X, rng, labels=None):
        """Train on rows X (n, d) in one unit, each with its label (n, ...) if there are any."""
        # One unit for all features, so that distances keep their meaning; the noise levels of diffusion expect 1/2.
        self.mean_ = X.mean(axis=0)
        self.unit_ = float(np.sqrt(X.var(axis=0).mean()) * 2) or 1.0
        key = jax.random.key(int(rng.integers(2**31)))
        rows = self._scaled(X)
        self._train(rows if labels is None else (rows, labels), key)
        self.n_parameters_ = sum(leaf.size for leaf in self.leaves())

    def _scaled(self, X):
        return (X - self.mean_) / self.unit_

    def _train(self, rows, key, look=None):
        title, what = f"training a {self.card.title}", self._objective()
        self.networks_, self.history_, self.fit_seconds_ = train(what, rows, key, description=title, look=look)

    def skeleton(self, key: jax.Array) -> Any:
        """Networks of the shapes that training leaves behind."""
        return self._objective().build(self.n_features_in_, key)

    def leaves(self) -> list[np.ndarray]:
        """The weights, as a list of arrays."""
        return [np.asarray(leaf) for leaf in jax.tree.leaves(eqx.filter(self.networks_, eqx.is_array))]

    def grow(self, leaves: list[np.ndarray]) -> None:
        """Take on weights as of :meth:`leaves`."""
        # Shapes alone: to draw weights that are thrown away would take longer than all else here.
        skeleton = eqx.filter_eval_shape(self.skeleton, jax.random.key(0))
        shapes, fixed = eqx.partition(skeleton, lambda leaf: isinstance(leaf, jax.ShapeDtypeStruct))
        old, tree = jax.tree.flatten(shapes)
        if [leaf.shape for leaf in old] != [leaf.shape for leaf in leaves]:
            raise ValueError("the weights do not fit the parameters")
        arrays = jax.tree.unflatten(tree, [jax.device_put(np.array(leaf)) for leaf in leaves])
        self.networks_ = eqx.combine(arrays, fixed)


def _constructor(objective):
    """An `__init__` that keeps an objective's fields under their names, with a signature that scikit-learn can read."""
    defaults = {field.name: field.default for field in fields(objective) if field.default is not MISSING}
    defaults |= {"random_state": None}
    named = [Parameter(name, Parameter.KEYWORD_ONLY, default=default) for name, default in defaults.items()]
    signature = Signature([Parameter("self", Parameter.POSITIONAL_ONLY), *named])

    def __init__(self, **given):
        signature.bind(self, **given)  # a TypeError for an argument that is none
        vars(self).update(defaults | given)

    __init__.__signature__ = signature
    return __init__


class Trained(Networked, Peer):
    """A peer that is trained by gradients. A subclass has an objective, and `_generate(key, n)`."""

    def _fit(self, X, rng):
        self._learn(X, rng)

    def _sample(self, n, rng):
        key = jax.random.key(int(rng.integers(2**31)))
        batch = 1024  # one shape, compiled once
        parts = [self._generate(jax.random.fold_in(key, i), batch) for i in range(-(-n // batch))]
        return self.mean_ + self.unit_ * np.concatenate(parts)[:n].astype(np.float64)
