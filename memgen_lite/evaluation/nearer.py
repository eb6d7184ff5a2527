"""Are generated rows nearer to training rows than to held-out ones? An exact test, which a bad model passes too."""

import numpy as np

from ..shared.neighbors import neighbors
from ..shared.tie_order import TieOrder

_RELABELINGS = 999


def nearer_to_train(train, held_out, generated, rng):
    """How many generated rows have a training row as the nearest of all real ones, and the p-value of so many.

    Metrics tell what is unlike fresh data, and cannot say why: rows that are too dense lie near to training rows, and
    near to held-out rows just as well. To a generator that did not look at the training rows more than at held-out ones
    the labels of the real rows are exchangeable, so the count is compared with those of 999 relabelings. That is exact
    for any generator, however bad.

    Parameters
    ----------
    train, held_out, generated : float arrays (N, d), (K, d), (M, d). rng : numpy.random.Generator: ties, relabelings.

    Returns
    -------
    dict : `rows`, the count, `of` how many; `expected`, that of a generator that did not look; `p_value`, one-sided.

    >>> rng = np.random.default_rng(0)
    >>> X, H = rng.normal(size=(2, 50, 2))
    >>> nearer_to_train(X, H, X, rng)
    {'rows': 50, 'of': 50, 'expected': 25.0, 'p_value': 0.001}
    """
    real = np.concatenate([train, held_out])
    nearest = neighbors(generated, real, 1, order=TieOrder(rng, len(real)))[1][:, 0]
    hits = np.bincount(nearest, minlength=len(real))
    found = int(hits[: len(train)].sum())
    relabeled = np.array([rng.permutation(hits)[: len(train)].sum() for _ in range(_RELABELINGS)])
    p = (1 + np.count_nonzero(relabeled >= found)) / (1 + _RELABELINGS)
    return {
        "rows": found,
        "of": len(generated),
        "expected": len(generated) * len(train) / len(real),
        "p_value": float(p),
    }
