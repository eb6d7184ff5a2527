"""The registry, the one signature, and input that is not as one would like it."""

import ast
import inspect
import re
import warnings
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import memgen_lite as mg

M = mg.metrics
COMMON = {"train", "held_out", "generated", "reference", "random_state", "neighborhoods", "ignore"}
PROMISED = [
    "frechet", "frechet_inf", "mmd_rbf", "mmd_poly", "kid", "energy", "sliced_wasserstein",
    "max_sliced_wasserstein", "wasserstein", "mind", "nn_accuracy", "c2st_logistic", "c2st_knn", "precision",
    "recall", "density", "coverage", "alpha_precision", "beta_recall", "vendi", "authenticity", "c_t", "fld",
    "fld_gap", "mifid", "dcr_share", "nndr", "identical_share", "birthday_support", "membership_auc", "domias",
    "lambda_gamma_copying",
]  # fmt: skip


def arrays(n=120, k=110, m=120, d=3, seed=0):
    rng = np.random.default_rng(seed)
    return {"train": rng.normal(size=(n, d)), "held_out": rng.normal(size=(k, d)), "generated": rng.normal(size=(m, d))}


def written():
    """The functions of memgen_lite/metrics that are written with `@metric(...)` above them, whatever is imported."""
    for path in Path(M.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and "metric" in map(ast.unparse, map(called, node.decorator_list)):
                yield node.name


def called(decorator):
    return getattr(decorator, "func", decorator)


def test_every_metric_that_is_written_or_was_promised_is_there_and_no_other():
    assert sorted(M.names()) == sorted(written())
    assert set(M.names()) >= set(PROMISED)
    assert [name for family in M.FAMILIES for name in M.names(family)] == M.names()


@pytest.mark.parametrize(
    ("name", "departs"),
    [
        ("lambda_gamma_copying", "definition follows the paper.*departs from it twice.*b is 10.*experiments have 400"),
        ("lambda_gamma_copying", "counted on the generated rows that q is from, where the paper draws a second sample"),
        ("precision", "k = 5, where the paper has 3.*strictly.*where the paper's eq. 1 has what is no farther"),
        ("recall", "k = 5, where the paper has 3.*strictly.*where the paper's eq. 1 has what is no farther"),
        ("fld", "50 steps of EM with log s\\^2 in -40..20, where the authors take at most 50 of Adam, in -40..40"),
        ("fld", "as heavy as all centers together.*where the authors' is .9\\^-d times as heavy"),
        ("beta_recall", "k = 5, strictly nearer, where the authors' code has 1 and no farther"),
        ("beta_recall", "share b is of all generated rows, where the authors' code takes it of those that are some"),
        ("c2st_logistic", r"own classifiers are a network and c2st_knn; this one minimizes .* plus \|w\|\^2/2"),
        ("c_t", "20 generated rows and one held-out, where the authors' code asks for more than a share of all"),
        ("c_t", "none for continuity, for which the authors' code takes 1/2 off the statistic's mean"),
        ("authenticity", "the version of its authors' code that others copied looks the second distance up by a"),
        ("c2st_knn", "mean of the accuracies of the two classes, where the paper has the share of all test rows"),
    ],
)
def test_where_a_metric_departs_from_its_paper_it_says_so(name, departs, capsys):
    M.describe(name)
    assert re.search(departs, " ".join(capsys.readouterr().out.split()))


@pytest.mark.parametrize("name", M.names())
def test_a_metric_says_what_it_is_and_keeps_to_one_signature(name, capsys):
    entry = M.describe(name)
    printed = capsys.readouterr().out
    for word in (
        name,
        "definition:",
        "source:",
        "better:",
        "conventions:",
        "cost:",
        "MemGEN-U:",
        "MemGEN-P:",
        "honest:",
    ):
        assert word in printed
    assert max(map(len, printed.splitlines())) <= 120
    assert entry is M.get(name)
    assert repr(entry) == f"<metric {name}: {entry.title}>"
    assert entry.better in ("lower", "higher") or entry.low <= entry.better <= entry.high
    function = getattr(M, name)
    first = [*inspect.signature(function).parameters][:6]
    assert first == ["train", "held_out", "generated", "reference", "random_state", "neighborhoods"]
    given = arrays()
    value = function(*given.values())
    assert type(value) is float
    assert entry.low <= value <= entry.high
    assert M.compute(name, **given) == entry(*given.values()) == value


@pytest.mark.parametrize("name", M.names())
def test_sharing_neighbors_changes_nothing(name):
    given, shared = M.check_arrays(arrays()), mg.neighbors.Neighborhoods()
    M.compute("beta_recall", **given, neighborhoods=shared)
    assert M.compute(name, **given, neighborhoods=shared) == M.compute(name, **given)


def test_what_two_metrics_have_in_common_is_computed_once(monkeypatch):
    given, calls = M.check_arrays(arrays()), []
    for module, name in ((M.likelihood, "_widths"), (M.distances, "_Moments")):
        made = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *args, made=made, name=name: calls.append(name) or made(*args))
    shared = mg.neighbors.Neighborhoods()
    for name in ("fld", "fld_gap", "frechet", "mifid"):
        M.compute(name, **given, neighborhoods=shared)
    assert calls.count("_widths") == 2  # of the generated rows for both, and of the baseline of fld
    assert calls.count("_Moments") == 2  # of either sample


