"""A lower bound for epsilon: seldom above the truth where the truth is known, and near it where rows are recited."""

import copy
import json
import pickle
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import beta, binomtest
from sklearn.datasets import load_digits

import memgen_lite as mg
from memgen_lite.__main__ import main
from memgen_lite.auditing.epsilon import EpsilonBound, epsilon_bound, prefix_bounds, sentence
from memgen_lite.auditing.nearness import nearness

EPSILONS = (0.5, 1, 2, 4)


def randomized_response(rng, pool, of_train, epsilon):
    """Tells of each row whether it was trained on, and the truth with odds of e^epsilon; it is of that epsilon."""
    return pool[of_train ^ (rng.random(len(pool)) > expit(epsilon))]


def laplace_histogram(rng, pool, of_train, epsilon):
    """Tells each row's count with Laplace noise, as the closeness of a generated row; it is of that epsilon."""
    count = of_train + rng.laplace(scale=1 / epsilon, size=len(pool))
    return pool + 0.1 / (1 + np.exp(count))[:, None] * rng.choice([-1, 1], size=pool.shape)


def audited(T, H, G, groups=None, seed=0, broken=None):
    """What the bound reads of an audit, without the rest of it."""
    near = nearness(T, H, G, rng=np.random.default_rng(seed))
    n, k = len(T), len(H)
    if groups is not None:
        n, k = len(np.unique(groups[:n])), len(np.unique(groups[n:]))
    return SimpleNamespace(
        _measured=SimpleNamespace(groups=groups, nears={"as given": near}),
        stamp={"rows": {"train": len(T)}, "random_state": str(seed)},
        walk=SimpleNamespace(sizes=(n, k)),
        broken=broken,
    )


def bounds(mechanism, epsilon, share, coins, repeats=100, n=150):
    found = []
    for i in range(repeats):
        rng = np.random.default_rng([5, i])
        pool = rng.normal(size=(n, 6))
        of_train = rng.random(n) < share if coins else rng.permutation(n) < share * n
        G = mechanism(rng, pool, of_train, epsilon)
        found.append(epsilon_bound(audited(pool[of_train], pool[~of_train], G, seed=i)))
    return np.array(found)


@pytest.mark.simulation
@pytest.mark.parametrize(("share", "coins"), [(0.5, True), (2 / 3, True), (0.25, True), (2 / 3, False)])
@pytest.mark.parametrize("mechanism", [randomized_response, laplace_histogram])
def test_the_bound_is_above_a_known_epsilon_in_one_run_of_twenty_at_most(mechanism, share, coins):
    """400 runs each, of four epsilons. At a rate of 5 %, more than 34 would be seen once in 1,000 such tests."""
    above = sum(int((bounds(mechanism, epsilon, share, coins) > epsilon).sum()) for epsilon in EPSILONS)
    assert above <= 34


def test_the_bound_is_not_far_below_the_truth_where_the_mechanism_tells_all_it_may():
    found = bounds(randomized_response, 2, 0.5, True, repeats=20, n=1000)
    assert 1.6 < found.mean() < 2


@pytest.mark.parametrize(("n", "k"), [(20, 20), (60, 30), (30, 60)])
@pytest.mark.parametrize("epsilon", [0, 0.5, 1, 2])
def test_a_fixed_number_of_training_rows_makes_the_bound_no_less_sure(n, k, epsilon):
    """The exact law of right guesses: odds of e^epsilon times those of the rows that are left, one after the other."""
    for guesses in (5, 20, n + k - 10):
        law = np.ones(1)
        for i in range(guesses):
            v = np.arange(i + 1)
            left, right = np.clip(n - v, 0, None) * np.exp(epsilon), np.clip(k - i + v, 0, None)
            p = left / np.maximum(left + right, 1e-9)
            law = np.append(law * (1 - p), 0) + np.append(0, law * p)
        for error in (0.05, 0.01):
            seen = np.arange(1, guesses + 1)
            over = logit(beta.ppf(error, seen, guesses - seen + 1)) - logit(n / (n + k)) > epsilon + 1e-12
            assert law[1:][over].sum() <= error


def test_the_bounds_are_those_of_clopper_and_pearson():
    right = np.random.default_rng(0).random(90) < 0.8
    for guesses, bound in prefix_bounds(right, 0.3, 0.05).items():
        test = binomtest(int(right[:guesses].sum()), guesses, alternative="greater")
        low = test.proportion_ci(1 - 0.05 / 4, method="exact").low
        assert expit(bound + logit(0.3)) == pytest.approx(low)
    assert list(prefix_bounds(right, 0.3, 0.05)) == [4, 10, 30, 90]
    assert prefix_bounds(np.array([True]), 0.5, 0.05) == {1: pytest.approx(logit(0.05))}
    assert max(prefix_bounds(np.zeros(9, dtype=bool), 0.5, 0.05).values()) == -np.inf


def test_a_model_that_recites_is_far_from_private_and_a_gaussian_shows_nothing():
    X = np.random.default_rng(0).permutation(load_digits().data)
    T, H = X[:400], X[400:800]
    recited = mg.audit(T, H, mg.MemGEN(random_state=0).fit(T).sample(400), n_relabelings=19).epsilon_lower_bound()
    assert recited > 3 and recited.right == recited.guesses and recited.unit == "row" and recited.share == 0.5
    fresh = mg.peers.peer("gaussian", random_state=0).fit(T).sample(400)
    assert mg.audit(T, H, fresh, n_relabelings=19).epsilon_lower_bound() < 0.3


