"""Filling in: lookups beside brute force and in their limits, the loss beside a closed form, and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

import memgen_lite as mg
from memgen_lite.peers import training
from memgen_lite.peers.masked_autoencoder import Masking, patch_numbers

INF = float("inf")
SIZE = {"rounds": 100, "width": 16, "depth": 1, "random_state": 0}


@pytest.fixture(autouse=True)
def quick_compiler(request):
    """Most of the time here goes into compiling, for a few rounds that need no speed."""
    jax.config.update("jax_disable_most_optimizations", "normal_law" not in request.node.name)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def memory(beta=2.0, **more):
    return mg.peers.peer("completion", beta=beta, random_state=0, **more)


def network(**more):
    return mg.peers.peer("masked_autoencoder", **{**SIZE, **more})


def parts(n=30, m=12, d=16, seed=0):
    """Stored rows, others, and which numbers of these are visible: none of the first row, all of the second."""
    rng = np.random.default_rng(seed)
    visible = rng.random((m, d)) < 0.4
    visible[0], visible[1] = False, True
    return rng.normal(size=(n, d)) + 3, rng.normal(size=(m, d)) + 3, visible


def by_hand(X, rows, visible, beta):
    """The definition, a row at a time."""
    unit, filled = 2 * np.sqrt(X.var(axis=0).mean()), rows.copy()
    for row, seen, out in zip(rows, visible, filled, strict=True):
        squares = np.array([((row - stored)[seen] ** 2).sum() for stored in X]) / unit**2
        w = np.exp(-beta * (squares - squares.min())) if beta < INF else np.eye(len(X))[squares.argmin()]
        out[~seen] = (w @ X / w.sum())[~seen]
    return filled


@pytest.mark.parametrize("beta", [0, 0.5, 2.0, 40.0, INF])
def test_a_lookup_is_that_of_the_definition(beta):
    X, rows, visible = parts()
    model = memory(beta).fit(X)
    found = model.complete(rows, visible)
    np.testing.assert_allclose(found, by_hand(X, rows, visible, beta), atol=1e-12)
    np.testing.assert_array_equal(found[visible], rows[visible])
    w = model.weights(rows, visible)
    assert np.allclose(w.sum(axis=1), 1) and (w >= 0).all()
    np.testing.assert_allclose(np.where(visible, rows, w @ X), found, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(2, 9))
def test_a_large_beta_is_the_hard_lookup_and_none_at_all_the_mean(seed, d, n):
    rng = np.random.default_rng(seed)
    X, rows, visible = rng.normal(size=(n, d)), rng.normal(size=(4, d)), rng.random((4, d)) < 0.6
    visible[:, 0] = True  # where nothing is seen all rows are equally near
    hard = memory(INF).fit(X).complete(rows, visible)
    np.testing.assert_allclose(memory(1e12).fit(X).complete(rows, visible), hard, atol=1e-6)
    np.testing.assert_array_equal(memory(1e308).fit(X).complete(rows, visible), hard)
    mean = np.where(visible, rows, X.mean(axis=0))
    np.testing.assert_allclose(memory(0).fit(X).complete(rows, visible), mean, atol=1e-12)


def test_what_is_wholly_visible_is_returned_and_of_what_is_hidden_nothing_is_known():
    X, rows, _ = parts()
    for model in (memory(INF), memory(), network()):
        np.testing.assert_array_equal(model.fit(X).complete(rows, np.ones(16, dtype=bool)), rows)
    nothing = np.zeros(16, dtype=bool)
    np.testing.assert_allclose(memory().fit(X).complete(rows, nothing), np.tile(X.mean(axis=0), (12, 1)))
    np.testing.assert_array_equal(memory(INF).fit(X).complete(rows, nothing), np.tile(X[0], (12, 1)))
    answers = network().fit(X).complete(rows, nothing)
    np.testing.assert_array_equal(answers, np.tile(answers[0], (12, 1)))


def test_a_stored_row_is_found_by_any_part_of_it_that_no_other_has():
    digits = np.asarray(mg.data.digits().train, dtype=float).reshape(-1, 64)
    left = np.tile(np.arange(8) < 6, 8)
    found = memory(INF).fit(digits).complete(digits, left)
    unique = np.unique(digits[:, left], axis=0, return_counts=True)[1].size
    assert (found == digits).all(axis=1).sum() >= unique > 890


def test_equal_rows_are_found_in_their_order():
    X = np.array([[1.0, 5.0], [0.0, 7.0], [0.0, 9.0], [0.0, 7.0]])
    assert memory(INF).fit(X).complete([[0.0, 0.0]], [True, False]).tolist() == [[0.0, 7.0]]
    assert memory(1e9).fit(X).complete([[0.0, 0.0]], [True, False])[0, 1] == pytest.approx(23 / 3)


def test_with_nothing_visible_it_draws_as_memgen_does():
    """Chi-squared of 3,000 draws of 30 rows, error rate 0.1 %, with a fixed seed."""
    X = parts()[0]
    drawn = memory().fit(X).sample(3000)
    which = (drawn[:, None] == X).all(axis=2)
    assert which.any(axis=1).all()
    assert scipy.stats.chisquare(which.sum(axis=0)).pvalue > 0.001


@pytest.mark.parametrize("make", [memory, network])
def test_what_is_hidden_is_not_read_however_it_is_held(make):
    X, rows, visible = parts()
    model = make().fit(X)
    found = model.complete(rows, visible)
    missing = np.where(visible, rows, np.nan)
    for held in (missing, missing.tolist(), np.where(visible, rows, -1e300), pd.DataFrame(missing)):
        np.testing.assert_array_equal(model.complete(held, visible), found)
    frame = pd.DataFrame(missing).astype("Float64")
    np.testing.assert_array_equal(model.complete(frame, visible.tolist()), found)
    one = model.complete(rows[3:4], visible[3])
    np.testing.assert_allclose(one, found[3:4], atol=1e-5)


# The masked autoencoder


def test_patches_are_squares_and_what_is_left_at_the_edges():
    assert patch_numbers(16, None, 2).reshape(4, 4).tolist() == [[0, 0, 1, 1]] * 2 + [[2, 2, 3, 3]] * 2
    assert patch_numbers(15, (3, 5), 2).reshape(3, 5).tolist() == [[0, 0, 1, 1, 2]] * 2 + [[3, 3, 4, 4, 5]]
    assert patch_numbers(12, (2, 2, 3), 1).tolist() == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
    assert patch_numbers(5, None, 2).tolist() == [0, 0, 1, 1, 2]


def test_as_many_patches_are_visible_as_was_said_each_as_often_as_any_other():
    """Of 16 patches 4, in 4,000 rows; each patch is in a quarter: chi-squared, error rate 0.1 %, a fixed seed."""
    visible = np.asarray(Masking(visible=0.25).draw(jax.random.key(0), 4000, 64))
    patches = visible[:, np.unique(patch_numbers(64, None, 2), return_index=True)[1]]
    np.testing.assert_array_equal(visible, patches[:, patch_numbers(64, None, 2)])
    assert (patches.sum(axis=1) == 4).all()
    # Four are drawn without replacement, so that counts vary by 4,000 (1/4) (3/4), and sum to 16,000.
    squares = ((patches.sum(axis=0) - 1000) ** 2).sum() / 750 * 15 / 16
    assert scipy.stats.chi2(15).sf(squares) > 0.001
    assert len(np.unique(patches, axis=0)) > 1500


def test_a_range_of_shares_has_all_numbers_of_patches_in_it_equally_often():
    """0 to 12 of 16 patches in 3,900 rows: chi-squared, error rate 0.1 %, a fixed seed."""
    visible = np.asarray(Masking(visible=(0.0, 0.75)).draw(jax.random.key(1), 3900, 64))
    counts = np.bincount(visible.sum(axis=1) // 4, minlength=17)
    assert counts[13:].sum() == 0
    assert scipy.stats.chisquare(counts[:13]).pvalue > 0.001


def test_the_loss_is_the_mean_square_of_what_is_missed_in_hidden_numbers():
    """A network that says 1 everywhere, of rows of 3; and one that gives its input back, which is 0 where hidden."""
    objective, key, x = Masking(visible=0.25), jax.random.key(3), jnp.full((10, 64), 3.0)
    assert objective.loss("model", {"model": lambda given: jnp.ones((10, 64))}, x, key) == 4
    assert objective.loss("model", {"model": lambda given: given[:, :64]}, x, key) == 9
    x = jax.random.normal(jax.random.key(4), (10, 64))
    hidden = ~np.asarray(objective.draw(key, 10, 64))
    told = objective.loss("model", {"model": lambda given: 2 * given[:, :64]}, x, key)
    assert told == pytest.approx((np.asarray(x)[hidden] ** 2).mean(), rel=1e-5)


def test_a_network_that_sees_everything_loses_nothing():
    objective = Masking(visible=1.0)
    assert objective.loss("model", {"model": lambda given: given[:, :64]}, jnp.ones((10, 64)), jax.random.key(0)) == 0


def test_what_it_fills_in_is_the_forward_pass_of_its_weights():
    """In NumPy and double precision, to 1e-5 of a row's size."""
    X, rows, visible = parts()
    model = network(depth=2).fit(X)
    given = np.where(visible, (rows - model.mean_) / model.unit_, 0)
    out = np.hstack([given, visible])
    layers = [tuple(np.asarray(part, dtype=float) for part in layer) for layer in model.networks_["model"].layers]
    for i, (weight, bias) in enumerate(layers):
        out = out @ weight.T + bias
        out = np.maximum(out, 0) if i < len(layers) - 1 else out
    expected = np.where(visible, rows, model.mean_ + model.unit_ * out)
    np.testing.assert_allclose(model.complete(rows, visible), expected, atol=1e-5)


