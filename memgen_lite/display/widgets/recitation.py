"""A trainer for reciting pi: its state, which needs no screen, and its view in a notebook."""

import html
import math
import re
import unicodedata

import ipywidgets as W

from ...paper import pi
from ...shared.checks import shown
from .stored import Stored, line

POINTS = ".,٫·"
BETWEEN = POINTS + "_-|/'’"  # what people write between groups of digits, besides any white space


class Recital:
    """What a person has typed of the decimals of pi, compared with the true ones.

    Parameters
    ----------
    decimals : str of digits, the true ones without the leading 3.

    Attributes
    ----------
    typed : str, the digits heard, in 0-9 whatever script they were typed in.
    left_out : str, the characters that are neither digits nor stand between groups of digits, each once.
    led : bool, whether "3." stood before them; it does not count.
    mistake : int, the place of the first wrong decimal, counted from 1; None where all are right.
    streak : int, how many are right from the first on.
    best : int, the longest streak so far.

    >>> recital = Recital("14159265")
    >>> recital.hear("3.1415 8265")
    >>> recital.streak, recital.mistake
    (4, 5)
    """

    def __init__(self, decimals):
        if not isinstance(decimals, str) or not re.fullmatch("[0-9]*", decimals):
            raise ValueError(f"decimals must be a str of 0-9, got {shown(decimals)}")
        if not decimals:
            raise ValueError("decimals must be one digit or more, got ''")
        self.decimals, self.best = decimals, 0
        self.hear("")

    def hear(self, text):
        """Take all that has been typed so far, from the beginning."""
        read = [(one, unicodedata.decimal(one, None)) for one in text if not (one.isspace() or one in BETWEEN[4:])]
        self.led = len(read) > 1 and read[0][1] == 3 and read[1][0] in POINTS
        self.typed = "".join(str(digit) for _, digit in read[self.led :] if digit is not None)
        self.left_out = "".join(dict.fromkeys(one for one, digit in read if digit is None and one not in POINTS))
        pairs = list(zip(self.typed, self.decimals, strict=False))
        self.mistake = next((place for place, (one, true) in enumerate(pairs, 1) if one != true), None)
        self.streak = len(pairs) if self.mistake is None else self.mistake - 1
        self.best = max(self.best, self.streak)

    def summary(self):
        """The state in words, without any digit that was not typed."""
        if not self.typed:
            words = "Type the decimals of pi, from the first after the point."
        elif self.mistake is None:
            words = f"{self.streak:,} of {self.streak:,} right."
            if self.streak == len(self.decimals):
                words += " That is all that this page knows."
        else:
            words = f"Decimal {self.mistake:,} is not so; {self.streak:,} right before it."
            if self.mistake == 1 and self.typed[0] == "3":
                words += " The 3 stands before the point: begin after it."
        if self.led:
            words += " The 3 before the point does not count."
        if self.left_out:
            words += f" Left out, since not digits: {' '.join(self.left_out)}"
        return words


class Recitation(Stored):
    """Type the decimals of pi that you know; below, your streak beside those of the record holders.

    Parameters
    ----------
    decimals : str of digits, those that it checks, without the leading 3.

    In a stored notebook it shows as it is before anything was typed.
    """

    def __init__(self, decimals: str) -> None:
        self.recital = Recital(decimals)
        recited = pi.records().query("kind == 'recited'").sort_values("decimals")
        self.people = recited.drop_duplicates("who", keep="last")
        self.field = W.Text(
            description="decimals of pi", placeholder="the point is behind you", layout={"width": "auto"}
        )
        self.field.style.description_width = "initial"
        self.field.tooltip = "Type or paste; spaces and line breaks do not count"
        self.words, self.board = W.HTML(layout=W.Layout(min_height="3.2em")), W.HTML()
        self.field.observe(lambda change: self._hear(change["new"]), names="value")
        super().__init__([self.field, self.words, self.board])
        self._hear("")

    def _hear(self, text):
        self.recital.hear(text)
        self.words.value = line(self.recital.summary(), ' aria-live="polite"')
        self.board.value = self._board()

    def _board(self):
        rows = [("You, now", self.recital.streak, "#D55E00"), ("You, at best", self.recital.best, "#D55E00")]
        for one in self.people.itertuples():
            by = f"recognized: {one.recognized}" if one.recognized else "no recognition found"
            rows.append((f"{one.who}, {one.year} ({by})", one.decimals, "#0072B2"))
        body = "".join(_row(name, count, color) for name, count, color in rows)
        head = "Decimals recited without a mistake; bars on a logarithmic scale"
        return f'<table style="border-spacing:0"><caption style="text-align:left">{head}</caption>{body}</table>'

    def __repr__(self):
        return f"Recitation. {self.recital.summary()} Best: {self.recital.best:,} right."

    def _page(self):
        return self.words.value + self.board.value


def _row(name, count, color):
    width = 40 * math.log10(1 + count)  # pixels
    bar = f'<div style="width:{width:.0f}px;height:.7em;background:{color}"></div>'
    left, right = "text-align:left;font-weight:normal;padding-right:1em", "text-align:right;padding-right:.6em"
    name = html.escape(name)
    return f'<tr><th scope="row" style="{left}">{name}</th><td style="{right}">{count:,}</td><td>{bar}</td></tr>'
