"""Columns of tables: equal values are equal however they are written, and what is perhaps not meant is said."""

import datetime
import uuid
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memgen_lite.shared.kinds import together

rng = np.random.default_rng(0)
N = 40


def three(make):
    """Samples of one column: the first ten generated rows are training rows."""
    train, held_out, generated = (pd.Series(make(i)) for i in range(3))
    generated = pd.concat([train[:10], generated[10:]], ignore_index=True)
    return {"train": train, "held_out": held_out, "generated": generated}


def read(columns):
    return together({role: pd.DataFrame({"a": column}) for role, column in columns.items()})


def matches(found):
    """Which generated rows equal a training row, as given; and which are at distance 0 from one."""
    equal = np.isin(found.same["generated"], found.same["train"])
    near = np.abs(found.rows["generated"][:, None] - found.rows["train"][None]).sum(axis=2).min(axis=1) == 0
    return equal, near


def assert_first_ten_match(found):
    equal, near = matches(found)
    assert equal[:10].all() and near[:10].all()
    assert not equal[10:].any()


MOMENTS = np.datetime64("2024-01-01T00:00", "s") + rng.choice(10**6, size=(3, N), replace=False) * np.timedelta64(
    60, "s"
)
NUMBERS = rng.choice(10**6, size=(3, N), replace=False)


@pytest.mark.parametrize("role", ["train", "held_out", "generated"])
@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.astype("datetime64[s]"),
        lambda c: c.astype("datetime64[us]"),
        lambda c: c.astype("datetime64[ns]"),
        lambda c: c.astype(object),
        lambda c: pd.Series(c.dt.to_pydatetime(), dtype=object),
    ],
)
def test_a_time_is_the_same_in_every_unit(role, change):
    columns = three(lambda i: MOMENTS[i])
    columns[role] = change(columns[role])
    assert_first_ten_match(read(columns))


def test_a_time_is_the_same_in_every_zone_and_a_time_without_one_is_refused():
    columns = three(lambda i: pd.to_datetime(MOMENTS[i]).tz_localize("UTC"))
    columns["generated"] = columns["generated"].dt.tz_convert("Asia/Tokyo")
    assert_first_ten_match(read(columns))
    columns["generated"] = columns["generated"].dt.tz_localize(None)
    with pytest.raises(TypeError, match=r"'a' must have a time zone in all samples or in none; with one: \['train'"):
        read(columns)


def test_dates_are_times_and_spans_are_durations():
    days = rng.choice(9000, size=(3, N), replace=False)
    found = read(three(lambda i: [datetime.date.fromordinal(730000 + int(day)) for day in days[i]]))
    assert_first_ten_match(found)
    assert found.rows["train"].shape[1] == 1
    spans = read(three(lambda i: [datetime.timedelta(days=int(day)) for day in days[i]]))
    np.testing.assert_allclose(spans.rows["train"], found.rows["train"])


