"""What an audit may say of the innocent, and what it says where nothing can be told."""

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.preprocessing import StandardScaler

import memgen_lite as mg
from memgen_lite.auditing.checks import _clusters
from memgen_lite.auditing.exact import exact_control
from memgen_lite.auditing.inputs import ROLES
from memgen_lite.auditing.measure import measure
from memgen_lite.shared.kinds import together

rng = np.random.default_rng(0)
LAWS = {
    "normal": lambda rng, n: rng.normal(size=(n, 4)),
    "heavy tails": lambda rng, n: rng.standard_t(2, size=(n, 3)),
    "a grid": lambda rng, n: rng.integers(0, 4, size=(n, 3)).astype(float),
}


@pytest.mark.simulation
@pytest.mark.parametrize("name", LAWS)
def test_a_blind_generator_is_accused_in_one_of_twenty_at_most_and_never_against_the_p_value(name):
    """150 audits of each law: were the rate 5 %, more than 14 accusations would come once in a hundred such tests."""
    accused = 0
    for i in range(150):
        draw = np.random.default_rng([7, i])
        T, H, G = (LAWS[name](draw, n) for n in (60, 50, 60))
        found = mg.audit(T, H, G, n_relabelings=99, random_state=i)
        if found.verdict.startswith(("Copies", "Leans")):
            accused += 1
            assert found.p_value <= 0.05
        assert not found.exceeds(0) or found.p_value <= 0.05
    assert accused <= 14


@pytest.mark.parametrize("seed", range(8))
def test_where_all_rows_are_equally_near_nothing_can_be_told_whatever_the_seed(seed):
    found = mg.audit(np.eye(40)[:20], np.eye(40)[20:], np.zeros((30, 40)), n_relabelings=19, random_state=seed)
    assert not found.informative and found.verdict.startswith("Can't tell: every generated row is as near")


def test_exact_matches_of_an_honest_generator_are_no_evidence():
    """2,000 blind samples of a table of few values: p at most .05 in 5 % and three standard errors at most."""
    low = 0
    for i in range(2000):
        draw = np.random.default_rng([3, i])
        T, H, G = (draw.integers(0, 400, size=n) for n in (60, 40, 50))
        low += exact_control({"train": T, "held_out": H, "generated": G})["p_value"] <= 0.05
    assert low <= 2000 * 0.05 + 3 * np.sqrt(2000 * 0.05 * 0.95)


def test_a_few_rows_recited_often_speak_though_no_row_can_be_named():
    T, H = rng.normal(size=(300, 5)), rng.normal(size=(300, 5))
    G = np.concatenate([np.repeat(T[:8], 12, axis=0), rng.normal(size=(200, 5))])
    found = mg.audit(T, H, G)
    odds = 0.05 ** (1 / 8) / (1 - 0.05 ** (1 / 8))  # at which all of eight are of train with probability .05
    expected = {"train": 8, "held_out": 0, "p_value": pytest.approx(0.5**8, rel=0.1)}
    assert found.exact_control == {**expected, "odds": pytest.approx(odds, rel=0.05)}
    assert "8 training rows were generated exactly; of those in one sample only, 8 are of train and 0" in repr(found)


@pytest.mark.parametrize(
    "features",
    [
        lambda X: StandardScaler().fit_transform(X),
        lambda X: PCA(3).fit_transform(X),
        lambda X: X - X.mean(axis=0),
    ],
)
def test_features_that_know_the_sample_are_told_of(features):
    T, H, G = rng.normal(size=(3, 60, 4))
    assert any(
        "at a whole sample know which one it is" in line for line in mg.audit(T, H, G, features=features).warnings
    )


@pytest.mark.parametrize("features", [lambda X: X[:, :2], lambda X: np.tanh(X @ np.ones((4, 3)))])
def test_features_of_one_row_at_a_time_are_not(features):
    T, H, G = rng.normal(size=(3, 60, 4))
    assert not any("features(" in line for line in mg.audit(T, H, G, features=features).warnings)


def _discriminants(X):
    return LinearDiscriminantAnalysis().fit(X, np.arange(len(X)) % 4).transform


