"""Whatever is handed to a public function or method: an answer without NaN, or an error that names the argument.

Each is called with arguments that work, of which one or two are replaced by something that does not fit: of a wrong
type, out of range, empty, ragged, not finite, of three dimensions. What is public is listed by the package itself, so
a new function is tried without being named here, and one whose arguments have no example below fails the test.
`python tests/test_fuzz.py 500 [NAME]` tries 500 calls of each, and prints what is wrong.
"""

import copy
import functools
import inspect
import os
import random
import re
import sys
import tempfile
import time
import traceback
import types
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image
from scipy import sparse
from sklearn.neighbors import KernelDensity

import memgen_lite as mg
from memgen_lite.paper.study import Study

SECONDS, CALLS = 20, 8
ERRORS = ValueError, TypeError, OSError, KeyError  # of which NotFittedError and UnicodeError are
T, H, G = np.random.default_rng(0).normal(size=(3, 66, 3))
PICTURES = np.random.default_rng(1).integers(0, 255, (8, 4, 4), dtype=np.uint8)
TEXTS = ["a rose is a rose", "is a rose", "to be or not to be"]
DIGITS = mg.pi.decimals(60_000)
FOLDER = Path(tempfile.mkdtemp())

# What is not tried, and why; a name of one word is all of that module.
UNTRIED = {
    "memories.ALL": "a label",
    "memories.Labels": "a dict, see its methods",
    "copier.Network": "made by the estimator, of arguments that it has checked",
    "copier.Copying": "made by the estimator, of arguments that it has checked",
    "widgets.Reveal": "made by Predict.reveal",
    "widgets.Score": "it takes nothing",
    "CopyAudit": "made by audit, see its methods",
    "data.Dataset": "made by the data sets",
    "data.Sequences": "made by data.sequences, see its methods",
    "metrics.Metric": "made by its decorator",
    "figures.Picture": "made by figures.picture",
    "neighbors.Neighborhoods": "its arrays were checked by a metric",
    "neighbors.unit_rows": "of a search, which has checked them",
    "neighbors.distinct": "of a metric, which has checked them",
    "pi.ChiSquare": "a result",
    "pi.Prediction": "a result",
    "web.Estimate": "a result",
    "web.Pictures": "made by web.pictures, see its methods",
}


def _csv():
    path = FOLDER / "rows.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    return path


def _digits():
    path = FOLDER / "digits.txt"
    path.write_text("3.14159")
    return path


def _primer():
    path = FOLDER / "primer.json"
    path.write_text('[{"paragraphs": ["雲對雨，雪對風，晚照對晴空。"]}]', "utf-8")
    return path


def _pictures():
    folder = FOLDER / "pictures"
    folder.mkdir(exist_ok=True)
    for name in ("cat", "dog"):
        Image.fromarray(PICTURES[0]).save(folder / f"{name}.png")
    return folder


def _figure():
    figure = Figure()
    figure.subplots().plot([1, 2])
    return figure


def _study(**more):
    return Study(PICTURES, PICTURES[::-1], n_calibration=1, n_trials=3, **more)


def _answered():
    study = _study(rater="A")
    study.take(mg.coin.RademacherCoin(0))
    return study


def _answers():
    path = FOLDER / "answers.json"
    _answered().to_json(path)
    return [path]


def _saved(model, name):
    model.save(FOLDER / name)
    return FOLDER / name


def _drawn(n=1):
    return mg.figures.picture(_figure(), "A line goes up.", dpi=30)


def _slider():
    return mg.widgets.slider("n", [1, 2, 3], 2)


@functools.cache
def _trained():
    return mg.copier.BiLSTMAttentionCNN(hidden=2, steps=1, batch_size=2, random_state=0).fit(TEXTS, TEXTS)


def _remembered(memory):
    memory.append(memory.prepare(T), list("abc") * 22)
    return memory


def _labels():
    labels = mg.memories.Labels()
    labels.append(0, ["a", "b"])
    return labels