def test_a_metric_needs_its_arrays_and_no_others():
    given = arrays()
    needed = {
        "reference": ("train", "generated"),
        "train": ("train", "generated"),
        "both": tuple(given),
        "generated": ("generated",),
    }
    for name in M.names():
        used = needed[M.get(name).needs]
        assert np.isfinite(M.compute(name, **{role: given[role] for role in used})) or name == "birthday_support"
        for missing in used:
            with pytest.raises(ValueError, match=f"{name} needs .*{missing} not given"):
                M.compute(name, **{role: given[role] for role in used if role != missing})


def test_what_else_cannot_be_answered_says_why():
    given = arrays()
    with pytest.raises(ValueError, match="k must be 1 or more, got 0"):
        M.compute("recall", **given, k=0)
    with pytest.raises(ValueError, match="each row of the reference needs k = 200 others, and there are 120 in all"):
        M.compute("coverage", **given, k=200)
    with pytest.raises(ValueError, match=r"bandwidth must be above 0, got -1.0"):
        M.compute("mmd_rbf", **given, bandwidth=-1)
    assert M.check_arrays({"train": None, "generated": [[1]]})["train"] is None


def test_large_samples_are_thinned_where_it_says_so_and_the_training_rows_never_are():
    given = arrays(300, 300, 2200, 2)
    copies = given | {"generated": np.repeat(given["train"], 8, axis=0)}
    assert M.compute("fld_gap", **given) > -100
    assert M.compute("fld_gap", **copies) < -1e6


def test_the_reference_is_train_or_held_out():
    given = arrays()
    swapped = {"train": given["held_out"], "held_out": given["train"], "generated": given["generated"]}
    for name in M.names():
        if M.get(name).needs == "reference":
            assert (
                M.compute(name, **given, reference="held_out") == M.compute(name, **swapped)
                if name != "wasserstein"
                else True
            )
    with pytest.raises(ValueError, match="reference must be one of train, held_out, got 'test'"):
        M.compute("energy", **given, reference="test")


def test_the_same_seed_gives_the_same_number_and_generators_go_on():
    given = arrays()
    for name in M.names():
        assert M.compute(name, **given, random_state=3) == M.compute(
            name, **given, random_state=np.random.default_rng(3)
        )
    stream = np.random.default_rng(0)
    assert M.compute("fld", **given, random_state=stream) != M.compute("fld", **given, random_state=stream)


def test_what_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"no metric is called 'fid'.*frechet"):
        M.compute("fid", **arrays())
    with pytest.raises(ValueError, match="family must be one of distances"):
        M.names("privacy")
    with pytest.raises(TypeError, match=r"coverage has no option 'rows'; its options are \['k'\]"):
        M.compute("coverage", **arrays(), rows=3)
    with pytest.raises(TypeError, match="no option 'rng'"):
        M.compute("kid", **arrays(), rng=3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X[:, 0], r"\(rows, features\), .*got shape \(120,\) of float64; reshape\(-1, 1\)"),
        (lambda X: X.reshape(120, 3, 1), "kind of train, '(array|image)', got '(array|image)'"),
        (
            lambda X: np.where(np.arange(120)[:, None] == 7, np.nan, X),
            r"finite.*not so: row 7 column 0 \(NaN\), row 7",
        ),
        (
            lambda X: np.where(np.arange(120)[:, None] > 7, np.inf, X),
            r"so: row 8 column 0 \(inf\), .* and 331 more",
        ),
        (lambda X: 1e120 * X, "must be finite and below 1e100"),
        (lambda X: X[:0], "must have a row at least, got none"),
        (lambda X: X[:, :0], r"a feature at least|must have rows of shape \(3,\) as train has, got \(0,\)"),
        (lambda X: X.astype(str), r"must be of the kind of train, '(table|array)', got '(table|array)'"),
        (lambda X: X.astype(complex), "must be an array of real numbers.*of complex128"),
        (lambda X: X[:, :2], r"must have rows of shape \(.,\) as train has, got"),
    ],
)
@pytest.mark.parametrize("role", ["train", "held_out", "generated"])
def test_an_array_that_is_no_table_of_numbers_is_refused_by_name(role, change, message):
    given = arrays(k=120)
    given[role] = change(given[role])
    with pytest.raises((ValueError, TypeError), match=message) as error:
        M.compute("dcr_share", **given)
    assert any(name in str(error.value) for name in given)


