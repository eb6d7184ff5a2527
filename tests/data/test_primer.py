"""The primer of couplets: what is typed of it, and what is read of a file."""

import json
import re
from collections import Counter

import pytest

import memgen_lite as mg
from memgen_lite.data import primer


def every(path=None):
    found = mg.data.couplets(path, held_out=0)
    return list(zip(found.train, found.y, strict=True))


def test_eighteen_verses_are_eight_couplets_each_of_the_lengths_of_the_form():
    pairs = every()
    assert len(pairs) == 144 and len(dict(pairs)) == 144
    lengths = [[len(line) for line, _ in pairs[i : i + 8]] for i in range(0, 144, 8)]
    assert all(found[:7] == [3, 2, 5, 3, 2, 5, 7] and found[7] in (10, 11) for found in lengths)


def test_no_character_of_the_verses_is_lost_but_the_words_between_the_sides_of_lone_lines():
    typed = Counter(re.sub(r"[，；。\s]", "", primer.VERSES))
    typed.subtract("".join(line + answer for line, answer in every()))
    assert {character: count for character, count in typed.items() if count} == {"對": 2 * 18}


def test_a_line_with_two_sides_is_answered_by_one_with_two_sides():
    pairs = [(line, answer) for line, answer in every() if len(line) in (3, 5)]
    middles = [(line[len(line) // 2] == "對", answer[len(answer) // 2] == "對") for line, answer in pairs]
    assert all(one == other for one, other in middles) and sum(one for one, _ in middles) == 36


def test_the_first_verse_is_read_as_it_is_recited():
    assert every()[:8] == [
        ("雲對雨", "雪對風"),
        ("晚照", "晴空"),
        ("來鴻對去燕", "宿鳥對鳴蟲"),
        ("三尺劍", "六鈞弓"),
        ("嶺北", "江東"),
        ("人間清暑殿", "天上廣寒宮"),
        ("兩岸曉煙楊柳綠", "一園春雨杏花紅"),
        ("兩鬢風霜途次早行之客", "一蓑煙雨溪邊晚釣之翁"),
    ]


@pytest.mark.parametrize("against", ["對", "对"])
def test_a_file_is_read_in_both_scripts_wherever_its_verses_stand(against, tmp_path):
    verse = "雲對雨，雪對風，晚照對晴空。人間清暑殿，天上廣寒宮。".replace("對", against)
    book = {"title": "聲律啟蒙", "content": [{"content": [{"chapter": "一 東", "paragraphs": [verse]}]}]}
    (tmp_path / "book.json").write_text(json.dumps(book), "utf-8")
    pairs = every(tmp_path / "book.json")
    assert pairs == [(f"雲{against}雨", f"雪{against}風"), ("晚照", "晴空"), ("人間清暑殿", "天上廣寒宮")]
    assert "book.json" in mg.data.couplets(tmp_path / "book.json").source


def test_a_line_that_nothing_answers_is_left_out(tmp_path):
    verses = ["春去。夏來，秋。鳳翥對鸞棲，有官清似水。出沒浴波鷗對對；往來營壘燕雙雙對。", "", "，，。", "對，一對", 3]
    (tmp_path / "few.json").write_text(json.dumps({"paragraphs": verses}), "utf-8")
    assert every(tmp_path / "few.json") == [("鳳翥", "鸞棲")]


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (None, FileNotFoundError, "path must be a JSON file, got .*none.json.*: No such file"),
        ("no JSON", ValueError, "path must be a JSON file, got .*none.json"),
        ('{"paragraphs": "雲對雨"}', ValueError, "path must be a JSON file with verses as `paragraphs`, got none"),
        ("[1, null]", ValueError, "got none in"),
    ],
)
def test_a_file_without_couplets_is_refused_by_name(text, error, message, tmp_path):
    path = tmp_path / "none.json"
    if text is not None:
        path.write_text(text, "utf-8")
    with pytest.raises(error, match=message):
        mg.data.couplets(path)


def test_other_arguments_are_refused_by_name():
    with pytest.raises(TypeError, match="path must be a str or a Path, got 3"):
        mg.data.couplets(3)
    with pytest.raises(ValueError, match="held_out must be"):
        mg.data.couplets(held_out=1)
