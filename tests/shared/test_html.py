"""What is shown in a page: whole in itself, with every word escaped, and pixels that come back."""

import base64
import io
import re

import numpy as np
from PIL import Image

from memgen_lite.shared.html import cells, changed, data_url, img, png, table

RUDE = "<script>alert(\"a\")</script> & 'b'"


def test_a_picture_holds_its_own_bytes_and_its_words_are_escaped():
    shown = img(b"bytes", RUDE, "width:1px")
    assert base64.b64decode(re.search(r'src="data:image/png;base64,([^"]+)"', shown)[1]) == b"bytes"
    assert shown.count("<") == shown.count(">") == 1
    assert len(re.findall('"', shown)) == 6


def test_an_address_is_the_content_itself():
    assert data_url(b"a,b", "text/csv") == "data:text/csv;base64,YSxi"


def test_pixels_are_rounded_and_cut_off_at_the_ends_of_their_scale():
    pixels = np.array([[-3.0, 0.4, 0.6], [254.6, 255.4, 300.0]])
    assert np.asarray(Image.open(io.BytesIO(png(pixels)))).tolist() == [[0, 0, 1], [255, 255, 255]]


def test_every_word_of_a_table_is_escaped():
    shown = table(RUDE, [RUDE], [cells([RUDE, "x"]), cells([RUDE], "th")])
    assert "<script>" not in shown
    assert shown.count("<tr>") == 3
    assert "<td>x</td></tr><tr><th>&lt;script" in shown


def test_a_change_is_marked_where_there_is_one():
    assert changed("a<", "a<") == "a&lt;"
    assert changed("a<", "b", " ") == "<del>a&lt;</del> <ins>b</ins>"
    assert changed("a", "") == "<del>a</del>"
    assert changed("", "b") == "<ins>b</ins>"
