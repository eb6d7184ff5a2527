import os
import socket
import struct
import zlib

import numpy as np
import PIL
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from memgen_lite.data.own_pictures import folder

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def plain(path, color=RED, size=(40, 30), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, color).save(path, **options)
    return path


def only(path, **options):
    """The one picture of a folder, as an array of int."""
    data = folder(path, held_out=0, **options)
    assert len(data.train) == 1, data
    return data.train[0].astype(int)


def reasons(path, **options):
    plain(path / "good.png")
    return dict(folder(path, held_out=0, **options).skipped)


# What a person expects to see


def test_pictures_become_square_thumbnails_of_their_middle(tmp_path):
    image = Image.new("RGB", (300, 100), BLUE)
    image.paste(RED, (100, 0, 200, 100))
    image.save(tmp_path / "wide.png")
    seen = only(tmp_path, size=32)
    assert seen.shape == (32, 32, 3)
    assert (seen == RED).all()


def test_small_and_thin_pictures_load_too(tmp_path):
    for name, size in (("dot", (1, 1)), ("line", (1, 3000)), ("icon", (16, 16))):
        plain(tmp_path / f"{name}.png", GREEN, size)
    data = folder(tmp_path, held_out=0)
    assert data.train.shape == (3, 64, 64, 3)
    assert (data.train == GREEN).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_rotation_is_undone(tmp_path, orientation):
    upright = Image.new("RGB", (64, 64), WHITE)
    upright.paste(RED, (0, 0, 32, 16))  # no symmetry: top left
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition that a camera would have undone
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "turned.png", exif=exif)
    assert np.array_equal(only(tmp_path), np.asarray(upright))


@pytest.mark.parametrize("kind", ["jpg", "png"])
@pytest.mark.parametrize("exif", [b"Exif\x00\x00garbage", b"Exif\x00\x00II*\x00\xff\xff\xff\x7f" + bytes(range(40))])
def test_damaged_exif_data_does_not_hide_the_picture(tmp_path, kind, exif):
    plain(tmp_path / f"a.{kind}", RED, exif=exif)
    assert abs(only(tmp_path) - RED).max() < 5


@pytest.mark.parametrize("format", ["gif", "png", "webp", "tiff"])
def test_an_animation_shows_its_first_frame(tmp_path, format):
    frames = [Image.new("RGB", (20, 20), color) for color in (RED, GREEN, BLUE)]
    frames[0].save(tmp_path / f"a.{format}", save_all=True, append_images=frames[1:], **({"lossless": True} if format == "webp" else {}))  # fmt: skip  # noqa: E501
    assert (only(tmp_path) == RED).all()


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I;16B", "I", "F"])  # fmt: skip  # noqa: E501
def test_every_mode_loads_as_white_on_black(tmp_path, mode):
    """A white square on black, in each mode and a file format that holds it."""
    image = Image.new("L", (64, 64), 0)
    image.paste(255, (16, 16, 48, 48))
    values = np.asarray(image)
    if mode.startswith("I;16"):
        image = Image.fromarray(values.astype("<u2") * 257)
        image = image if mode == "I;16" else image.convert("I").convert("I;16B")
    elif mode in ("I", "F"):
        image = Image.fromarray(values.astype(np.int32) * 1000 if mode == "I" else (values / 255).astype(np.float32))
    elif mode == "LAB":
        image = Image.new("LAB", image.size, (0, 128, 128))
        image.paste((255, 128, 128), (16, 16, 48, 48))
    else:
        image = image.convert("RGBA" if mode == "LA" else "RGB").convert(mode)
    image.save(tmp_path / "a.tif")
    try:
        Image.open(tmp_path / "a.tif").load()
    except OSError:  # below 13 in YCbCr
        pytest.skip(f"Pillow {PIL.__version__} can't read what it wrote in {mode}")
    seen = only(tmp_path)
    assert seen[32, 32].min() >= 250
    assert seen[4, 4].max() <= 8


@pytest.mark.parametrize("values", [[-3.0, 0.0, 5.0], [0.0, 100.0, 200.0], [np.nan, 1e30, -np.inf]])
def test_measured_values_are_kept(tmp_path, values):
    Image.fromarray(np.repeat(np.array(values, np.float32), 30).reshape(1, -1).repeat(90, 0)).save(tmp_path / "a.tif")
    seen = folder(tmp_path, held_out=0).train[0]
    known = np.nan_to_num(np.float32(values), posinf=0, neginf=0)
    assert seen.dtype == np.float32 and seen.min() == known.min() and seen.max() == known.max()


