"""Texts compared by the longest run of words that stands in both: a passage that was taken over word for word.

What is compared is what the eye calls the same words: letters and digits, whatever their case (as Unicode folds it), as
they are composed or spelled in full and half width; what stands between words, punctuation, symbols and line breaks, is
passed over. In scripts that put no spaces between words, such as Chinese, Japanese and Thai, each character is a word.
"""

import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from itertools import count, pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..shared.kinds.texts import valid
from .nearness import Nearness
from .runs import Pool, Runs

_BLOCK = 256  # of generated texts
_SCALE, _MOST = 10, 7000  # words
_AROUND, _SHOWN = 8, 80  # words: beside a span, and of it
# Thai, Lao; Burmese, Khmer; kana, Han and its extensions, kana of half width.
_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff\uff66-\uff9f\U0001b000-\U0001b16f"
    "\U00020000-\U000323af"
)
_ASCII = re.compile("[A-Za-z0-9]+")


def span_nearness(
    train: Sequence[str],
    held_out: Sequence[str],
    generated: Sequence[str],
    *,
    k: int = 6,
    rng: np.random.Generator,
    progress: Callable[[int], object] | None = None,
) -> Nearness:
    """For each generated text the k texts of the pool that share the longest runs of words with it.

    Nothing here depends on which texts are of train: the pool is put into an order by chance; of texts of the same
    words the first stands for all, and of texts that share runs of equal length the first is the nearest. `k` is cut to
    the number of different texts. The search is exact.

    Parameters
    ----------
    train, held_out, generated : lists of str, of lengths N, K and M.
    progress : None, or called with the number of generated texts done since its last call. An interrupt (Ctrl-C) ends
        the search, and the texts searched until then are the answer, a block of 256 after the other; it is raised
        where not even the first is done.

    Returns
    -------
    :class:`~memgen_lite.auditing.nearness.Nearness`, whose distances are those of :func:`span_distance`.

    >>> train, held_out = ["He said that a rose is a rose."], ["A nose is a nose.", "That is all."]
    >>> found = span_nearness(train, held_out, ["Is it that a Rose is, a ROSE?"], k=2, rng=np.random.default_rng(0))
    >>> found.row, span_length(found.distance)
    (array([0]), array([6.]))
    """
    n, both = len(train), len(train) + len(held_out)
    texts = _numbered([*train, *held_out, *generated])
    seen: Any = defaultdict(count().__next__)
    value = np.array([seen[text.tobytes()] for text in texts[:both]])
    order = rng.permutation(both)
    rows = order[np.sort(np.unique(value[order], return_index=True)[1])]
    pool = Pool(Runs([*(texts[row] for row in rows), *texts[both:]]), len(rows))
    k = min(k, len(rows))
    blocks = []
    try:
        for start in range(0, len(generated), _BLOCK):
            block = range(start, min(start + _BLOCK, len(generated)))
            blocks.append(_nearest(pool, block, rows < n, k))
            if progress is not None:
                progress(len(block))
    except KeyboardInterrupt:
        if not blocks:
            raise
    nearest, lengths, tied = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    shared = np.flatnonzero(np.isin(value[:n], value[n:]))
    return Nearness(rows=rows[nearest], distances=span_distance(lengths), tied=tied, shared=shared)


def _nearest(pool, block, of_train, k):
    """Texts of the pool and lengths (n, k) for a block of others, and whether both sides have a nearest one."""
    texts, lengths, alike = pool.longest(range(pool.n + block.start, pool.n + block.stop), k)
    top = lengths[:, :1] == lengths
    sides = [(top & (of_train[texts] == side)).any(axis=1) for side in (True, False)]
    # Where all k are alike there may be more: those of the intervals, or all where no word is shared.
    owner, low, high = alike.T
    trains = np.append(0, np.cumsum(of_train[pool.text]))
    of_either = trains[high] - trains[low]
    more = np.zeros((2, len(block)), dtype=bool)
    np.logical_or.at(more[0], owner, of_either > 0)
    np.logical_or.at(more[1], owner, high - low > of_either)
    more[:, lengths[:, 0] == 0] = [[of_train.any()], [not of_train.all()]]
    more &= top.all(axis=1)
    return texts, lengths, (sides[0] | more[0]) & (sides[1] | more[1])


def span_distance(length: ArrayLike) -> np.ndarray:
    """The distance of texts whose longest common run has so many words: exp(-length/10), and 1 without a common word.

    The number of texts that share a run falls about exponentially with its length (Arratia and Waterman 1985, Adv.
    Math. 55), so that within a distance r there are about r^p of them, which is what :func:`.evidence.exponent` fits;
    another base has another p, and the same evidence. From 7,000 words on it stays what it is there, and is not 0.

    >>> span_distance([0, 5, 50]).round(3)
    array([1.   , 0.607, 0.007])
    """
    return np.exp(-np.minimum(length, _MOST) / _SCALE)


