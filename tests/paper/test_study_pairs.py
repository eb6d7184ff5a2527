"""What a rater is shown: pictures reduced, texts as data."""

import base64
import html
import io
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from memgen_lite.paper import study_pairs


def drawn(page):
    """The pictures in a page, as arrays."""
    found = re.findall(r"base64,([^\"]+)", page)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(one)))) for one in found]


@given(arrays(np.uint8, st.tuples(st.integers(1, 500), st.integers(1, 500)), elements=st.integers(0, 255)))
def test_a_reduced_picture_is_small_and_has_the_mean_of_its_blocks(one):
    small, step = study_pairs.reduced(one), -(-max(one.shape) // study_pairs.SIDE)
    assert max(small.shape) <= study_pairs.SIDE
    assert small[0, 0] == pytest.approx(one[:step, :step].mean())
    assert small[-1, -1] == pytest.approx(
        one[(one.shape[0] - 1) // step * step :, (one.shape[1] - 1) // step * step :].mean()
    )
    if step == 1:
        assert (small == one).all()


def test_colors_are_averaged_each_for_itself():
    one = np.random.default_rng(0).random((400, 200, 4))
    assert study_pairs.reduced(one).shape == (134, 67, 4)
    assert study_pairs.reduced(one)[1, 1] == pytest.approx(one[3:6, 3:6].mean(axis=(0, 1)))


def test_a_pair_of_small_pictures_is_enlarged_by_whole_pixels_on_one_scale():
    left, right = drawn(study_pairs.pair((np.array([[0.0, 1.0]]), np.array([[0.5, 2.0]]))))
    assert left.shape == right.shape == (study_pairs.SIDE // 2, study_pairs.SIDE)
    assert (left[0, 0], left[0, -1], right[0, 0], right[0, -1]) == (255, 128, 191, 0)
    flat = drawn(study_pairs.pair((np.ones((3, 3)), np.ones((3, 3)))))
    assert np.unique(flat).tolist() == [0]


@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (float, 1.0), (bool, True), (np.int32, 300)])
def test_colors_are_shown_as_they_are(dtype, white):
    one = np.zeros((2, 2, 3), dtype=dtype)
    one[0] = white
    for shown in drawn(study_pairs.pair((one, one))):
        assert shown[0, 0].tolist() == [255, 255, 255]
        assert shown[-1, -1].tolist() == [0, 0, 0]


def test_a_transparent_picture_stays_so_on_white():
    page = study_pairs.pair((np.full((2, 2, 4), 7, dtype=np.uint8),) * 2)
    assert drawn(page)[0].shape[2] == 4
    assert "background:white" in page


@pytest.mark.parametrize("channels", [(), (3,)])
def test_a_huge_picture_is_sent_small(channels):
    one = np.zeros((10_000, 1000 if channels else 10_000, *channels), dtype=np.uint8)
    one[::3] = 255
    page = study_pairs.pair((one, one))
    assert len(page) < 200_000
    assert all(max(shown.shape) <= study_pairs.SIDE for shown in drawn(page))


def test_the_worst_of_pictures_is_sent_small_enough():
    noise = np.random.default_rng(0).integers(0, 256, (2, 1000, 1000, 3), dtype=np.uint8)
    assert len(study_pairs.pair(noise)) < 400_000


HOSTILE = """<img src=x onerror="alert(1)"></div><script>'&"</script>"""


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ("a\u200bb\u200dc", "a⟨U+200B⟩b⟨U+200D⟩c"),
        ("\u202eabc\u2066", "⟨U+202E⟩abc⟨U+2066⟩"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("\x00\r\x1b\ufeff\u2028\u00ad", "⟨U+0000⟩⟨U+000D⟩⟨U+001B⟩⟨U+FEFF⟩⟨U+2028⟩⟨U+00AD⟩"),
        ("\ud800", "⟨U+D800⟩"),
        ("שלום 你好 é 😀", "שלום 你好 é 😀"),
    ],
)
def test_what_cannot_be_seen_is_written_out(given_, shown):
    assert study_pairs.visible(given_) == shown


@given(st.text())
def test_a_text_is_data(one):
    content = re.fullmatch(r'<div role="group"[^<]*>(.*)</div>', study_pairs.text(one, HOSTILE), re.DOTALL)[1]
    assert "<" not in content
    assert html.unescape(content) == study_pairs.visible(one)


def test_texts_stand_in_boxes_that_the_keyboard_can_scroll_and_are_cut_where_a_page_cannot_bear_them():
    page = study_pairs.pair((HOSTILE, "x" * 1_000_000), ("near", HOSTILE))
    assert page.count("onerror=&quot;alert(1)&quot;") == 2
    assert page.count('dir="auto"') == page.count('tabindex="0"') == 4
    assert page.count("Nearest in training</div>") == 2
    assert "and 980,000 characters more" in page
    assert len(page) < 25_000


def test_samples_are_of_one_kind():
    pictures = np.zeros((3, 4, 4))
    assert study_pairs.samples(["a"], np.array(["b"])) == [["a"], ["b"]]
    assert [one.shape for one in study_pairs.samples(pictures, list(pictures), pictures)] == [(3, 4, 4)] * 3
    for wrong, message in [
        (("abc", ["d"]), "got one str"),
        ((["a"], pictures), "all be lists of str, or all"),
        ((pictures[:, 0], pictures[:, 0]), r"got \(3, 4\) of float64; \(3, 4\) of float64"),
        ((pictures, np.zeros((3, 5, 5))), "pictures of one size"),
        ((pictures, pictures.astype(int)), r"\(3, 4, 4\) of float64; \(3, 4, 4\) of int64"),
        ((np.zeros((3, 4, 4, 2)),) * 2, "3 or 4"),
        ((np.zeros((3, 0, 4)),) * 2, "pictures of one size"),
        ((pictures.astype(complex),) * 2, "pictures of one size"),
        ((pictures, pictures + np.nan), "pictures must be finite"),
    ]:
        with pytest.raises(ValueError, match=message):
            study_pairs.samples(*wrong)


def test_the_fingerprint_tells_samples_apart():
    zeros = np.zeros((2, 3, 3))
    different = [(zeros, None), (zeros, zeros), (zeros.astype(np.float32),), (zeros + 1,), (zeros.reshape(3, 2, 3),)]
    different += [(["a", "b"],), (["ab"],), (["a"], ["b"]), (["a,b"],)]
    prints = [study_pairs.fingerprint(*samples) for samples in different]
    assert len(set(prints)) == len(prints)
    assert (
        study_pairs.fingerprint(zeros[:, ::-1].copy())
        == study_pairs.fingerprint(zeros)
        == study_pairs.fingerprint(zeros, None)
    )
    assert all(re.fullmatch("[0-9a-f]{12}", one) for one in prints)