def _sequences():
    return mg.data.sequences("recall", abs(T) / 9, n=2, random_state=0)


def _web():
    return mg.web.simulate(50, random_state=0)


# What works, by the name of an argument; where functions differ, by that of the function before it.
EXAMPLES = {
    "train": T, "held_out": H, "generated": G, "real": T, "queries": T, "points": H, "near": np.sort(abs(T), axis=1),
    "X": T, "y": None, "path": FOLDER / "out", "n": 5, "random_state": 0, "outcomes": [1, 0, 1, 1, 0, 1],
    "accuracy": 0.7, "right": 4, "draws": 5, "n_memories": 20, "trial": 3, "dose": 0.3, "at": [0.2, 0.5],
    "digits": DIGITS[:1200], "texts": TEXTS, "alphabet": "abc", "left": PICTURES, "radii": np.ones(len(H)),
    "rater": mg.coin.RademacherCoin(0), "cats": mg.cats.sample_parameters(3, 0), "arrays": {"X": T}, "rows": 5,
    "support": 20, "is_cat": [True, False, True], "value": {"a": 1.0}, "alt": "A line goes up.", "numbers": {"a": 1},
    "limit": 0.1, "side": 1, "prefix": "a", "text": "rose", "share": 0.5, "ax": lambda: Figure().subplots(),
    "fig": _figure, "web": _web, "how": "uniform", "files": _answers, "answers": lambda: _answered().to_frame(),
    "peer": mg.peers.peer("gaussian", random_state=0), "model": KernelDensity(), "rater name": "A",
    "audit.n_relabelings": 19, "evaluate.n_null": 19, "evaluate.metrics": ["density", "energy"], "evaluate.held_out": H,
    "binomial_interval.n": 6, "power.n": 10, "coin.session.real": PICTURES, "coin.session.generated": PICTURES[::-1],
    "coin.Librarian.train": PICTURES, "coin.duplicate_probability.n_memories": 30,
    **{f"data.{name}.held_out": 0.2 for name in ("emoji", "folder", "prose", "load", "couplets")},
    "data.couplets.path": _primer,
    "data.load.data": "moons", "data.translations.language": "de", "data.translations.held_out": 0.2,
    "metrics.chrf.said": TEXTS, "metrics.chrf.meant": TEXTS[::-1],
    "data.sequences.task": "recall", "data.sequences.images": abs(T) / 9,
    "data.Sequences.identified.drawn": lambda: _sequences().frames,
    "pi.from_file.data": _digits,
    "audit_together.samples": {"one": (T, H, G), "two": (T, H, T)},
    "audit_sequence.generated": {1: G, 2: T}, "audit_sequence.n_relabelings": 39,
    "audit_compare.a": G, "audit_compare.b": T, "audit_compare.n_relabelings": 39,
    "CopyAudit.dose_at.held_out": 30,
    "CopyAudit.exceeds.held_out": 30,
    "CopyAudit.to_html.held_out": 30,
    "CopyAudit.to_html.model": "a model",
    "CopyAudit.to_html.data": "rows",
    "metrics.compute.name": "frechet", "metrics.get.name": "frechet", "metrics.describe.name": "frechet",
    "metrics.kfold_memorization.folds": 2, "metrics.kfold_memorization.X": T[:20], "metrics.names.family": "tests",
    "data.density.name": "ring", "data.density.n": 20, "data.record.name": None, "data.folder.path": _pictures,
    "data.emoji.size": 16, "data.photographs.size": 8, "data.photographs.n": 5, "web.pictures.path": _pictures,
    "data.cats.n": 3, "data.cats.size": 8, "cats.cats.n": 3, "cats.cats.size": 8, "cats.draw.size": 8,
    "peers.exposure.model": lambda: mg.peers.peer("infinity_gram", random_state=0).fit(TEXTS),
    "peers.exposure.secret": "se", "peers.exposure.characters": "aerst",
    "shards.source": T, "read_rows.path": _csv, "peers.peer.name": "gaussian", "peers.load.path": lambda: _saved(
        mg.peers.peer("gaussian", random_state=0).fit(T), "peer"),
    "plots.digits.grid": [[1, 2], [3, 4]], "plots.path.path": T[:, :2], "plots.images.pictures": PICTURES,
    "growth.curves": {"a": ([1, 2], [1, 4])}, "xlabel": "n", "ylabel": "s", "marked": [True, False], "columns": 2,
    "pad": 1, "mosaics.sources": np.zeros((2, 3, 3, 3), int), "mosaics.colors": [[0, 0, 1]], "strips.names": ["a", "b"],
    "strips.honest": T[:2], "on_strips.places": [0, 1], "on_strips.found": [0.5, 1.0], "kinds": ["kept"],
    "verdicts.found": np.zeros((2, 2, 1)), "verdicts.rows": ["a", "b"], "verdicts.columns": ["a", "b"],
    "power_panels.axes": lambda: Figure(layout="constrained").subplots(1, 1, squeeze=False), "shares": [0.1, 0.2],
    "power_panels.powers": np.ones((1, 1, 1, 2)), "power_panels.methods": ["a"], "power_panels.rows": ["r"],
    "power_panels.columns": ["c"], "peer_panels.axes": lambda: [Figure().subplots()], "peer_panels.metrics": ["m"],
    "peer_panels.peers": ["p"], "peer_costs.axes": lambda: Figure().subplots(1, 2),
    "scores": pd.DataFrame({"metric": "m", "peer": "p", "reference": ["train", "held-out"], "score": [1.0, 2.0]}),
    "cost": pd.DataFrame({"fit_seconds": [1.0], "bytes": [9]}, index=["p"]),
    "MemGEN.load.path": lambda: _saved(mg.MemGEN(random_state=0).fit(T), "memory"),
    "text.copied_share.train": TEXTS, "text.copied_share.length": 4,
    "text.IdentityModel.transform.X": T, "text.NGram.fit.X": TEXTS, "text.NGram.score.X": TEXTS,
    "text.NGram.score_samples.X": TEXTS, "text.NGram.bits_per_character.X": TEXTS, "text.NGram.sample.n": 2,
    "copier.BiLSTMAttentionCNN.fit.X": TEXTS, "copier.BiLSTMAttentionCNN.fit.held_out": TEXTS,
    "copier.BiLSTMAttentionCNN.hidden": 2, "copier.BiLSTMAttentionCNN.steps": 1,
    "copier.BiLSTMAttentionCNN.predict.X": TEXTS, "copier.BiLSTMAttentionCNN.exact_match.X": TEXTS,
    "memories.packed.X": TEXTS, "label": "a", "labels": None, "positions": np.array([0, 2, 1]),
    "ListMemory.append.prepared": list(T), "HashMemory.append.prepared": lambda: mg.memories.HashMemory().prepare(T),
    "ArrayMemory.append.prepared": (None, T), "start": 2, "Labels.truncate.size": 1,
    "HashMemory.values.keys": lambda: list(_remembered(mg.memories.HashMemory()).counts)[:2],
    "Predict.question": "How many?", "Exercise.question": "How many?", "check": lambda: lambda answer: None,
    "Exercise.answer": None, "choices": ["a", "b"], "Predict.choices": None, "range": (0, 10), "answer": 4, "truth": 5,
    "Explorer.draw": lambda: _drawn, "Explorer.play": "n", "Explorer.n": _slider, "slider.label": "n",
    "slider.values": [1, 2, 3], "slider.value": 2,
    "HumanEvaluation.real": PICTURES, "HumanEvaluation.generated": PICTURES[::-1], "decimals": "14159",
    "pi.poker.digits": DIGITS, "pi.battery.digits": DIGITS, "pi.mosaic.digits": "14159", "pi.gap.digits": DIGITS[:9000],
    "web.Web.is_cat": np.array([True, False]), "web.Web.links": np.array([[1], [0]]),
    "web.simulate.n_pages": 40, "web.Pictures.images": PICTURES, "web.Pictures.is_cat": np.arange(8) < 4,
    "web.Pictures.sources": [], "web.Pictures.recognize.images": PICTURES[:2], "neighbors.unit_rows.name": "X",
    "figures.save.name": "drawn", "Study.real": PICTURES, "Study.generated": PICTURES[::-1], "Study.n_calibration": 1,
    "Study.n_trials": 3, "Study.train": None, "Study.name.rater": "A", "neighbors.order": np.arange(len(H)),
    "Study.rater": "A", "judge.right": PICTURES[::-1],
}  # fmt: skip


