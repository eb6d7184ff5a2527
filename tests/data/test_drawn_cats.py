from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from memgen_lite import cats

CHANGES = [
    *({"fur": "orange"}, {"eyes": "amber"}, {"lids": 0.1}, {"ears": 0.95}, {"cheeks": 0.95}, {"tilt": 12.0}),
    *({"background": 0.8}, {"pattern": "plain"}, {"pattern": "tuxedo"}, {"pattern": "patched"}, {"pattern": "pointed"}),
]


def cat(fur="gray", pattern="tabby", eyes="green", pose="sitting", **numbers):
    values = {"lids": 0.8, "ears": 0.5, "cheeks": 0.5, "tail": 0.6, "tilt": 0.0, "background": 0.3, **numbers}
    return np.array([(fur, pattern, eyes, pose, *values.values())], dtype=cats.PARAMETERS)


def test_the_words_of_the_law_have_total_probability_1():
    words = list(product(cats.FUR, cats.PATTERNS, cats.IRISES, cats.POSES))
    numbers = {"lids": 0.5, "ears": 0.5, "cheeks": 0.5, "tail": 0.5, "tilt": 0.0, "background": 0.5}
    log_prob = cats.log_prob(np.concatenate([cat(*word, **numbers) for word in words]))
    of_numbers = stats.norm.pdf(0, 0, cats.TILT_SD) * np.prod([stats.beta.pdf(0.5, a, a) for a in (4, 3, 2)])
    lids = np.array([stats.beta.pdf(0.5, *cats.LIDS[cats.POSES.index(word[-1])]) for word in words])
    assert np.sum(np.exp(log_prob) / lids) == pytest.approx(of_numbers, rel=1e-12)


@pytest.mark.parametrize("name", ["lids", "ears", "cheeks", "tail", "background", "tilt"])
@pytest.mark.parametrize("pose", cats.POSES)
def test_each_number_integrates_to_the_same_whatever_it_is_beside(name, pose):
    """Integrating out one number must leave the density of the rest: the same at all values of the others."""

    def integral(**others):
        bounds = (-60, 60) if name == "tilt" else (0, 1)
        return integrate.quad(lambda x: np.exp(cats.log_prob(cat(pose=pose, **others, **{name: x}))[0]), *bounds)[0]

    other = "ears" if name == "tilt" else "tilt"
    beside = stats.beta(*cats.EARS).pdf if other == "ears" else stats.norm(0, cats.TILT_SD).pdf
    assert integral(**{other: 0.3}) / integral(**{other: 0.7}) == pytest.approx(beside(0.3) / beside(0.7), rel=1e-6)


def test_samples_follow_the_law():
    """Chi-square on the words, Kolmogorov and Smirnov on the numbers: 9 tests at 0.001, so an error rate under 0.01."""
    drawn = cats.sample_parameters(20_000, 7)
    p_values = []
    for pose, (a, b) in zip(cats.POSES, cats.LIDS, strict=True):
        p_values.append(stats.kstest(drawn["lids"][drawn["pose"] == pose], stats.beta(a, b).cdf).pvalue)
    for name, law in {
        "ears": stats.beta(4, 4),
        "cheeks": stats.beta(3, 3),
        "tail": stats.beta(2, 2),
        "tilt": stats.norm(0, 6),
        "background": stats.uniform(),
    }.items():
        p_values.append(stats.kstest(drawn[name], law.cdf).pvalue)
    expected, observed = [], []
    for (i, fur), (j, pattern), (k, eyes), (m, pose) in product(
        *map(enumerate, (cats.FUR, cats.PATTERNS, cats.IRISES, cats.POSES))
    ):
        probability = cats.FUR_LAW[i] * cats.PATTERN[i, j] * cats.EYES[i, k] * cats.POSE_LAW[m]
        here = (drawn["fur"] == fur) & (drawn["pattern"] == pattern) & (drawn["eyes"] == eyes) & (drawn["pose"] == pose)
        expected.append(probability * len(drawn))
        observed.append(here.sum())
    possible = np.array(expected) > 0
    assert np.array(observed)[~possible].sum() == 0
    p_values.append(stats.chisquare(np.array(observed)[possible], np.array(expected)[possible]).pvalue)
    assert min(p_values) > 0.001


def test_what_the_law_excludes_has_no_density():
    excluded = [
        cat(fur="black", pattern="tabby"),
        cat(fur="purple"),
        cat(pose="flying"),
        cat(tail=1.5),
        cat(background=-0.1),
    ]
    assert np.all(cats.log_prob(np.concatenate(excluded)) == -np.inf)
    assert np.isfinite(cats.log_prob(cat()))


def test_rows_of_the_tables_are_distributions():
    for table in (cats.FUR_LAW, cats.PATTERN, cats.EYES, cats.POSE_LAW):
        assert np.allclose(table.sum(axis=-1), 1)
        assert np.all(table >= 0)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 40), st.integers(0, 2**32 - 1))
def test_a_seed_gives_the_same_cats_and_all_have_density(n, seed):
    drawn = cats.sample_parameters(n, seed)
    assert drawn.shape == (n,)
    assert np.array_equal(drawn, cats.sample_parameters(n, np.random.default_rng(seed)))
    assert np.all(np.isfinite(cats.log_prob(drawn)))


def test_drawing_is_a_function_of_the_parameters():
    drawn = cats.sample_parameters(6, 1)
    pictures = cats.draw(drawn, 48)
    assert pictures.shape == (6, 48, 48, 3)
    assert pictures.dtype == np.uint8
    assert np.array_equal(pictures[::-1], cats.draw(drawn[::-1], 48))


@pytest.mark.parametrize("pose", cats.POSES)
@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_every_parameter_can_be_seen(pose, change):
    assert (cats.draw(cat(pose=pose)) != cats.draw(cat(**{"pose": pose, **change}))).any()


def test_the_tail_can_be_seen_where_there_is_one():
    for pose, differs in (("sitting", True), ("loaf", True), ("face", False)):
        assert (cats.draw(cat(pose=pose)) != cats.draw(cat(pose=pose, tail=0.1))).any() == differs


def test_a_cat_has_the_colors_of_its_fur_and_eyes():
    picture = cats.draw(cat(fur="orange", pattern="plain", eyes="green", pose="face"), 128)[0].reshape(-1, 3)
    for color in (cats.COATS["orange"][0], cats.GLOW["green"], cats.INK, cats.PINK):
        rgb = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        assert (picture == rgb).all(axis=1).sum() > 20, color


def test_a_sleeping_cat_shows_no_iris():
    green = [int(cats.GLOW["green"][i : i + 2], 16) for i in (1, 3, 5)]
    awake, asleep = cats.draw(np.concatenate([cat(pose="face"), cat(pose="face", lids=0.1)]), 96)
    assert (awake == green).all(axis=2).any()
    assert not (asleep == green).all(axis=2).any()


def test_no_cats_and_bad_arguments():
    assert cats.draw(cats.sample_parameters(0, 0)).shape == (0, 64, 64, 3)
    assert cats.log_prob(cats.sample_parameters(0, 0)).shape == (0,)
    with pytest.raises(ValueError, match="n must be 0 or more, got -1"):
        cats.sample_parameters(-1)
    with pytest.raises(ValueError, match="size must be from 1 to 4,096, got 0"):
        cats.draw(cat(), 0)
