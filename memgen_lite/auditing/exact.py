"""Training values that were generated exactly, and the control that says how many of them chance explains."""

import numpy as np
from scipy.stats import hypergeom


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
    """Of the values of train or held-out alone that were generated: how many are of which, and the p-value of it.

    To a blind generator every set of so many values is as likely to hold any labels, so the number of train is
    hypergeometric.
    """
    stands = standing(same)
    train, held_out = stands["train"], stands["held_out"]
    alone = {"train": train & ~held_out, "held_out": held_out & ~train}
    found = {role: int((values & stands["generated"]).sum()) for role, values in alone.items()}
    sizes = {role: int(values.sum()) for role, values in alone.items()}
    p = hypergeom.sf(found["train"] - 1, sum(sizes.values()), sizes["train"], sum(found.values()))
    return {**found, "p_value": float(p)}
