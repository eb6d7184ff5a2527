"""mg.audit_plan: what it asks for is enough, and what is out of reach is said."""

import numpy as np
import pytest

import memgen_lite as mg
from memgen_lite.auditing.measure import measure


def test_the_plan_keeps_its_power():
    """What it asks for gives at least the power asked for, .8, less 3 standard errors of 60 trials (.15)."""
    plan = mg.audit_plan(0.1, n_train=200, unevenness=0.3).set_index("held_out")
    named, seen = 0, 0
    for i in range(60):
        generator = np.random.default_rng(i)
        train, held_out = generator.normal(size=(2, 200, 8))
        for need in ("generated_to_name", "generated_for_interval"):
            m = int(plan.loc[200, need])
            copied = generator.random(m) < 0.1
            rows = np.where(copied[:, None], train[generator.integers(200, size=m)], generator.normal(size=(m, 8)))
            found = measure(train, held_out, rows, n_relabelings=49, rng=generator)
            if need == "generated_to_name":
                named += len(found.copies) > 0
            else:
                seen += found.walk.dose_interval[0] > 0
    assert named / 60 >= 0.65 and seen / 60 >= 0.65


def test_a_plan_says_what_is_out_of_reach():
    plan = mg.audit_plan(1.0, n_train=50, q=0.1)
    assert plan["fewest_named"].tolist() == [100, 50, 20, 10, 5, 1]
    assert np.isnan(mg.audit_plan(0.01)["generated_for_interval"]).tolist() == [True] * 5 + [False]
    assert np.isnan(plan["generated_to_name"][0]) and plan["generated_to_name"][2] > 20
    with pytest.raises(ValueError, match="dose must be from 1e-06 to 1, got 0"):
        mg.audit_plan(0)
    with pytest.raises(ValueError, match="power must be above 0 and below 1, got 1"):
        mg.audit_plan(0.5, power=1)
