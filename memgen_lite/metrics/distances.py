"""Distances between two samples, from their moments and their pairs of rows."""

from contextlib import suppress
from functools import cached_property

import numpy as np
from scipy.linalg import eigh, qr, svdvals
from scipy.spatial.distance import cdist, pdist

from ..shared.neighbors import MEMORY, Neighborhoods
from ..shared.shards import Shards
from .registry import metric


@metric
def frechet(real: np.ndarray, generated: np.ndarray, *, neighborhoods: Neighborhoods) -> float:
    """Frechet distance (FD; FID when the features are Inception's)."""
    a, b = (neighborhoods.once("moments", (X,), lambda X=X: _Moments(X)) for X in (real, generated))
    whole = neighborhoods.union(real, generated)
    if whole is not None and a.tall and b.tall:
        a.complete(b, *neighborhoods.once("whole", (whole,), lambda: _Moments(whole).plain()))
    return neighborhoods.once("frechet", (real, generated), lambda: _frechet(a, b))


@metric
def frechet_inf(real: np.ndarray, generated: np.ndarray, *, sizes: int = 15, rng: np.random.Generator) -> float:
    """Frechet distance extrapolated to infinitely many generated rows."""
    if len(generated) < 20:
        raise ValueError(f"frechet_inf needs 20 generated rows to draw a line through subsets, got {len(generated)}")
    fixed = _Moments(real)
    m = np.unique(np.linspace(max(2, len(generated) // 10), len(generated), sizes).round().astype(int))
    rows = generated - generated.mean(axis=0)
    squares, products = np.einsum("ij,ij->i", rows, rows), fixed.factor @ rows.T  # of all rows, for all subsets
    scale = np.abs(products).max() or 1.0  # whose squares may overflow
    products /= scale

    def value(size):
        drawn = rng.choice(len(rows), size, replace=False)
        if size > rows.shape[1]:
            return _frechet(fixed, _Moments(generated[drawn]))
        gap, shift = fixed.mean - generated[drawn].mean(axis=0), rows[drawn].mean(axis=0)
        trace = (squares[drawn].sum() - size * (shift @ shift)) / (size - 1)
        cross = products[:, drawn]
        cross -= cross.mean(axis=1, keepdims=True)
        roots = scale * _singular_sum(cross) / np.sqrt(size - 1)
        return max(0.0, float(gap @ gap + fixed.trace + trace - 2 * roots))

    return np.polynomial.Polynomial.fit(1 / m, [value(size) for size in m], 1)(0.0)


def _singular_sum(cross):
    """The sum of the singular values of a matrix (n, m) whose rows add up to 0."""
    n, m = cross.shape
    if m <= n:
        gram = cross.T @ cross
        level = gram.trace() / m
        gram += level / m  # the eigenvalue 0, that of equal numbers, is this one now, and no root of a rounding
        values = np.linalg.eigvalsh(gram)
        if values[0] > 1e-8 * values[-1]:  # as in `_cross`
            return np.sqrt(values).sum() - np.sqrt(level)
    return svdvals(cross, overwrite_a=True, check_finite=False).sum()


def _frechet(a, b):
    gap = a.mean - b.mean
    return max(0.0, float(gap @ gap + a.trace + b.trace - 2 * _cross(a, b)))


class _Moments:
    """The mean of X, and its unbiased covariance in whichever form is asked for."""

    def __init__(self, X):
        if len(X) < 2:
            raise ValueError(f"frechet needs 2 rows of generated and of the reference for a covariance, got {len(X)}")
        self.tall = X.shape[0] > X.shape[1]
        if isinstance(X, Shards) and self.tall:
            self._stream(X)
            return
        X = X[:]
        self.mean = X.mean(axis=0)
        self.rows = X - self.mean
        self.rows /= np.sqrt(len(X) - 1)
        self.trace = np.einsum("ij,ij->", self.rows, self.rows)

    def _stream(self, X):
        """The same from parts of the rows: `rows` are the triangle R of their QR, of which no more is asked."""
        self.mean = sum(rows.sum(axis=0) for _, rows in X.blocks()) / len(X)
        self.rows = np.empty((0, X.shape[1]))
        for _, rows in X.blocks():
            rows = (rows - self.mean) / np.sqrt(len(X) - 1)
            self.rows = qr(np.concatenate([self.rows, rows]), mode="r", check_finite=False)[0][: X.shape[1]]
        self.trace = np.einsum("ij,ij->", self.rows, self.rows)

    @cached_property
    def covariance(self):
        return self.rows.T @ self.rows

    def plain(self):
        """Mean and covariance alone, of which something may be kept for long."""
        return self.mean, self.covariance

    def complete(self, other, mean, covariance):
        """Take the covariance from those of the `other` rows and of all rows, these and the others, to all digits.

        That costs no pass over the rows. Where the others vary far more in some feature, the difference has few digits,
        and it is computed from the rows when it is asked for.
        """
        if "covariance" in vars(self) or "covariance" not in vars(other):
            return
        n, m = len(self.rows), len(other.rows)
        gap = self.mean - other.mean
        found = (n + m - 1) * covariance - (m - 1) * other.covariance - (n * m / (n + m)) * np.outer(gap, gap)
        found /= n - 1
        if (10 * np.diag(found) > np.diag(other.covariance)).all():
            self.covariance = found

    @cached_property
    def factor(self):
        """A with A'A the covariance, with as few rows as is cheap."""
        if not self.tall:
            return self.rows
        with suppress(np.linalg.LinAlgError):
            factor = np.linalg.cholesky(self.covariance).T
            if np.isfinite(factor).all():  # WebAssembly has no flag that an operation was invalid, so nothing is raised
                return factor
        return qr(self.rows, mode="r", check_finite=False)[0][: len(self.mean)]


def _cross(a, b):
    """tr (S R)^(1/2) for the covariances S and R: the sum of the singular values of A B' for any factors of them."""
    if a.tall and b.tall and len(a.mean) >= 256:
        # The eigenvalues of S R, by way of a Cholesky factor of R, take half the time; but of a small one the root has
        # half the digits, so where there are such, or R is singular, the longer way is taken after all.
        try:
            values = eigh(a.covariance, b.covariance, type=2, eigvals_only=True, driver="gv", check_finite=False)
        except np.linalg.LinAlgError:
            values = np.zeros(1)
        if values[0] > 1e-8 * values[-1]:
            return np.sqrt(values).sum()
    return svdvals(a.factor @ b.factor.T, overwrite_a=True, check_finite=False).sum()


@metric
def mmd_rbf(
    real: np.ndarray, generated: np.ndarray, *, bandwidth: float | None = None, rng: np.random.Generator
) -> float:
    """Squared maximum mean discrepancy with a Gaussian kernel, unbiased."""
    s = median_distance(real, rng) if bandwidth is None else bandwidth
    if not s > 0:
        raise ValueError("bandwidth must be given where rows of the reference, whose median distance it is, are equal")
    return _mmd(real, generated, lambda x, y: np.exp(squared_distances(x, y) / (-2 * s * s)))


@metric
def mmd_poly(real: np.ndarray, generated: np.ndarray) -> float:
    """Squared maximum mean discrepancy with the cubic kernel, unbiased."""
    return _mmd(real, generated, _cubic)


@metric
def kid(
    real: np.ndarray, generated: np.ndarray, *, subsets: int = 100, subset_size: int = 1000, rng: np.random.Generator
) -> float:
    """Kernel distance (KID when the features are Inception's)."""
    size = min(subset_size, len(real), len(generated))
    if subsets is None or size < 2 or size == max(len(real), len(generated)):
        return _mmd(real, generated, _cubic)
    drawn = ([X[rng.choice(len(X), size, replace=False)] for X in (real, generated)] for _ in range(subsets))
    return np.mean([_mmd(a, b, _cubic) for a, b in drawn])


@metric
def energy(real: np.ndarray, generated: np.ndarray) -> float:
    """Energy distance."""
    cross, within, among = (
        _sums(X, Y, lambda x, y: np.sqrt(squared_distances(x, y)))[0]
        for X, Y in ((real, generated), (real, real), (generated, generated))
    )
    n, m = len(real), len(generated)
    return max(0.0, 2 * cross / (n * m) - within / n**2 - among / m**2)


def squared_distances(X, Y):
    """|x - y|^2 of all pairs, float64 (n, m); 0 for equal rows and not the rounding of a difference."""
    if X.shape[1] <= 8:
        return cdist(X, Y, "sqeuclidean")
    a, b = np.einsum("ij,ij->i", X, X), np.einsum("ij,ij->i", Y, Y)
    squares = (-2 * X) @ Y.T
    squares += a[:, None]
    squares += b
    # What is left of such a difference has few digits: these are few unless all rows are alike.
    rows, columns = np.nonzero(squares <= 1e-6 * (a[:, None] + b.max()))
    for i in range(0, len(rows), step := max(1, MEMORY // (16 * X.shape[1]))):
        gap = X[rows[i : i + step]] - Y[columns[i : i + step]]
        squares[rows[i : i + step], columns[i : i + step]] = np.einsum("ij,ij->i", gap, gap)
    return squares


def _cubic(X, Y):
    product = X @ Y.T
    product /= X.shape[1]
    product += 1
    product *= product * product
    return product


def _sums(X, Y, kernel, tile=1024):
    """Sum of the kernel over all pairs, and over the pairs of a row with itself where X is Y."""
    total = own = 0.0
    for i in range(0, len(X), tile):
        for j in range(i if X is Y else 0, len(Y), tile):  # a tile's values stay in a cache
            block = kernel(X[i : i + tile], Y[j : j + tile])
            total += block.sum() * (2 if X is Y and j > i else 1)
            own += np.trace(block) if X is Y and j == i else 0.0
    return total, own


def _mmd(real, generated, kernel):
    n, m = len(real), len(generated)
    if min(n, m) < 2:
        raise ValueError(f"an unbiased MMD needs 2 rows of the reference and of generated, got {n} and {m}")
    (xx, x), (yy, y) = _sums(real, real, kernel), _sums(generated, generated, kernel)
    value = (xx - x) / (n * (n - 1)) + (yy - y) / (m * (m - 1)) - 2 * _sums(real, generated, kernel)[0] / (n * m)
    if not np.isfinite(value):
        raise ValueError("the reference and generated must be smaller numbers, whose cubes do not overflow; scale them")
    return value


def median_distance(X, rng):
    distances = pdist(thinned(X, 2000, rng))
    distances = distances[distances > 0]
    return np.median(distances) if len(distances) else 0.0


def thinned(X, most, rng):
    """X, or of more rows than `most` as many, drawn without replacement."""
    return X if len(X) <= most else X[rng.choice(len(X), most, replace=False)]
