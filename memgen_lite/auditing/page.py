"""An audit as a page: one file, nothing fetched, nothing run, every word of the data escaped."""

from html import escape

import numpy as np
from matplotlib.figure import Figure

from ..shared.figures import picture
from ..shared.html import cells, table

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 56rem; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 1.5rem; line-height: 1.3; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; margin: 1rem 0; } caption { text-align: left; font-weight: bold; padding: .3rem 0; }
th, td { border-bottom: 1px solid #ccc; padding: .25rem .6rem; text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; } .warning { border-left: .3rem solid #d55e00; padding-left: .8rem; }
del { background: #fbe3d6; } ins { background: #d9ecf7; } img { max-width: 100%; }
"""
_MOST = 200

_METHOD = (
    "Held-out rows, which the model has never seen, stand among the training rows as decoys. To a generator that did "
    "not look at the training rows more than at these, the labels are exchangeable, and the p-value is exact whatever "
    "the generator is like. The dose is the share of generated rows whose nearest row is a training row, rescaled so "
    "that chance is 0 and a copier 1. Rows are named with a controlled false discovery rate."
)
_MASKED = (
    "What stands in these rows is not shown, as it may be of real people: the table below has their numbers. "
    "to_html(path, records=True) shows it."
)
_UNSEEN = (
    "Not seen: copying of rows that train and held-out share; copying that is not near in the distance used; anything "
    "where held-out rows are not a random part of the same data."
)


def fragment(audit):
    """What a notebook shows of an audit, as HTML."""
    named = audit.pairs(5)._repr_html_() if len(audit.copies) else ""
    return f"<div>{_head(audit, 'p')}{_described(audit)}{_figure(audit)}{named}</div>"


def document(audit, records=False):
    """The whole report as an HTML document; computes the ladder."""
    rungs = audit.ladder
    copies = audit.copies.head(_MOST)
    placed = f"Its dose, {audit.dose:+.2f}, is {audit.placed} fitted to the same rows."
    parts = [
        _head(audit, "h1"),
        f"<p>{escape(placed)}</p>" if rungs is not None else "",
        "<h2>The walk</h2>",
        _figure(audit),
        "<h2>Rows that are named</h2>",
        audit.pairs(20)._repr_html_() if records or not audit.private else f"<p>{_MASKED}</p>",
        _table(copies, f"Named training rows, closest first ({len(copies):,} of {len(audit.copies):,} shown)"),
        "<h2>Exact matches</h2>" if len(audit.exact_matches) else "",
        _table(audit.exact_matches.head(_MOST), f"Training values that were generated ({len(audit.exact_matches):,})"),
        "<h2>What is taken for granted</h2>",
        _table(audit.assumptions.replace({"holds": {True: "yes", False: "no", None: "can't be told"}}), "Assumptions"),
        _table(rungs.round(3), "Familiar models fitted to the same training rows") if rungs is not None else "",
        f"<h2>Method</h2><p>{escape(_METHOD)}</p><p>{escape(_UNSEEN)}</p>",
        _described(audit),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        f"style-src 'unsafe-inline'\"><title>Is this model copying?</title><style>{_STYLE}</style></head>\n"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def figure(audit):
    """The dose, on the ladder if there is one already, and the walk, as a matplotlib Figure."""
    lines = [(audit.dose, *audit.dose_interval, "this model")]
    if (rungs := audit.__dict__.get("ladder")) is not None:
        lines += rungs[["dose", "low", "high", "model"]].to_numpy().tolist()
    dose, low, high, names = zip(*sorted(lines, key=lambda line: line[0]), strict=True)
    fig = Figure(figsize=(9.5, 3.4), layout="constrained")
    left, right = fig.subplots(1, 2)
    doses(left, names, dose, low, high, yours=names.index("this model"))
    walk = audit.walk
    share = walk.sizes[0] / sum(walk.sizes)
    named = int((walk.q_values <= audit.stamp["q"] + 1e-12).sum())
    excess(right, walk.steps["hits"], walk.steps["train"], share, named=named)
    return fig


def alt(audit):
    """The figure in words."""
    low, high = audit.dose_interval
    return (
        f"Left: dose {audit.dose:.2f}, interval {low:.2f} to {high:.2f}. Right: {len(audit.walk.order):,} hits, from "
        f"the closest on: training rows are met up to {audit.walk.steps['excess'].max():.1f} standard deviations "
        f"beyond their share; {len(audit.copies):,} rows are named."
    )


def _figure(audit):
    return f"<p>{picture(figure(audit), alt(audit)).html()}</p>"


def _head(audit, tag):
    lines = [f"<{tag}><b>{escape(audit.verdict)}</b></{tag}>"]
    lines += [f'<p class="warning">Warning: {escape(line)}</p>' for line in audit.warnings]
    if len(audit.exact_matches):
        lines.append(f"<p>{escape(audit.exactly)}</p>")
    return "".join(lines)


def _described(audit):
    return f"<p><small>{escape(audit.describe())}</small></p>"


def _table(frame, caption):
    rows = (cells(map(_cell, row)) for row in frame.itertuples(index=False))
    return table(caption, map(str, frame.columns), rows) if len(frame) else ""


def _cell(value):
    if isinstance(value, list):
        return ", ".join(map(str, value[:10])) + (f" and {len(value) - 10:,} more" if len(value) > 10 else "")
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def doses(ax, names, dose, low, high, *, yours):
    """Draw doses of copying with their intervals into `ax`, one a line from the top, and return it.

    Parameters
    ----------
    names : n str. dose, low, high : n numbers each. yours : index of the one that is asked about; it is set off.
    """
    for i, values in enumerate(zip(dose, low, high, strict=True)):
        own = i == yours
        color = "#D55E00" if own else "#555555"
        ax.plot(values[1:], [i, i], color=color, linewidth=3 if own else 1.5, solid_capstyle="butt")
        ax.plot(values[0], i, marker="D" if own else "o", color=color, markersize=8 if own else 5)
    ax.set_yticks(range(len(names)), names)
    ax.get_yticklabels()[yours].set_fontweight("bold")
    ax.set(ylim=(len(names) - 0.4, -0.6), xlabel="dose: as if it copied this share of the time")
    ax.axvline(0, color="#444444", linewidth=0.8)
    return ax


def excess(ax, hits, train, share, *, named=0):
    """Draw a walk from the closest hit on into `ax`, and return it: training rows met, less their share of all hits.

    Parameters
    ----------
    hits, train : arrays, at each step the hits so far and those of train among them. share : of train in the pool.
    named : how many training rows are named; up to the step that has them the ground is shaded.
    """
    hits, train = np.concatenate([[0], hits]), np.concatenate([[0], train])
    line = np.linspace(0, hits[-1], 200)
    chance = 2 * np.sqrt(line * share * (1 - share))
    ax.fill_between(line, -chance, chance, color="#E3E3E3", linewidth=0, label="what chance does to each step (2 sd)")
    if named:
        end = hits[np.searchsorted(train, named)]
        ax.axvspan(0, end, color="#D55E00", alpha=0.13, linewidth=0, label=f"{named:,} named")
    ax.plot(hits, train - share * hits, drawstyle="steps-post", color="#0072B2")
    ax.axhline(0, color="#444444", linewidth=0.8)
    ax.set(xlabel="hits, closest first", ylabel="training rows beyond their share", xlim=(0, hits[-1]))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2, ncols=2)
    return ax