DEGENERATE = {
    "train itself": lambda T, H, G: (T, H, T),
    "held-out rows that were trained on": lambda T, H, G: (T, T[:60], G),
    "generated rows that were held out": lambda T, H, G: (T, H, H[:100]),
    "all three the same": lambda T, H, G: (T, T, T),
    "constant rows": lambda T, H, G: (np.ones((30, 3)), np.ones((25, 3)), np.ones((30, 3))),
    "a constant train": lambda T, H, G: (np.ones((120, 3)), H, G),
    "a constant generator": lambda T, H, G: (T, H, np.ones((120, 3))),
    "a constant feature": lambda T, H, G: tuple(np.column_stack([X, np.full(len(X), 0.3)]) for X in (T, H, G)),
    "sizes that differ": lambda T, H, G: (T[:31], H[:77], G[:52]),
    "one training row": lambda T, H, G: (T[:1], H, G),
    "one held-out row": lambda T, H, G: (T, H[:1], G),
    "one generated row": lambda T, H, G: (T, H, G[:1]),
    "one of each": lambda T, H, G: (T[:1], H[:1], G[:1]),
    "two of each": lambda T, H, G: (T[:2], H[:2], G[:2]),
    "more features than rows": lambda T, H, G: tuple(np.random.default_rng(1).normal(size=(3, 40, 90))),
    "one feature": lambda T, H, G: (T[:, :1], H[:, :1], G[:, :1]),
    "whole numbers with many ties": lambda T, H, G: tuple(np.rint(X).astype(int) + 1 for X in (T, H, G)),
    "truth values": lambda T, H, G: tuple(np.column_stack([X > 0, np.ones(len(X), bool)]) for X in (T, H, G)),
    "half precision": lambda T, H, G: tuple(X.astype(np.float16) for X in (T, H, G)),
    "views with strides": lambda T, H, G: tuple(np.repeat(X, 2, axis=1)[::-1, ::2] for X in (T, H, G)),
    "lists": lambda T, H, G: tuple(X.tolist() for X in (T, H, G)),
    "every row twice": lambda T, H, G: tuple(np.repeat(X, 2, axis=0) for X in (T, H, G)),
    "far from 0": lambda T, H, G: tuple(X + 1e6 for X in (T, H, G)),
    "very large": lambda T, H, G: tuple(1e40 * X for X in (T, H, G)),
    "very small": lambda T, H, G: tuple(1e-40 * X for X in (T, H, G)),
    "as large as can be": lambda T, H, G: tuple(9e98 * X for X in (T, H, G)),
    "as small as can be": lambda T, H, G: tuple(1e-149 * X for X in (T, H, G)),
    "one column too small": lambda T, H, G: tuple(np.column_stack([X, X * 1e-300]) for X in (T, H, G)),
    "columns far apart": lambda T, H, G: tuple(np.column_stack([X * 1e90, X * 1e-90]) for X in (T, H, G)),
    "one row far out": lambda T, H, G: tuple(np.concatenate([X[1:], X[:1] * 1e99]) for X in (T, H, G)),
    "means that nearly agree": lambda T, H, G: (T, H, np.concatenate([T[::2], -T[::2]]) + 1e-170),
}


@pytest.mark.parametrize("case", DEGENERATE)
def test_degenerate_input_gives_a_number_or_a_reason(case):
    """No warning, no NaN, no error but a ValueError with a sentence; and never a number outside of the range."""
    train, held_out, generated = DEGENERATE[case](*arrays().values())
    answered = 0
    for name in M.names():
        entry = M.get(name)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                value = M.compute(name, train=train, held_out=held_out, generated=generated)
            except ValueError as error:
                assert "needs" in str(error) or "must" in str(error) or "no cell" in str(error), (name, error)
                continue
        assert not np.isnan(value), name
        assert entry.low - 1e-9 <= value <= entry.high + 1e-9, (name, value)
        answered += 1
    assert answered >= 5


def test_the_layout_and_the_type_of_an_array_do_not_change_a_number():
    given = {role: X.astype(np.float16) for role, X in arrays().items()}
    other = {role: np.asfortranarray(X.astype(np.float64)) for role, X in given.items()}
    for name in M.names():
        assert M.compute(name, **given) == M.compute(name, **other), name


