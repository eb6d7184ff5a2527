"""Every input with which this package once misled or broke, handed in again: what came of it then, and now.

python benchmarks/doors.py              all, as a table in Markdown; the exit status is 1 if one is not as it should be
python benchmarks/doors.py 2.3 F4       some of them

Numbers 1.* are promises of the audit: each stands with the worst of its simulated shares, read from the record of
`make simulate`. Numbers 2.* are tables, texts and pictures as people have them, read anew. F* were found by attack, and
are whole experiments (kills, full disks, damaged files): the tests of their kinds are run.
"""

import contextlib
import gzip
import re
import subprocess
import sys
import tempfile
import time
import uuid
import warnings
from decimal import Decimal
from pathlib import Path

from common import FOLDER  # sets the number of threads, so before NumPy

# isort: split
import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

import memgen_lite as mg

PROMISED = {
    "1.1": ("groups of unequal sizes, 10:1", "p ≤ .05 in 1.000 of 200"),
    "1.2": ("mixed precision, decimals, types", "p ≤ .05 in .993; false names .550"),
    "1.3": ("times in three units, labels in two types", "dose −1, or 166 rows named"),
    "1.4": ("held-out cleared of what stands in train", "p ≤ .05 in .405, .155, .765"),
    "1.5": ("features that know the split", "p ≤ .05 in .387"),
    "1.6": ("copies moved as far as rows lie apart", "interval covers in .19"),
    "1.7": ("three rows recited often", "rejects in .115, nothing said"),
    "1.8": ("a level chosen afterwards", "E[FDP/q] 1.89"),
    "1.9": ("every row equally near", "the verdict went by the seed"),
    "1.10": ("40 against 400 held-out rows", "the dose moved from .27 to .19"),
    "1.11, 1.13": ("honest generators", "accused in .0625"),
    "1.12": ("five generators on one split", "all leaned together"),
    "1.13": ("persons on both sides of the split", "no check saw it"),
    "1.14": ("exact matches of honest rows", "no control beside them"),
    "1.15": ("nine rows copied; texts by seed", "flipped at ten rows; 6 of 8"),
    "1.16": ("names on the page", "full records printed"),
}
TESTED = {
    "F1, F2": ("an interrupted set-up", "ready with packages half there", ["tools/test_setup.py"]),
    "F3, F4": ("damaged caches", "54 of 600 raised, 238 of 300 silent", ["data/test_bundled.py", "-k", "cache"]),
    "F5": ("a peer's fit that fails", "half fitted", ["peers", "-k", "interrupt or fails or all_or_nothing"]),
    "F6": ("masked arrays", "52 masked rows named", ["shared/test_every_input.py", "-k", "mask"]),
    "F7": ("a header called NA, or too short", "a column lost", ["data/test_own_files.py", "-k", "header"]),
    "F8": (
        "no folder can be written",
        "raised",
        ["data/test_bundled.py", "-k", "written"],
    ),
    "F9": ("a metric that fails", "took all of evaluate down", ["evaluation/test_evaluating.py", "-k", "wrong"]),
    "F10": ("overlapping calls", "BLAS at one thread for good", ["shared/test_parallel.py"]),
    "F11": ("pairs of 20,000 characters", "96 s for five", ["shared/test_kinds_images.py", "-k", "texts"]),
    "F12": ("saving onto a device or a link", "replaced it", ["shared/test_files.py", "-k", "no_file or link"]),
    "F13": ("a copied checkout", "ran the original's code", ["tools/test_setup.py", "-k", "copied or copy"]),
    "F14": ("two studies in one file", "8 answers lost", ["paper/test_study.py", "-k", "two_studies"]),
    "severity 1": (
        "other calls without sense",
        "NaN, hangs, nameless errors",
        ["test_attacked_inputs.py", "test_fuzz.py"],
    ),
}

TIMED = {"2.12"}  # what was wrong was how long it took, which no test asserts
LOOKS = []  # of section 2: number, given, then, function


