"""The classical models: what one fits in seconds before one trains anything."""

from typing import ClassVar

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.spatial.distance import cdist, pdist, squareform
from scipy.special import expit, logsumexp
from sklearn import config_context

from ..shared.checks import number, whole
from ..shared.types import RandomState
from .base import Density, Peer, seed
from .normal_law import along, lies_within, log_density, normal_law, root, split


class Gaussian(Density):
    """One normal distribution with the mean and the covariance of the data; a constant feature stays constant.

    >>> Gaussian(random_state=0).fit([[0, 1], [2, 1]]).sample(3)[:, 1]
    array([1., 1., 1.])
    """

    def __init__(self, random_state: RandomState = None) -> None:
        self._store(locals())

    def _fit(self, X, rng):
        self._law = normal_law(X)
        self.mean_ = self._law["mean"]
        values, vectors = np.linalg.eigh(np.cov(X, rowvar=False, ddof=0).reshape(X.shape[1], -1))
        kept = values > 1e-12 * values[-1]
        # What varies little beside a column of a larger unit is lost in the covariance, and not in the law.
        same = np.count_nonzero(kept) == len(self._law["spread"])
        self._root = vectors[:, kept] * np.sqrt(values[kept]) if same else root(self._law)
        self._still = X.min(axis=0) == X.max(axis=0)

    @property
    def covariance_(self) -> np.ndarray:
        """The covariance of the features (d, d)."""
        self._check_fitted()
        return self._root @ self._root.T

    def _sample(self, n, rng):
        rows = self.mean_ + rng.normal(size=(n, self._root.shape[1])) @ self._root.T
        return np.where(self._still, self.mean_, rows)

    def _log_density(self, X):
        return log_density(X, self._law)


