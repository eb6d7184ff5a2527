"""Products on another device: the same answer, to the bit, by any library; no precision taken on trust."""

import sys
import types
import warnings
from functools import partial

import array_api_strict
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import memgen_lite as mg
from memgen_lite.shared import devices, search_there
from memgen_lite.shared.devices import Device, card_of, device_of, here, on, rounded
from memgen_lite.shared.kinds.opening import opened
from memgen_lite.shared.neighbors import neighbors

LIBRARIES = {"JAX": jnp.zeros(1), "array_api_strict": array_api_strict.zeros(1)}
LAWS = {
    "normal": lambda rng, n, d: rng.normal(size=(n, d)),
    "far from 0": lambda rng, n, d: 1e5 + rng.normal(size=(n, d)),
    "heavy tails": lambda rng, n, d: rng.standard_cauchy(size=(n, d)),
    "tiny": lambda rng, n, d: 1e-30 * rng.normal(size=(n, d)),
    "ties everywhere": lambda rng, n, d: rng.integers(2, size=(n, d)).astype(float),
    "one value": lambda rng, n, d: np.ones((n, d)),
    "near-duplicates": lambda rng, n, d: rng.normal(size=d) + 1e-6 * rng.normal(size=(n, d)),
}


@pytest.fixture(params=LIBRARIES)
def device(request):
    return device_of(LIBRARIES[request.param])


def same(one, two):
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_neighbors_are_those_found_here_to_the_bit(device, law, metric):
    rng = np.random.default_rng(0)
    points = LAWS[law](rng, 700, 12)
    queries = np.concatenate([points[:50], LAWS[law](rng, 90, 12)])
    if metric == "cosine":
        points, queries = points + (points == 0).all(axis=1)[:, None], queries + (queries == 0).all(axis=1)[:, None]
    for k in (1, 5):
        find = partial(neighbors, queries, points, k, metric=metric, return_ties=True)
        expected = find()
        with on(device, least=0):
            same(find(), expected)


@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.booleans(), st.sampled_from(["f2", "f4", "f8"]))
@settings(max_examples=25, deadline=None)
def test_neighbors_among_themselves_are_those_found_here(seed, k, tied, dtype):
    rng = np.random.default_rng(seed)
    X = (rng.integers(3, size=(60, 4)) if tied else rng.normal(size=(60, 4))).astype(dtype)
    find = partial(neighbors, X, X, k, exclude_self=True, return_ties=True)
    expected = find()
    with on(device_of(LIBRARIES["array_api_strict"]), least=0):
        same(find(), expected)


def test_points_that_do_not_stay_on_the_device_are_sent_tile_by_tile(device, monkeypatch):
    monkeypatch.setattr(search_there, "KEPT", 0)
    monkeypatch.setattr(search_there, "POINTS", 100)
    monkeypatch.setattr(search_there, "_AT_ONCE", 400)
    X = np.random.default_rng(0).integers(3, size=(250, 3)).astype(float)
    expected = neighbors(X[:40], X, 3, return_ties=True)
    with on(device, least=0):
        same(neighbors(X[:40], X, 3, return_ties=True), expected)


@pytest.mark.parametrize("d", [1, 8, 200])
def test_rounding_keeps_eleven_bits_and_loses_half_of_the_last_at_the_most(d):
    X = np.random.default_rng(0).standard_cauchy(size=(500, d)).astype(np.float32)
    found = rounded(X)
    assert (np.abs(found - X) <= 2.0**-11 * np.abs(X)).all()
    mantissa, _ = np.frexp(found.astype(float))
    assert (mantissa * 2**11 % 1 == 0).all()
    assert np.array_equal(rounded(found), found)


class Coarse(Device):
    """Multiplies in bfloat16, as a library may have been told to."""

    class Rows(np.ndarray):
        def __matmul__(self, other):
            return _bfloat16(np.asarray(self)) @ _bfloat16(np.asarray(other))

    def put(self, X):
        return X.view(self.Rows)


def _bfloat16(X):
    return (np.ascontiguousarray(X).view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)


@pytest.mark.parametrize("width", [1, 16, 512, 8192])
def test_a_device_that_multiplies_more_coarsely_than_it_should_is_not_used(width):
    """However many terms a sum has, among whose own errors that of each term may hide."""
    X = np.random.default_rng(0).normal(size=(300, width))
    expected = neighbors(X[:50], X, 3)
    with on(Coarse(np, "coarse"), least=0), pytest.warns(UserWarning, match="wrong by .* computed here"):
        same(neighbors(X[:50], X, 3), expected)


@pytest.mark.parametrize("method", ["put", "count", "least", "up_to"])
@pytest.mark.parametrize("after", [0, 1, 3, 7])
def test_a_device_that_fails_in_the_middle_loses_nothing(monkeypatch, method, after):
    """Its memory may be full at any time: with the model that is audited, say."""
    monkeypatch.setattr(search_there, "POINTS", 60)
    calls = []

    class Full(Device):
        pass

    def failing(self, *args):
        calls.append(method)
        if len(calls) > after:
            raise MemoryError("out of memory")
        return getattr(Device, method)(self, *args)

    setattr(Full, method, failing)
    X = np.random.default_rng(0).integers(4, size=(200, 3)).astype(float)
    expected = [neighbors(X[:90], X, 4, return_ties=True), neighbors(X, X, 2, exclude_self=True, return_ties=True)]
    with on(Full(array_api_strict, None), least=0), pytest.warns(UserWarning, match="failed, so .*: out of memory"):
        same(neighbors(X[:90], X, 4, return_ties=True), expected[0])
        same(neighbors(X, X, 2, exclude_self=True, return_ties=True), expected[1])


