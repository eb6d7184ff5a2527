"""The first sentence of an evaluation follows from the verdicts by its rule, and fits what the generator did."""

import numpy as np
import pytest

import memgen_lite as mg
from memgen_lite.evaluation.words import number, outcome, plain, sentence

METRICS = ["frechet", "energy", "mmd_rbf", "nn_accuracy", "precision", "recall", "density", "coverage"]
METRICS += ["authenticity", "nndr", "membership_auc"]
CENTERS = 3 * np.random.default_rng(0).normal(size=(8, 4))


def law(rng, modes=8, sd=0.7):
    return CENTERS[rng.integers(modes, size=150)] + sd * rng.normal(size=(150, 4))


CASES = {
    "fresh data": ("As good as fresh data", lambda rng, T: law(rng)),
    "MemGEN": ("A copy, in whole or in part", lambda rng, T: mg.MemGEN(random_state=0).fit(T).sample(150)),
    "a third copied": ("A copy, in whole or in part", lambda rng, T: np.concatenate([T[:50], law(rng)[50:]])),
    "blurred": ("Worse than fresh data", lambda rng, T: law(rng, sd=2.0)),
    "mode-dropping": ("Worse than fresh data", lambda rng, T: law(rng, modes=4)),
    "too dense": ("Worse than fresh data", lambda rng, T: law(rng, sd=0.2)),
    "noise": ("Worse than fresh data", lambda rng, T: 3 * rng.normal(size=(150, 4))),
}


@pytest.mark.parametrize("case", CASES)
def test_the_sentence_says_what_the_generator_did(case):
    expected, made = CASES[case]
    rng = np.random.default_rng(5)
    T, H = law(rng), law(rng)
    found = mg.evaluate(T, H, made(rng, T), METRICS)
    few, by = plain(found.rows, found.nearer)
    assert few.partition(", and worse")[0] == expected, (few, by, found)
    assert found.verdict.startswith(f"{few}: {by}.") and repr(found).startswith(few)


def row(metric, verdict, train=1.0, honest=0.5, p=0.01):
    band = {"honest_low": honest - 0.1, "honest": honest, "honest_high": honest + 0.1}
    return {"metric": metric, "verdict": verdict, "train": train, "p_value": p, **band}


NEAR, FAR = {"p_value": 0.01}, {"p_value": 0.02}
RULE = [
    ([row("energy", "like a copy", 0.1)], NEAR, "A copy, in whole or in part: nearer to its training rows than"),
    ([row("energy", "like a copy", 0.1)], FAR, "Unlike fresh data, though not worse: by 1 of 1 distances."),
    ([row("energy", "off")], FAR, "Worse than fresh data: by 1 of 1 distances."),
    ([row("energy", "off", 0.55)], FAR, "Unlike fresh data, though not worse: by 1 of 1 distances."),  # by its gap
    (
        [row("energy", "off")],
        NEAR,
        "Leans on its training rows, and worse than fresh data: more of its rows are nearest",
    ),
    ([row("kid", "blind", p=1.0)], NEAR, "Leans on its training rows: more of its rows are nearest to training rows"),
    ([row("precision", "like a copy")], FAR, "Unlike fresh data, though not worse: by 1 of 1 measures of coverage."),
    (
        [row("nndr", "like a copy", 0.1), row("recall", "off", 0.1), row("energy", "blind", p=1.0)],
        NEAR,
        "A copy, in whole or in part, and worse than fresh data: as a copy by 1 of 1 measures of copying; worse by",
    ),
    ([row("energy", "as honest", p=0.5)], FAR, "As good as fresh data: energy does not tell these rows from fresh"),
    ([row("energy", "not computed", p=np.nan)], NEAR, "Can't tell: no metric gave an answer that could be tested."),
]


@pytest.mark.parametrize(("rows", "nearer", "said"), RULE)
def test_the_sentence_follows_from_the_verdicts(rows, nearer, said):
    assert sentence(rows, nearer).startswith(said)


def test_worse_is_the_worse_side_of_fresh_data_whichever_way_a_metric_runs():
    told = [("frechet", 2.0, "worse"), ("frechet", 0.1, "beyond"), ("recall", 0.1, "worse"), ("recall", 0.9, "beyond")]
    told += [
        ("nn_accuracy", 0.9, "worse"),
        ("nn_accuracy", 0.1, "worse"),
        ("nn_accuracy", 0.6, "beyond"),
        ("mifid", np.inf, "worse"),
    ]
    for metric, value, kind in told:
        assert outcome(row(metric, "off", value), copy=True) == kind
    assert outcome(row("nn_accuracy", "like a copy", 0.1), copy=True) == "copy"
    assert [outcome(row("kid", verdict), True) for verdict in ("as honest", "blind", "not computed")] == [
        "fresh", "blind", "none",
    ]  # fmt: skip


def test_numbers_beyond_imagination_are_said_in_words():
    for x in (5.41e18, -5.41e18, 1e6, 9.96e8, 3e30, np.inf, -np.inf):
        assert "e+" not in number(x) and any(word in number(x) for word in ("illion", "infinite")), number(x)
    assert number(5.41e18) == "5.4 quintillion" and number(12345.6) == "12,346" and number(0.5) == "0.5"
    assert number(3e-9) == "0.000" and number(0.0) == "0"
