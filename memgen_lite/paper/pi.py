"""Decimals of pi: computed, checked, drawn, tested, predicted, and the people and machines that knew the most of them.

Notebook 05 tells the story. A string of decimals never includes the leading 3: `decimals(5)` is "14159".
"""

import math
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, Inexact, localcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import scipy  # its modules load when first used

from ..data.own_files import read_rows
from ..shared.checks import as_array, shown, whole
from ..shared.types import FilePath

if TYPE_CHECKING:
    import pandas as pd

LIMIT = 10**9  # decimals; see the error that decimals() raises
GUARD = 10  # decimals computed beyond those asked for

# (position of the first digit after the point, counted from 1; the digits there; who says so)
KNOWN = (
    (1, "14159265358979323846264338327950288", "van Ceulen, on his gravestone in Leiden, 1610"),
    (762, "999999", "OEIS A048940: six nines"),
    (193_034, "999999", "Wikipedia, 'Six nines in pi': the next six alike"),
    (222_299, "888888", "Wikipedia, 'Six nines in pi': the next after that"),
    (
        999_902,
        "315614033321272849194418437150696552087542450598956787961303311646283996346460422090106105779458151",
        "Gosper, 'A Million Digits of pi': the last 99 of the first million",
    ),
)


def decimals(n: int) -> str:
    """The first `n` decimals of pi, truncated and not rounded, as a str of length `n`.

    Chudnovsky and Chudnovsky's series (1988), 14.18 decimals a term, summed by binary splitting in exact integers: of
    GMP where gmpy2 is installed (a million decimals in 0.6 s), else of the standard library's `decimal` (in 3 s).

    Raises
    ------
    TypeError : if `n` is not an integer.
    ValueError : if `n` is negative, or over 10^9: the sum takes about 15 bytes of memory for each decimal.

    >>> decimals(10), decimals(767)[761:]
    ('1415926535', '999999')
    """
    return _truncated(_chudnovsky, n)


def gauss_legendre(n: int) -> str:
    """The first `n` decimals by a second algorithm, to check :func:`decimals`; it shares neither series nor library.

    The arithmetic-geometric mean of 1 and 1/√2 (Gauss; Legendre; Brent 1976; Salamin 1976) in decimal floating point of
    the standard library. Each step doubles the number of right decimals; a million take 20 steps and some 13 s.

    >>> gauss_legendre(1000) == decimals(1000)
    True
    """
    return _truncated(_gauss_legendre, n)


def _truncated(method, n):
    if (n := whole(n, "n", 0)) > LIMIT:
        raise ValueError(f"n must be at most {LIMIT:,}, got {n:,}, which needs about {15e-9 * n:,.0f} GB of memory")
    guard = GUARD
    while True:
        digits = method(n + guard)
        # The last two guard digits may be wrong. That can reach the n-th decimal only through a row of 0s or 9s.
        if set(digits[n:-2]) not in ({"0"}, {"9"}):
            return digits[:n]
        guard *= 2