def look(number, given, then):
    return lambda function: LOOKS.append((number, given, then, function)) or function


def audited(train, held_out, generated, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mg.audit(train, held_out, generated, random_state=0, **options)


def three(rng, n=150, make=None):
    """Three frames of an honest generator, of a number and a level, with more columns that `make` gives."""
    frames = []
    for i in range(3):
        shared = {"size": rng.normal(size=n), "city": rng.choice(["Oslo", "Rome", "Lima"], n)}
        frames.append(pd.DataFrame(shared | (make(i) if make else {})))
    return frames


def refusal(call):
    """Whether the call is refused, and the first line of the words."""
    try:
        call()
    except (TypeError, ValueError) as error:
        return str(error).splitlines()[0][:150], True
    return "accepted", False


def told(result, word):
    """Whether a note of an audit has this word."""
    found = [note for note in result.warnings if re.search(word, note)]
    return (found[0][:150] if found else "no note"), bool(found)


@look("2.1", "times: another unit, a zone, dates, ISO text; 40 of 150 rows copied", "dose −1, a crash, .61")
def times(rng):
    moments = [pd.Series(pd.to_datetime(rng.integers(10**9, 16 * 10**8, 150), unit="s")) for _ in range(3)]
    moments[2][:40] = moments[0][:40].to_numpy()
    dates = [part.dt.floor("D") for part in moments]
    ways = {
        "another unit": (moments, lambda part: part.astype("datetime64[s]")),
        "a zone": (moments, lambda part: part.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")),
        "dates": (dates, lambda part: part.dt.date.astype(object)),
    }
    exact = {}
    for way, (parts, change) in ways.items():
        frames = [pd.DataFrame({"seen": part, "size": rng.normal(size=150)}) for part in parts]
        frames[2].loc[:39, "size"] = frames[0].loc[:39, "size"]
        frames[1]["seen"] = change(parts[1])
        if way == "a zone":  # a moment of a zone beside one of none can't be told: all have one, not the same
            for i in (0, 2):
                frames[i]["seen"] = parts[i].dt.tz_localize("UTC")
        exact[way] = len(audited(*frames).exact_matches)
    frames = [
        pd.DataFrame({"seen": part.dt.strftime("%Y-%m-%dT%H:%M:%S"), "size": 1.0 * part.index}) for part in moments
    ]
    words, noted = told(audited(*frames), "date|time")
    return f"exact matches {exact}; text: {words}", noted and all(count == 40 for count in exact.values())


@look("2.2", "a column of keys (ids go on, from 0 again, UUIDs), all rows copied with fresh keys", "0–57 of 500 named")
def keys(rng):
    makers = {
        "go on": lambda i: {"id": np.arange(150) + 150 * i},
        "from 0 again": lambda i: {"id": np.arange(150)},
        "UUIDs": lambda i: {"id": [str(uuid.UUID(bytes=rng.bytes(16))) for _ in range(150)]},
    }
    out = {}
    for way, make in makers.items():
        T, H, G = three(rng, make=make)
        G[["size", "city"]] = T[["size", "city"]].to_numpy()
        _, warned = told(audited(T, H, G), "'?id'?.*ignore|ignore.*'?id'?")
        out[way] = (warned, len(audited(T, H, G, ignore=["id"]).copies))
    return f"warned, and named with ignore=: {out}", all(warned and named == 150 for warned, named in out.values())


@look("2.3", "integers of 18 digits", "213 exact matches where there are none")
def long_integers(rng):
    T, H, G = (pd.DataFrame({"n": 10**17 + 3 * np.arange(200) + i}) for i in range(3))
    count = len(audited(T, H, G).exact_matches)
    return f"{count} exact matches", count == 0


@look("2.4", "Decimal; 1,234.50; $12", "dose −1, 'No sign'")
def decimals(rng):
    T, H, G = (pd.DataFrame({"pay": [Decimal(int(v)) / 100 for v in rng.integers(1, 10**6, 150)]}) for _ in range(3))
    G.iloc[:60] = T.iloc[:60].to_numpy()
    exact = len(audited(T, H, G).exact_matches)
    texts = [frame.assign(pay=[f"${value:,.2f}" for value in frame["pay"]]) for frame in (T, H, G)]
    words, noted = told(audited(*texts), "number")
    return f"Decimal: {exact} exact matches; text: {words}", exact >= 60 and noted


@look("2.5", "a trailing comma in each row; a header of 4 above rows of 31", "ages under id; 4 of 31 columns")
def ragged(rng):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_text("id,age\n" + "".join(f"{i},{20 + i},\n" for i in range(50)))
        first, one = refusal(lambda: mg.read_rows(path))
        path.write_text("569,30,a,b\n" + "\n".join(",".join(map(str, range(31))) for _ in range(50)))
        second, two = refusal(lambda: mg.read_rows(path))
    return f"{first}; {second}".replace(folder, ""), one and two


@look("2.6", "pay in thousands; −1..1 beside 0..1; no level shared", "'No sign', no note")
def units(rng):
    out = {}
    for way, change in {
        "thousands": lambda G: G.assign(size=1000 * (G["size"] + 10)),
        "−1..1": lambda G: G.assign(share=2 * G["share"] - 1),
        "levels": lambda G: G.assign(city=G["city"].str.upper()),
    }.items():
        T, H, G = three(rng, make=lambda i: {"share": rng.random(150)})
        out[way] = told(audited(T, H, change(G)), "same units|coded alike")[1]
    return f"noted: {out}", all(out.values())


@look("2.7", "a dict, a set, an NpzFile", "the names of keys audited: 60 rows named")
def containers(rng):
    X = rng.normal(size=(60, 2))
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "x.npz", train=X)
        with np.load(Path(folder) / "x.npz") as archive:
            out = [refusal(lambda bad=bad: audited(bad, X, X)) for bad in ({"a": X}, {1, 2}, archive)]
    return "; ".join(words[:60] for words, _ in out), all(refused for _, refused in out)


@look("2.8", "pictures N×C×H×W, of a palette, of 16 bits", "stripes; compared by index; 16 levels left")
def pictures(rng):
    X = rng.integers(0, 256, (3, 60, 8, 8, 3), dtype=np.uint8)
    X[2, :20] = X[0, :20]
    last = audited(*X)
    first = audited(*np.moveaxis(X, -1, 2))
    palette = [[Image.fromarray(x).quantize(256, dither=0) for x in part] for part in X]
    mixed = audited(palette[0], palette[1], [one.convert("RGB") for one in palette[2]])
    scans = np.arange(4096, dtype=np.uint16)[:, None, None] * np.ones((1, 2, 2), np.uint16)
    kept = len(audited(scans[::3], scans[1::3], scans[2::3]).exact_matches)
    counts = [len(one.exact_matches) for one in (last, first, mixed)]
    return f"{counts} exact matches of 20; {kept} of scans that differ by one level", counts[:2] == [20, 20] and counts[
        2
    ] >= 15 and kept == 0


@look("2.9", "npz with arr_0, jsonl, tsv, gz, headerless, Namibia's NA, bfloat16, DLPack", "refused, or unclear")
def formats(rng):
    out = {}
    frame = pd.DataFrame({"size": np.round(rng.normal(size=30), 3), "country": ["NA", "NO", "IT"] * 10})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(folder / "a.npz", frame[["size"]].to_numpy())
        out["npz"] = np.shape(mg.read_rows(folder / "a.npz"))
        frame.to_json(folder / "a.jsonl", orient="records", lines=True)
        out["jsonl"] = np.shape(mg.read_rows(folder / "a.jsonl"))
        frame.to_csv(folder / "a.tsv", sep="\t", index=False)
        out["tsv"] = np.shape(mg.read_rows(folder / "a.tsv"))
        with gzip.open(folder / "a.csv.gz", "wt") as file:
            frame.to_csv(file, index=False)
        out["gz"] = np.shape(mg.read_rows(folder / "a.csv.gz"))
        frame.to_csv(folder / "b.csv", index=False, header=False)
        out["headerless"] = np.shape(mg.read_rows(folder / "b.csv", header=False))
        frame.to_csv(folder / "c.csv", index=False)
        read = pd.DataFrame(mg.read_rows(folder / "c.csv", na=[]))
        out["NA"] = int((read.iloc[:, -1] == "NA").sum())
    shapes = {"npz": (30, 1), "NA": 10}
    good = all(value == shapes.get(key, (30, 2)) for key, value in out.items())
    with contextlib.suppress(ImportError):
        import jax.numpy as jnp

        X = jnp.asarray(rng.normal(size=(3, 60, 2)), dtype=jnp.bfloat16)
        out["bfloat16"] = len(audited(X[0], X[1], X[0]).exact_matches)
        good &= out["bfloat16"] == 60

        class Capsule:
            """What has nothing but DLPack's two methods."""

            def __init__(self, X):
                self.X = X

            def __dlpack__(self, **options):
                return self.X.__dlpack__(**options)

            def __dlpack_device__(self):
                return self.X.__dlpack_device__()

        Y = rng.normal(size=(2, 60, 2))
        out["DLPack"] = len(audited(Capsule(Y[0]), Capsule(Y[1]), Capsule(Y[0])).exact_matches)
        good &= out["DLPack"] == 60
    return str(out), good


@look("2.10", "rows that train_test_split shuffled", ".loc gives another person for 18 of 40")
def labels(rng):
    table = pd.DataFrame({"size": rng.normal(size=300), "age": rng.normal(size=300)}).sample(frac=1, random_state=0)
    T, H = table.iloc[:150], table.iloc[150:]
    named = audited(T, H, T.iloc[:60].reset_index(drop=True)).copies
    same = sum(T.loc[row.train_label].equals(T.iloc[row.train_row]) for row in named.itertuples())
    return f"the label is the row's in {same} of {len(named)}", same == len(named) > 0


@look("2.11", "missing numbers and categories", "refused, with a recipe that fails")
def missing(rng):
    T, H, G = three(rng)
    for frame in (T, H, G):
        for column in frame:
            frame.loc[rng.random(150) < 0.1, column] = None
    share = sum(int(frame.isna().sum().sum()) for frame in (T, H, G))
    result = audited(T, H, G)
    told_of = f"{share} values missing" in str(result)
    return f"{len(result.copies)} rows named; '{share} values missing' is said", told_of and result.copies.empty


@look("2.12", "a category of integers with 3,752 levels", "3,752 columns, 64 s")
def many_levels(rng):
    parts = [pd.DataFrame({"zip": pd.Categorical(rng.integers(3752, size=4000))}) for _ in range(3)]
    begin = time.perf_counter()
    audited(*parts)
    took = time.perf_counter() - begin
    return f"{took:.1f} s", took < 30


@look("2.13", "upper-case copies; 16,000 characters a text", "'No sign'; 4 s a pair")
def texts(rng):
    words = np.array(["".join(rng.choice(list("abcdefghij"), 6)) for _ in range(400)])
    parts = [[" ".join(rng.choice(words, 30)) for _ in range(80)] for _ in range(3)]
    upper = audited(parts[0], parts[1], [text.upper() for text in parts[0]], spaces="auto")
    long = [[" ".join(rng.choice(words, 2300)) for _ in range(12)] for _ in range(3)]
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        audited(*long[:2], long[0]).to_html(Path(folder) / "x.html", records=True)
    took = time.perf_counter() - begin
    return (
        f"upper case: p {upper.p_value:.3f}; a page of 12 long pairs {took:.1f} s",
        upper.p_value <= 0.05,
    )


@look("2.14", "evaluate on tables, texts, pictures", "dtype object")
def evaluated(rng):
    words = [["".join(rng.choice(list("abcde "), 12)) for _ in range(60)] for _ in range(3)]
    for parts in (three(rng, 60), words, list(rng.integers(0, 256, (3, 60, 4, 4, 3), dtype=np.uint8))):
        table = mg.evaluate(*parts, ["frechet", "nn_accuracy"], n_null=19)
        if not np.isfinite(table.to_frame()["train"]).all():
            return "not finite", False
    return "each gives finite values", True


@look("2.15", "how each column was read", "nowhere said")
def columns(rng):
    line = next(line for line in str(audited(*three(rng))).splitlines() if line.startswith("Columns"))
    return line, "size as number" in line and "city as category" in line


@look("2.16", "booleans beside Yes/No; one frame in single precision", "in silence; 92 of 519 exact")
def alike(rng):
    T, H, G = three(rng, 519, lambda i: {"member": rng.random(519) < 0.5})
    G[["size", "city", "member"]] = T[["size", "city", "member"]].to_numpy()
    G["size"] = G["size"].astype(float).astype("f4")
    G["member"] = G["member"].astype(bool)
    single = len(audited(T, H, G).exact_matches)
    G["member"] = np.where(G["member"], "Yes", "No")
    words, noted = told(audited(T, H, G), "member")
    return f"{single} of 519 exact; {words}", single == 519 and noted


@look("2.17", "a.plot() in a fresh notebook", "<Figure size …>")
def plotted(rng):
    picture = audited(*three(rng)).plot()
    shown = picture._repr_mimebundle_() if hasattr(picture, "_repr_mimebundle_") else {}
    data = shown[0] if isinstance(shown, tuple) else shown
    alt = re.search(r'alt="([^"]+)"', str(data))
    return (alt[1][:80] if alt else str(data)[:80]), alt is not None


def simulated(number):
    """The worst of the stored shares of a promise, as far as something is promised of them."""
    told = [line for table in mg.data.record("simulation")["tables"].values() for line in table]
    mine = [line for line in told if line["promise"] == number and line["promised"]]
    worst = {}
    for line in mine:
        falls = line["promised"].startswith(">=")
        kind = (line["what"], line["promised"])
        if kind not in worst or (line["measured"] < worst[kind][0]) == falls:
            worst[kind] = (line["measured"], line["± s.e."])
    words = [f"{what} {value:.3f} ± {error:.3f} ({promised})" for (what, promised), (value, error) in worst.items()]
    return "; ".join(words), bool(mine) and all(line["holds"] == "yes" for line in mine)


def tested(arguments):
    """What the tests of a kind say."""
    places = [f"tests/{word}" if "/" in word or word.endswith(".py") or word == "peers" else word for word in arguments]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *places]
    done = subprocess.run(command, cwd=FOLDER.parent, capture_output=True, text=True)
    return done.stdout.strip().splitlines()[-1].strip("= "), done.returncode == 0


def main():
    wanted = sys.argv[1:]
    rows = [(number, given, then, lambda n=number: simulated(n)) for number, (given, then) in PROMISED.items()]
    rows += [(n, given, then, lambda f=function: f(np.random.default_rng(0))) for n, given, then, function in LOOKS]
    rows += [(n, given, then, lambda a=arguments: tested(a)) for n, (given, then, arguments) in TESTED.items()]
    rows = [row for row in rows if not wanted or set(row[0].split(", ")) & set(wanted)]
    if not rows:
        sys.exit(f"{wanted} is not among {', '.join([*PROMISED, *(row[0] for row in LOOKS), *TESTED])}")
    print("| | given | then | now | as it should be |\n|---|---|---|---|---|")
    right = True
    for number, given, then, now in tqdm(rows, desc="inputs"):
        words, holds = now()
        right &= holds
        print(f"| {number} | {given} | {then} | {words.replace('|', '/')} | {'yes' if holds else 'NO'} |", flush=True)
    sys.exit(not right)


if __name__ == "__main__":
    main()
