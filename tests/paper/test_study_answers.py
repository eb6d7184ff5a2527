"""Files of answers: what is written comes back, what is damaged is named, and what many raters say together."""

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memgen_lite import coin
from memgen_lite.paper import study_answers
from memgen_lite.paper.study import Study

NAMES = ["Ada", "=1+1", "'quoted'", "@x", "-2", "", 'a "b", c', "<script>", "\u202edA\u202c", "line\r\nbreak", "名前"]
REAL, MADE = np.zeros((30, 2, 2)), np.ones((30, 2, 2))


def taken(rater, right=6, wrong=2, **options):
    """A study with so many right and wrong answers, in this order, after one for practice."""
    sizes = {"n_calibration": 1, "n_trials": 20, "rater": rater} | options
    one = Study(REAL, MADE, **sizes)
    one.answer(1)
    for count, sign in ((right, 1), (wrong, -1)):
        for _ in range(count):
            one.answer(sign * one.sides[len(one.answers)])
    return one


def edited(path, **values):
    """Change the third answer in a CSV file."""
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    rows[2] |= values
    pd.DataFrame(rows).to_csv(path, index=False)


@pytest.mark.parametrize("kind", ["csv", "json", "CSV"])
@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_read_again(tmp_path, name, kind):
    path, clock = tmp_path / f"it's ü.{kind}", iter(np.arange(100) * 1.5)
    one = taken(name, right=0, wrong=0, clock=lambda: next(clock))
    one.start()
    for side in (1, -1, 1):
        one.answer(side)
    one.undo()
    (one.to_json if kind == "json" else one.to_csv)(path)
    found = study_answers.pool([path])
    expected = one.to_frame().assign(rater=name or path.stem)
    pd.testing.assert_frame_equal(found, expected)
    assert found.seconds[1:].tolist() == [1.5, 1.5]


@settings(max_examples=60, deadline=None)
@given(name=st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
def test_any_name_comes_back_from_a_spreadsheet_and_none_is_computed_there(name):
    document = taken(name, 1, 0).document()
    content = study_answers.to_bytes(document, "csv").decode()
    rows = list(csv.DictReader(io.StringIO(content, newline="")))
    assert not rows[0]["rater"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert rows[0]["rater"].removeprefix("'") == name
    assert len(rows) == 2


def test_a_spreadsheet_may_write_its_flags_in_capitals_and_a_mark_before_the_text(tmp_path):
    path = tmp_path / "answers.csv"
    one = taken("Ada")
    one.to_csv(path)
    path.write_text("\ufeff" + path.read_text().replace("True", "TRUE").replace("False", "FALSE"), "utf-8")
    pd.testing.assert_frame_equal(study_answers.pool([path]), one.to_frame())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"answer": "up"}, "answer 3: answer must be left or right, got 'up'"),
        ({"pair": "0"}, "answer 3: pair must be a whole number from 1, got '0'"),
        ({"real_row": "1.5"}, "answer 3: real_row must be a whole number from 0, got '1.5'"),
        ({"real_row": "9" * 30}, "real_row must be a whole number from 0"),
        ({"calibration": "maybe"}, "calibration must be True or False, got 'maybe'"),
        ({"question": "best"}, "question must be real, better or copy, got 'best'"),
        ({"seconds": "-1"}, "seconds must be 0 or more, or empty, got '-1'"),
        ({"seconds": "inf"}, "seconds must be 0 or more"),
        ({"outcome": "False"}, "answer 3: outcome does not follow from question, real_side and answer"),
    ],
)
def test_an_answer_that_cannot_be_is_named(tmp_path, values, message):
    path = tmp_path / "answers.csv"
    taken("Ada").to_csv(path)
    edited(path, **values)
    with pytest.raises(ValueError, match="answers.csv.*" + message):
        study_answers.pool([path])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"", "files must end in .csv or .json, as a study's do, got"),
        ("a.csv", b"", "lacks the columns rater, question"),
        ("a.csv", b"\xff\xfe\x00", "is no whole CSV file"),
        ("a.csv", b'rater,pair\n"Ada', "is no whole CSV file"),
        ("a.csv", ",".join(study_answers.COLUMNS[:-1]).encode(), "lacks the column taken_back"),
        ("a.csv", ",".join(study_answers.COLUMNS).encode() + b"\nAda,real\n", "answer 1: seed must be text, got None"),
        ("a.csv", ",".join(study_answers.COLUMNS).encode(), "files hold no answers"),
        ("a.json", b"", "is no whole JSON file"),
        ("a.json", b"\xff{}", "is no whole JSON file"),
        ("a.json", b"[" * 100_000, "is no whole JSON file"),
        ("a.json", b"[]", "is not of a study: its format must be 'memgen_lite study 1'"),
        ("a.json", b'{"format": "other"}', "is not of a study"),
        ("a.json", b'{"format": "memgen_lite study 1"}', "is damaged: KeyError"),
        ("a.json", b'{"format": "memgen_lite study 1", "study": 3, "answers": 4}', "is damaged: TypeError"),
    ],
)
def test_a_file_that_is_no_study_is_named(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        study_answers.pool([path])


@pytest.mark.parametrize("cut", [10, 200, -20])
def test_a_file_that_was_cut_off_is_named(tmp_path, cut):
    for path, write in ((tmp_path / "a.json", "to_json"), (tmp_path / "a.csv", "to_csv")):
        getattr(taken("Ada"), write)(path)
        path.write_bytes(path.read_bytes()[:cut])
        with pytest.raises(ValueError, match=r"'.*a\.(csv|json)'"):
            study_answers.pool([path])


@pytest.mark.parametrize("name", [3, None, "\ud800"])
def test_a_name_that_is_no_text_is_named(tmp_path, name):
    document = taken("Ada").document()
    document["study"]["rater"] = name
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document))
    with pytest.raises(ValueError, match="answer 1: rater must be text"):
        study_answers.pool([path])


