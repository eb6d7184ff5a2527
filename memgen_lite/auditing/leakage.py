"""Does the generator depend on its training rows, whether it copies any or not? Scores beyond distance, as exact.

Whoever learned from rows keeps something of them, such as their mean. Three scores of a row of the pool, each blind to
labels, say how well it fits what was generated better than it fits the pool:

* *means* (Homer et al. 2008, PLoS Genetics 4): how far it lies from the mean of the pool in the direction of the mean
  of the generated rows, with each feature in units of its standard deviation;
* *likelihood*: the log density of a Gaussian of the generated rows over that of the pool, as an attack that knows
  means and covariances would have it (van Breugel et al. 2023, arXiv 2302.12580, with densities of a simpler kind);
* *neighbors*: the log of its distance to the pool's third nearest row over that to the generated one's: the same ratio
  of densities, with no law taken for granted.

To a generator that is blind each labeling of the pool is as likely, so the sum of a score over rows of train has an
exact p-value, as in :mod:`.walk`. A small one is no verdict on copying: it says *depends on its training rows*.
"""

import numpy as np

from ..shared.neighbors import neighbors
from .evidence import combined
from .walk import labelings

_ROWS, _NEAR, _COLUMNS, _K = 10_000, 2_000, 64, 3
_FEWEST, _VALUES = 500, 2**25  # rows at the least, and otherwise so many that their values take 256 MiB
_SIDE = 1024  # of a matrix whose eigenvectors take a fraction of a second


def leakage(train, held_out, generated, units=None, searched=None, *, n_relabelings=999, rng):
    """(p-value, dict by name of the p-value of each score alone).

    Parameters
    ----------
    train, held_out, generated : real arrays (N, d), (K, d), (M, d). Of more than 10,000 of the pool, or generated, a
        sample is looked at (fewer of rows wider than 3,355: 500 from 67,108 features on), and neighbors are searched
        for 2,000 of them.
    units : None, or int array (N + K,): rows of one group are relabeled together; searched : None, or bool array
        (N + K,), the rows to look at.

    >>> rng = np.random.default_rng(0)
    >>> T, H = rng.normal(size=(2, 100, 50))
    >>> G = T.mean(axis=0) + rng.normal(size=(2000, 50))     # knows the mean of its training rows, and copies none
    >>> leakage(T, H, G, rng=rng)[0] <= 0.01
    True
    """
    n, both = len(train), len(train) + len(held_out)
    rows = rng.permutation(both) if searched is None else rng.permutation(np.flatnonzero(searched))
    most = min(_ROWS, max(_FEWEST, _VALUES // train.shape[1]))
    rows = np.sort(rows[:most])
    pool = np.concatenate([train[rows[rows < n]], held_out[rows[rows >= n] - n]]).astype(np.float64)
    made = generated[np.sort(rng.permutation(len(generated))[:most])].astype(np.float64)
    unit = np.arange(both) if units is None else units
    of_train = np.zeros(unit.max() + 1, dtype=bool)
    of_train[unit[:n]] = True
    there, place = np.unique(unit[rows], return_inverse=True)
    sizes = int(of_train[there].sum()), int((~of_train[there]).sum())

    pool, made = _standardized(pool, made)
    scores = {
        "means": pool @ made.mean(axis=0),
        "likelihood": _likelihood(pool, made, rng),
        "neighbors": _near(pool, made, rng),
    }
    columns = np.stack([np.bincount(place, score, minlength=len(there)) for score in scores.values()], axis=1)
    columns = np.round(columns - columns.mean(axis=0), 9)
    sums = np.concatenate([labels @ columns for labels in labelings(of_train[there], sizes, n_relabelings, rng)])
    score = combined(list(sums.T), [1 / len(scores)] * len(scores))
    alone = np.round(sums, 6)
    return float(np.mean(score >= score[0])), dict(
        zip(scores, np.mean(alone >= alone[0], axis=0).tolist(), strict=True)
    )


def _standardized(pool, made):
    """Both less the pool's mean, over its standard deviations; features that do not vary in the pool are left out."""
    middle, spread = pool.mean(axis=0), pool.std(axis=0)
    kept = spread > 1e-9 * max(np.abs(pool).max(), 1e-300)
    if not kept.any():
        return np.zeros((len(pool), 1)), np.zeros((len(made), 1))
    return ((X[:, kept] - middle[kept]) / spread[kept] for X in (pool, made))


def _likelihood(pool, made, rng):
    """Log of the Gaussian density of the generated rows over that of the pool, in the pool's leading directions.

    Covariances are shrunk (Ledoit and Wolf 2004), so that a feature that never varies is not infinitely telling.
    """
    from sklearn.covariance import ledoit_wolf

    if pool.shape[1] > _COLUMNS:
        turn = _leading(pool, rng)
        pool, made = (X @ turn for X in (pool, made))
    found = np.zeros(len(pool))
    for sign, X in ((1, made), (-1, pool)):
        spread = ledoit_wolf(X)[0] if len(X) > 1 else 0
        covariance = spread + 1e-6 * np.eye(X.shape[1])
        gap = pool - X.mean(axis=0)
        found -= sign / 2 * np.einsum("ij,ij->i", gap, np.linalg.solve(covariance, gap.T).T)
    return found


def _leading(pool, rng):
    """The directions (d, 64 or fewer) in which rows of mean 0 vary most, exactly where rows or columns are few.

    Where both are many they are found by random projections (Halko, Martinsson and Tropp 2011, SIAM Review 53).
    """
    from sklearn.utils.extmath import randomized_svd

    if pool.shape[1] <= _SIDE:
        return np.linalg.eigh(np.cov(pool.T))[1][:, -_COLUMNS:]
    if len(pool) > _SIDE:
        return randomized_svd(pool, _COLUMNS, random_state=int(rng.integers(2**31)))[2].T
    values, turn = np.linalg.eigh(pool @ pool.T)
    kept = values > 1e-9 * values[-1]
    kept[:-_COLUMNS] = False
    return pool.T @ (turn[:, kept] / np.sqrt(values[kept]))


def _near(pool, made, rng):
    """Log of the distance to the third nearest other row of the pool over that to the third nearest generated row."""
    asked = np.sort(rng.permutation(len(pool))[:_NEAR])
    order = rng.permutation(len(pool))
    own = neighbors(pool[asked], pool, min(_K + 1, len(pool)), order=order)[0][:, -1]
    to_made = neighbors(pool[asked], made[:_NEAR], min(_K, len(made)))[0][:, -1]
    least = 1e-9 * max(own.max(), to_made.max(), 1e-300)
    found = np.zeros(len(pool))
    found[asked] = np.log(np.maximum(own, least)) - np.log(np.maximum(to_made, least))
    return found