def test_of_a_normal_law_a_linear_one_learns_the_conditional_mean():
    """Two numbers of correlation 0.8, one of them hidden: E[y | x] = 0.8 x, to 0.05 on two standard deviations."""
    X = np.random.default_rng(0).multivariate_normal([1, -1], [[1, 0.8], [0.8, 1]], size=900)
    model = network(depth=0, image_shape=(1, 2), patch=1, visible=0.5, rounds=2000, learning_rate=1e-2).fit(X)
    x = np.linspace(-2, 2, 9)
    for seen in (0, 1):
        asked = np.zeros((9, 2))
        asked[:, seen] = x + [1, -1][seen]
        found = model.complete(asked, np.arange(2) == seen)[:, 1 - seen]
        np.testing.assert_allclose(found, 0.8 * x + [1, -1][1 - seen], atol=0.08)


@pytest.mark.parametrize("make", [memory, network])
def test_a_saved_one_fills_in_as_the_one_in_memory(make, tmp_path):
    X, rows, visible = parts()
    more = {"visible": (0.1, 0.6), "image_shape": (2, 8)} if make is network else {"beta": 0.7}
    model = make(**more).fit(X)
    model.save(tmp_path / "m")
    loaded = mg.peers.load(tmp_path / "m")
    assert loaded.get_params() == model.get_params()
    np.testing.assert_array_equal(loaded.complete(rows, visible), model.complete(rows, visible))


