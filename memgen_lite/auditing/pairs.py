"""A training row beside the generated row that sits on it, so that one can see for oneself."""

from difflib import SequenceMatcher
from html import escape

import numpy as np

from ..shared.html import changed, img, png, table

_CELLS = 12


class Pairs:
    """Named training rows, each beside the closest generated row: pictures, a readable difference of texts, or cells.

    `rows` is a list of (training row, generated row); in a notebook it shows itself as a table, elsewhere as lines.
    """

    def __init__(self, inputs, copies):
        self.rows = [(line["train_row"], line["generated_rows"][0]) for line in copies]
        self._ratios = [line["ratio"] for line in copies]
        self._inputs = inputs

    def __len__(self):
        return len(self.rows)

    def __repr__(self):
        if not self.rows:
            return "no row is named"
        lines = [
            f"train {t} ~ generated {g} (ratio {ratio:.3g}): {self._text(t, g)}"
            for (t, g), ratio in zip(self.rows, self._ratios, strict=True)
        ]
        return "\n".join(lines)

    def _repr_html_(self):
        if not self.rows:
            return "<p>No row is named.</p>"
        rows = (
            f'<th scope="row">{t}</th><td>{g}</td><td>{ratio:.3g}</td>{self._html(t, g)}'
            for (t, g), ratio in zip(self.rows, self._ratios, strict=True)
        )
        heads = {"image": ("training picture", "generated picture", "difference")}.get(
            self._inputs.kind, ("difference, from training to generated",)
        )
        return table("Named training rows", ("train", "generated", "ratio", *heads), rows)

    def _both(self, t, g):
        items = self._inputs.items
        if self._inputs.kind == "table":
            return items["train"].iloc[t], items["generated"].iloc[g]
        return items["train"][t], items["generated"][g]

    def _text(self, t, g):
        one, two = self._both(t, g)
        if self._inputs.kind == "text":
            return "".join(
                a if a == b else (f"[-{a}-]" if a else "") + (f"{{+{b}+}}" if b else "")
                for a, b in differences(one, two)
            )
        if self._inputs.kind == "image":
            return f"mean difference {np.abs(one.astype(float) - two.astype(float)).mean():.3g}"
        if self._inputs.kind == "features":
            return f"{one!r:.60} ~ {two!r:.60}"
        return ", ".join(f"{name} {a}" if a == b else f"{name} {a} -> {b}" for name, a, b in self._cells(one, two))

    def _html(self, t, g):
        one, two = self._both(t, g)
        if self._inputs.kind == "text":
            return f"<td>{''.join(changed(a, b) for a, b in differences(one, two))}</td>"
        if self._inputs.kind == "image":
            low, high = (float(f(self._inputs.items["train"])) for f in (np.min, np.max))
            scale = 255 / ((high - low) or 1)
            one, two = ((X.astype(float) - low) * scale for X in (one, two))
            names = (
                f"training picture {t}",
                f"generated picture {g}",
                f"their difference, {np.abs(one - two).mean():.0f} of 255",
            )
            pictures = one, two, 255 - np.abs(one - two)
            return "".join(f"<td>{_image(X, alt)}</td>" for X, alt in zip(pictures, names, strict=True))
        if self._inputs.kind == "features":
            return f"<td>{escape(f'{one!r:.200}')}<br>{escape(f'{two!r:.200}')}</td>"
        cells = (f"{escape(name)} {changed(a, b, ' ')}" for name, a, b in self._cells(one, two))
        return f"<td>{'; '.join(cells)}</td>"

    def _cells(self, one, two):
        """(name, value, value) of up to 12 columns, those that differ most first for arrays, in order for frames."""
        if self._inputs.kind == "table":
            names, values = map(str, one.index), zip(one, two, strict=True)
            return [(name, _short(a), _short(b)) for name, (a, b) in zip(names, values, strict=True)]
        apart = np.abs(one.astype(float) - two.astype(float))
        most = np.sort(np.argsort(-apart, kind="stable")[:_CELLS])
        return [(f"[{i}]", _short(one[i]), _short(two[i])) for i in most]


def differences(one, two):
    """Two strings as pieces (of the one, of the other) that are equal or not; put together, each gives its string.

    >>> differences("a rose is", "a nose is")
    [('a ', 'a '), ('r', 'n'), ('ose is', 'ose is')]
    """
    codes = SequenceMatcher(None, one, two, autojunk=False).get_opcodes()
    return [(one[a:b], two[c:d]) for _, a, b, c, d in codes]


def _short(value):
    return f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)[:80]


def _image(X, alt):
    X = X[..., 0] if X.ndim == 3 and X.shape[2] == 1 else X
    if X.ndim == 3 and X.shape[2] not in (3, 4):
        X = np.floor(np.clip(np.round(X), 0, 255).mean(axis=2))
    return img(png(X), alt, f"width:{min(160, max(72, X.shape[1]))}px;image-rendering:pixelated")