MORE = {"widgets.Explorer": ["n"]}  # arguments beside those of a signature: here a control


MADE = {  # what the methods are of
    "MemGEN": lambda: mg.MemGEN(random_state=0).fit(T),
    "CopyAudit": lambda: mg.audit(T, H, np.concatenate([T[:40], G[:9]]), n_relabelings=19),
    "text.NGram": lambda: mg.text.NGram(random_state=0).fit(TEXTS),
    "text.IdentityModel": mg.text.IdentityModel,
    "copier.BiLSTMAttentionCNN": lambda: copy.copy(_trained()),
    "memories.ListMemory": lambda: _remembered(mg.memories.ListMemory()),
    "memories.HashMemory": lambda: _remembered(mg.memories.HashMemory()),
    "memories.ArrayMemory": lambda: _remembered(mg.memories.ArrayMemory()),
    "memories.Labels": _labels,
    "widgets.Predict": lambda: mg.widgets.Predict("How many?", range=(0, 10)),
    "widgets.Exercise": lambda: mg.widgets.Exercise("How many?", lambda answer: None),
    "widgets.HumanEvaluation": lambda: mg.widgets.HumanEvaluation(
        PICTURES, PICTURES[::-1], n_calibration=1, n_trials=3, rater="A"
    ),
    "coin.RademacherCoin": lambda: mg.coin.RademacherCoin(0),
    "coin.Elephant": lambda: mg.coin.Elephant(0),
    "coin.Librarian": lambda: mg.coin.Librarian(PICTURES, 0),
    "web.Pictures": lambda: mg.web.Pictures(PICTURES, np.arange(8) < 4, []),
    "Study": lambda: _study(question="copy", train=PICTURES),
    "data.Sequences": _sequences,
}