def test_no_copy_of_the_training_set_looks_like_a_fresh_sample_to_a_metric_of_copying():
    """`better` of an honest sample is not what the copy gets, by any of the metrics that are meant to catch it."""
    given = arrays(200, 200, 200, 6)
    for copy in (given["train"], given["train"][::-1], np.repeat(given["train"][:100], 2, axis=0)):
        honest, copied = (
            {n: M.compute(n, **given | extra) for n in M.names("copying")} for extra in ({}, {"generated": copy})
        )
        for name in set(M.names("copying")) - {"birthday_support"}:  # a recital has no repeats, and so a fresh sample
            gap = copied[name] - honest[name]
            worse = {"lower": gap, "higher": -gap}.get(M.get(name).better)
            assert (abs(gap) if worse is None else worse) > 0.2, (name, honest[name], copied[name])


@pytest.mark.parametrize("factor", [1e-151, 1e-200, 1e-310, 5e-324])
def test_rows_whose_squared_distances_are_0_are_refused_and_not_called_copies(factor):
    given = {role: X * factor for role, X in arrays().items()}
    for name in M.names():
        with pytest.raises(ValueError, match="train, held_out, generated must differ by 1e-150 or more in"):
            M.compute(name, **given)
    with pytest.raises(ValueError, match="must differ by 1e-150 or more"):
        M.compute("energy", **{role: pd.DataFrame(X) for role, X in given.items()})
    assert M.compute("identical_share", **{role: X * 0 for role, X in given.items()}) == 1


@pytest.mark.parametrize("name", M.names())
def test_an_option_of_another_type_or_out_of_its_range_is_named(name):
    given, own = arrays(), inspect.signature(M.get(name).function).parameters
    for option in [key for key in own if key not in COMMON]:
        for value in (0, -1, 1.5, "x", [1], np.nan, np.inf, None, True, object()):
            if (value is None and (own[option].default is None or option == "subsets")) or (
                value == 0 and option in ("threshold", "min_generated")
            ):
                continue
            if value == 1.5 and option in ("bandwidth", "threshold", "lambda_", "gamma", "dimension"):
                continue
            with pytest.raises((ValueError, TypeError), match=rf"^{option} must be "):
                M.compute(name, **given, **{option: value})
    for option, value in (
        ("neighborhoods", 5),
        ("reference", 5),
        ("random_state", "x"),
        ("ignore", 5.5),
        ("ignore", {}),
    ):
        with pytest.raises((ValueError, TypeError), match=rf"{option} must "):
            M.compute(name, **given, **{option: value})
    with pytest.raises(TypeError, match="has no option 'charm'"):
        M.compute(name, **given, charm=1)


@pytest.mark.parametrize(
    "generated",
    [
        np.random.default_rng(0).normal(size=(40, 3)),
        np.arange(1, 81).reshape(40, 2),
        pd.DataFrame({"key": np.arange(40), "level": list("abcd") * 10, "note": ["1 kg"] * 40}),
        [f"text number {i}" for i in range(40)],
        np.random.default_rng(0).integers(0, 255, size=(40, 4, 4), dtype=np.uint8),
    ],
    ids=["normal", "whole numbers", "frame", "texts", "images"],
)
def test_a_metric_of_generated_rows_alone_takes_them_in_any_form(generated):
    assert M.compute("vendi", generated=generated) == M.vendi(None, None, generated) > 0


@pytest.mark.parametrize("count", [0, 1, 3])
def test_missing_numbers_take_a_frame_out_of_its_unit_and_it_is_said(count):
    frames = [pd.DataFrame(one) for one in np.random.default_rng(0).normal(size=(2, 40, 2))]
    frames[1].iloc[:count, 0] = np.nan
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        mg.metrics.compute("energy", train=frames[0], generated=frames[1])
    said = ["1 value is missing: ", "3 values are missing: "]
    expected = [words + "columns count by their ranges, and metrics are not in their units" for words in said]
    assert [str(one.message) for one in told] == ([] if not count else [expected[count > 1]])


@pytest.mark.parametrize("dtype", [object, "Int64", "decimal"])
def test_a_column_of_numbers_has_its_own_unit_whatever_holds_it(dtype):
    rows = np.round(5 * np.random.default_rng(0).normal(size=(2, 80, 3))).astype(int)
    frames = [pd.DataFrame(one) for one in rows]
    held = [one.map(Decimal).astype(object) if dtype == "decimal" else one.astype(dtype) for one in frames]
    for name in ("frechet", "energy", "vendi"):
        whole, other = (mg.metrics.compute(name, train=a, generated=b) for a, b in (frames, held))
        assert other == pytest.approx(whole, rel=1e-9)
