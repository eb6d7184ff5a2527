"""The score of translations: numbers of SacreBLEU 2.6.0 (`CHRF().corpus_score`), and what must hold of any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import memgen_lite as mg

SACREBLEU = [
    (["the cat sat"], ["the cat is sitting"], 31.791506199941693),
    (["Datei speichern", "Löschen"], ["Speichere die Datei", "Entfernen"], 35.0707690720193),
    (["ファイルを保存", "削除"], ["ファイルの保存", "消去する"], 25.717214778416107),
    (["a"], ["a"], 100.0),
    (["ab", "long text here"], ["a", "long texts are here"], 54.14748957534533),
    (["", "xyz"], ["empty", "xyz"], 36.977491961414785),
    (["%(name)s: löschen?", "Ja, ich bin sicher"], ["%(name)s löschen", "Ja"], 71.98416540408846),
    (["abc"], ["xyz"], 0.0),
]
TEXTS = st.lists(st.text(alphabet="ab c", max_size=8), min_size=1, max_size=4)


@pytest.mark.parametrize("said, meant, score", SACREBLEU)
def test_the_score_is_that_of_sacrebleu(said, meant, score):
    assert mg.metrics.chrf(said, meant) == pytest.approx(score, abs=1e-9)


@given(TEXTS)
def test_what_was_meant_scores_100_where_it_has_a_character(texts):
    assert mg.metrics.chrf(texts, texts) == pytest.approx(100.0 if "".join(texts).split() else 0.0)


@given(TEXTS, st.randoms())
def test_the_score_is_from_0_to_100_and_depends_on_no_order_of_the_pairs(texts, random):
    pairs = [(text, random.choice(texts)) for text in texts]
    score = mg.metrics.chrf(*map(list, zip(*pairs, strict=True)))
    assert 0 <= score <= 100 + 1e-9
    assert mg.metrics.chrf(*map(list, zip(*pairs[::-1], strict=True))) == pytest.approx(score)


@pytest.mark.parametrize("said, meant, error", [("abc", ["a"], "said"), ([], [], "said"), (["a"], ["a", "b"], "meant")])
def test_bad_input_is_refused_by_name(said, meant, error):
    with pytest.raises((TypeError, ValueError), match=f"^{error} must"):
        mg.metrics.chrf(said, meant)