def public():
    """All public functions and classes by name, and the methods of those in `MADE`."""
    found = {"Study": Study}
    for name in mg._PLACES:
        thing = getattr(mg, name)
        if not isinstance(thing, types.ModuleType):
            found[name] = thing
            continue
        names = getattr(thing, "__all__", None) or [
            one
            for one, value in vars(thing).items()
            if not one.startswith("_") and getattr(value, "__module__", None) == thing.__name__
        ]
        found |= {f"{name}.{one}": getattr(thing, one) for one in names if callable(getattr(thing, one))}
    for name in list(found):
        if not inspect.isclass(found[name]):
            continue
        for method, value in inspect.getmembers(found[name], lambda one: inspect.isroutine(one) and callable(one)):
            ours = str(getattr(value, "__module__", None)).startswith("memgen_lite")
            if ours and not method.startswith("_") and (name in MADE or name not in UNTRIED):
                found[f"{name}.{method}"] = value

    def untried(name):
        return name in UNTRIED or (name.partition(".")[0] in UNTRIED and name.partition(".")[0] not in MADE)

    return {name: value for name, value in found.items() if not untried(name)}


def example(name, argument, default):
    """What works for an argument, most of all that which is named most exactly."""
    parts = name.split(".")
    for start in range(len(parts) + 1):
        key = ".".join([*parts[start:], argument])
        if key in EXAMPLES:
            found = EXAMPLES[key]
            return found() if callable(found) and type(found) is types.FunctionType else found
    if default is inspect.Parameter.empty:
        raise LookupError(f"EXAMPLES lacks the argument {argument!r} of {name}")
    return default


