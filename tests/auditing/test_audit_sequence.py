"""Checkpoints in a row: the step from which on a model copies, and no step before it."""

from datetime import date

import numpy as np
import pytest
from scipy.stats import binom

import memgen_lite as mg


def made(rng, copies, n=100):
    """T, H, and generated rows by step, of which so many are copies."""
    T, H = rng.normal(size=(2, n, 5))
    steps = {step: rng.normal(size=(n, 5)) for step in range(1, len(copies) + 1)}
    for step, count in enumerate(copies, 1):
        steps[step][:count] = T[rng.integers(n, size=count)] + 0.01 * rng.normal(size=(count, 5))
    return T, H, steps


@pytest.mark.simulation
def test_copying_starts_where_it_does_and_is_said_to_start_before_in_one_of_twenty_at_most():
    """30 trainings of four checkpoints, two of which copy: false starts as chance has them once in a thousand runs."""
    early = found = 0
    for i in range(30):
        rng = np.random.default_rng([2, i])
        starts = mg.audit_sequence(*made(rng, [0, 0, 20, 40]), n_relabelings=39, random_state=rng).starts
        early += starts is not None and starts < 3
        found += starts == 3
    assert early <= binom.ppf(0.999, 30, 0.05) and found >= 24


@pytest.mark.simulation
def test_of_steps_that_all_copy_nothing_none_is_named():
    """30 trainings: a start is false, and as rare as one test of 5 % is, however many steps there are."""
    starts = [
        mg.audit_sequence(*made(rng, [0] * 3), n_relabelings=39, random_state=rng).starts
        for rng in (np.random.default_rng([3, i]) for i in range(30))
    ]
    assert sum(start is not None for start in starts) <= binom.ppf(0.999, 30, 0.05)


def test_each_step_has_the_largest_p_value_from_it_to_the_last():
    found = mg.audit_sequence(*made(np.random.default_rng(2), [40, 0, 30, 40]), n_relabelings=99)
    p = [one.p_value for one in found.values()]
    assert [one.p_corrected for one in found.values()] == [max(p[i:]) for i in range(4)]
    assert p[0] == 0.01 and p[1] > 0.05 and found.starts == 3
    assert found.verdict.startswith("Copying starts at 3 or before, and goes on to 4, where the dose is 0.")
    assert repr(found).startswith(found.verdict) and found.verdict in found._repr_html_()
    assert list(found.table.index) == [1, 2, 3, 4] and "leakage_p_value" in found.table


def test_who_has_stopped_copying_by_the_last_step_is_not_dated():
    found = mg.audit_sequence(*made(np.random.default_rng(4), [40, 40, 0]), n_relabelings=99)
    assert found.starts is None and found.verdict.startswith("No copying at the last step, 3 (p = ")


def test_where_the_last_step_cannot_be_told_nothing_is_dated():
    rng = np.random.default_rng(5)
    T, H = rng.normal(size=(100, 5)), rng.normal(size=(100, 5)) + 3
    found = mg.audit_sequence(T, H, {"a": T, "b": T}, n_relabelings=99)
    assert found.starts is None and found.verdict == (
        "Can't tell where copying starts: at the last step, b, the audit can't tell."
    )


@pytest.mark.parametrize("names", [(1, 2, 3), (1, 100, 10_000), ("start", "middle", "end"), (0.5, True, 2)])
def test_the_plot_has_a_point_a_step_and_says_where_copying_starts(names):
    T, H, steps = made(np.random.default_rng(6), [0, 30, 40])
    found = mg.audit_sequence(T, H, dict(zip(names, steps.values(), strict=True)), n_relabelings=99)
    picture = found.plot()
    (ax,) = picture.figure.axes
    assert len(ax.lines[0].get_xdata()) == 3 and found.starts == names[1]
    assert "copying starts here, or before" in [text.get_text() for text in ax.get_legend().get_texts()]
    assert found.verdict in picture.html()
    assert (ax.get_xscale() == "log") == (names[-1] == 10_000)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((None, 1), "generated must be a dict by step of generated rows, got None as a step"),
        ((10, 2), "generated must have its steps in the order of training, got 2 after 10"),
        ((np.nan,), "generated must have its steps in the order of training, got nan"),
        ((date(2021, 1, 1), date(2020, 1, 1)), "order of training, got 2020-01-01 after 2021-01-01"),
    ],
)
def test_steps_that_tell_no_order_of_training_are_refused(steps, message):
    X = np.random.default_rng(0).normal(size=(2, 30, 2))
    with pytest.raises((TypeError, ValueError), match=message):
        mg.audit_sequence(*X, dict.fromkeys(steps, X[0]))


@pytest.mark.parametrize("generated", [{}, [1, 2], None, np.zeros((3, 2))])
def test_what_is_no_dict_by_step_is_an_error(generated):
    X = np.random.default_rng(0).normal(size=(2, 30, 2))
    with pytest.raises(TypeError, match="generated must be a dict by step of generated rows, got"):
        mg.audit_sequence(*X, generated)
