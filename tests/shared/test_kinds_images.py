"""Pictures are read as a person sees them; arrays as what they hold."""

import time
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from memgen_lite.shared.kinds import read, texts, together

rng = np.random.default_rng(0)
RGB = rng.integers(0, 256, size=(20, 6, 5, 3), dtype=np.uint8)
SHOWN = [Image.fromarray(X) for X in RGB]


def pixels(images):
    kind, items = read(images)
    assert kind.name == "image"
    return items


def test_channels_may_stand_first_or_last():
    first = np.moveaxis(RGB, 3, 1)
    np.testing.assert_array_equal(pixels(first), RGB)
    found = together({"train": RGB, "generated": first})
    assert (found.same["train"] == found.same["generated"]).all()
    gray = RGB[..., :1]
    np.testing.assert_array_equal(pixels(np.moveaxis(gray, 3, 1)), gray)


def test_a_palette_is_no_picture_of_indices():
    np.testing.assert_array_equal(pixels([image.quantize(256) for image in SHOWN]).shape, RGB.shape)
    two = [Image.new("P", (4, 4), index) for index in (0, 1)]
    for image in two:  # the same color at two places of the palette
        image.putpalette([9, 9, 9] * 2)
    np.testing.assert_array_equal(*pixels(two))


def test_what_is_transparent_is_seen_on_white():
    clear = [Image.new("RGBA", (4, 4), (seen, 0, 0, 0)) for seen in (0, 200)]
    assert (pixels(clear) == 255).all()
    half = pixels([Image.new("RGBA", (4, 4), (0, 0, 0, 128))])
    assert (half == 127).all()
    assert (pixels([Image.new("LA", (4, 4), (7, 0))]) == 255).all()


def test_inks_are_colors_and_one_bit_is_black_and_white():
    assert (pixels([Image.new("CMYK", (4, 4), (0, 0, 0, 255))]) == 0).all()
    assert pixels([Image.new("1", (4, 4), 1)]).max() == 255


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_no_level_of_a_scan_of_many_bits_is_lost(mode):
    levels = np.arange(4096).reshape(64, 64)
    kind = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
    image = Image.fromarray(levels.astype(kind))
    assert image.mode == mode and len(np.unique(pixels([image]))) == 4096


@pytest.mark.parametrize("dtypes", [("u1", "i8"), ("i4", "u8"), ("?", "u1"), ("i2", "i8", "u4")])
def test_whole_numbers_of_several_types_are_equal_by_value(dtypes):
    values = rng.integers(0, 2, size=(30, 4)) if "?" in dtypes else rng.integers(0, 100, size=(30, 4))
    found = together({f"role {i}": values.astype(dtype) for i, dtype in enumerate(dtypes)})
    same = list(found.same.values())
    assert all((other == same[0]).all() for other in same[1:])


def test_whole_numbers_of_64_bits_are_equal_only_if_all_bits_are():
    values = np.array([[2**53], [2**53 + 1], [-1], [2**62 + 1]])
    found = together({"train": values, "generated": np.array([[2**53], [2**53 + 1], [2**62]], dtype=np.uint64)})
    assert np.isin(found.same["generated"], found.same["train"]).tolist() == [True, True, False]
    found = together({"train": np.array([[-1]]), "generated": np.array([[2**64 - 1]], dtype=np.uint64)})
    assert found.same["train"] != found.same["generated"]


@pytest.mark.parametrize("kind", ["letters", "words", "one letter", "Chinese", "lines"])
def test_long_texts_are_set_side_by_side_and_nothing_of_them_is_lost(kind):
    make = {
        "letters": lambda: "".join(rng.choice(list("abcdefgh"), 20_000)),
        "words": lambda: " ".join(rng.choice(["alpha", "beta", "gamma", "of", "the"], 5_000)),
        "one letter": lambda: "a" * int(rng.integers(20_000, 20_100)),
        "Chinese": lambda: "".join(map(chr, rng.integers(0x4E00, 0x5000, 30_000))),
        "lines": lambda: "\n".join(f"line {i} {rng.integers(9)}" for i in range(2_000)),
    }[kind]
    one, two = make(), make()
    pieces = texts.differences(one, two)
    assert ("".join(a for a, _ in pieces), "".join(b for _, b in pieces)) == (one, two)
    edits = sorted(rng.choice(len(one), 9, replace=False))
    two = "".join(part + "§" for part in np.array([one[a:b] for a, b in pairwise([0, *edits])])) + one[edits[-1] :]
    pieces = texts.differences(one, two)
    assert ("".join(a for a, _ in pieces), "".join(b for _, b in pieces)) == (one, two)
    if kind != "one letter":  # in which no place is told from another
        assert [b for a, b in pieces if a != b] == ["§"] * 9


def test_any_two_texts_are_put_together_from_their_pieces():
    for size in (3, 40, 4_000):
        for letters in ("a", "ab", "abcdefgh", "汉字"):
            one, two = ("".join(rng.choice(list(letters), int(rng.integers(size)))) for _ in range(2))
            for other in (two, one + two, two + one, one[::-1], one[size // 3 :]):
                pieces = texts.differences(one, other)
                assert ("".join(a for a, _ in pieces), "".join(b for _, b in pieces)) == (one, other)


def test_texts_of_100_000_characters_are_set_side_by_side_in_seconds():
    """However they differ: what costs most is to compare strings that share short runs everywhere."""
    size, start = 100_000, time.perf_counter()
    text = "".join(rng.choice(list("abcdef "), size))
    edited = np.array(list(text))
    edited[rng.random(size) < 0.03] = "#"
    for one, two in [
        (text, "".join(rng.choice(list("abcdef "), size))),
        (text, "".join(edited)),
        (text, text[size // 2 :] + text[: size // 2]),
        ("ab" * (size // 2), "ba" * (size // 2)),
        ("a" * size, "a" * (size // 2) + "b" + "a" * (size // 2)),
    ]:
        pieces = texts.differences(one, two)
        assert ("".join(a for a, _ in pieces), "".join(b for _, b in pieces)) == (one, two)
    assert time.perf_counter() - start < 20  # each takes half a second at most
