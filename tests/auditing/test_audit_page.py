"""An audit's page: a sentence first, each term explained, nothing run, and no records of people unless asked for."""

import datetime
import re

import numpy as np
import pandas as pd
import pytest
from audited import COPIER, NOISE, H, T, table

import memgen_lite as mg
from memgen_lite.auditing import words
from memgen_lite.auditing.page import advice

HOSTILE = "<script>alert(1)</script>&\"'"
rng = np.random.default_rng(1)


@pytest.fixture(scope="module")
def copier():
    return mg.audit(T, H, COPIER)


@pytest.fixture(scope="module")
def tables():
    """An audit of frames with labels of their own, of which forty rows were copied."""
    frames = [table(120, rng).set_axis(rng.permutation(9000)[:120]) for _ in range(3)]
    frames[1]["city"] = frames[1]["city"].str.lower()
    copies = pd.concat([frames[0][:40].assign(age=frames[0]["age"][:40] + 1), frames[2][40:]])
    return frames[0], mg.audit(frames[0], frames[1], copies, n_relabelings=199)


def written(audit, path, **asked):
    audit.to_html(path / "audit.html", **asked)
    return (path / "audit.html").read_text("utf-8")


def test_a_page_is_one_file_that_runs_nothing_of_the_data(tmp_path):
    texts = [f"{HOSTILE} {i} {'xyz'[i % 3] * (i % 17)} number {i * i}" for i in range(150)]
    texts = [texts[i] for i in np.random.default_rng(0).permutation(150)]  # else rising numbers tell the sides apart
    found = mg.audit(texts[:50], texts[50:100], [text + "!" for text in texts[:40]] + texts[100:])
    assert len(found.copies) >= 20
    asked = dict.fromkeys(("model", "data", "date", "decision"), HOSTILE)
    page = written(found, tmp_path, records=True, **asked)
    for part in (page, found._repr_html_()):
        assert "<script" not in part and "&lt;script&gt;" in part and "<ins>!</ins>" in part
    assert "http://" not in page and "https://" not in page and "default-src 'none'" in page
    assert page.count("<h1>") == 1 and page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert page.count("<table>") == page.count("<caption>") and "<img alt=" in page


def test_a_sentence_comes_first_and_each_term_linked_to_is_explained(copier, tmp_path):
    page = written(copier, tmp_path)
    heads = re.findall("<h[12]>(.*?)</h[12]>", page)
    assert heads[0] == f"This model copies its training rows: {len(copier.copies)} of them can be named."
    assert heads[1:5] == ["What was tested", "What was not tested", "The evidence", "The rows that are named"]
    linked, explained = ({*re.findall(one, page)} for one in ('href="#(.*?)"', '<dt id="(.*?)"'))
    assert linked <= explained and {"term-dose", "term-walk", "term-named", "term-false"} <= linked
    assert {f"term-{word}" for word in ("held-out", "ratio", "p-value")} <= explained


def test_a_page_says_what_it_was_told_and_has_no_date_of_its_own(copier, tmp_path):
    page = written(copier, tmp_path)
    assert page == written(mg.audit(T, H, COPIER), tmp_path)
    assert str(datetime.date.today().year) not in re.sub(r"base64,[^\"]*", "", page) and "Decision: ____" in page
    told = {"model": "CTGAN 3", "data": "census", "limit": 0.9, "decision": "kept back"}
    page = written(copier, tmp_path, date=datetime.date(2025, 1, 31), **told)
    assert "Model: CTGAN 3; trained on: census; date: 2025-01-31" in page
    assert "<b>Decision:</b> kept back" in page and "Decision: ____" not in page
    assert "limit set for the dose is 0.9: it is kept (dose 0.14 beside 300 held-out rows). Rows are named" in page
    assert datetime.date.today().isoformat() in written(copier, tmp_path, date="today", limit=0.01)


def test_a_limit_is_exceeded_only_beyond_chance(copier):
    assert "it is exceeded (dose 0.14 beside 300 held-out rows), and not by chance" in words.kept_limit(copier, 0.1)
    blind = mg.audit(T, H, NOISE)
    assert "by no more than chance explains" in words.kept_limit(blind, blind.dose - 0.01)
    assert words.kept_limit(blind, 0.5).endswith(f"it is kept (dose {blind.dose:.2f} beside 300 held-out rows).")
    assert f"dose {copier.dose_at(30):.2f} as it would be beside 30 held-out rows" in words.kept_limit(copier, 0.1, 30)


