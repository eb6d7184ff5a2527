"""Ctrl-C during an audit: what was done by then is an audit, as exact as any."""

import _thread
import signal
from contextlib import contextmanager

import numpy as np
import pytest

import memgen_lite as mg
from memgen_lite.auditing import auditing, nearness, walk
from memgen_lite.shared import search

rng = np.random.default_rng(0)
T, H = rng.normal(size=(2, 300, 5))
G = np.concatenate([T[:20] + 0.01 * rng.normal(size=(20, 5)), 1.5 * rng.normal(size=(1000, 5))])


@pytest.fixture(autouse=True)
def heard():
    """A process that was started in the background ignores Ctrl-C; these tests do not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Presses:
    """A progress bar at which somebody presses Ctrl-C when so many steps are done, once for each number."""

    def __init__(self, *when):
        self.done, self.when = 0, list(when)

    def update(self, steps):
        self.done += steps
        if self.when and self.done >= self.when[0]:
            self.when.pop(0)
            _thread.interrupt_main()


def pressed(monkeypatch, *when):
    presses = Presses(*when)

    @contextmanager
    def bar(total, title, unit):
        yield presses

    monkeypatch.setattr(auditing, "bar", bar)
    return presses


def test_the_rows_searched_by_then_are_the_answer():
    presses = Presses(512)
    cut = nearness.nearness(T, H, G, rng=np.random.default_rng(1), progress=presses.update)
    whole = nearness.nearness(T, H, G, rng=np.random.default_rng(1))
    assert presses.done == len(cut.rows) == 512
    for name in ("rows", "distances", "tied"):
        np.testing.assert_array_equal(getattr(cut, name), getattr(whole, name)[:512])
    np.testing.assert_array_equal(cut.shared, whole.shared)


def test_blocks_that_were_searched_before_the_interrupt_are_the_answer(monkeypatch):
    def broken_off(*args, **options):
        for i, found in enumerate(search.block_by_block(*args, **options)):
            if i == 2:
                raise KeyboardInterrupt
            yield found

    monkeypatch.setattr(nearness, "block_by_block", broken_off)
    cut = nearness.nearness(T, H, G, rng=np.random.default_rng(1))
    assert len(cut.rows) == 512


def test_with_nothing_searched_it_is_raised(monkeypatch):
    def none(*args, **options):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(nearness, "block_by_block", none)
    with pytest.raises(KeyboardInterrupt):
        mg.audit(T, H, G)


def test_an_audit_whose_search_is_stopped_is_that_of_the_first_rows_and_says_so(monkeypatch):
    pressed(monkeypatch, 700)
    cut = mg.audit(T, H, G, n_relabelings=99)
    monkeypatch.undo()
    alone = mg.audit(T, H, G[:768], n_relabelings=99)
    assert cut.warnings == [
        "interrupted: the first 768 of 1,020 generated rows were searched: an audit of these alone",
        *alone.warnings,
    ]
    assert cut.to_dict() | {"warnings": alone.warnings} == alone.to_dict()
    assert cut.stamp["rows"]["generated"] == 768 and "768 generated rows" in cut.describe()
    assert len(cut.copies) >= 20 and cut.pairs(3)._repr_html_() == alone.pairs(3)._repr_html_()
    assert "interrupted" in cut._repr_html_() and "interrupted" in repr(cut)


def test_relabelings_that_were_done_by_then_are_enough(monkeypatch):
    monkeypatch.setattr(walk, "_LABELS", 5000)  # a few at a time
    pressed(monkeypatch, len(G) + 1 + 40)
    cut = mg.audit(T, H, G, n_relabelings=199)
    monkeypatch.undo()
    monkeypatch.setattr(walk, "_LABELS", 5000)
    whole = mg.audit(T, H, G, n_relabelings=199)
    dealt = cut.stamp["n_relabelings"]
    assert 40 <= dealt < 80 and len(cut.walk.null) == dealt
    assert cut.warnings[0] == f"interrupted: the first {dealt} of 199 relabelings were done"
    for name, values in cut.walk.parts.items():
        np.testing.assert_array_equal(values, whole.walk.parts[name][: 1 + dealt])
    assert cut.p_value == (1 + np.count_nonzero(cut.walk.null >= cut.walk.statistic)) / (1 + dealt)
    assert cut.copies.equals(whole.copies) and cut.dose == whole.dose


@pytest.mark.parametrize("dealt", [5, 20])
def test_fewer_than_19_relabelings_are_none(monkeypatch, dealt):
    """It is pressed after `dealt` of them, which come one by one, beside the true labels."""
    monkeypatch.setattr(walk, "_LABELS", 1)
    labels, weights = np.arange(30) % 2 == 0, np.ones(30)
    given = {"n_relabelings": 99, "rng": np.random.default_rng(0), "progress": Presses(1 + dealt).update}
    if dealt < 19:
        with pytest.raises(KeyboardInterrupt):
            walk.walk(np.arange(30.0), labels, weights, (20, 20), **given)
    else:
        assert len(walk.walk(np.arange(30.0), labels, weights, (20, 20), **given).null) == dealt


def test_who_presses_again_is_heard_at_once(monkeypatch):
    monkeypatch.setattr(walk, "_LABELS", 5000)
    pressed(monkeypatch, 256, 257)  # in the search, and as soon as the first labels are read
    with pytest.raises(KeyboardInterrupt):
        mg.audit(T, H, G)


def test_an_audit_that_is_stopped_keeps_its_size():
    """400 blind audits, each stopped after 19 to 60 relabelings, however many these are: p <= .05 in 20 in the mean,
    and more than 36 with probability .0004 (binomial law), less where p <= .05 can't be reached."""
    below = 0
    for seed in range(400):
        generator = np.random.default_rng(seed)
        scores, labels = generator.random(40), generator.permutation(np.arange(80) < 40)[:40]
        stop = Presses(1 + int(generator.integers(19, 60)))
        options = {"n_relabelings": 99, "rng": generator, "progress": stop.update}
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(walk, "_LABELS", 1)
            found = walk.walk(scores, labels, np.ones(40), (40, 40), **options)
        assert 19 <= len(found.null) < 60
        below += found.p_value <= 0.05
    assert below <= 36
