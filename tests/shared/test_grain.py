"""Numbers and times are as fine in one sample as in the others: what one side was rounded to, no other side escapes."""

import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import memgen_lite as mg
from memgen_lite.shared.kinds import together
from memgen_lite.shared.kinds.grain import on_grid

ROLES = ("train", "held_out", "generated")
rng = np.random.default_rng(0)
SIDES = [("train",), ("held_out",), ("generated",), ("train", "generated"), ("held_out", "generated")]


def meet(found):
    """Whether rows of each sample meet others of each: as given, and at distance 0."""
    pairs = [("train", "held_out"), ("train", "generated"), ("held_out", "generated")]
    return all(
        np.isin(found.same[one], found.same[other]).any()
        and (np.abs(found.rows[one][:, None] - found.rows[other][None]).sum(axis=2) == 0).any()
        for one, other in pairs
    )


HELD = {
    "float32": lambda X: X.astype("f4"),
    "float16": lambda X: X.astype("f2"),
    "Float32": lambda X: pd.array(X.astype("f4"), dtype="Float32"),
    "Float64": lambda X: pd.array(X, dtype="Float64"),
    "Decimal": lambda X: [Decimal(str(x)) for x in X],
    "Decimal beside float": lambda X: [Decimal(str(x)) if i % 2 else float(x) for i, x in enumerate(X)],
    "Fraction": lambda X: [Fraction(str(x)) for x in X],
    "objects": lambda X: X.astype(object),
}


@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize("beside", ["float64", "float32"])
@pytest.mark.parametrize("name", HELD)
def test_numbers_of_one_decimal_meet_however_a_side_holds_them(name, beside, sides):
    draw = np.random.default_rng(1)
    frames = {}
    for role in ROLES:
        X = draw.integers(-20, 20, size=60) / 10
        frames[role] = pd.DataFrame({"a": HELD[name](X) if role in sides else X.astype(beside)})
    assert meet(together(frames))


@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize("frame", [True, False])
@pytest.mark.parametrize("beside", ["int64", "uint64", "int32"])
def test_whole_numbers_are_rounded_as_the_floats_beside_them(beside, frame, sides):
    draw = np.random.default_rng(2)
    samples = {}
    for role in ROLES:
        X = 10**9 + draw.integers(0, 10**4, size=400)
        X = X.astype("f4" if role in sides else beside)
        samples[role] = pd.DataFrame({"a": X}) if frame else X[:, None]
    found = together(samples)
    values = [set(found.rows[role].ravel().tolist()) for role in ROLES]
    assert min(map(len, values)) > 0.9 * len(values[0] | values[1] | values[2])  # all 157 steps of float32 in each
    assert any("was rounded to float32, as " in note for note in found.notes)


def test_whole_numbers_too_large_for_the_floats_beside_them_stay_finite_and_it_is_said():
    samples = {role: rng.integers(0, 10**6, size=(60, 1)) for role in ROLES}
    samples["generated"] = rng.normal(size=(60, 1)).astype("f2")
    found = together(samples)
    assert all(np.isfinite(X).all() for X in found.rows.values())
    assert any("float16, whole numbers can't be rounded alike" in note for note in found.notes)


@pytest.mark.parametrize("places", [-2, 0, 1, 3])
@pytest.mark.parametrize("side", ["train", "held_out"])
@pytest.mark.parametrize("kind", ["f8", "f4", "Float64", "array"])
def test_where_one_side_was_rounded_to_decimals_all_are(kind, side, places):
    samples = {}
    for role in ROLES:
        X = 10.0**-places * np.column_stack([rng.normal(size=300), 3 + rng.normal(size=300)])
        X = np.round(X, places) if role in (side, "generated") else X
        samples[role] = X if kind == "array" else pd.DataFrame(X).astype(kind)
    found = together(samples)
    assert sum(f"{side} is rounded to {10.0**-places:g} and" in note for note in found.notes) == 2
    values = [set(found.rows[role][:, 0].tolist()) for role in ROLES]
    assert len(values[0] | values[1] | values[2]) < 15
    if kind == "array":
        seen = []
        together(samples, features=lambda X: seen.append(X) or X)
        assert len({len(np.unique(X)) < 30 for X in seen}) == 1, "features see what was rounded"


