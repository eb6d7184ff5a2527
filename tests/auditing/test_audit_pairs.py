"""Copies beside their sources: pictures, rows, tables and strings, with what differs in them."""

from html.parser import HTMLParser

import numpy as np
import pytest
from audited import COPIER, NOISE, H, T, table

import memgen_lite as mg
from memgen_lite.shared.kinds import texts

rng = np.random.default_rng(1)


@pytest.fixture(scope="module")
def copier():
    return mg.audit(T, H, COPIER)


@pytest.fixture(scope="module")
def blind():
    return mg.audit(T, H, NOISE)


class Reader(HTMLParser):
    """Open tags, and the pictures."""

    def __init__(self, page):
        super().__init__()
        self.open, self.pictures = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.pictures.append(dict(attrs))
        elif tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        if tag == "img":
            self.pictures.append(dict(attrs))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("shape", [(6, 6), (6, 6, 1), (6, 6, 3), (6, 6, 2)])
def test_pictures_stand_side_by_side_with_words_for_each(shape, tmp_path):
    pictures = rng.integers(0, 256, size=(120, *shape), dtype=np.uint8)
    found = mg.audit(pictures[:60], pictures[60:], np.clip(pictures[:30] // 2 * 2 + 1, 0, 255))
    assert len(found.copies) == 30 and len(found.pairs(4)) == 4
    assert "mean difference 0." in repr(found.pairs(4))
    found.to_html(tmp_path / "page.html", records=True)
    shown = Reader((tmp_path / "page.html").read_text())
    assert shown.open == [] and len(shown.pictures) == 1 + 3 * 30
    assert all(picture["alt"] and picture["src"].startswith("data:image/png;base64,") for picture in shown.pictures)
    train, generated = found.pairs(1).rows[0]
    assert shown.pictures[1]["alt"] == f"training picture {train}" and train == generated


def test_differences_of_rows_are_readable(copier, blind):
    assert repr(copier.pairs(2)).count("->") == 12 and "<del>" in copier.pairs(1)._repr_html_()
    assert repr(blind.pairs()) == "no row is named" and "No row" in blind.pairs()._repr_html_()
    frames = [table(100, rng) for _ in range(2)]
    found = mg.audit(*frames, frames[0].assign(age=frames[0]["age"] + 1)[:40])
    text = repr(found.pairs(3))
    assert text.count("age") == text.count("->") == 3 and "city" in text
    assert "<ins>" in found.pairs(3)._repr_html_()
    items = [{"<length>": n} for n in range(90)]
    found = mg.audit(items[::2], items[1::2], items[::2], features=lambda X: [[float(x["<length>"])] for x in X])
    assert (
        "{'<length>': 0} ~ {'<length>': 0}" in repr(found.pairs(50))
        and "&lt;length&gt;" in found.pairs(9)._repr_html_()
    )
    texts = mg.audit(list("abcdefghijklmnop"), list("ABCDEFGHIJKLMNOP"), list("abcdefghijklmnop"))
    assert "train 0 ~ generated 0" in repr(texts.pairs(16)) and "[-" not in repr(texts.pairs(16))


def test_pieces_of_a_difference_give_both_strings_back():
    for one, two in (("a rose", "a nose"), ("", "x"), ("same", "same")):
        pieces = texts.differences(one, two)
        assert ("".join(a for a, _ in pieces), "".join(b for _, b in pieces)) == (one, two)