def test_fractions_from_0_to_1_are_taken_as_they_are(tmp_path):
    Image.fromarray(np.full((20, 20), 0.4, np.float32)).save(tmp_path / "a.tif")
    assert (only(tmp_path) == round(0.4 * 65535)).all()


def png16(path, pixels, exif=b""):
    """Write 16-bit pixels (h, w, channels), which Pillow itself can't, as a PNG."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    h, w, channels = pixels.shape
    lines = b"".join(b"\0" + line.astype(">u2").tobytes() for line in pixels)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 16, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 0))
    exif = chunk(b"eXIf", exif) if exif else b""
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + exif + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


def tiff16(path, pixels, order):
    """Write 16-bit pixels (h, w, channels) as a TIFF, of either order of bytes."""
    (h, w, channels), strip = pixels.shape, pixels.astype(f"{order}u2").tobytes()
    start = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 16 + len(strip))
    bits = struct.pack(f"{order}{channels}H", *[16] * channels).ljust(8, b"\0")
    tags = [(256, 4, 1, w), (257, 4, 1, h), (258, 3, channels, 8), (259, 4, 1, 1), (262, 4, 1, 2), (273, 4, 1, 16)]
    tags += [(277, 4, 1, channels), (278, 4, 1, h), (279, 4, 1, len(strip))]
    table = struct.pack(f"{order}H", len(tags)) + b"".join(struct.pack(f"{order}HHII", *tag) for tag in tags) + bytes(4)
    path.write_bytes(start + bits + strip + table)


@pytest.mark.parametrize("order", ["<", ">"])
def test_colors_of_16_bits_in_a_scan_are_kept_whole_in_either_order_of_bytes(tmp_path, order):
    pixels = np.random.default_rng(0).integers(65536, size=(64, 64, 3), dtype=np.uint16)
    tiff16(tmp_path / "a.tif", pixels, order)
    assert (folder(tmp_path, held_out=0).train[0] == pixels).all()


def test_every_level_of_a_scan_of_12_bits_is_kept(tmp_path):
    levels = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    for name in ("a.png", "a.tif"):
        (tmp_path / name).mkdir()
        Image.fromarray(levels).save(tmp_path / name / name)
        found = folder(tmp_path / name, held_out=0).train
        assert found.dtype == np.uint16
        assert all((found[0, ..., channel] == levels).all() for channel in range(3))


@pytest.mark.parametrize("channels", [3, 4])
def test_colors_of_16_bits_are_kept_whole(tmp_path, channels):
    pixels = np.random.default_rng(0).integers(65536, size=(64, 64, channels), dtype=np.uint16)
    pixels[..., 3:] = 65535
    png16(tmp_path / "a.png", pixels)
    assert (folder(tmp_path, held_out=0).train[0] == pixels[..., :3]).all()
    pixels[..., 3:] = 0
    png16(tmp_path / "a.png", pixels)
    assert (folder(tmp_path, held_out=0).train[0] == (65535 if channels == 4 else pixels)).all()


@pytest.mark.filterwarnings("ignore:.*several depths")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_scan_of_16_bits_is_turned_as_its_exif_data_says(tmp_path, orientation):
    pixels = np.zeros((64, 64, 3), np.uint16)
    pixels[:8, :16] = 40_000
    exif = Image.Exif()
    exif[0x0112] = orientation
    png16(tmp_path / "a.png", pixels, exif.tobytes().removeprefix(b"Exif\0\0"))
    (tmp_path / "8").mkdir()
    Image.fromarray((pixels // 257).astype(np.uint8)).save(tmp_path / "8" / "a.png", exif=exif)
    deep, flat = (folder(path, held_out=0) for path in (tmp_path, tmp_path / "8"))
    shown = dict(zip(deep.names, deep.train, strict=True))["a.png"]
    assert ((shown > 0) == (flat.train[0] > 0)).all()


def test_pictures_of_several_depths_get_the_shades_of_one_and_a_warning(tmp_path):
    shades = np.arange(0, 256, dtype=np.uint8).reshape(16, 16).repeat(4, axis=0).repeat(4, axis=1)
    Image.fromarray(shades).save(tmp_path / "a.png")
    Image.fromarray(shades.astype(np.uint16) * 257).save(tmp_path / "b.png")
    with pytest.warns(UserWarning, match=r"pictures of several depths \(uint16, uint8\), all read as uint16"):
        one, two = folder(tmp_path, held_out=0).train
    assert (one == two).all() and one.max() == 65535


@pytest.mark.parametrize("kind", ["RGBA", "LA", "palette"])
def test_what_is_transparent_is_white(tmp_path, kind):
    if kind == "palette":
        image = Image.new("P", (20, 20), 0)
        image.putpalette([0, 0, 255, 255, 0, 0])
        image.save(tmp_path / "a.png", transparency=0)
    else:
        Image.new(kind, (20, 20), 0).save(tmp_path / "a.png")
    assert (only(tmp_path) == WHITE).all()


def test_half_transparent_red_is_pink(tmp_path):
    Image.new("RGBA", (20, 20), (255, 0, 0, 128)).save(tmp_path / "a.png")
    assert np.abs(only(tmp_path) - (255, 127, 127)).max() <= 1


def test_a_large_jpeg_is_as_sharp_as_a_small_one(tmp_path):
    gradient = np.tile(np.linspace(0, 255, 4000).astype(np.uint8), (4000, 1))
    Image.fromarray(gradient).save(tmp_path / "a.jpg", quality=95)
    assert np.abs(only(tmp_path)[32, :, 0] - np.linspace(2, 253, 64)).max() < 3


# Order, names, parts


def test_files_come_in_order_of_name_with_their_folder_as_label(tmp_path):
    for name in ("b/2.png", "a/x/1.png", "b/10.png", "z.png"):
        plain(tmp_path / name)
    data = folder(str(tmp_path), held_out=0)
    assert data.names == ["a/x/1.png", "b/10.png", "b/2.png", "z.png"]
    assert data.y.tolist() == ["a", "b", "b", ""]
    assert data.held_out is None
    assert data.y_held_out is None


def test_a_share_is_held_out_and_every_picture_is_in_one_part(tmp_path):
    for i in range(20):
        plain(tmp_path / ("dogs" if i % 2 else "cats") / f"{i:02}.png", (i, 0, 0))
    data = folder(tmp_path, held_out=0.25, random_state=1)
    assert (len(data.train), len(data.held_out)) == (15, 5)
    shades = [*data.train[:, 0, 0, 0], *data.held_out[:, 0, 0, 0]]
    assert sorted(shades) == list(range(20))
    names = [*data.names, *data.names_held_out]
    assert [int(name[-6:-4]) for name in names] == shades
    assert [name.split("/")[0] for name in names] == [*data.y, *data.y_held_out]
    assert folder(tmp_path, held_out=0.25, random_state=1).names == data.names
    assert data.name == tmp_path.name


def test_a_flat_folder_has_no_labels(tmp_path):
    plain(tmp_path / "a.png")
    assert folder(tmp_path).y is None


# What cannot be loaded is named


def test_every_hostile_file_is_named_with_its_reason_and_the_rest_is_loaded(tmp_path):
    whole = plain(tmp_path / "whole.jpg", size=(200, 200)).read_bytes()
    (tmp_path / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "truncated.png").write_bytes(plain(tmp_path / "whole.png", size=(200, 200)).read_bytes()[:80])
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "page.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "text.jpg").write_text("no image either")
    (tmp_path / "print.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n")
    (tmp_path / ".hidden.png").write_bytes(whole)
    plain(tmp_path / ".cache" / "a.png")
    data = folder(tmp_path, held_out=0)
    assert data.names == ["whole.jpg", "whole.png"]
    told = dict(data.skipped)
    broken = ["truncated.jpg", "truncated.png", "empty.png", "notes.txt", "page.svg", "text.jpg", "print.eps"]
    assert sorted(told) == sorted([*broken, ".hidden.png", ".cache"])
    assert told["empty.png"] == "an empty file"
    assert told["notes.txt"] == told["print.eps"] == told["text.jpg"] == "not an image that Pillow can read"
    assert "truncated" in told["truncated.jpg"]
    assert told["truncated.png"].startswith("cannot be decoded")
    assert told[".cache"] == "a hidden folder"
    assert told[".hidden.png"] == "a hidden file"
    assert "2 loaded, 9 skipped" in repr(data)
    assert all(name in repr(data) for name in told)


@pytest.mark.parametrize("side", [9_500, 30_000, 2_000_000])
def test_a_decompression_bomb_is_not_decoded(tmp_path, side):
    """A header that promises more pixels than Pillow's limit, over twice the limit, and absurdly many."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(data)
    assert "Pillow's limit" in reasons(tmp_path)["bomb.png"]