def test_a_fit_repeats_and_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("MEMGEN_CACHE", str(tmp_path))
    X, rows, visible = parts()
    first = mg.peers.fitted(network(), X).complete(rows, visible)
    np.testing.assert_array_equal(mg.peers.fitted(network(), X).complete(rows, visible), first)
    assert len(list((tmp_path / "peers").iterdir())) == 1
    mg.peers.fitted(network(visible=(0.0, 1.0)), X)
    assert len(list((tmp_path / "peers").iterdir())) == 2


def test_they_have_cards_and_stand_in_no_comparison_of_samplers():
    assert not {"completion", "masked_autoencoder"} & set(mg.peers.all_peers())
    assert not hasattr(network(), "sample")
    for card in (memory().card, network().card):
        for text in (card.title, card.citation, card.objective, card.cost):
            assert text and "\n" not in text


@pytest.mark.parametrize("make", [memory, network])
@pytest.mark.parametrize(
    ("mask", "error", "message"),
    [
        (np.ones(16), TypeError, "mask must be an array of bool, True where a number is visible, got dtype float64"),
        ("x", TypeError, "mask must be an array of bool"),
        (None, TypeError, "mask must be an array of bool"),
        (np.ma.masked_array(np.ones(16, bool)), TypeError, "mask must be a plain array"),
        (np.ones(15, bool), ValueError, r"mask must be of the shape of X, \(12, 16\), or of a row, got \(15,\)"),
        (np.ones((11, 16), bool), ValueError, r"mask must be of the shape of X, .* got \(11, 16\)"),
        (True, ValueError, r"mask must be of the shape of X, .* got \(\)"),
    ],
)
def test_masks_that_are_none_are_refused(make, mask, error, message):
    X, rows, _ = parts()
    with pytest.raises(error, match=message):
        make().fit(X).complete(rows, mask)


