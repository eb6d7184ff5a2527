"""Training values that were generated exactly, and the control that says how many of them chance explains."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import logsumexp
from scipy.stats import hypergeom

from .walk import LEVEL


def standing(same):
    """By role: a bool array, for each value whether it stands there. `same` are int arrays of values from 0 on."""
    size = 1 + max(int(values.max(initial=-1)) for values in same.values())
    stands = {role: np.zeros(size, dtype=bool) for role in same}
    for role, values in same.items():
        stands[role][values] = True
    return stands


def exact_matches(same):
    """Training values that were generated, as dicts, by the first training row of each."""
    stands = standing(same)
    rows = np.flatnonzero(stands["generated"][same["train"]])
    values, first = np.unique(same["train"][rows], return_index=True)
    made = np.flatnonzero(stands["train"][same["generated"]])
    found = {}
    for row, place in zip(made.tolist(), np.searchsorted(values, same["generated"][made]), strict=True):
        found.setdefault(int(rows[first[place]]), []).append(row)
    held = stands["held_out"]
    return [
        {"train_row": t, "generated_rows": found[t], "in_held_out": bool(held[same["train"][t]])} for t in sorted(found)
    ]


def exact_control(same):
    """Of the values of train or held-out alone that were generated: how many are of which, the p-value of it, and odds.

    To a blind generator every set of so many values is as likely to hold any labels, so the number of train is
    hypergeometric. What if held-out rows are not like those of train, so that some values are likelier than others to
    stand in train? `odds` is how many times as likely those that were generated would have to be for p to be .05
    (Rosenbaum 2002, Observational Studies, section 4.4); below 1 where p is above .05 as it is.
    """
    stands = standing(same)
    train, held_out = stands["train"], stands["held_out"]
    alone = {"train": train & ~held_out, "held_out": held_out & ~train}
    found = {role: int((values & stands["generated"]).sum()) for role, values in alone.items()}
    sizes = {role: int(values.sum()) for role, values in alone.items()}
    law = sum(sizes.values()), sizes["train"], sum(found.values())
    p = hypergeom.sf(found["train"] - 1, *law)
    return {**found, "p_value": float(p), "odds": _odds(found["train"], *law)}


def _odds(x, both, train, drawn):
    """The odds at which the noncentral hypergeometric distribution of Fisher has x or more with probability LEVEL.

    >>> round(_odds(9, 2000, 1000, 9), 2)     # all of nine are of train with probability .05, nearly (o / (1 + o))^9
    2.55
    """
    least, most = max(0, drawn - both + train), min(drawn, train)
    if x <= least:
        return 0.0
    values = np.arange(least, most + 1)
    even = hypergeom.logpmf(values, both, train, drawn)

    def above(log_odds):
        weights = even + values * log_odds
        return logsumexp(weights[x - least :]) - logsumexp(weights) - np.log(LEVEL)

    return float(np.exp(brentq(above, -50, 50, xtol=1e-9)))