def test_a_class_stands_in_one_table(tmp_path):
    files = []
    for number, name in enumerate(["Bo", "Ada", ""]):
        path = tmp_path / f"rater {number}.{'json' if number else 'csv'}"
        (taken(name).to_json if number else taken(name).to_csv)(path)
        files.append(path)
    everybody = study_answers.pool(map(str, files))
    assert everybody.rater.unique().tolist() == ["Ada", "Bo", "rater 2"]
    assert len(everybody) == 27
    assert everybody.equals(study_answers.pool(files[::-1]))  # whatever the order of the files
    everything = tmp_path / "class.csv"
    everybody.to_csv(everything, index=False)
    assert study_answers.pool([everything]).equals(everybody)


def test_an_answer_that_is_there_twice_or_not_at_all_is_named(tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "second.csv"
    taken("Ada").to_json(first)
    taken("Ada", 2, 0).to_csv(second)
    with pytest.raises(ValueError, match=r"pair 1 of rater 'Ada' is in '.*first.json' and again in '.*second.csv'"):
        study_answers.pool([first, second])
    document = json.loads(first.read_text())
    del document["answers"][4]  # a wrong one that somebody would rather not have given
    first.write_text(json.dumps(document))
    with pytest.raises(ValueError, match="rater 'Ada' has pair 6 and not pair 5"):
        study_answers.pool([first])


def test_files_are_a_list():
    for one in ("a.csv", b"a.csv", study_answers.Path("a.csv")):
        with pytest.raises(TypeError, match="files must be a list of paths, got "):
            study_answers.pool(one)
    with pytest.raises(ValueError, match="files hold no answers"):
        study_answers.pool([])


def table_of(*studies):
    return pd.concat([one.to_frame() for one in studies], ignore_index=True)


def test_the_summary_has_a_row_a_rater_and_one_for_all_which_bets_on_one_after_the_other():
    ada, bo, new = taken("Ada", 10, 2), taken("Bo", 5, 5), taken("Cy", 0, 0)
    found = study_answers.summarize(table_of(ada, bo, new))
    assert list(found.index) == ["Ada", "Bo", "Cy", "together"]
    assert found.answers.tolist() == [12, 10, 0, 22]
    assert found.right.tolist() == [10, 5, 0, 15]
    assert found.share[:2].tolist() == [10 / 12, 0.5]
    assert np.isnan(found.share["Cy"])
    assert found.loc["Cy", ["low", "high", "evidence"]].tolist() == [0, 1, 1]
    outcomes = [True] * 10 + [False] * 2 + [True] * 5 + [False] * 5
    assert found.evidence["Ada"] == coin.betting_e_process(outcomes[:12])[-1]
    assert found.evidence["together"] == coin.betting_e_process(outcomes)[-1]
    assert found.loc["together", ["low", "high"]].tolist() == coin.confidence_sequence(outcomes)[-1].tolist()


def test_raters_who_were_shown_one_order_are_averaged_also_when_their_names_are_edited():
    ada, bo = taken("", 10, 0).to_frame(), taken("", 4, 4).to_frame()
    found = study_answers.summarize(pd.concat([ada.assign(rater="Ada"), bo.assign(rater="Bo")]))
    assert list(found.index) == ["Ada", "Bo", "on average"]
    assert found.evidence["on average"] == found.evidence[:2].mean()
    assert found.loc["on average", ["low", "high"]].isna().all()
    streams = (taken(name, random_state=np.random.default_rng(seed)) for seed, name in enumerate(("Ada", "Bo")))
    assert study_answers.summarize(table_of(*streams)).index[-1] == "together"


def test_the_summary_counts_preferences_and_takes_one_question_at_a_time():
    better = taken("Ada", 6, 2, question="better")
    found = study_answers.summarize(better.to_frame())
    assert found["for the generated one"].tolist() == [2, 2]
    with pytest.raises(ValueError, match="answers must be to one question, got 2: better, real"):
        study_answers.summarize(table_of(better, taken("Bo")))


def always_left(seeds):
    """The evidence of a class who all say "left" 20 times, each in the order of a seed; and by betting through."""
    nothing = np.zeros((20, 1, 1))
    right = np.concatenate([Study(nothing, nothing, n_calibration=0, random_state=seed).sides for seed in seeds]) < 0
    who = pd.DataFrame({"rater": np.arange(len(seeds)), "seed": [str(seed) for seed in seeds]})
    found = who.loc[who.index.repeat(20)].assign(question="real", calibration=False, outcome=right)
    return study_answers.summarize(found).evidence.iloc[-1], coin.betting_e_process(right)[-1]


def test_a_class_of_coins_is_called_no_class_of_coins_in_at_most_one_of_twenty(monkeypatch):
    """100 classes of 10 raters: evidence of 20 or more in at most 5 % plus 3 standard errors (error rate 0.002).

    Each in an order of their own, and all in one, where betting on one after the other would call it far too often.
    """
    monkeypatch.setattr(study_answers, "confidence_sequence", lambda outcomes: [(0.0, 1.0)])  # slow, and not looked at
    limit = 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)
    apart = np.array([always_left(range(10 * k, 10 * k + 10)) for k in range(100)])
    shared = np.array([always_left([k] * 10) for k in range(100)])
    assert (apart >= 20).mean(axis=0).tolist() == [(apart[:, 0] >= 20).mean()] * 2
    assert (apart[:, 0] >= 20).mean() < limit
    assert (shared[:, 0] >= 20).mean() < limit
    assert (shared[:, 1] >= 20).mean() > 2 * limit


@pytest.mark.parametrize("part", ["file", "study", "answers"])
def test_a_field_that_nothing_reads_is_refused_by_name(tmp_path, part):
    study = Study(np.zeros((4, 2, 2)), np.ones((4, 2, 2)), n_calibration=0, n_trials=3)
    study.answer(1)
    document = study.document()
    {"file": document, "study": document["study"], "answers": document["answers"][0]}[part]["weight"] = 2
    (tmp_path / "a.json").write_text(json.dumps(document))
    with pytest.raises(ValueError, match=rf"a.json' has in its {part} what no study writes there: weight"):
        study_answers.pool([tmp_path / "a.json"])


@pytest.mark.parametrize("name", ["n_calibration", "n_trials"])
@pytest.mark.parametrize("value", [4.0, -1, "3", None, True])
def test_what_a_study_counts_is_a_whole_number(tmp_path, name, value):
    study = Study(np.zeros((4, 2, 2)), np.ones((4, 2, 2)), n_calibration=0, n_trials=3)
    document = study.document()
    document["study"][name] = value
    (tmp_path / "a.json").write_text(json.dumps(document))
    with pytest.raises(ValueError, match=f"{name} must be a whole number from 0, got"):
        study_answers.read_json(tmp_path / "a.json")