def span_length(distance: ArrayLike) -> np.ndarray:
    """The number of words that :func:`span_distance` was given, 7,000 at the most."""
    return np.round(-_SCALE * np.log(distance)) + 0.0  # no -0


def longest_span(one: str, two: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where the longest run of words that stands in both texts does: (start, end) in characters, of each.

    Of several runs that long, the first in `two`, at its first place in `one`. Without a common word, (0, 0) twice.

    >>> one, two = "So: a rose is a rose.", "A Rose is, perhaps."
    >>> (a, b), (c, d) = longest_span(one, two)
    >>> one[a:b], two[c:d]
    ('a rose is', 'A Rose is')
    """
    length, first, second = _common(one, two)
    if not length:
        return (0, 0), (0, 0)
    here, there = _places(one)[first : first + length], _places(two)[second : second + length]
    return (here[0][0], here[-1][1]), (there[0][0], there[-1][1])


def _common(one, two):
    """The longest common run: how many words, and the first of them in either text."""
    runs = Runs(_numbered([one, two]))
    near, _ = Pool(runs, 1).near(range(1, 2))
    if not (length := int(near.length.max(initial=0))):
        return 0, 0, 0
    second = int(near.length.argmax())
    at = runs.agree_for(np.full(runs.starts[1], length), np.arange(runs.starts[1]), near.place[second])
    return length, int(at.argmax()), second


def span_text(one: str, two: str) -> str:
    """The longest common run of words in either text, in brackets, with 8 words before and behind it.

    >>> print(span_text("He said that a rose is a rose.", "A rose is what?"))
    He said that [=a rose is=] a rose.
    [=A rose is=] what?
    """
    return "\n".join(f"{before}[={span}=]{behind}" for before, span, behind in _contexts(one, two))


def span_html(one: str, two: str) -> str:
    """As :func:`span_text`, in HTML: a paragraph for either text, with the run marked, and everything escaped.

    >>> span_html("a < b", "A > c")
    '<p><mark>a</mark> &lt; b</p><p><mark>A</mark> &gt; c</p>'
    """
    return "".join(
        f"<p>{escape(before)}<mark>{escape(span)}</mark>{escape(behind)}</p>"
        for before, span, behind in _contexts(one, two)
    )


def _contexts(one, two):
    """What stands before the span, the span, and what stands behind it, of either text; long ones with dots."""
    for text, (start, end) in zip((one, two), longest_span(one, two), strict=True):
        places = _places(text)
        before = [place for place in places if place[1] <= start]
        within = [place for place in places if start <= place[0] < end]
        behind = [place for place in places if place[0] >= end]
        span = text[start:end]
        if len(within) > _SHOWN:
            half = _SHOWN // 2
            span = f"{text[start : within[half - 1][1]]} … {text[within[-half][0] : end]}"
        begin = before[-_AROUND][0] if len(before) > _AROUND else 0
        stop = behind[_AROUND - 1][1] if len(behind) > _AROUND else len(text)
        parts = ("… " if begin else "") + text[begin:start], span, text[end:stop] + (" …" if stop < len(text) else "")
        yield tuple(valid(part) for part in parts)


def _numbered(texts):
    """The words of texts as numbers, an int array each: equal words have equal ones, wherever they stand."""
    spelled: Any = defaultdict(count().__next__)
    found = [[spelled[word] for word in _pattern(text).findall(text)] for text in texts]
    word: Any = defaultdict(count().__next__)
    numbers = np.array([word[_folded(spelling)] for spelling in spelled], dtype=np.int64)
    return [numbers[np.array(spellings, dtype=np.intp)] for spellings in found]


def _places(text):
    """(start, end) of each word, in characters."""
    return [match.span() for match in _pattern(text).finditer(text)]


def _folded(word):
    """What a word has in common with its other spellings."""
    if word.isascii():
        return word.lower()
    word = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold())
    return "".join(mark for mark in word if unicodedata.category(mark) != "Cf")


def _pattern(text):
    return _ASCII if text.isascii() else _unicode()


@cache
def _unicode():
    """Words of all scripts: letters and digits, and the marks on them, which `re` does not take for letters.

    What cannot be seen within a word, such as a soft hyphen, is passed over.
    """
    marks = [i for i in range(sys.maxunicode + 1) if unicodedata.category(chr(i)) in ("Mn", "Mc", "Me", "Cf")]
    breaks = np.flatnonzero(np.diff(marks, prepend=-2, append=sys.maxunicode + 2) > 1)
    ranges = [(marks[low], marks[high - 1]) for low, high in pairwise(breaks)]
    mark = "[" + "".join(f"{chr(low)}-{chr(high)}" for low, high in ranges) + "]"
    letter = rf"[^\W_{_SPACELESS}]"
    return re.compile(rf"(?!\W)[{_SPACELESS}]{mark}*|{letter}+(?:{mark}+{letter}*)*")