@pytest.mark.parametrize(
    "fit", [_discriminants, lambda X: PCA(3).fit(X).transform, lambda X: StandardScaler().fit_transform]
)
@pytest.mark.parametrize("single", [False, True])
def test_features_that_were_fitted_to_one_side_neither_accuse_nor_acquit(fit, single):
    """Even a copier, as honest rows may look the same there; fitted to all real rows, the same features accuse it."""
    T, H = rng.normal(size=(2, 150, 6)) + 3
    for G in (T[:60], rng.normal(size=(60, 6))):
        for side in (T, H):
            to = fit(side)
            found = mg.audit(T, H, G, features=(lambda X, to=to: to(X).astype("f4")) if single else to)
            assert found.broken == "features know which sample a row is of" and len(found.listed) == 0
            assert found.verdict.startswith("Can't tell") and not found.exceeds(0)
            assert any("the test is not exact" in line for line in found.warnings)
    if fit is _discriminants:
        found = mg.audit(T, H, T[:60], features=fit(np.concatenate([T, H])))
        assert found.verdict.startswith("Copies") and found.broken is None


def test_rows_that_were_gathered_by_a_map_of_many_columns_are_told_from_those_held_out():
    """A little in each of 20 columns, which the classifier does not see: the rank test has power .999 here."""
    T, H, G = rng.normal(size=(3, 150, 20))
    found = mg.audit(T, 1.2 * H, G)
    line = found.assumptions.iloc[0]
    assert line["holds"] is False and line["finding"].startswith("held-out rows lie farther out than the others (p = ")
    assert mg.audit(T, H / 1.2, G).assumptions["finding"][0].startswith("training rows lie farther out")


def test_features_are_given_what_can_be_iterated_only_once():
    T, H, G = rng.normal(size=(3, 60, 4)).tolist()
    found = mg.audit(iter(T), iter(H), iter(G), features=lambda X: [[sum(row)] for row in X], n_relabelings=19)
    assert found.stamp["features"] == 1


def test_a_column_of_keys_hides_the_copies_until_it_is_left_out():
    def table(n, first, rows):
        return pd.DataFrame({"id": np.arange(first, first + n)} | {f"x{j}": rows[:, j] for j in range(2)})

    T, H = rng.normal(size=(2, 100, 2))
    frames = table(100, 0, T), table(100, 100, H), table(100, 10_000, T)
    hidden = mg.audit(*frames)
    assert any(
        "column 'id' has another value in each row, as a key has: ignore=['id']" in line for line in hidden.warnings
    )
    seen = mg.audit(*frames, ignore="id")
    assert len(seen.exact_matches) == 100 and seen.verdict.startswith("Copies") and not hidden.exact_matches.size


def test_a_report_holds_no_record_of_a_table_or_text_unless_asked(tmp_path):
    # In an order by chance, else rising numbers tell the sides apart.
    names = [f"Person{i} {rng.integers(10**6)}" for i in rng.permutation(90)]
    found = mg.audit(names[:40], names[40:80], names[:40])
    found.to_html(tmp_path / "masked.html")
    found.to_html(tmp_path / "whole.html", records=True)
    masked, whole = ((tmp_path / f"{name}.html").read_text("utf-8") for name in ("masked", "whole"))
    assert not any(name in masked for name in names) and names[0] in whole
    assert "records=True" in masked and len(found.copies) > 0


def test_a_copier_is_not_acquitted_where_the_sides_are_not_alike():
    """Keys that go on stand nearer to those of held-out, which come last: the dose is low, and says nothing."""
    T, H = rng.normal(size=(2, 100, 2))
    for far in (1, 10):
        key = np.arange(300.0)[:, None] * far
        found = mg.audit(np.hstack([key[:100], T]), np.hstack([key[100:200], H]), np.hstack([key[200:], T]))
        assert found.dose < -0.9 and found.verdict.startswith("Can't tell")
        assert any("held-out rows are like training rows? No" in line for line in found.warnings)
    given = mg.audit(T, H, H + 0.01)
    assert given.verdict.startswith("Can't tell: generated rows are nearer to held-out rows than chance explains")


def _table(rng, n):
    columns = {"a": rng.normal(size=n), "b": rng.lognormal(size=n), "c": rng.choice(["x", "y", "z"], n)}
    return pd.DataFrame(columns).astype({"c": object})


def _at_random(rng, n, share):
    frame = _table(rng, n)
    frame.loc[rng.random(n) < share, "a"] = np.nan
    frame.loc[rng.random(n) < share, "c"] = None
    return frame


def _by_value(rng, n, share):
    frame = _table(rng, n)
    frame.loc[(frame["b"] > 1.5) & (rng.random(n) < 2 * share), "b"] = np.nan
    frame.loc[frame["a"] < -0.5, "c"] = None
    return frame


def _arrays(rng, n, share):
    rows, gone = rng.normal(size=(n, 6)).round(1), rng.random(n) < share
    return pd.DataFrame(
        {"a": rng.integers(9, size=n), "v": [None if g else x for x, g in zip(rows, gone, strict=True)]}
    )