def test_a_search_of_few_products_stays_here():
    class Never(Device):
        def put(self, X):
            raise AssertionError

    X = np.random.default_rng(0).normal(size=(300, 16))
    with on(Never(np, "never")):
        neighbors(X, X, 1)


@pytest.fixture
def card(monkeypatch):
    """NumPy in the place of CuPy: arrays that only `get` brings here."""
    module = types.ModuleType("cupy")
    products = []

    class ndarray:
        def __init__(self, X):
            self.X, self.device, self.shape = np.asarray(X), device, np.shape(X)

        def get(self):
            return self.X

        def __array__(self, *args, **kwargs):
            raise TypeError("Implicit conversion to a NumPy array is not allowed")

        def __matmul__(self, other):
            products.append(self.shape)
            return ndarray(self.X @ other.X)

        def __getitem__(self, part):
            return ndarray(self.X[part])

        @property
        def T(self):
            return ndarray(self.X.T)

    class Context:
        def __enter__(self):
            return self

        def __exit__(self, *error):
            return None

        def __repr__(self):
            return "card 0"

    def bare(value):
        if isinstance(value, list):
            return [bare(one) for one in value]
        return value.X if isinstance(value, ndarray) else value

    for name in ("__add__", "__sub__", "__le__", "__ge__", "__eq__"):
        method = getattr(np.ndarray, name)
        setattr(ndarray, name, lambda self, other, method=method: ndarray(method(self.X, bare(other))))
    for name in ("asarray", "reshape", "min", "sort", "concat", "where", "full_like", "take", "count_nonzero"):
        function = getattr(np, name)

        def called(*args, function=function, **kwargs):
            return ndarray(function(*map(bare, args), **kwargs))

        setattr(module, name, called)
    module.count_nonzero = lambda X: np.count_nonzero(X.X)
    module.nonzero = lambda X: tuple(map(ndarray, np.nonzero(X.X)))
    ndarray.__module__, ndarray.__hash__ = "cupy", None
    device, module.ndarray = Context(), ndarray
    monkeypatch.setitem(sys.modules, "cupy", module)
    return module, products


def test_what_lies_on_a_card_is_read_and_searched_there(card, monkeypatch):
    cupy, products = card
    monkeypatch.setattr(devices, "LEAST", 0)
    rng = np.random.default_rng(0)
    T, H = rng.normal(size=(2, 150, 6))
    G = np.concatenate([T[:20], rng.normal(size=(80, 6))])
    options = {"random_state": 0, "n_relabelings": 99}
    expected = mg.audit(T, H, G, **options).to_json()
    assert not products
    assert mg.audit(*map(cupy.ndarray, (T, H, G)), **options).to_json() == expected
    assert products
    products.clear()
    options = {"metrics": ["precision", "coverage"], "n_null": 19}
    evaluated = mg.evaluate(T, H, G, **options).to_json()
    assert not products
    assert mg.evaluate(*map(cupy.ndarray, (T, H, G)), **options).to_json() == evaluated
    assert products
    products.clear()
    measured = mg.metrics.compute("precision", train=T, generated=G)
    assert mg.metrics.compute("precision", train=cupy.ndarray(T), generated=cupy.ndarray(G)) == measured
    assert products


def test_features_that_come_from_a_card_are_searched_there(card, monkeypatch):
    cupy, products = card
    monkeypatch.setattr(devices, "LEAST", 0)
    rng = np.random.default_rng(1)
    T, H, G = rng.normal(size=(3, 120, 5))
    options = {"random_state": 0, "n_relabelings": 19}
    expected = mg.audit(T, H, G, features=lambda X: X[:, :3], **options).to_json()
    assert not products
    assert mg.audit(T, H, G, features=lambda X: cupy.ndarray(X[:, :3]), **options).to_json() == expected
    assert products
    products.clear()
    mg.audit(T, H, G, **options)
    assert not products


def test_what_cannot_be_fetched_from_a_card_is_named(card):
    cupy, _ = card

    class Lost(cupy.ndarray):
        __module__ = "cupy"

        def get(self):
            raise RuntimeError("the card fell off the bus")

    X = np.random.default_rng(0).normal(size=(60, 3))
    with pytest.raises(TypeError, match=r"held_out lies on a graphics card .*: the card fell off the bus"):
        mg.audit(X, Lost(X), X)


def test_an_array_here_is_on_no_card(card):
    cupy, _ = card
    for X in (np.zeros(3), [1.0], "text", None, *LIBRARIES.values()):
        assert card_of(X) is None
    assert card_of(cupy.ndarray([1.0])).kind == "gpu"
    assert np.array_equal(opened(cupy.ndarray([[1.0, 2.0]])), [[1.0, 2.0]])
    for X in LIBRARIES.values():
        assert np.array_equal(here(X), [0.0])


def test_an_error_there_leaves_the_next_search_here(card, monkeypatch):
    cupy, products = card
    monkeypatch.setattr(devices, "LEAST", 0)
    X = np.random.default_rng(0).normal(size=(60, 3))
    with pytest.raises(ValueError, match="generated"):
        mg.audit(cupy.ndarray(X), X[:20] + 1, X[:, :2])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        neighbors(X, X)
    assert not products
