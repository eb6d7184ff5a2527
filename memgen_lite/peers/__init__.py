"""The models that stand beside MemGEN: fit(X), sample(n), and a card that says what each one is.

>>> peer = all_peers()["gaussian"].set_params(random_state=0)
>>> peer.fit([[0.0, 1.0], [2.0, 0.0], [1.0, 3.0]]).sample(4).shape
(4, 2)
>>> peer.card.objective
"maximize the likelihood of one normal distribution: its mean and covariance are the data's"
"""

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..shared.extras import needed_by
from ..shared.types import FilePath
from .cache import fitted, sampled
from .canaries import exposure
from .cards import NOT_COMPARED, PLACES

if TYPE_CHECKING:
    from .base import Peer

__all__ = ["all_peers", "exposure", "fitted", "load", "peer", "sampled"]


class _Kinds(dict):
    def __missing__(self, name):
        if name not in PLACES.values():
            raise ValueError(f"no peer is called {name!r}")
        module, attribute = name.split(":")
        with needed_by(attribute):
            return getattr(import_module(f"{__name__}.{module}"), attribute)


def load(path: FilePath) -> "Peer":
    """The fitted peer that `peer.save(path)` wrote.

    Raises
    ------
    memgen_lite.shared.array_file.DamagedFileError (a ValueError) : for a damaged file, or one that holds no peer.
    """
    from .saving import load

    return load(path, _Kinds())


def peer(name: str, **parameters: Any) -> Any:
    """One peer, unfitted, by its name.

    Some are not among :func:`all_peers`: `bottleneck` and `memgen_classifier` are classifiers, with `fit(X, y)` and
    `predict(X)`; `completion` and `masked_autoencoder` fill rows in, by `complete(X, mask)`, and `infomax` makes
    vectors of them, by `transform(X)`; `associative_memory` takes rows of two values, with `retrieve(X)`,
    `temporal_model` films, with `follow(X)`, and `random_network` one picture; `infinity_gram`, `character_network`
    and `knn_lm` take texts, with `complete(X, n)`, and `couplet_network` lines with their answers,
    `translation_memory`, `translation_student` and `dual_translators` texts and their translations, with
    `predict(X)`.
    """
    if not isinstance(name, str) or name not in PLACES:
        raise ValueError(f"name: no peer is called {name!r:.60}; there are {', '.join(PLACES)}")
    return _Kinds()[PLACES[name]](**parameters)


def all_peers() -> dict[str, Any]:
    """All peers that draw rows of any numbers, unfitted, by name.

    Each has a `card`: its citation, its objective in a line, its cost.
    Without the extra `neural` those that are trained by gradients are left out, and a warning names them.
    """
    found, missing = {}, []
    for name in PLACES:
        if name in NOT_COMPARED:
            continue
        try:
            found[name] = peer(name)
        except ModuleNotFoundError:
            missing.append(name)
    if missing:
        warnings.warn(f"left out: {', '.join(missing)}, which need the extra memgen_lite[neural]", stacklevel=2)
    return found