NAN, INF = float("nan"), float("inf")
SINGLE = [
    *(None, True, False, -1, 0, 1, 2, 3, 1.0, 2.5, -0.5, 0.5, NAN, INF, -INF, 1e308, 5e-324, 1e-200, 10**30, -(10**30)),
    *("", "x", "\ud800", "a\0b", b"x", 1j, object(), len, int, (), {}, {"a": 1}, {1, 2}, [], [None], ["x"], [1, "x"]),
    *([[1], [1, 2]], np.int64(3), np.float32(2.5), np.array(3), np.array("x"), Path("/no/such/file"), FOLDER),
    *(Path(os.devnull), np.datetime64("2020-01-01"), pd.NA, pd.NaT, pd.Timestamp("2020-01-01"), slice(3), range(3)),
    *(iter([1, 2]), Image.new("L", (2, 2))),
]
ARRAYS = [
    *(np.zeros((0, 3)), np.zeros((3, 0)), T[:1], T[:2], T[:, :1], T[:30, :2], np.full((66, 3), NAN)),
    *(np.full((66, 3), INF), np.where(np.arange(66)[:, None] == 5, NAN, T)),
    *(T * factor for factor in (1e307, 1e99, 9e98, 1e60, 1e-200, 1e-310, 0)),
    *(np.ones((66, 3)) * [1, 2, 3], np.hstack([T[:, :2], np.ones((66, 1))]), T.astype(object), T[None], T[:, 0], T[0]),
    *(np.where(T > 0, "a", "b"), (T * 9).astype(int), T > 0, np.ma.masked_array(T, T > 1), sparse.csr_array(T)),
    *(T.astype(kind) for kind in ("f4", "f2", "c16", "M8[s]")),
    *(T.tolist(), pd.DataFrame(T), pd.DataFrame(T > 0), pd.DataFrame({"a": TEXTS}), pd.Series(T[:, 0]), pd.DataFrame()),
    *(TEXTS, ["", ""], ["\ud800", "a"], [""], TEXTS * 30, [b"a"], np.array(TEXTS), PICTURES, PICTURES[:0]),
    *(PICTURES[..., None], np.repeat(T[:1], 66, 0), np.concatenate([T[:33]] * 2), T[::-1], np.ones(3, [("a", "f8")])),
    *([0.5, 0.5], [0, 1, 2], [1e308] * 4, [-1], [2.5], [NAN, 0.5], "12a", "1" * 1200, "0123456789" * 120, [5] * 1200),
]


def calls(name, value, draws, seed=0):
    """Draws of (replaced, arguments): what is called, by name of the argument."""
    parameters = inspect.signature(value).parameters.values()
    parameters = {p.name: p.default for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    parameters |= dict.fromkeys(MORE.get(name, ()), inspect.Parameter.empty)
    parameters.pop("self", None)
    rng = random.Random(f"{name} {seed}")
    if not parameters:
        return
    for _ in range(draws):
        given = {one: example(name, one, default) for one, default in parameters.items()}
        chosen = rng.sample(list(parameters), min(len(parameters), 1 + (rng.random() < 0.2)))
        yield {one: rng.choice(ARRAYS if rng.random() < 0.5 else SINGLE) for one in chosen}, given


def call(name, value, given):
    """What a function gives, and what a class gives once it is used: fitted, or asked for a pair."""
    owner, _, method = name.rpartition(".")
    if owner in MADE:
        bound = getattr(MADE[owner](), method)
        return bound(**given)
    result = value(**given)
    if hasattr(result, "fit") and inspect.isclass(value):
        if name.startswith("copier"):
            return result.fit(TEXTS, TEXTS)
        return result.fit(TEXTS if "text" in name else T)
    return list(result) if inspect.isgenerator(result) or isinstance(result, map) else result


def nans(result):
    """Whether a NaN is somewhere in numbers, arrays, frames, and what holds them."""
    if isinstance(result, float | np.floating):
        return result != result
    if isinstance(result, np.ndarray):
        return result.dtype.kind in "fc" and bool(np.isnan(result).any())
    if isinstance(result, pd.DataFrame):
        return any(nans(result[column].to_numpy()) for column in result)
    if isinstance(result, dict):
        return any(map(nans, result.values()))
    if isinstance(result, list | tuple):
        return any(map(nans, result))
    return False


def _where(error):
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "memgen_lite" in frame.filename]
    return [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-2:]]