@pytest.mark.simulation
@pytest.mark.parametrize("law", [_at_random, _by_value, _arrays])
@pytest.mark.parametrize("shares", [(0.3, 0.3), (0.3, 0.0), (0.2, 0.6)])
def test_missing_values_do_no_harm_to_the_test_also_where_the_generator_has_other_shares_of_them(law, shares):
    """40 audits each: were the rate 5 %, more than 6 p-values of .05 at most would come once in 100 such tests."""
    low = 0
    for i in range(40):
        draw = np.random.default_rng([11, i])
        T, H, G = (law(draw, n, share) for n, share in ((60, shares[0]), (50, shares[0]), (60, shares[1])))
        low += mg.audit(T, H, G, n_relabelings=99, random_state=i).p_value <= 0.05
    assert low <= 6


def test_copies_of_rows_with_missing_values_are_named():
    T, H, G = (_at_random(rng, 200, 0.3) for _ in range(3))
    G = pd.concat([T[:60].assign(b=T["b"] * 1.001), G[60:]], ignore_index=True)
    found = mg.audit(T, H, G)
    assert found.verdict.startswith("Copies") and len(found.copies) > 40
    assert (found.copies["train_row"] < 60).mean() > 0.85


def test_the_dose_at_fewer_held_out_rows_is_the_mean_over_all_choices_of_them():
    """Against 300 audits of a fifth of the held-out rows, within 4 standard errors; at all of them, the dose itself."""
    draw = np.random.default_rng(0)
    T, H, G = draw.normal(size=(3, 100, 3))
    G[:50] = T[:50] + 0.3 * draw.normal(size=(50, 3))
    options = {"n_relabelings": 19, "k": 40, "rng": draw}
    found = measure(T, H, G, **options)
    thinned = [measure(T, H[draw.permutation(100)[:20]], G, **options).walk.dose for _ in range(300)]
    assert abs(found.dose_at(20) - np.mean(thinned)) <= 4 * np.std(thinned) / np.sqrt(300)
    assert found.dose_at(100) == pytest.approx(found.walk.dose)
    with pytest.raises(ValueError, match="held_out must be from 1 to 100, the number held out, got 101"):
        found.dose_at(101)


def test_a_limit_is_read_at_the_number_of_held_out_rows_that_it_is_meant_for():
    """Copies moved by as much as rows lie apart: the more decoys, the lower the dose, and not at 50 of them."""
    draw = np.random.default_rng(1)
    T, H = draw.normal(size=(300, 6)), draw.normal(size=(1500, 6))
    G = T[draw.integers(300, size=600)] + 0.6 * draw.normal(size=(600, 6))
    many = mg.audit(T, H, G, n_relabelings=99)
    limit = (many.dose + many.dose_at(50)) / 2
    assert many.dose < 0.8 * many.dose_at(50) and many.exceeds(limit, 50) and not many.exceeds(limit)
    assert "beside 1,500 held-out rows" in many.verdict and many.beside == "beside 1,500 held-out rows"


@pytest.mark.parametrize("side", ["train", "held_out"])
def test_who_clears_one_side_of_rows_of_the_other_is_told_and_accuses_nobody(side):
    draw = np.random.default_rng(2)
    T, H, G = (draw.integers(0, 12, size=(n, 2)).astype(float) for n in (150, 150, 150))
    own, other = (H, T) if side == "held_out" else (T, H)
    own = own[~(own[:, None] == other).all(axis=2).any(axis=1)]
    found = mg.audit(*((T, own) if side == "held_out" else (own, H)), G, n_relabelings=99)
    assert any("Was one side cleared of rows of the other?" in line for line in found.warnings)
    assert not found.verdict.startswith(("Copies", "Leans"))


def test_visits_of_persons_on_both_sides_are_asked_about():
    draw = np.random.default_rng(3)
    person = draw.normal(size=(120, 8))
    rows = draw.permutation(np.repeat(person, 4, axis=0) + 0.1 * draw.normal(size=(480, 8)))
    found = mg.audit(rows[:240], rows[240:], draw.normal(size=(100, 8)), n_relabelings=19)
    assert any("as several rows of one person do? Then pass groups=" in line for line in found.warnings)


@pytest.mark.simulation
@pytest.mark.parametrize("name", LAWS)
def test_honest_rows_are_asked_for_persons_in_one_of_twenty_splits_at_most(name):
    """60 splits: were the rate 5 %, more than 9 questions would come once in a thousand such tests."""
    asked = 0
    for i in range(60):
        draw = np.random.default_rng([11, i])
        samples = together(dict(zip(ROLES, (LAWS[name](draw, 150) for _ in range(3)), strict=True)))
        asked += _clusters(samples, "euclidean", draw)["holds"] is False
    assert asked <= 9