@pytest.mark.parametrize("kind", ["array", "frame"])
def test_what_only_the_generator_rounds_or_few_values_seem_to_be_is_left(kind):
    T, H, G = rng.normal(size=(3, 100, 2))
    few = np.where(rng.random((100, 2)) < 0.1, 50.0, 0)  # of 20 values none has a digit
    for samples in ((T, H, G.round(1)), (T.round(1), H.round(1), G), (few[:, :1] + 0, H[:, :1], G[:, :1])):
        given = dict(zip(ROLES, samples if kind == "array" else map(pd.DataFrame, samples), strict=True))
        assert not any("rounded" in note for note in together(given).notes)


STEPS = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}


@pytest.mark.parametrize("side", ["train", "held_out"])
@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("unit", ["us", "ns"])
@pytest.mark.parametrize("kind", ["times", "times of a zone", "durations"])
def test_where_one_side_was_cut_to_whole_steps_of_time_all_are(kind, unit, name, side):
    step = np.timedelta64(STEPS[name], "s")
    samples = {}
    for role in ROLES:
        X = (rng.random(200) * 40 * step.astype("m8[us]").astype(int)).astype("m8[us]")
        X = X // step * step if role in (side, "generated") else X
        X = pd.Series(X.astype(f"m8[{unit}]"))
        if kind != "durations":
            X = pd.Timestamp("2024-03-01") + X
        samples[role] = pd.DataFrame({"a": X.dt.tz_localize("Asia/Tokyo") if kind == "times of a zone" else X})
    found = together(samples)
    assert any(f"{side} is cut to {name}" in note for note in found.notes), found.notes
    values = [set(found.rows[role].ravel().tolist()) for role in ROLES]
    assert len(values[0] | values[1] | values[2]) <= 41


def test_dates_beside_moments_are_compared_by_the_day():
    moments = [pd.Timestamp("2024") + pd.to_timedelta(99 * rng.random(80), "D") for _ in ROLES]
    samples = dict(
        zip(ROLES, [pd.DataFrame({"a": X.date if i != 1 else X}) for i, X in enumerate(moments)], strict=True)
    )
    found = together(samples)
    assert meet(found) and any("cut to days" in note for note in found.notes)
    assert isinstance(samples["train"]["a"][0], datetime.date)


@pytest.mark.simulation
@pytest.mark.parametrize("rounded", ["held_out", "train"])
def test_a_blind_generator_is_not_accused_where_one_file_has_fewer_digits(rounded):
    """40 audits: were the rate 5 %, more than 6 p-values of .05 at most would come once in 100 such tests."""
    low = exact = 0
    for i in range(40):
        draw = np.random.default_rng([5, i])
        samples = {role: draw.normal(size=(n, 2)) for role, n in zip(ROLES, (150, 100, 100), strict=True)}
        for role in (rounded, "generated"):
            samples[role] = samples[role].round(1)
        found = mg.audit(**samples, n_relabelings=99, random_state=i)
        low += found.p_value <= 0.05
        exact += found.exact_control["p_value"] <= 0.05
    assert low <= 6 and exact <= 6


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
def test_whole_numbers_are_rounded_as_whole_numbers_alike_in_all_dtypes(dtype):
    ends, wide = np.iinfo(dtype), np.iinfo(np.uint64 if dtype == "uint64" else np.int64)
    drawn = np.random.default_rng(0).integers(ends.min, ends.max, 500, dtype=dtype)
    X = np.concatenate([np.array([ends.min, ends.min + 1, ends.max - 3, ends.max, 5, 15, 25, 50], dtype=dtype), drawn])
    np.testing.assert_array_equal(on_grid(X, 0), X)
    for places in (-1, -2, -3):
        step = 10**-places
        for given, found in zip(X.tolist(), on_grid(X, places).tolist(), strict=True):
            count = round(Fraction(given, step))  # of Python's, to the even one
            within = [step * k for k in (count, count - 1, count + 1) if wide.min <= step * k <= wide.max]
            assert found == within[0]


@pytest.mark.parametrize("table", [np.asarray, pd.DataFrame])
def test_copies_in_a_narrower_dtype_stay_copies_where_all_are_rounded(table):
    fine, coarse = rng.integers(0, 256, size=(2, 60, 1))
    train, held_out, generated = 10 * (coarse % 26), fine, np.full((30, 1), 255)
    train[:2] = 260
    held_out[:5] = 255
    given = dict(zip(ROLES, map(table, (train, held_out, generated.astype(np.uint8))), strict=True))
    found = together(given)
    assert any("rounded" in note for note in found.notes)
    assert set(found.same["generated"]) <= set(found.same["held_out"]) and set(found.same["generated"]) <= set(
        found.same["train"]
    )