@pytest.mark.parametrize(
    ("more", "error", "message"),
    [
        ({"patch": 0}, ValueError, "patch must be 1 or more, got 0"),
        ({"patch": 1.5}, TypeError, "patch must be a whole number"),
        ({"patch": 4}, None, None),  # one patch, which is hidden
        ({"image_shape": (4, 5)}, ValueError, r"image_shape must be .* with 16 numbers in all, got \(4, 5\)"),
        ({"image_shape": 16}, ValueError, "image_shape must be"),
        ({"visible": 1.5}, ValueError, "visible must be from 0 to 1"),
        ({"visible": "half"}, TypeError, "visible must be a number"),
        ({"visible": (0.5, 0.2)}, ValueError, r"visible must be a share, .* leaves one of 4 patches hidden, got \(0.5"),
        ({"visible": 1.0}, ValueError, "visible must be a share, .* leaves one of 4 patches hidden, got 1.0"),
        ({"visible": (0.1, 0.2, 0.3)}, TypeError, "visible must be a number"),
    ],
)
def test_settings_that_fit_no_picture_are_refused(more, error, message):
    X, rows, visible = parts()
    if error is None:
        assert np.isfinite(network(**more).fit(X).complete(rows, visible)).all()
        return
    with pytest.raises(error, match=message):
        network(**more).fit(X)


@pytest.mark.parametrize(("beta", "error"), [(-1, ValueError), (float("nan"), ValueError), ("2", TypeError)])
def test_a_beta_that_is_none_is_refused(beta, error):
    with pytest.raises(error, match=r"^beta must be (a (finite )?number )?0 or more, or infinity, got"):
        memory(beta).fit(parts()[0])


@pytest.mark.parametrize("make", [memory, network])
def test_rows_that_are_none_and_an_unfitted_one_are_refused(make):
    X, rows, visible = parts()
    with pytest.raises(NotFittedError, match="is not fitted yet: call fit"):
        make().complete(rows, visible)
    model = make().fit(X)
    with pytest.raises(ValueError, match="X has 15 features"):
        model.complete(rows[:, :15], visible[:, :15])
    missing = rows.copy()
    missing[1, 2] = np.nan
    with pytest.raises(ValueError, match=r"X must be finite; not so: row 1 column 2 \(NaN\)"):
        model.complete(missing, visible)


@pytest.mark.parametrize("make", [memory, network])
def test_constant_rows_are_filled_in_with_what_they_are(make):
    X, rows = np.tile(np.arange(16.0), (30, 1)), np.zeros((3, 16))
    found = make().fit(X).complete(rows, np.arange(16) < 4)
    np.testing.assert_allclose(found[:, 4:], X[:3, 4:], atol=0.5 if make is network else 0)


def test_divergence_is_named_and_an_interrupt_leaves_what_is_there(monkeypatch):
    X, rows, visible = parts()
    with pytest.warns(UserWarning, match="diverged between rounds .* at a learning rate of 1e\\+30"):
        assert np.isfinite(network(learning_rate=1e30).fit(X).complete(rows, visible)).all()
    played, play = [], training._play

    def interrupted(*arguments):
        if len(played) == 1:
            raise KeyboardInterrupt
        played.append(1)
        return play(*arguments)

    monkeypatch.setattr(training, "_play", interrupted)
    with pytest.warns(UserWarning, match="interrupted: the model is that of round 50 of 100"):
        stopped = network().fit(X)
    assert np.isfinite(stopped.complete(rows, visible)).all()