def _chudnovsky(n):
    terms = n // 14 + 2
    try:
        from gmpy2 import isqrt, mpz
    except ImportError:
        with localcontext(Context(MAX_PREC, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[Inexact])):
            _, q, t = _split(0, terms, Decimal)
        with localcontext(Context(n + 20, Emin=MIN_EMIN, Emax=MAX_EMAX)):
            return str(426880 * _sqrt(Decimal(10005)) * q / t)[2 : n + 2]
    _, q, t = _split(0, terms, mpz)
    return (426880 * isqrt(10005 * mpz(10) ** (2 * n)) * q // t).digits()[1:]


def _split(start, stop, number):
    """P, Q and T of the terms from `start` to `stop`: their sum is T / Q, and P carries on to the next ones."""
    if stop - start == 1:
        if start == 0:
            return number(1), number(1), number(13591409)
        p = number((6 * start - 5) * (2 * start - 1) * (6 * start - 1))
        t = p * (13591409 + 545140134 * start)
        return p, number(10939058860032000 * start**3), -t if start % 2 else t
    middle = (start + stop) // 2
    p1, q1, t1 = _split(start, middle, number)
    p2, q2, t2 = _split(middle, stop, number)
    return p1 * p2, q1 * q2, t1 * q2 + p1 * t2


def _gauss_legendre(n):
    with localcontext(Context(n + 20, Emin=MIN_EMIN, Emax=MAX_EMAX)):
        a, b, t, power = Decimal(1), _sqrt(Decimal("0.5")), Decimal("0.25"), 1
        while abs(a - b) > Decimal(10) ** -(n // 2 + 10):
            mean = (a + b) / 2
            t -= power * (a - mean) ** 2
            a, b, power = mean, _sqrt(a * b), 2 * power
        return str((a + b) ** 2 / (4 * t))[2 : n + 2]


def _sqrt(x):
    """√x at the context's precision, by Newton's steps for 1/√x; `Decimal.sqrt` takes 40 times as long at a million."""
    with localcontext() as context:
        full, context.prec, right = context.prec, 40, 30
        y = 1 / x.sqrt()
        while right < full:
            right = min(2 * right - 4, full)
            context.prec = right + 10
            y += y * (1 - +x * y * y) / 2
    return x * y


def from_file(data: FilePath, least: int = 1) -> str:
    """The decimals of another number, as a str, from a text file whose path is `data`.

    What stands before the first point is left out, and white space is. Anything else but the digits 0 to 9 is an error.
    """
    least = whole(least, "least", 0)
    wanted = f"data must be the path of a text file (.txt) with {least:,} decimals or more"
    try:
        text = "".join(read_rows(data))
    except (ValueError, TypeError, OSError) as error:
        raise type(error)(f"{wanted}; got {str(data)!r}: {error}") from None
    digits = "".join(text.partition(".")[2].split() if "." in text else text.split())
    if (strange := set(digits) - set("0123456789")) or len(digits) < least:
        held = f"with {sorted(strange)[0]!r} among its digits" if strange else f"with {len(digits):,}"
        raise ValueError(f"{wanted}; got {str(data)!r} {held}")
    return digits


def values(digits: Any) -> np.ndarray:
    """Digits as an array (n,) of uint8 from 0 to 9, from a str, from a sequence of one-digit str, or from integers.

    Raises
    ------
    ValueError : if anything but the digits 0 to 9 is among them.
    """
    try:
        text = digits if isinstance(digits, str) else "".join(digits)
        array = np.frombuffer(text.encode("utf-8", "replace"), dtype=np.uint8) - 48  # wraps around below "0"
    except TypeError:  # no str, and none of them in a row
        array = as_array(digits, "digits")
    array = array if array.size else array.astype(np.uint8)
    if array.ndim != 1 or array.dtype.kind not in "iu" or array.min(initial=0) < 0 or array.max(initial=0) > 9:
        raise ValueError(f"digits must be a str of 0-9 or integers from 0 to 9 in one row, got {shown(digits)}")
    return array.astype(np.uint8)


def mosaic(digits: Any, columns: int | None = None) -> np.ndarray:
    """Digits row by row as an array (rows, `columns`) of uint8, without an unfinished last row; a square if None.

    >>> mosaic("141592653", 4)
    array([[1, 4, 1, 5],
           [9, 2, 6, 5]], dtype=uint8)
    """
    array = values(digits)
    columns = math.isqrt(len(array)) if columns is None else whole(columns, "columns")
    if not 1 <= columns <= len(array):
        raise ValueError(f"columns must be from 1 to the number of digits, {len(array)}, got {columns}")
    return array[: len(array) // columns * columns].reshape(-1, columns)


def path(digits: Any) -> np.ndarray:
    """The path (n + 1, 2) of unit steps from (0, 0): digit d points 36 d degrees clockwise from up, so that 5 is down.

    Fair, independent digits end √n away (root mean square), since the ten directions add up to nothing.

    >>> path("05").round(6).tolist()
    [[0.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
    """
    angles = np.arange(10) * np.pi / 5
    steps = np.column_stack([np.sin(angles), np.cos(angles)])[values(digits)]
    return np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])


class ChiSquare(NamedTuple):
    """A chi-square test: its statistic, its degrees of freedom, and how often fair digits exceed it."""

    statistic: float
    degrees: int
    p_value: float


def _chi_square(observed, expected):
    statistic = float(((observed - expected) ** 2 / expected).sum())
    return ChiSquare(statistic, len(observed) - 1, float(scipy.stats.chi2.sf(statistic, len(observed) - 1)))


def _at_least(array, needed):
    if len(array) < needed:
        raise ValueError(f"digits must be {needed:,} or more for this test's law to hold, got {len(array):,}")
    return array


def uniformity(digits: Any, block: int = 1) -> ChiSquare:
    """Are all blocks of `block` digits, cut one after the other, equally frequent? Needs two expected of each at least.

    >>> uniformity("0123456789" * 2)
    ChiSquare(statistic=0.0, degrees=9, p_value=1.0)
    """
    block = whole(block, "block", 1, 6)
    blocks = mosaic(_at_least(values(digits), 2 * block * 10**block), block) @ 10 ** np.arange(block)[::-1]
    return _chi_square(np.bincount(blocks, minlength=10**block), len(blocks) / 10**block)


def serial(digits: Any) -> ChiSquare:
    """Does a digit depend on the one before? Overlapping pairs, corrected for their overlap as in Good (1953)."""
    array = _at_least(values(digits), 500)
    pairs = _chi_square(np.bincount(10 * array.astype(int) + np.roll(array, -1), minlength=100), len(array) / 100)
    statistic = pairs.statistic - uniformity(array).statistic
    return ChiSquare(statistic, 90, float(scipy.stats.chi2.sf(statistic, 90)))


# Pairs of equal digits among the ten pairs of five cards -> probability of such a hand.
HANDS = {
    "all different": (0, 0.3024),
    "one pair": (1, 0.5040),
    "two pairs": (2, 0.1080),
    "three alike": (3, 0.0720),
    "full house": (4, 0.0090),
    "four alike": (6, 0.0045),
    "five alike": (10, 0.0001),
}


def poker(digits: Any) -> ChiSquare:
    """Are hands of five digits as frequent as at a fair table? Kendall and Babington Smith (1938)."""
    hands = mosaic(_at_least(values(digits), 50_000), 5)
    alike = sum((hands[:, i] == hands[:, j]).astype(int) for i in range(5) for j in range(i))
    pairs, law = np.array(list(HANDS.values())).T
    return _chi_square(np.bincount(alike, minlength=11)[pairs.astype(int)], law * len(hands))


def gap(digits: Any, digit: int = 0) -> ChiSquare:
    """Are the waits from one `digit` to the next geometric with mean 10? Kendall and Babington Smith (1938)."""
    places = np.flatnonzero(_at_least(values(digits), 1000) == whole(digit, "digit", 0, 9))
    if len(places) < 51:
        raise ValueError(
            f"digit must be one that comes 51 times or more, got {digit!r}, which comes {len(places)} times"
        )
    waits = np.diff(places)
    longest = 1 + int(np.log(5 / len(waits)) / np.log(0.9))  # five or more are expected in the last cell
    law = 0.1 * 0.9 ** np.arange(longest)
    law[-1] = 0.9 ** (longest - 1)
    return _chi_square(np.bincount(np.minimum(waits, longest) - 1, minlength=longest), law * len(waits))


def battery(digits: Any) -> "pd.DataFrame":
    """All the tests of this page as a DataFrame: what fair digits would do, statistic, degrees, p_value."""
    import pandas as pd

    array = values(digits)
    blocks = [block for block in range(1, 6) if len(array) >= 2 * block * 10**block]
    rows = {f"blocks of {block}" if block > 1 else "single digits": uniformity(array, block) for block in blocks}
    rows |= {"overlapping pairs": serial(array), "poker hands": poker(array), "gaps between 0s": gap(array)}
    return pd.DataFrame(rows.values(), index=list(rows))


class Prediction(NamedTuple):
    """How an n-gram model does: bits a digit where it learned and where it did not, and the share it guessed right."""

    order: int
    train_bits: float
    held_out_bits: float
    accuracy: float


def predict(digits: Any, order: int = 1) -> Prediction:
    """Learn each digit from the `order` before it on the first half, and be scored on the second half.

    Counts plus one (Laplace); order 0 knows how frequent each digit is, 1 is a bi-gram. Knowing nothing costs log2 10 =
    3.3219 bits a digit.

    >>> predict("0123456789" * 200).held_out_bits < 0.2
    True
    """
    order = whole(order, "order", 0, 6)
    array = _at_least(values(digits), 4 * (order + 1)).astype(int)
    windows = sum(array[i : len(array) - order + i] * 10 ** (order - i) for i in range(order + 1))
    train, held_out = windows[: len(array) // 2 - order], windows[len(array) // 2 :]
    counts = np.bincount(train, minlength=10 ** (order + 1)).reshape(-1, 10) + 1
    bits = -np.log2(counts / counts.sum(axis=1, keepdims=True)).ravel()
    right = (counts.argmax(axis=1)[held_out // 10] == held_out % 10).mean()
    return Prediction(order, float(bits[train].mean()), float(bits[held_out].mean()), float(right))


def records() -> "pd.DataFrame":
    """World records in knowing pi, as of December 2025: a DataFrame with a row each, by kind and year.

    Columns: kind ("recited" from memory, or "computed"), year, who, decimals, hours (NaN where none was found),
    recognized (by whom, or ""), note (what is disputed, or ""), source, as_of. Records move: check before quoting one.

    >>> int(records().query("kind == 'recited' and recognized == 'Guinness'").decimals.max())
    70000
    """
    import pandas as pd

    found = pd.read_csv(Path(__file__).with_name("pi_records.csv"), keep_default_na=False, na_values={"hours": [""]})
    return found.assign(as_of="2025-12")