# Where NaN says something, and what.
NAN_SAYS = {
    "audit_plan": "no number of rows is enough",
    "pi.records": "nobody knows how many hours",
    "Study.to_frame": "who answers without looking takes no time",
    "coin.summarize": "the share of no answers",
    "coin.pool": "who answers without looking takes no time",
    "memories.packed": "it is stored",
    **{f"memories.{one}Memory.prepare": "it is stored" for one in ("List", "Hash", "Array")},
    "MemGEN.sample": "it was stored", "MemGEN.recite": "it was stored",
    "text.IdentityModel.transform": "it was given", "text.IdentityModel.inverse_transform": "it was given",
}  # fmt: skip


def wrong(name, value, replaced, given):
    """What is wrong with a call, or None."""
    shown = ", ".join(f"{key}={' '.join(repr(one).split())[:70]}" for key, one in replaced.items())
    start = time.perf_counter()
    try:
        with warnings.catch_warnings(), open(os.devnull, "w") as nowhere:
            warnings.simplefilter("ignore")
            before, sys.stdout = sys.stdout, nowhere
            try:
                result = call(name, value, given | replaced)
            finally:
                sys.stdout = before
    except ERRORS as error:
        data = all(any(one is x for x in ARRAYS) for one in replaced.values())  # which may not fit to other arguments
        names = set(given) if data else set(replaced)
        if not any(re.search(rf"\b{re.escape(one)}\b", str(error)) for one in names):
            return f"{name}({shown}): {type(error).__name__} names no argument: {str(error)[:150]} {_where(error)}"
    except Exception as error:
        return f"{name}({shown}): {type(error).__name__}: {str(error)[:150]} {_where(error)}"
    else:
        if name not in NAN_SAYS and nans(result):
            return f"{name}({shown}): NaN"
    if (seconds := time.perf_counter() - start) > SECONDS:
        return f"{name}({shown}): {seconds:.0f} s"
    return None


PUBLIC = public()


@pytest.mark.parametrize("name", PUBLIC)
def test_whatever_is_given_is_answered_or_refused_by_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEMGEN_FIGURES", str(tmp_path))
    found = [wrong(name, PUBLIC[name], *one) for one in calls(name, PUBLIC[name], CALLS)]
    assert not list(filter(None, found))


@pytest.mark.parametrize("name", [name for name in PUBLIC if name.startswith("plots.")])
def test_the_examples_of_drawings_are_drawn(name):
    """Else what is refused above might be the example."""
    parameters = inspect.signature(PUBLIC[name]).parameters.values()
    assert PUBLIC[name](**{one.name: example(name, one.name, one.default) for one in parameters}) is not None


if __name__ == "__main__":
    os.chdir(tempfile.mkdtemp())
    os.environ["MEMGEN_FIGURES"] = os.getcwd()
    draws = int(sys.argv[1])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    for name in PUBLIC:
        if len(sys.argv) > 2 and not re.search(sys.argv[2], name):
            continue
        begin, faults, tried = time.time(), Counter(), 0
        try:
            for one in calls(name, PUBLIC[name], draws, seed):
                tried += 1
                s = time.time()
                if told := wrong(name, PUBLIC[name], *one):
                    faults[told] += 1
        except LookupError as error:
            print(error)
            continue
        print(f"# {name}: {sum(faults.values())} of {tried}, {time.time() - begin:.1f} s", flush=True)
        for told in faults:
            print("   ", told)
