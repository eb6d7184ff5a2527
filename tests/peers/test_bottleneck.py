"""The bottleneck: its price in closed form, what it keeps and forgets, and what it refuses."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import memgen_lite as mg
from memgen_lite.peers import bottleneck, training

pytestmark = pytest.mark.training

SIZE = {"rounds": 300, "width": 16, "depth": 1, "latent": 2}  # one objective and one shape for nearly all tests
WORDS = np.array(["no", "yes"])


def rows(n=80, seed=0):
    """Two clouds four standard deviations apart, and which is which."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    return rng.normal(size=(n, 3)) + 4 * labels[:, None], WORDS[labels]


def model(**more):
    return mg.peers.peer("bottleneck", **{**SIZE, "random_state": 0, **more})


@pytest.fixture(scope="module")
def known():
    return model().fit(*rows())


def fixed_encoder(mean, log_sd):
    """An encoder that says the same of each row."""
    said = jnp.asarray([*mean, *log_sd], dtype=jnp.float32)
    return lambda x: jnp.tile(said, (len(x), 1))


def test_the_price_is_the_divergence_of_two_normal_laws():
    """KL(N(m, diag s^2) || N(0, I)) in nats: the closed form beside its mean over 200,000 draws, 5 standard errors."""
    mean, sd = np.array([0.7, -1.2]), np.array([0.5, 1.4])
    _, information = bottleneck.send(fixed_encoder(mean, np.log(sd)), jnp.zeros((3, 1)), jax.random.key(0))
    draws = mean + sd * np.random.default_rng(0).normal(size=(200_000, 2))
    own, prior = multivariate_normal(mean, np.diag(sd**2)), multivariate_normal(np.zeros(2), np.eye(2))
    gaps = own.logpdf(draws) - prior.logpdf(draws)
    assert np.asarray(information) == pytest.approx([gaps.mean()] * 3, abs=5 * gaps.std() / 200_000**0.5)


def test_codes_have_the_mean_and_the_spread_that_the_encoder_says():
    """20,000 draws: means and standard deviations within 5 standard errors."""
    code, _ = bottleneck.send(fixed_encoder([2.0], [np.log(0.5)]), jnp.zeros((20_000, 1)), jax.random.key(1))
    assert np.mean(code) == pytest.approx(2, abs=5 * 0.5 / 20_000**0.5)
    assert np.std(code) == pytest.approx(0.5, abs=5 * 0.5 / 40_000**0.5)


def test_the_loss_is_cross_entropy_plus_beta_times_the_price():
    """With a decoder that says nothing of 2 classes the first part is log 2, whatever the code is."""
    mean, log_sd = [0.7, -1.2], [-0.5, 0.3]
    price = (np.square(mean) + np.exp(2 * np.array(log_sd)) - 1 - 2 * np.array(log_sd)).sum() / 2
    objective = bottleneck.Channel(beta=0.3)
    networks = {"model": (fixed_encoder(mean, log_sd), lambda code: jnp.zeros((len(code), 2)))}
    batch = jnp.asarray([[5.0], [6.0]]), jnp.eye(2)
    assert objective.loss("model", networks, batch, jax.random.key(0)) == pytest.approx(
        np.log(2) + 0.3 * price, rel=1e-5
    )


def test_two_clouds_are_told_apart_for_about_a_bit(known):
    """The clouds overlap in 3e-4 of their rows; 80 new rows are right but for 4. It takes a bit, and costs under 8."""
    X, y = rows(seed=1)
    assert known.score(X, y) >= 0.95
    assert known.classes_.tolist() == ["no", "yes"]
    bits = known.bits(X)
    assert bits.shape == (80,) and (bits >= 0).all() and 0.8 < bits.mean() < 8


def test_at_a_high_price_nothing_is_said():
    dear = model(beta=100.0).fit(*rows())
    X, y = rows()
    assert dear.bits(X).mean() < 0.05
    assert dear.score(X, y) < 0.75


def test_a_fit_repeats_and_predictions_follow_a_stream(known):
    X, y = rows()
    again = clone(known).fit(X, y)
    np.testing.assert_array_equal(again.bits(X), known.bits(X))
    np.testing.assert_array_equal(again.predict(X, random_state=3), known.predict(X, random_state=3))
    np.testing.assert_array_equal(again.predict(X.astype(np.float32), random_state=3), known.predict(X, random_state=3))
    between = np.tile(X.mean(axis=0), (500, 1))
    assert (known.predict(between) != known.predict(between)).any()
    assert known.predict(X[:1]).shape == known.bits(X[:1]).shape == (1,)
    assert known.history_["round"][-1] == 300 and known.n_parameters_ > 50 and known.fit_seconds_ > 0


