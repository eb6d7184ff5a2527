"""Metrics of many samples of one pool in one sweep: sums over pairs of rows, and sorted projections.

A kernel value does not depend on which sample its two rows are in. So one pass over the pool's pairs, multiplied by the
samples' counts, gives the sums of all samples at once; and one sort of the pool along a direction sorts them all.
"""

import numpy as np

from ..metrics.distances import squared_distances
from ..metrics.transport import unit_vectors, wasserstein_1d
from ..shared.parallel import in_parallel
from ..shared.randomness import generator

KERNELS = ("mmd_rbf", "mmd_poly", "kid", "energy")
SLICES = ("sliced_wasserstein", "mind")
_TILE = 1024


def kernel_values(rows, triples, spans, chosen, bandwidth, found):
    """The two-sample metrics of sums over pairs, of many triples of samples.

    Parameters
    ----------
    rows : array (n, d), the pool.
    triples : list of triples of integer arrays: the numbers of the training, held-out and generated rows.
    spans : list of pairs (start, stop), for each triple the rows that its held-out and generated, and its training
        rows where no other triple has the same array, are in: the narrower, the less is computed.
    chosen : names among `KERNELS`; kid is that of all pairs.
    bandwidth : float, that of mmd_rbf.
    found : dict, which is given the values: name to array (triples, 2), against training and held-out rows.

    It is a generator, and yields after each part of the work, :func:`kernel_steps` times.
    """
    n, d = rows.shape
    groups = _groups(triples, spans, n)
    kernel_of = {name: "mmd_poly" if name == "kid" else name for name in chosen}
    kernels = sorted(set(kernel_of.values()))
    sums = {kernel: [np.zeros((stop - start, W.shape[1])) for (start, stop), W, _ in groups] for kernel in kernels}
    squares = np.einsum("ij,ij->i", rows, rows)
    own = {"mmd_rbf": np.ones(n), "mmd_poly": (squares / d + 1) ** 3, "energy": np.zeros(n)}

    def meet(i):  # all of its sums are its own, so that threads need not wait, and the order of adding is always one
        for j in range(0, n, _TILE):
            distances = squared_distances(rows[i : i + _TILE], rows[j : j + _TILE])
            for kernel in kernels:
                if kernel == "mmd_rbf":
                    values = np.exp(distances / (-2 * bandwidth**2))
                elif kernel == "energy":
                    values = np.sqrt(distances)
                else:
                    product = (squares[i : i + _TILE, None] + squares[j : j + _TILE] - distances) / (2 * d) + 1
                    values = product * product * product
                for ((start, stop), W, _), total in zip(groups, sums[kernel], strict=True):
                    a, b = ((max(x, start), min(x + _TILE, stop)) for x in (i, j))
                    if a[0] < a[1] and b[0] < b[1]:
                        part = values[a[0] - i : a[1] - i, b[0] - j : b[1] - j]
                        total[a[0] - start : a[1] - start] += part @ W[b[0] - start : b[1] - start]

    for _ in in_parallel(meet, range(0, n, _TILE)):
        yield
    for name, kernel in kernel_of.items():
        columns = {
            key: (start, W[:, c], K[:, c])
            for ((start, _), W, keys), K in zip(groups, sums[kernel], strict=True)
            for c, key in enumerate(keys)
        }
        found[name] = np.array([_pair_values(columns, triple, own[kernel], name == "energy") for triple in triples])


def kernel_steps(n):
    """How often :func:`kernel_values` yields for a pool of n rows."""
    return -(-n // _TILE)


def _groups(triples, spans, n):
    """The samples as columns of counts: ((start, stop), array (stop - start, samples), their ids), by span."""
    uses = {}
    for triple, span in zip(triples, spans, strict=True):
        for sample in triple:
            uses.setdefault(id(sample), (sample, set()))[1].add(span)
    groups = {}
    for sample, where in uses.values():
        # A sample of triples with different spans meets rows of all the pool.
        span = where.pop() if len(where) == 1 else (0, n)
        counts = np.bincount(sample, minlength=n)[slice(*span)].astype(float)
        groups.setdefault(span, {})[id(sample)] = counts
    return [(span, np.column_stack(list(found.values())), list(found)) for span, found in groups.items()]


def _pair_values(columns, triple, own, energy):
    """The metric of the generated rows against the training and against the held-out rows, from K times counts."""

    def inner(a, b):
        (i, x, _), (j, _, K) = columns[id(a)], columns[id(b)]
        if len(K) < len(x):
            return inner(b, a)  # the wider one meets all rows of the other
        return float(x @ K[i - j : i - j + len(x)])

    generated = triple[2]
    m = len(generated)
    values = []
    for real in triple[:2]:
        n = len(real)
        cross, within, among = inner(real, generated), inner(real, real), inner(generated, generated)
        if energy:
            value = 2 * cross / (n * m) - within / n**2 - among / m**2
            values.append(value if value > 1e-13 * within / n**2 else 0.0)
        else:
            within, among = within - own[real].sum(), among - own[generated].sum()
            values.append(within / (n * (n - 1)) + among / (m * (m - 1)) - 2 * cross / (n * m))
    return values


def sliced_values(rows, triples, spans, chosen, seed, found, *, projections=500, step=25):
    """The sliced Wasserstein distances of many triples, along the directions that the metrics take of this seed.

    Parameters are those of :func:`kernel_values`; it yields :func:`sliced_steps` times.
    """
    d = rows.shape[1]
    directions = unit_vectors(projections, d, generator(seed))
    total = np.zeros((len(triples), 2))

    def project(i):
        values = np.zeros((len(triples), 2))
        lines = directions[i : i + step] @ rows.T
        sorts, kept = {}, {}
        for span in set(spans):
            part = lines[:, slice(*span)]
            order = np.argsort(part, axis=1)
            sorts[span] = order, np.take_along_axis(part, order, 1)
        for t, (triple, span) in enumerate(zip(triples, spans, strict=True)):
            *real, made = (
                _sorted_projections(sample, lines, *sorts[span], span, kept if k == 0 else {})
                for k, sample in enumerate(triple)
            )
            values[t] = [wasserstein_1d(x, made).sum() for x in real]
        return values

    for values in in_parallel(project, range(0, len(directions), step)):
        total += values
        yield
    mean = total / len(directions)
    for name in chosen:
        found[name] = np.sqrt(mean) if name == "sliced_wasserstein" else 3 * d * mean


def sliced_steps(d, projections=500, step=25):
    """How often :func:`sliced_values` yields for rows of d features."""
    return -(-(projections if d > 1 else 1) // step)


def _sorted_projections(sample, projections, order, ordered, span, kept):
    """Those of a sample (directions, rows), from those of the span that it is in."""
    if id(sample) in kept:
        return kept[id(sample)]
    start, stop = span
    if sample.min() >= start and sample.max() < stop:
        counts = np.bincount(sample - start, minlength=stop - start)
        if counts.max() < 2:  # looked up as bytes, and with `compress`: a fourth of the time of indices
            values = ordered.compress((counts > 0)[order].ravel())
        else:
            values = np.repeat(ordered.ravel(), counts[order].ravel())
        values = values.reshape(len(order), len(sample))
    else:
        values = np.sort(projections[:, sample], axis=1)
    kept[id(sample)] = values
    return values
