"""The page of an evaluation: a plain sentence, a strip for each metric by family, figures on demand."""

import re
import xml.etree.ElementTree

import numpy as np
import pytest

import memgen_lite as mg
from memgen_lite.evaluation import strips
from memgen_lite.evaluation.report import Evaluation

HOSTILE = "<script>alert(1)</script>&\"'"


@pytest.fixture(scope="module")
def everything():
    """All metrics on MemGEN-P."""
    T, H, more = np.split(np.random.default_rng(0).normal(size=(120, 3)), 3)
    return mg.evaluate(T, np.concatenate([H, more]), T, n_null=19)


def test_what_a_notebook_shows_is_well_formed_and_escaped_with_the_sentence_first(everything):
    shown = everything._repr_html_()
    root = xml.etree.ElementTree.fromstring(shown)
    assert root.find("p/b").text == everything.verdict.partition(".")[0] + "."
    names = mg.metrics.names()
    strip_rows = root.findall("table/tbody/tr")
    assert [one.find("th").text for one in strip_rows if len(one) == 3] == names and len(strip_rows) == len(names) + 4
    assert len(root.findall("details/div/table/tbody/tr")) == len(names)
    row = {**everything.rows[0], "reason": "a < b & c"}
    strange = Evaluation([row], ["<x>"], everything.stamp)._repr_html_()
    assert "a &lt; b &amp; c" in strange and "<x>" not in strange and "a < b" not in strange


def test_a_page_is_one_file_that_runs_nothing_and_says_what_it_was_told(everything, tmp_path):
    everything.to_html(tmp_path / "page.html", **dict.fromkeys(("model", "data", "date", "decision"), HOSTILE))
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "<script" not in page and page.count("&lt;script&gt;") == 4 and "default-src 'none'" in page
    assert "http://" not in page and "https://" not in page and page.count("<h1>") == 1
    assert re.search("<h1>A copy, in whole or in part", page) and "e+" not in re.sub("<style>.*?</style>", "", page)
    everything.to_html(tmp_path / "plain.html")
    everything.to_html(tmp_path / "again.html")
    plain = (tmp_path / "plain.html").read_text("utf-8")
    assert plain == (tmp_path / "again.html").read_text("utf-8") and "Decision: ____" in plain
    assert ">infinite<" in plain and ">inf<" not in plain


def test_values_of_records_in_warnings_stay_off_the_page(everything, tmp_path):
    from memgen_lite.shared.kinds.base import Note

    told = Evaluation(everything.rows, [Note("such as 'Ada'", "coded alike?")], everything.stamp)
    told.to_html(tmp_path / "page.html")
    assert "Ada" not in (tmp_path / "page.html").read_text("utf-8") and "Ada" in told._repr_html_()


def row(metric, train, low=1.0, high=3.0, honest=2.0, memgen=(0.0, 0.1)):
    values = {"train": train, "honest": honest, "honest_low": low, "honest_high": high}
    return {"metric": metric, **values, "memgen_u": memgen[0], "memgen_p": memgen[1]}


def test_bands_have_one_width_and_memgen_is_on_the_right():
    edge = strips.places(row("energy", 1.0))["yours"] - 0.5
    assert edge > 0 and strips.places(row("energy", 3.0))["yours"] == pytest.approx(0.5 - edge)
    for scale in (1e-9, 1.0, 1e12):
        where = strips.places(row("energy", 3 * scale, scale, 3 * scale, 2 * scale, (0.0, 0.0)))
        assert where["yours"] == pytest.approx(0.5 - edge) and where["honest"] == 0.5 and min(where["memgen"]) > 0.5
    higher = strips.places(row("authenticity", 5.0))
    assert higher["yours"] < 0.5 - edge and min(higher["memgen"]) > 0.5 + edge
    assert strips.places(row("energy", 9.0, memgen=(2.0, 2.0)))["yours"] < 0.5  # MemGEN is blind: worse is on the left


def test_infinite_and_equal_values_have_a_place():
    far = strips.places(row("mifid", np.inf, memgen=(np.inf, np.inf)))
    assert far["yours"] == far["memgen"][0] == far["memgen"][1] > 0.5
    same = strips.places(row("identical_share", 0.0, 0.0, 0.0, 0.0, (1.0, 1.0)))
    assert same["yours"] == 0.5 and same["memgen"] == (0.98, 0.98)
    support = strips.places(row("birthday_support", np.inf, np.inf, np.inf, np.inf, (9.0, np.inf)))
    assert support["yours"] == 0.5 and support["memgen"][0] == 0.98
    huge = strips.places(row("fld", 5.41e18))
    assert 0 <= huge["yours"] < 0.05
    assert strips.places(row("kid", 1.0, np.nan)) is None and strips.strip(row("kid", 1.0, np.nan), "none") == ""
    assert np.isnan(strips.places(row("kid", np.nan))["yours"])


def test_a_plot_is_a_picture_with_its_words(everything):
    shown = everything.plot()
    (ax,) = shown.figure.axes
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert [name for name in labels if name in mg.metrics.names()] == mg.metrics.names()
    said = {text.get_text() for text in ax.texts}
    assert "like a copy" in said and shown.alt == everything.verdict
    assert f'alt="{everything.verdict[:30]}' in shown._repr_mimebundle_()["text/html"]
