"""Training values that were generated exactly, and the control that says how many of them chance explains."""

import numpy as np
from scipy.stats import hypergeom


def exact_matches(same):
    """Training values that were generated, as dicts, by the first training row of each."""
    values, first = np.unique(same["train"], return_index=True)
    place = np.minimum(np.searchsorted(values, same["generated"]), len(values) - 1)
    held = np.isin(same["train"], same["held_out"])
    found = {}
    for row in np.flatnonzero(values[place] == same["generated"]).tolist():
        found.setdefault(int(first[place[row]]), []).append(row)
    return [{"train_row": t, "generated_rows": found[t], "in_held_out": bool(held[t])} for t in sorted(found)]


def exact_control(same):
    """Of the values of train or held-out alone that were generated: how many are of which, and the p-value of it.

    To a blind generator every set of so many values is as likely to hold any labels, so the number of train is
    hypergeometric.
    """
    train, held_out = (np.unique(same[role]) for role in ("train", "held_out"))
    alone = {"train": np.setdiff1d(train, held_out), "held_out": np.setdiff1d(held_out, train)}
    found = {role: int(np.isin(values, same["generated"]).sum()) for role, values in alone.items()}
    sizes = {role: len(values) for role, values in alone.items()}
    p = hypergeom.sf(found["train"] - 1, sum(sizes.values()), sizes["train"], sum(found.values()))
    return {**found, "p_value": float(p)}
