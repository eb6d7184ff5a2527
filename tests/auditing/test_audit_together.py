"""Several audits read together: corrected p-values, and verdicts that follow them."""

import numpy as np
import pytest

import memgen_lite as mg
from memgen_lite.auditing.together import holm

rng = np.random.default_rng(3)


def test_holm_steps_down():
    """By the definition: reject, from the smallest on, while p_(i) <= a/(m - i + 1)."""
    for _ in range(50):
        p = rng.random(6) ** 3
        corrected = np.array(holm(p))
        for level in (0.01, 0.05, 0.2):
            rejected = set()
            for i, j in enumerate(np.argsort(p)):
                if p[j] > level / (6 - i):
                    break
                rejected.add(int(j))
            assert set(np.flatnonzero(corrected <= level).tolist()) == rejected


def test_verdicts_and_limits_follow_the_corrected_p_value():
    T, H = rng.normal(size=(2, 120, 4))
    leaning = np.repeat(T[:60], 2, axis=0) + 0.5 * rng.normal(size=(120, 4))
    alone = mg.audit(T, H, leaning)
    assert alone.p_corrected == alone.p_value <= 0.05 and alone.exceeds(0)
    others = {f"honest {i}": (T, H, rng.normal(size=(30, 4))) for i in range(2)}
    found = mg.audit_together({"leaning": (T, H, leaning)} | others)
    assert found["leaning"].p_value == alone.p_value
    assert found["leaning"].p_corrected == pytest.approx(min(1, 3 * alone.p_value))
    assert "(corrected for 3 audits)" in found["leaning"].verdict
    found["leaning"].p_corrected = 0.2
    assert not found["leaning"].exceeds(0) and not found["leaning"].verdict.startswith(("Copies", "Leans"))
    table = found.table
    assert list(table.index) == list(found) and (table["held_out"] == 120).all()
    assert repr(found).startswith("leaning: ") and "<table" in found._repr_html_()


def test_what_is_no_dict_of_triples_is_refused():
    with pytest.raises(TypeError, match="samples must be a dict by name"):
        mg.audit_together([1, 2])
    with pytest.raises(TypeError, match=r"samples\['a'\] must be a triple"):
        mg.audit_together({"a": ([1], [2])})


def test_swapped_roles_speak_where_held_out_rows_are_copied():
    T, H, G = rng.normal(size=(3, 150, 4))
    G[:20] = H[:20]
    found = mg.audit(T, H, G)
    swapped = mg.audit(H, T, G)
    assert found.p_swapped == pytest.approx(swapped.p_value, abs=0.02) and found.p_swapped <= 0.05 < found.p_value
    assert found.dose == pytest.approx(-swapped.dose)
