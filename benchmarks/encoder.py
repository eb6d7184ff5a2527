"""Which spaces see moved and tinted copies of emoji: pixels, spaces made by hand, and those of untrained and trained
encoders.

Of 2,441 different emoji 500 are trained on, 500 held out, and 400 others are what an honest generator makes; one that
copies replaces 100 of these by training pictures. Both make all that they make in one disguise. Encoders are fitted to
training and held-out pictures together, but for one that is fitted to training pictures alone and one that is fitted to
1,024 others. Each split has its own pictures, disguises and weights. `--try` looks at one split and stores nothing.
"""

import sys
import warnings

from common import machine, store, table  # sets the number of threads, so before NumPy

# isort: split
import numpy as np
from tqdm import tqdm

import memgen_lite as mg

SPLITS = range(1 if "--try" in sys.argv else 4)
SHAPE, KNOWN, MADE, COPIED = (16, 16, 3), 500, 400, 100
VARIANT = {"bound": "jsd", "noisy": True, "local": 1.5, "together": 0.5}
DISGUISES = {"moved by a pixel": 1, "moved by two pixels": 2, "tinted": 0}


def pictures():
    """Different emoji, without those that are others in another color of skin, as rows from 0 to 1."""
    emoji = mg.data.emoji(16, 0)
    return np.unique(emoji.train[["FITZPATRICK" not in name for name in emoji.names]].reshape(-1, 768), axis=0) / 255


def disguised(rows, pixels, rng):
    """Pictures moved by so many pixels up, down, left or right; where that is none, in a tint."""
    made = rows.reshape(-1, *SHAPE)
    if not pixels:
        return (made * rng.uniform(0.5, 1, size=(len(rows), 1, 1, 3))).reshape(len(rows), -1)
    ways = pixels * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    steps = ways[rng.integers(4, size=len(rows))]
    moved = [np.roll(one, step, axis=(0, 1)) for one, step in zip(made, steps, strict=True)]
    return np.reshape(moved, rows.shape)


def gradients(X):
    X = X.reshape(-1, *SHAPE)
    return np.concatenate([np.diff(X, axis=axis).reshape(len(X), -1) for axis in (1, 2)], axis=1)


def sizes(X):
    return np.abs(np.fft.rfft2(X.reshape(-1, *SHAPE), axes=(1, 2))).reshape(len(X), -1)


def encoders(train, held_out, others, seed):
    """Spaces by name, each a function of rows."""
    both = np.concatenate([train, held_out])
    asked = {
        "random filters": (both, {"rounds": 0}),
        "encoder": (both, {}),
        "encoder, moved in training": (both, {"moved": 2}),
        "encoder, Su's variant": (both, VARIANT),
        "encoder of other pictures": (others, {}),
        "encoder of training pictures alone": (train, {}),
    }
    given = {"image_shape": SHAPE, "random_state": seed}
    return {
        name: mg.peers.fitted(mg.peers.peer("infomax", **given | more), rows).transform
        for name, (rows, more) in asked.items()
    }


def recalled(space, copies, sources, real):
    """The share of copies to which, of all real rows, the source is nearest."""
    made, own, real = space(copies), space(sources), space(real)
    squares = (made**2).sum(1)[:, None] - 2 * made @ real.T + (real**2).sum(1)
    return np.mean(((made - own) ** 2).sum(1) <= squares.min(1) + 1e-9)


def one(rows, seed):
    """A line for each space and disguise in one split."""
    rng = np.random.default_rng(seed)
    train, held_out, fresh, others = np.split(rng.permutation(rows)[:2424], [500, 1000, 1400])
    spaces = {"pixels": lambda X: X, "gradients": gradients, "sizes of Fourier coefficients": sizes}
    spaces |= encoders(train, held_out, others, seed)
    sources, lines = train[rng.choice(KNOWN, COPIED, replace=False)], []
    for disguise, pixels in DISGUISES.items():
        copier = disguised(np.concatenate([sources, fresh[COPIED:]]), pixels, rng)
        honest = disguised(fresh, pixels, rng)
        for name, space in spaces.items():
            found, control = (mg.audit(train, held_out, X, features=space, random_state=seed) for X in (copier, honest))
            lines.append({"space": name, "disguise": disguise, "split": seed, "p": found.p_value, "dose": found.dose})
            lines[-1] |= {"named": len(found.copies), "honest p": control.p_value, "honest dose": control.dose}
            near = recalled(space, copier[:COPIED], sources, np.concatenate([train, held_out]))
            alike = found.assumptions.set_index("check")["holds"]["held-out rows are like training rows"]
            lines[-1] |= {"source nearest": near, "sides differ": alike is not None and not alike}
    return lines


def summed(lines):
    """A line for each space and disguise: means over splits, and how many splits say what."""
    rows = []
    for space, disguise in dict.fromkeys((line["space"], line["disguise"]) for line in lines):
        part = [line for line in lines if (line["space"], line["disguise"]) == (space, disguise)]
        mean = {key: np.mean([line[key] for line in part]) for key in ("source nearest", "dose", "named")}
        mean = {key: round(float(value), 6) + 0.0 for key, value in mean.items()}
        count = {f"{key} at most .05": sum(line[key] <= 0.05 for line in part) for key in ("p", "honest p")}
        differ = sum(line["sides differ"] for line in part)
        count |= {"sides differ": differ, "splits": len(part)}
        rows.append({"space": space, "disguise": disguise} | mean | count)
    return rows


def main():
    warnings.simplefilter("ignore")
    rows = pictures()
    lines = [line for seed in tqdm(SPLITS, desc="splits") for line in one(rows, seed)]
    print(table(summed(lines)))
    if len(SPLITS) > 1:
        title = f"Moved and tinted copies of emoji by space, {len(SPLITS)} splits, a quarter of the pictures copied"
        store("encoder", title, summed(lines), machine=machine("scikit-learn", "jax"), tables={"Each split": lines})


if __name__ == "__main__":
    main()
