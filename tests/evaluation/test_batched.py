"""One sweep over a pool gives the metrics of all its samples."""

import numpy as np
import pytest

from memgen_lite import metrics as M
from memgen_lite.evaluation import batched

KINDS = {
    "normal": lambda rng, n: rng.normal(size=(n, 20)),
    "one feature": lambda rng, n: rng.normal(size=(n, 1)),
    "integers with doubles": lambda rng, n: rng.integers(0, 3, (n, 4)).astype(float),
    "many features": lambda rng, n: rng.normal(size=(n, 400)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_values_of_all_samples_are_those_of_their_arrays(kind, monkeypatch):
    """Unbiased MMDs are differences of sums: of 1,000 times their size, so 1e-9 relative is 1e-12 of the sums."""
    monkeypatch.setattr(batched, "_TILE", 64)
    rng, real, r = np.random.default_rng(0), 250, 60
    Z, n = KINDS[kind](rng, real + r), real + r
    train, held = rng.permutation(real - r)[:r], np.arange(real - r, real)
    triples, spans = [], []
    for _ in range(3):
        both = rng.permutation(np.arange(real - r, n))
        triples.append((train, both[:r], both[r:]))
        spans.append((real - r, n))
    triples += [(train, held, rng.integers(0, real - r, r)), (train, held, train[::-1].copy())]  # MemGEN-U and -P
    spans += [(0, n)] * 2
    for _ in range(2):
        triples.append(tuple(np.split(rng.permutation(real)[: 3 * r], 3)))
        spans.append((0, real))
    bandwidth = M.distances.median_distance(Z[train], None)
    found = {}
    done = list(batched.kernel_values(Z, triples, spans, batched.KERNELS, bandwidth, found))
    assert len(done) == batched.kernel_steps(n)
    done = list(batched.sliced_values(Z, triples, spans, batched.SLICES, 5, found))
    assert len(done) == batched.sliced_steps(Z.shape[1])
    assert set(found) == {*batched.KERNELS, *batched.SLICES}
    for name, values in found.items():
        options = {"mmd_rbf": {"bandwidth": bandwidth}, "kid": {"subsets": None}}.get(name, {})
        for pair, (t, h, g) in zip(values, triples, strict=True):
            arrays = {"train": Z[t], "held_out": Z[h], "generated": Z[g]}
            for value, reference in zip(pair, ("train", "held_out"), strict=True):
                expected = M.compute(name, **arrays, reference=reference, random_state=5, **options)
                assert value == pytest.approx(expected, rel=1e-9, abs=1e-14), (name, reference)
    assert found["energy"][4, 0] == found["mind"][4, 0] == 0  # the copy, exactly


def test_only_what_is_asked_for_is_computed():
    Z, found = np.random.default_rng(0).normal(size=(60, 2)), {}
    triple = tuple(np.split(np.arange(60), 3))
    list(batched.kernel_values(Z, [triple], [(0, 60)], ["energy"], None, found))
    list(batched.sliced_values(Z, [triple], [(0, 60)], ["mind"], 0, found))
    assert set(found) == {"energy", "mind"}