def test_the_limit_on_pixels_is_pillows(tmp_path, monkeypatch):
    plain(tmp_path / "a.png", size=(30, 30))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 800)
    with pytest.raises(ValueError, match="30 x 30 pixels are more than Pillow's limit"):
        folder(tmp_path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert len(folder(tmp_path).train) == 1


def test_links_are_followed_but_nothing_is_read_twice(tmp_path):
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    plain(here / "a.png")
    plain(elsewhere / "b.png", BLUE)
    plain(elsewhere / "c.png", GREEN)
    (here / "link.png").symlink_to(elsewhere / "b.png")
    (here / "more").symlink_to(elsewhere)
    (here / "same.png").symlink_to(here / "a.png")
    (here / "loop").symlink_to(here)
    (elsewhere / "back").symlink_to(here)
    (here / "nothing.png").symlink_to(here / "absent.png")
    (here / "self.png").symlink_to(here / "self.png")
    data = folder(here, held_out=0)
    assert data.names == ["a.png", "link.png", "more/c.png"]
    told = dict(data.skipped)
    assert told["same.png"] == "the same file as a.png"
    assert told["more/b.png"] == "the same file as link.png"
    assert told["loop"] == told["more/back"] == "a link to a folder that is read already, ."
    assert told["nothing.png"] == "a link to nothing"
    assert "self.png" in told


def test_pipes_and_sockets_are_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.png")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.png")
        told = reasons(tmp_path)
    assert set(told.values()) == {"not a file but a pipe, socket or device"}