def test_each_verdict_has_plain_words():
    class Found:
        listed, level = range(3), 0.08

    for verdict in ("Copies: as", "Leans on its", "Can't tell: ", "No sign of copying: "):  # by which they begin
        Found.verdict = verdict
        sentence, then = words.plain(Found)
        assert sentence.endswith(".") and "{" not in sentence + then
    Found.verdict = "Something new"
    with pytest.raises(ValueError, match="no plain words for the verdict 'Something new'"):
        words.plain(Found)


def test_each_check_that_fails_comes_with_what_to_do(copier):
    groups = [np.arange(len(side)) // 2 + 1000 * i for i, side in enumerate((T, H))]
    for audit in (copier, mg.audit(T, H, COPIER, groups=groups, n_relabelings=19)):
        for line in audit.assumptions.to_dict("records"):
            assert advice({**line, "holds": False}) and advice({**line, "holds": None})
            assert advice({**line, "holds": True}) == "nothing"


def test_rows_of_a_table_are_masked_unless_asked_for(tables, tmp_path):
    train, found = tables
    row = found.copies.iloc[0]
    name = train["name"].iloc[row.train_row]
    masked, full = written(found, tmp_path), written(found, tmp_path, records=True)
    assert any("coded alike" in line for line in found.warnings) and "coded alike" in masked
    assert "such as &#x27;" not in masked and "such as &#x27;" in full
    assert not any(name in masked for name in train["name"]) and name in full and "<del>" in full
    assert "5 of 6 columns" in masked


def test_labels_of_a_frame_stand_beside_positions(tables):
    train, found = tables
    assert found.copies.columns[:2].tolist() == ["train_row", "train_label"]
    assert (train.index[found.copies["train_row"]] == found.copies["train_label"]).all()
    row = found.copies.iloc[0]
    assert f"train {row.train_row} (label {row.train_label}) ~ generated" in repr(found.pairs(1))
    assert "train_label" not in mg.audit(T, H, COPIER, n_relabelings=19).copies
    alike = mg.audit(train.reset_index(drop=True), table(120, rng), train, n_relabelings=199)
    assert "label" not in repr(alike.pairs(1)).partition("~")[0]
    assert (alike.copies["train_label"] == alike.copies["train_row"]).all() and len(alike.exact_matches) == 120


def test_how_columns_were_read_is_said_on_the_page_and_in_a_terminal(tmp_path):
    samples = [table(60, rng).assign(key=np.arange(60) + 60 * i) for i in range(3)]
    samples[0].loc[3:5, "age"] = np.nan
    said = (
        "age, income as number; city, member as category; since as time; name as text; key ignored; 3 values missing."
    )
    audit = mg.audit(*samples, ignore="key", n_relabelings=19)
    table_of_all = mg.evaluate(*samples, ["energy"], ignore="key", n_null=19)
    for found in (audit, table_of_all):
        assert f"Columns: {said}" in " ".join(repr(found).split())
        page = written(found, tmp_path)
        assert "<h2>How each column was read</h2>" in page and "<td>key</td><td>ignored</td>" in page
    assert "Columns:" not in repr(mg.audit(T, H, COPIER, n_relabelings=19))


def test_sixty_pairs_are_shown_and_two_hundred_listed(tmp_path):
    pictures = rng.integers(0, 256, size=(500, 6, 6), dtype=np.uint8)
    found = mg.audit(pictures[:250], pictures[250:], pictures[:250], n_relabelings=199)
    page = written(found, tmp_path)
    assert page.count("<figure") == 60 and page.count("<figcaption>") == 60
    assert "(200 of 250 listed)" in page and "<details><summary>Named training rows" in page


def test_a_plot_is_a_picture_with_its_words(copier):
    shown = copier.plot()
    dose, walked = shown.figure.axes
    assert "this model" in [label.get_text() for label in dose.get_yticklabels()]
    steps = copier.walk.steps
    np.testing.assert_allclose(walked.lines[0].get_ydata()[1:], steps["train"] - steps["hits"] / 2)
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"].startswith("Left: dose 0.14") and f'alt="{shown.alt}"' in bundle["text/html"]
    right = walked.get_legend().get_window_extent().x1
    assert right <= shown.figure.bbox.x1