class GaussianMixture(Density):
    """A mixture of normal distributions by expectation maximization (scikit-learn's), at most one to two rows."""

    def __init__(self, n_components: int = 20, random_state: RandomState = None) -> None:
        self._store(locals())

    def _fit(self, X, rng):
        from sklearn.mixture import GaussianMixture as Mixture

        # The regularization keeps a component from falling onto one row; it follows the scale of the data.
        floor = 1e-4 * X.var(axis=0).mean() or 1e-12
        k = max(1, min(self.n_components, len(np.unique(X, axis=0)) // 2))
        with config_context(array_api_dispatch=False):  # with it scikit-learn 1.9 refuses its own default start
            self.model_ = Mixture(k, reg_covar=floor, random_state=seed(rng)).fit(X)

    def _sample(self, n, rng):
        model = self.model_
        component = np.sort(rng.choice(len(model.weights_), n, p=model.weights_ / model.weights_.sum()))
        rows = rng.normal(size=(n, self.n_features_in_))
        for k in np.unique(component):
            chosen = component == k
            rows[chosen] = model.means_[k] + rows[chosen] @ np.linalg.cholesky(model.covariances_[k]).T
        return rng.permutation(rows)

    def _log_density(self, X):
        return self.model_.score_samples(X)


class KernelDensity(Density):
    """A normal distribution of one width around every row: MemGEN with noise.

    Parameters
    ----------
    bandwidth : float, the standard deviation, or None to maximize the likelihood of each row under the others (of at
        most 2,000 rows), within a factor of 100 of the median distance to the nearest other row. Rows with duplicates
        pull it to the lower end, which is the memorizer.
    """

    def __init__(self, bandwidth: float | None = None, random_state: RandomState = None) -> None:
        self._store(locals())

    def _fit(self, X, rng):
        self.bandwidth_ = float(self.bandwidth or _leave_one_out_bandwidth(X, rng))
        self.rows_ = X

    def _sample(self, n, rng):
        rows = self.rows_[rng.integers(len(self.rows_), size=n)]
        return rows + self.bandwidth_ * rng.normal(size=rows.shape)

    def _log_density(self, X):
        # scikit-learn 1.9's own is off unless one leaf holds all rows: by 14 nats of 157 on 64 pixels, bandwidth 1.75.
        n, d = self.rows_.shape
        constant = np.log(n) + d * np.log(self.bandwidth_ * np.sqrt(2 * np.pi))
        step = max(1, 2**24 // n)
        parts = (cdist(X[i : i + step], self.rows_, "sqeuclidean") for i in range(0, len(X), step))
        scores = [logsumexp(part / (-2 * self.bandwidth_**2), axis=1) for part in parts]
        return np.concatenate([*scores, np.empty(0)]) - constant


def _leave_one_out_bandwidth(X, rng):
    rows = X if len(X) <= 2000 else X[rng.choice(len(X), 2000, replace=False)]
    squares = squareform(pdist(rows, "sqeuclidean"))
    np.fill_diagonal(squares, np.inf)
    nearest = np.sqrt(squares.min(axis=1))
    if not nearest.any():
        return 1e-6 * X.std() or 1e-6  # every row has a duplicate: the likelihood grows until width 0
    center = np.log(np.median(nearest[nearest > 0]))

    def loss(log_h):
        return -logsumexp(squares / (-2 * np.exp(2 * log_h)), axis=1).mean() + X.shape[1] * log_h

    return np.exp(minimize_scalar(loss, bounds=center + np.log([0.01, 100]), method="bounded").x)


def _part_or_number(value, name):
    if isinstance(value, float | np.floating):
        return number(value, name, above=0, below=1)
    return whole(value, name, 1)


class PCAGaussian(Density):
    """A normal distribution along the leading principal components, and equal noise around it (probabilistic PCA).

    Parameters
    ----------
    n_components : int, the number of components, or a share of the variance between 0 and 1.
    """

    _rules: ClassVar = {"n_components": _part_or_number}

    def __init__(self, n_components: float = 0.9, random_state: RandomState = None) -> None:
        self._store(locals())

    def _fit(self, X, rng):
        from sklearn.decomposition import PCA

        self.mean_, self.model_, self._noise = X.mean(axis=0), None, 0.0
        if np.ptp(X, axis=0).any():
            self.model_ = PCA(self.n_components, svd_solver="full").fit(X)
            self._measure(X)
        else:
            self._law = along(X, X[0], np.empty((0, X.shape[1])), np.empty(0))

    def _measure(self, X):
        """Find the variance of the noise; where there is none but rounding, the law in the subspace instead."""
        variances, components = self.model_.explained_variance_, self.model_.components_
        kept = np.sqrt(variances) > 1e-14 * np.sqrt(components**2 @ self.mean_**2 + variances[0])
        law = along(X, self.mean_, components[kept], np.sqrt(variances[kept]))
        self._law = law if lies_within(X, law) else None
        if self._law is None:
            self._noise = self.model_.noise_variance_
            if self._noise < 1e-20 * variances[0]:  # singular values don't tell it so far down, and rows do
                _, off = split(X, law)
                self._noise = (off**2).sum() / (len(X) - 1) / max(1, X.shape[1] - len(variances))

    def _sample(self, n, rng):
        if self.model_ is None:
            return np.tile(self.mean_, (n, 1))
        spread = np.sqrt(np.maximum(self.model_.explained_variance_ - self._noise, 0))
        codes = rng.normal(size=(n, len(spread))) * spread
        noise = np.sqrt(self._noise) * rng.normal(size=(n, len(self.mean_)))
        return self.mean_ + codes @ self.model_.components_ + noise

    def _log_density(self, X):
        if self._law is not None:
            return log_density(X, self._law)
        # As scikit-learn's, but for the differences of large numbers by which that is off where the noise is little.
        variances, centered = self.model_.explained_variance_, X - self.mean_
        found = centered @ self.model_.components_.T
        off = ((centered - found @ self.model_.components_) ** 2).sum(axis=1) / self._noise
        rest = X.shape[1] - len(variances)
        volume = np.log(variances).sum() + rest * np.log(self._noise) + X.shape[1] * np.log(2 * np.pi)
        return -((found**2 / variances).sum(axis=1) + off + volume) / 2


class RBM(Peer):
    """A restricted Boltzmann machine (scikit-learn's), with binary units.

    Features are scaled to 0-1 and taken as probabilities. A sample is the end of its own Gibbs chain, started from
    independent coins with the data's means: the gray of a feature is its probability given the last hidden state. Its
    digits can be read, but its grays are not those of the data, for which black and white units have no model, and
    chains mix slowly, so that some digits come too often: expect a large Frechet distance.

    Parameters
    ----------
    n_components : int, hidden units. n_iter : int, passes over the data. gibbs_steps : int, length of each chain.
    """

    def __init__(
        self,
        n_components: int = 128,
        learning_rate: float = 0.02,
        n_iter: int = 200,
        gibbs_steps: int = 200,
        random_state: RandomState = None,
    ) -> None:
        self._store(locals())

    def _fit(self, X, rng):
        from sklearn.neural_network import BernoulliRBM

        self._low, self._spread = X.min(axis=0), np.ptp(X, axis=0)
        scaled = (X - self._low) / np.where(self._spread > 0, self._spread, 1)
        self._means = scaled.mean(axis=0)
        self.model_ = BernoulliRBM(
            self.n_components, learning_rate=self.learning_rate, n_iter=self.n_iter, random_state=seed(rng)
        ).fit(scaled)

    def _sample(self, n, rng):
        weights, hidden = self.model_.components_, self.model_.intercept_hidden_
        v = rng.random((n, self.n_features_in_)) < self._means
        for _ in range(self._parameter("gibbs_steps")):
            h = rng.random((n, len(hidden))) < expit(v @ weights.T + hidden)
            gray = expit(h @ weights + self.model_.intercept_visible_)
            v = rng.random(gray.shape) < gray
        return self._low + gray * self._spread
