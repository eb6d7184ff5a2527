"""What an audit takes for granted, looked at: what holds is passed, what does not is told."""

import numpy as np
from audited import COPIER, NOISE, H, T

import memgen_lite as mg
from memgen_lite.auditing import checks

rng = np.random.default_rng(1)


def test_leaks_of_held_out_rows_are_named():
    found = mg.audit(T, np.concatenate([H[:200], T[:100]]), COPIER)
    assert any("100 of 300 held-out rows equal a training row" in line for line in found.warnings)
    np.testing.assert_array_equal(found.ambiguous["in_both"], np.arange(100))
    found = mg.audit(T, H, H)
    assert found.dose == -1 and found.verdict.startswith("Can't tell: generated rows are nearer to held-out rows")
    assert any("300 of 300 generated rows equal a held-out row" in line for line in found.warnings)
    assert any("nearer to held-out rows than chance" in line for line in found.warnings)


def test_a_held_out_set_of_another_law_is_told():
    found = mg.audit(T, H + 1, NOISE)
    assert found.assumptions["holds"][0] is False
    assert any("held-out rows are like training rows? No" in line for line in found.warnings)


def test_the_check_of_exchangeability_has_its_size():
    """At level .01, with 100 fresh splits in 40 columns: at most 5 warnings (probability of more, 5e-4)."""
    false = 0
    for i in range(100):
        generator = np.random.default_rng(i)
        X = generator.normal(size=(160, 40)) ** 3
        false += checks._exchangeable(X[:80], X[80:], None, generator)["holds"] is False
    assert false <= 5


def pairs_of(n, generator):
    X = generator.normal(size=(n // 2, 4))
    return np.concatenate([X, X + 0.02 * generator.normal(size=X.shape)])


def test_rows_that_were_put_on_a_side_together_are_told_from_rows_that_resemble_each_other():
    """The p-value is exact; at level .01, of 60 scattered pairings at most 4 alarms (probability of more, 3e-4)."""
    generator = np.random.default_rng(0)
    together = pairs_of(120, generator), pairs_of(120, generator)

    def line_of(train, held_out, count):
        drawn = generator.permutation(len(train) + len(held_out))[:count]
        around = checks._Around(train, held_out, np.sort(drawn), "euclidean", generator)
        return checks._one_by_one(around, drawn, generator)

    for train, held_out in (together, (together[0], generator.normal(size=(120, 4)))):
        line = line_of(train, held_out, 100)
        assert line["holds"] is False and "See groups=" in line["finding"]
    alarms = 0
    for _ in range(60):
        split = np.split(generator.permutation(pairs_of(120, generator)), [80])
        alarms += line_of(*split, 60)["holds"] is False
    assert alarms <= 4
    found = mg.audit(*together, generator.normal(size=(120, 4)), n_relabelings=19)
    assert any("one by one? No: " in line for line in found.warnings)
    numbers = np.arange(120) % 60, 60 + np.arange(120) % 60
    assert len(mg.audit(*together, together[0], n_relabelings=19, groups=numbers).assumptions) == 4


def test_near_duplicates_across_the_split_are_told():
    near = T + 0.001 * rng.normal(size=T.shape)
    found = mg.audit(T, near, NOISE, n_relabelings=19)
    assert found.assumptions["holds"][1] is False and "near-duplicate on the other side" in found.warnings[0]