def test_a_saved_one_goes_on_as_the_one_in_memory(tmp_path):
    X, y = rows()
    one = model().fit(X, y)
    one.predict(X)
    one.save(tmp_path / "one")
    loaded = mg.peers.load(tmp_path / "one")
    assert loaded.get_params() == one.get_params() and loaded.classes_.tolist() == one.classes_.tolist()
    np.testing.assert_array_equal(loaded.predict(X), one.predict(X))
    np.testing.assert_array_equal(loaded.bits(X), one.bits(X))


def test_a_fit_is_kept_with_its_labels(tmp_path, monkeypatch):
    monkeypatch.setenv("MEMGEN_CACHE", str(tmp_path))
    X, y = rows()
    first = mg.peers.fitted(model(), X, y)
    np.testing.assert_array_equal(mg.peers.fitted(model(), X, y).bits(X), first.bits(X))
    assert len(list((tmp_path / "peers").iterdir())) == 1
    mg.peers.fitted(model(), X, y[::-1])
    assert len(list((tmp_path / "peers").iterdir())) == 2


def test_it_is_a_classifier_and_stands_in_no_comparison_of_samplers():
    assert "bottleneck" not in mg.peers.all_peers()
    assert not hasattr(model(), "sample")
    for text in (model().card.title, model().card.citation, model().card.objective, model().card.cost):
        assert text and "\n" not in text


def test_its_parameters_are_those_of_its_objective():
    named = inspect.signature(bottleneck.Bottleneck).parameters
    assert set(named) == set(model().get_params()) and "n_classes" not in named
    assert named["beta"].default == 0.01 and named["random_state"].default is None
    with pytest.raises(TypeError, match="unexpected keyword argument 'gamma'"):
        model(gamma=1.0)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.full((4, 3), np.nan), WORDS[[0, 1, 0, 1]], "X must be finite"),
        (np.ones((1, 3)), WORDS[:1], "2 rows at least"),
        (np.ones((4, 3)), WORDS, "y must hold a label for each of 4 rows, got 2"),
        (np.ones((4, 3)), None, "requires y to be passed, but the target y is None"),
        (np.ones((4, 3)), WORDS[[0, 0, 0, 0]], "y must hold labels of 2 classes at least, got \\['no'\\]"),
        (np.ones((4, 3)), np.linspace(0, 1, 4), "Unknown label type: continuous"),
        (np.ones((4, 3)), WORDS[[[0, 1], [1, 0], [0, 1], [1, 0]]], "y should be a 1d array, got an array of shape"),
    ],
)
def test_hostile_rows_and_labels_are_refused(X, y, message):
    with pytest.raises(ValueError, match=message):
        model().fit(X, y)


def test_rows_of_other_columns_and_an_unfitted_one_are_refused(known, tmp_path):
    wrong = {"has 2 features": np.ones((4, 2)), "must be 2-D": np.ones(3), "must be finite": np.full((4, 3), np.nan)}
    for said, rows_given in wrong.items():
        with pytest.raises(ValueError, match=f"X {said}"):
            known.predict(rows_given)
    for use in (lambda one: one.predict(np.ones((4, 3))), lambda one: one.save(tmp_path / "none")):
        with pytest.raises(NotFittedError, match="this Bottleneck is not fitted yet"):
            use(model())


def test_constant_rows_leave_nothing_to_read():
    X, y = rows()
    blind = model().fit(np.tile([1.0, -2.0, 3.0], (80, 1)), y)
    assert np.isfinite(blind.bits(X)).all() and set(blind.predict(X)) <= {"no", "yes"}


def test_divergence_is_named_and_an_interrupt_leaves_what_is_there(monkeypatch):
    X, y = rows()
    with pytest.warns(UserWarning, match="diverged between rounds .* at a learning rate of 1e\\+30"):
        assert np.isfinite(model(learning_rate=1e30).fit(X, y).bits(X)).all()
    played, play = [], training._play

    def interrupted(*arguments):
        if len(played) == 2:
            raise KeyboardInterrupt
        played.append(1)
        return play(*arguments)

    monkeypatch.setattr(training, "_play", interrupted)
    with pytest.warns(UserWarning, match="interrupted: the model is that of round 100 of 300"):
        stopped = model().fit(X, y)
    assert stopped.predict(X).shape == (80,)