WRITTEN = {
    "Decimal": lambda values: [Decimal(int(value)) / 8 for value in values],
    "float64": lambda values: values / 8,
    "float32": lambda values: (values / 8).astype("f4"),
    "Float64": lambda values: pd.array(values / 8, dtype="Float64"),
    "object": lambda values: pd.Series(values / 8, dtype=object),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_number_is_a_number_however_it_is_held(name):
    found = read(three(lambda i: WRITTEN[name](NUMBERS[i])))
    assert_first_ten_match(found)
    assert found.rows["train"].shape[1] == 1
    plain = read(three(lambda i: NUMBERS[i] / 8))
    np.testing.assert_allclose(found.rows["generated"], plain.rows["generated"], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["int64", "uint64", "Int64"])
def test_whole_numbers_of_many_digits_are_equal_only_if_every_digit_is(dtype):
    base = 10**17 + 2 * np.arange(3 * N).reshape(3, N)
    columns = three(lambda i: pd.array(base[i], dtype=dtype))
    columns["generated"] = columns["generated"] + pd.Series(np.arange(N) >= 10).astype(dtype)  # all but ten are one off
    equal = matches(read(columns))[0]
    assert equal[:10].all() and not equal[10:].any()
    mixed = columns | {"train": columns["train"].astype("uint64")}
    assert (matches(read(mixed))[0] == equal).all()


@pytest.mark.parametrize("sides", [("f4", "f8", "f8"), ("f8", "f4", "f8"), ("f8", "f8", "f4"), ("f2", "f4", "f8")])
def test_one_precision_for_all_samples_so_that_no_side_is_nearer_by_rounding(sides):
    columns = three(lambda i: rng.normal(size=N).round(1))
    columns = {role: column.astype(kind) for (role, column), kind in zip(columns.items(), sides, strict=True)}
    found = read(columns)
    assert matches(found)[0][:10].all()
    coarsest = min(sides)
    assert any(f"rounded to {np.dtype(coarsest)}" in note for note in found.notes)
    values = {role: set(X.ravel().tolist()) for role, X in found.rows.items()}
    assert values["train"] & values["held_out"], "numbers of one decimal meet"


def test_features_are_given_what_was_rounded():
    kinds = {"train": "f4", "held_out": "f8", "generated": "f8"}
    frames = {role: pd.DataFrame({"a": rng.normal(size=N).astype(kind)}) for role, kind in kinds.items()}
    seen = []
    together(frames, features=lambda X: seen.append(X) or X.to_numpy())
    assert {str(frame["a"].dtype) for frame in seen} == {"float32"}


def test_missing_values_are_a_level_or_stand_in_the_middle_and_are_told_apart():
    category = read(three(lambda i: rng.choice(["x", "y", None], N)))
    levels = np.unique(np.vstack(list(category.rows.values())), axis=0)
    distances = np.abs(levels[:, None] - levels[None]) ** 2
    np.testing.assert_allclose(distances.sum(axis=2), 1 - np.eye(3), atol=1e-6)
    holed = three(lambda i: np.where(rng.random(N) < 0.3, np.nan, rng.normal(size=N)))
    number = read(holed)
    missing = holed["train"].isna().to_numpy()
    real = pd.concat([holed["train"], holed["held_out"]])
    assert number.rows["train"].shape[1] == 2
    np.testing.assert_allclose(number.rows["train"][missing, 0], (real.median() - real.min()) / np.ptp(real.dropna()))
    np.testing.assert_allclose(number.rows["train"][:, 1] ** 2, 0.5 * missing)
    everything = read({role: pd.Series([None] * N, dtype=object) for role in ("train", "held_out", "generated")})
    assert matches(everything)[0].all()


def test_a_category_of_many_levels_is_no_wider_than_a_text():
    levels, rows = rng.permutation(3 * 3752), []
    for values in (levels, levels.astype(str)):
        train, held_out, generated = (pd.Series(pd.Categorical(part)) for part in np.array_split(values, 3))
        found = read({"train": train, "held_out": held_out, "generated": generated})
        assert found.rows["train"].shape[1] == 512
        rows.append(np.concatenate([*found.rows.values()]))
    assert np.array_equal(*rows)  # so that whole numbers take the time of texts, and give what they give


DOUBTS = {
    "other units": (lambda i: rng.normal(50_000, 9000, N) / (1000 if i == 2 else 1), "the same units"),
    "2..3 beside 0..1": (lambda i: rng.uniform(2 if i == 2 else 0, 3 if i == 2 else 1, N), "the same units"),
    "-1..1 beside 0..1": (lambda i: rng.uniform(-1 if i == 2 else 0, 1, 500), "the same units"),
    "0..1 beside -1..1": (lambda i: rng.uniform(0 if i == 2 else -1, 1, 500), "the same units"),
    "-1..1 held out beside 0..1": (lambda i: rng.uniform(-1 if i == 1 else 0, 1, 500), "the same units"),
    "degrees of Fahrenheit": (lambda i: rng.normal(68 if i == 2 else 20, 9 if i == 2 else 5, 500), "the same units"),
    "summer beside the year": (
        lambda i: pd.Timestamp("2020") + pd.to_timedelta(rng.integers(200 if i == 2 else 0, 365, 500), "D"),
        "the same units",
    ),
    "years apart": (
        lambda i: pd.Timestamp("2020") + pd.to_timedelta(9000 * (i == 2) + np.arange(N), "D"),
        "same units",
    ),
    "no level is shared": (lambda i: rng.choice(["Yes", "No"] if i == 2 else [True, False], N), "coded alike"),
    "a blank before each level": (lambda i: rng.choice([" a", " b"] if i == 1 else ["a", "b"], N), "coded alike"),
    "strings beside integers": (
        lambda i: pd.Categorical(rng.choice(["1", "2"] if i == 2 else [1, 2], N)),
        "coded alike",
    ),
    "text of numbers": (lambda i: [f"{x:,.2f}" for x in rng.uniform(1, 9999, N)], "reads as numbers"),
    "text of money": (lambda i: [f"${x}" for x in rng.integers(1, 99, N)], "reads as numbers"),
    "text of dates": (lambda i: [f"2024-0{d}-11" for d in rng.integers(1, 9, N)], "reads as dates"),
    "ids that go on": (lambda i: np.arange(N) + 1000 * 0 + N * i, r"as a key has: ignore=\['a'\]"),
    "ids from 0 again": (lambda i: np.arange(N) + (N if i == 1 else 0), "as a key has"),
    "UUIDs": (lambda i: [f"{int(x):032x}" for x in rng.integers(0, 2**62, N)], "as a key has"),
    "hashes": (lambda i: rng.integers(10**17, 10**18, N), "as a key has"),
    "ids that each file counts anew": (lambda i: np.arange(N + i), "as a key has"),
    "ids among which one is missing": (lambda i: [None, *range(N * i, N * i + N - 1)], "as a key has"),
    "ids with a word before": (lambda i: [f"cust_{n}" for n in range(N * i, N * i + N)], "as a key has"),
    "addresses": (lambda i: [f"u{n}@example.org" for n in rng.choice(10**6, N, replace=False)], "as a key has"),
    "UUID objects": (lambda i: [uuid.UUID(int=int(n)) for n in rng.integers(0, 2**62, N)], "as a key has"),
}
DAYS = rng.integers(0, 9000, size=(3, N))
READS = {
    **{
        pattern: (lambda n, pattern=pattern: (datetime.datetime(2000, 1, 1) + n).strftime(pattern), "dates")
        for pattern in (
            "%Y/%m/%d", "%d-%m-%Y", "%d.%m.%y", "%d %B %Y", "%d-%b-%Y", "%b %d, %Y", "%Y%m%d", "%Y-%m",
            "%Y-%m-%dT%H:%M", "%a, %d %b %Y %H:%M:%S GMT",
        )
    },
    "%H:%M": (lambda n: f"{n.days % 24}:{n.days % 60:02d}", "times of day"),
    **{
        pattern: (lambda n, pattern=pattern: pattern.format(n.days), "numbers")
        for pattern in (
            "€{:,}", "{} EUR", "USD {}", "{:.2e}", "({:,})", "\u2212{}", "{} kg", "{}%", "{}k", "-${}", "¥{}",
        )
    },
    "1.234,50": (lambda n: f"{n.days:,}".replace(",", ".") + ",50", "numbers"),
    "1'234": (lambda n: f"{n.days:,}".replace(",", "'"), "numbers"),
}  # fmt: skip


@pytest.mark.parametrize("name", READS)
def test_text_that_reads_as_numbers_or_times_is_named(name):
    make, what = READS[name]
    columns = {
        role: pd.Series([make(datetime.timedelta(int(day))) for day in DAYS[i]])
        for i, role in enumerate(("train", "held_out", "generated"))
    }
    assert any(f"'a' is text that reads as {what}" in note for note in read(columns).notes), read(columns).notes
    told = together({role: column.tolist() for role, column in columns.items()}).notes
    assert any(f"train is texts that read as {what}" in note for note in told)


@pytest.mark.parametrize(
    "make",
    [
        lambda n: f"{n} Main Street",
        lambda n: "ACGT"[n % 4] * (n % 7 + 1),
        lambda n: f"2024-01-{n % 28 + 1:02d} the server said that all was well",
        lambda n: ["may be", "march on", "second 2", "12 of them"][n % 4],
    ],
)
def test_words_are_not_doubted(make):
    columns = {role: pd.Series([make(int(n)) for n in DAYS[i]]) for i, role in enumerate(("train", "generated"))}
    assert not any("reads as" in note for note in read(columns).notes), read(columns).notes


def test_names_of_files_are_asked_about():
    names = {role: [f"images/{role} {n}.PNG" for n in range(N)] for role in ("train", "held_out", "generated")}
    assert any("train is names of files" in note for note in together(names).notes)


def test_a_key_in_an_array_is_named():
    rows = {
        role: np.column_stack([rng.normal(size=N), np.arange(N) + i * N])
        for i, role in enumerate(("train", "held_out", "generated"))
    }
    assert any(r"column 1 has another value in each row" in note for note in together(rows).notes)
    assert not together(rows, ignore=1).notes


@pytest.mark.parametrize("name", DOUBTS)
def test_a_column_that_is_perhaps_not_meant_is_named(name):
    make, message = DOUBTS[name]
    columns = {role: pd.Series(make(i)) for i, role in enumerate(("train", "held_out", "generated"))}
    assert pd.Series(read(columns).notes).str.contains(message).any(), read(columns).notes
    assert all("column 'a'" in note for note in read(columns).notes)


def test_columns_as_they_are_meant_are_not_doubted():
    frames = {
        role: pd.DataFrame(
            {
                "age": rng.integers(18, 90, 200),
                "pay": rng.lognormal(10, 0.5, 200),
                "city": rng.choice(["Oslo", "Rome", "Lima"], 200),
                "member": rng.random(200) < 0.5,
                "since": pd.Timestamp("2020") + pd.to_timedelta(rng.integers(0, 900, 200), unit="D"),
            }
        )
        for role in ("train", "held_out", "generated")
    }
    assert together(frames).notes == []


@pytest.mark.parametrize("draw", ["1.5 x", "0.6 x", "shifted"])
@pytest.mark.parametrize("law", [rng.standard_normal, rng.standard_exponential, rng.standard_cauchy])
def test_a_generator_that_is_wider_narrower_or_off_by_a_quarter_of_a_deviation_is_not_asked_about_its_units(law, draw):
    T, H, G = (law(300) for _ in range(3))
    G = G + G.std() / 4 if draw == "shifted" else float(draw.split()[0]) * G
    columns = {role: pd.Series(X) for role, X in (("train", T), ("held_out", H), ("generated", G))}
    assert read(columns).notes == []


def test_what_is_no_table_of_single_values_is_refused_by_column():
    for bad, message in (
        ({"a": [{"b": 1}] * N}, "column 'a' of train must hold single values, or arrays of as many numbers.*row 0"),
        (
            {"a": [[1.0, 2.0]] * 9 + [[1.0]] * (N - 9)},
            "column 'a' of train must hold .*in row 9 1 numbers, .*first has 2",
        ),
        ({"a": [["x", "y"]] * N}, "column 'a' of train must hold .*got in row 0 .'x', 'y'"),
        ({"a": [1j, 2.0] * (N // 2)}, "column 'a' of train must hold real numbers"),
        ({"a": np.ones(N, dtype=complex)}, "column 'a' of train must hold real numbers"),
    ):
        frames = {role: pd.DataFrame(bad) for role in ("train", "held_out", "generated")}
        with pytest.raises(TypeError, match=message):
            together(frames)
    with pytest.raises(ValueError, match="train must have a column at least"):
        together({role: pd.DataFrame(index=range(3)) for role in ("train", "generated")})


def test_ignored_columns_are_left_out_and_unknown_ones_named():
    frames = {role: pd.DataFrame({"id": np.arange(N), "x": rng.normal(size=N)}) for role in ("train", "generated")}
    assert list(together(frames, ignore="id").items["train"].columns) == ["x"]
    arrays = {role: frame.to_numpy() for role, frame in frames.items()}
    assert together(arrays, ignore=[0]).rows["train"].shape == (N, 1)
    for sample, ignore, message in ((frames, ["ID"], ".*'id', 'x'.*got"), (arrays, 2, r".*0 to 1, got \[2\]")):
        with pytest.raises(ValueError, match=f"ignore must name columns of train, {message}"):
            together(sample, ignore=ignore)
    with pytest.raises(ValueError, match="ignore is for columns"):
        together({"train": ["a", "b"], "generated": ["c"]}, ignore=0)


CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(-1e9, 1e9), st.text(max_size=3), st.dates(),
    st.decimals(allow_nan=False, allow_infinity=False), st.binary(max_size=2),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=2, max_size=8), st.randoms())
def test_any_cells_are_read_or_refused_by_the_column_and_a_row_equals_itself_only(cells, random):
    frame = pd.DataFrame(cells, columns=["a", "b"], dtype=object)
    order = random.sample(range(len(cells)), len(cells))
    try:
        found = together({"train": frame, "held_out": frame.iloc[order], "generated": frame})
    except (TypeError, ValueError) as error:
        assert "column" in str(error), error
        return
    assert (found.same["train"] == found.same["generated"]).all()
    assert (found.same["train"][order] == found.same["held_out"]).all()
    assert all(np.isfinite(X).all() for X in found.rows.values())


def test_an_infinite_number_is_named_by_its_row_beside_missing_ones():
    columns = three(lambda i: rng.normal(size=N))
    columns["held_out"][3], columns["held_out"][7] = np.nan, np.inf
    with pytest.raises(ValueError, match=r"held_out must be finite.*row 7 column a"):
        read(columns)