def test_ties_convict_nobody():
    """All values of a grid are generated, so that all hits are as close: 200 runs, of which 10 may be above 0; more
    than 20 would be once in 1,000."""
    grid = np.stack(np.meshgrid(*[np.arange(4.0)] * 3), axis=-1).reshape(-1, 3)
    above = 0
    for i in range(200):
        pool = np.random.default_rng(i).permutation(grid)
        above += epsilon_bound(audited(pool[:32], pool[32:], grid, seed=i)) > 0
    assert above <= 20


def test_of_what_is_equally_close_that_which_comes_back_most_often_is_guessed_first():
    T, H = np.random.default_rng(0).normal(size=(2, 270, 4))
    G = np.concatenate([np.repeat(T[:20], 3, axis=0), T[20:], H])
    found = epsilon_bound(audited(T, H, G))
    assert found.guesses == found.right == 20 and found > 1


@pytest.mark.parametrize("order", [1, -1])
def test_the_bound_grows_as_less_confidence_is_asked_for(order):
    T, H, G = np.random.default_rng(3).normal(size=(3, 100, 4))
    G[:60] = T[:60] + 0.1 * G[:60]
    found = [epsilon_bound(audited(T, H, G), confidence) for confidence in (0.5, 0.9, 0.95, 0.99, 0.999)]
    assert sorted(found, reverse=True) == found and found[0] > found[-1]
    assert [bound.confidence for bound in found] == [0.5, 0.9, 0.95, 0.99, 0.999]


def test_a_group_is_one_guess():
    rng = np.random.default_rng(0)
    number = np.repeat(np.arange(80), 3)
    T, H = np.split(rng.normal(size=(240, 5)), 2)
    found = mg.audit(T, H, T, groups=(number[:120], number[120:]), n_relabelings=19).epsilon_lower_bound()
    assert (found.guesses, found.right, found.unit, found.share) == (40, 40, "group", 0.5)
    assert float(found) == pytest.approx(prefix_bounds(np.ones(40, dtype=bool), 0.5, 0.05)[40])
    assert "for one group" in repr(found) and "40 are groups of train" in repr(found)


def test_groups_of_several_sizes_cost_a_guess_for_each_size():
    """Labels may have chosen the size to which groups were cut."""
    rng = np.random.default_rng(0)
    number = np.repeat(np.arange(60), rng.permutation(np.repeat([1, 2, 3], 20)))
    n = int((number < 30).sum())
    X = rng.normal(size=(len(number), 5))
    found = epsilon_bound(audited(X[:n], X[n:], X[:n], groups=number))
    assert float(found) == pytest.approx(max(prefix_bounds(np.ones(30, dtype=bool), 0.5, 0.05 / 4).values()))


def test_where_an_assumption_does_not_hold_no_bound_is_told():
    rng = np.random.default_rng(0)
    T, H = rng.normal(size=(200, 4)), 3 + rng.normal(size=(200, 4))
    found = mg.audit(T, H, T, n_relabelings=19)
    bound = found.epsilon_lower_bound()
    assert np.isnan(bound) and bound.reason == found.broken is not None
    assert repr(bound) == f"No bound for epsilon can be told: {found.broken}."
    assert json.loads(found.to_json())["epsilon_lower_bound"]["epsilon"] is None


def test_it_is_a_float_that_says_what_it_is_of_and_what_it_takes_for_granted():
    T, H, G = np.random.default_rng(1).normal(size=(3, 150, 4))
    found = mg.audit(T, H, T, n_relabelings=19)
    assert "epsilon_lower_bound" not in found.to_dict()
    bound = found.epsilon_lower_bound(confidence=0.9)
    assert isinstance(bound, EpsilonBound) and float(bound) > 3 and f"{bound:.1f}" == f"{float(bound):.1f}"
    assert repr(bound) == sentence(bound) == str(bound)
    for words in ("0.9 confidence", "pure differential privacy", "independent coin", "150 are of train", "50%"):
        assert words in repr(bound)
    assert found.to_dict()["epsilon_lower_bound"]["epsilon"] == float(bound)
    for other in (pickle.loads(pickle.dumps(bound)), copy.deepcopy(bound)):
        assert other == bound and other.to_dict() == bound.to_dict()
    nothing = mg.audit(T, H, G, n_relabelings=19).epsilon_lower_bound()
    assert nothing == 0 and "no proof of privacy" in repr(nothing)


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.5, float("nan"), "high", True])
def test_a_bad_confidence_is_refused_by_name(confidence):
    T, H, G = np.random.default_rng(1).normal(size=(3, 30, 4))
    with pytest.raises((ValueError, TypeError), match="confidence must be"):
        epsilon_bound(audited(T, H, G), confidence)


def test_the_command_prints_it_when_asked(tmp_path, capsys):
    paths = [str(tmp_path / f"{name}.npy") for name in ("train", "held_out", "generated")]
    T, H = np.random.default_rng(2).normal(size=(2, 90, 4))
    for path, rows in zip(paths, (T, H, T), strict=True):
        np.save(path, rows)
    findings = tmp_path / "found.json"
    main(["audit", *paths, "--epsilon", "--json", str(findings)])
    told = json.loads(findings.read_text())["epsilon_lower_bound"]
    assert told["epsilon"] > 2 and told["sentence"] in capsys.readouterr().out
    main(["audit", *paths, "--json", str(findings)])
    assert "Epsilon" not in capsys.readouterr().out and "epsilon_lower_bound" not in json.loads(findings.read_text())