def test_a_folder_that_cannot_be_opened_is_named(tmp_path, monkeypatch):
    plain(tmp_path / "open" / "a.png")
    (tmp_path / "closed").mkdir()
    scan = os.scandir

    def guarded(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", guarded)
    assert folder(tmp_path).skipped == (("closed", "cannot be opened: Permission denied"),)


def test_a_name_that_is_no_text_can_be_shown(tmp_path):
    (tmp_path / os.fsdecode(b"bad\xff.txt")).write_text("x")
    told = reasons(tmp_path)
    assert list(told) == ["bad\\udcff.txt"]
    repr(folder(tmp_path)).encode()


def test_a_decoder_that_fails_without_a_word_is_named_by_its_error(tmp_path, monkeypatch):
    plain(tmp_path / "a.png")
    plain(tmp_path / "b.png", size=(7, 7))
    load = PngImageFile.load

    def failing(image):
        if image.size == (7, 7):
            raise MemoryError
        return load(image)

    monkeypatch.setattr(PngImageFile, "load", failing)
    assert dict(folder(tmp_path).skipped) == {"b.png": "cannot be decoded: MemoryError"}


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["png", "jpg", "gif", "tif", "webp", "bmp"]), st.randoms(use_true_random=False))
def test_damage_anywhere_in_a_file_is_survived(tmp_path_factory, kind, random):
    path = tmp_path_factory.mktemp("damage")
    content = bytearray(plain(path / f"a.{kind}", (200, 90, 30), (50, 41)).read_bytes())
    for _ in range(random.randint(1, 8)):
        content[random.randrange(len(content))] = random.randrange(256)
    (path / f"a.{kind}").write_bytes(content[: random.randint(0, len(content))])
    plain(path / "good.png")
    data = folder(path, held_out=0)
    assert len(data.train) + len(data.skipped) == 2
    assert "good.png" in data.names


def test_many_files_show_their_progress(tmp_path, capsys):
    for i in range(100):
        (tmp_path / f"{i:03}.txt").write_text("x")
    plain(tmp_path / "a.png")
    data = folder(tmp_path)
    assert "Images: 100%" in capsys.readouterr().err
    assert "and 90 more, in .skipped" in repr(data)


# Bad arguments


def test_a_folder_must_be_a_folder_with_an_image(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        folder(tmp_path / "absent")
    with pytest.raises(NotADirectoryError, match="is a file"):
        folder(plain(tmp_path / "x" / "a.png"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"has none that can be read \(it is empty\)"):
        folder(tmp_path / "empty")
    for i in range(25):
        (tmp_path / "empty" / f"{i:02}.txt").write_text("x")
    with pytest.raises(ValueError, match=r"00\.txt: not an image that Pillow can read; .*and 5 more"):
        folder(tmp_path / "empty")
    with pytest.raises(ValueError, match="size must be from 1 to 4,096, got 0"):
        folder(tmp_path, size=0)
    with pytest.raises(ValueError, match="held_out must be 0 or more and below 1"):
        folder(tmp_path / "x", held_out=2)
