"""The recipes run as they stand, with small stand-ins for what is the reader's own and for other libraries."""

import ast
import contextlib
import re
import sys
import types
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import memgen_lite as mg

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "recipes.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))


def blocks(section):
    return re.findall(r"^```python\n(.*?)^```$", SECTIONS[section], re.DOTALL | re.MULTILINE)


def run(block, names):
    """Execute a block; what its last line is worth, if it is an expression."""
    tree = ast.parse(block)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<recipe>", "exec"), names)
    return eval(compile(ast.Expression(last.value), "<recipe>", "eval"), names) if last else None


@pytest.fixture
def names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return {"mg": mg}


def test_each_block_of_the_page_belongs_to_a_recipe_that_is_tested():
    assert [*SECTIONS] == [
        "How many rows to hold out",
        "I synthesize tables",
        "I train an image model",
        "I train a language model",
    ]
    assert PAGE.count("```python") == sum(len(blocks(section)) for section in SECTIONS)


def test_the_plan_is_the_one_that_the_page_shows(names):
    plan = run(blocks("How many rows to hold out")[0], names)
    lines = re.findall(r"^\| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,–]+) \|$", PAGE, re.MULTILINE)
    shown = [[np.nan if cell == "–" else int(cell.replace(",", "")) for cell in line] for line in lines]
    assert len(shown) == 5
    np.testing.assert_array_equal(shown, plan[:5].to_numpy(float))


class Table:
    """A synthesizer that copies some of its rows, or none, and draws the others from a normal distribution."""

    def __init__(self, copies):
        self.copies = copies

    def fit(self, train):
        self.train = train

    def sample(self, n):
        rng = np.random.default_rng(1)
        drawn = pd.DataFrame({name: rng.normal(column.mean(), column.std(), n) for name, column in self.train.items()})
        drawn[: self.copies] = self.train[: self.copies].to_numpy()
        return drawn


@pytest.mark.parametrize(("copies", "verdict"), [(120, "Copies"), (0, "No sign of copying")])
def test_a_table_of_persons_comes_to_a_verdict(names, copies, verdict):
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(160), 2)
    rows = {name: rng.normal(size=160)[person] + 0.1 * rng.normal(size=320) for name in ("age", "weight", "income")}
    pd.DataFrame({"person": person, **rows}).to_csv("people.csv", index=False)
    names["synthesizer"] = Table(copies)
    split, fitted, together = blocks("I synthesize tables")
    run(split, names)
    assert not set(names["groups"][0]) & set(names["groups"][1])
    run(fitted, names)
    assert names["report"].verdict.startswith(verdict)
    assert verdict in Path("report.html").read_text("utf-8")
    names["other"] = names["generated"]
    assert run(together, names).loc["first", "verdict"].startswith(verdict)
    assert names["report"].epsilon_lower_bound().reason is None or copies == 0


class Tensor(np.ndarray):
    float = cpu = lambda self: self

    def numpy(self):
        return np.asarray(self)


class Network:
    def eval(self):
        return self

    def __call__(self, batch):
        return batch.reshape(len(batch), -1)[:, ::300]

    encode_image = __call__


def module(name, **members):
    made = types.ModuleType(name)
    vars(made).update(members)
    return made


@pytest.fixture
def libraries(monkeypatch):
    """PyTorch and what is built on it, as far as the recipes call them."""

    def tensor(picture):
        return np.asarray(picture, dtype=np.float32).transpose(2, 0, 1) / 255

    def unit(X):
        return X / np.linalg.norm(X, axis=1)[:, None]

    torch = module(
        "torch",
        Tensor=type("Tensor", (), {}),  # SciPy asks for it
        stack=lambda parts: np.stack(parts).view(Tensor),
        cat=lambda parts: np.concatenate(parts).view(Tensor),
        inference_mode=contextlib.nullcontext,
        jit=types.SimpleNamespace(load=lambda path: Network()),
        nn=types.SimpleNamespace(functional=types.SimpleNamespace(normalize=unit)),
    )
    data = types.SimpleNamespace(
        resolve_model_data_config=lambda model: {"input_size": (3, 64, 64)},
        create_transform=lambda input_size, is_training: tensor,
    )
    transforms = {
        "Compose": lambda steps: tensor,
        "Normalize": lambda mean, std: None,
        "Resize": lambda size: None,
        "ToTensor": lambda: None,
    }
    for one in (
        torch,
        module("timm", data=data, create_model=lambda name, pretrained, num_classes: Network()),
        module("open_clip", create_model_and_transforms=lambda name, pretrained: (Network(), None, tensor)),
        module("torchvision"),
        module("torchvision.transforms", **transforms),
        module("lightning"),
        module("lightning.pytorch"),
        module("lightning.pytorch.callbacks", Callback=object),
        module("transformers", TrainerCallback=object),
    ):
        monkeypatch.setitem(sys.modules, one.__name__, one)
    return torch


def test_pictures_come_to_a_verdict_by_each_of_three_networks(names, libraries, capsys):
    rng = np.random.default_rng(0)
    real = rng.integers(256, size=(100, 64, 64, 3)).astype(np.uint8)
    made = np.concatenate([real[:20], rng.integers(256, size=(40, 64, 64, 3)).astype(np.uint8)])
    for folder, pictures in {"train": real[:50], "held_out": real[50:], "generated": made}.items():
        Path(folder).mkdir()
        for i, picture in enumerate(pictures):
            Image.fromarray(picture).save(f"{folder}/{i:03}.png")
    *networks, compared, callback = blocks("I train an image model")
    assert len(networks) == 3
    for network in networks:
        run(network, names)
        run(compared, names)
        assert names["report"].verdict.startswith("Copies")
        assert names["features"](made).shape == (60, 41)
    run(callback, names)
    draws = {10: made[20:], 20: made, 30: made}
    options = {"spaces": {"network": names["features"]}}
    watched = names["Copying"](lambda step: draws[step], names["train"], names["held_out"], **options)
    for step in draws:
        watched.on_train_epoch_end(types.SimpleNamespace(global_step=step), step)
    watched.on_train_end(None, None)
    assert watched.found.starts == 20
    assert "30 Copies" in capsys.readouterr().out


def test_texts_come_to_a_verdict_and_a_planted_code_to_an_exposure(names, libraries, capsys):
    rng = np.random.default_rng(0)
    words = np.array([f"{a}{b}" for a in ("ba", "ko", "mi", "ne", "su", "ta") for b in ("la", "re", "ti", "vo", "zu")])
    Path("documents.txt").write_text("\n".join(" ".join(rng.choice(words, 25)) for _ in range(160)), "utf-8")
    split, compared, callback, exposed = blocks("I train a language model")
    run(split, names)
    fresh = [" ".join(rng.choice(words, 25)) for _ in range(80)]
    names["generated"] = names["train"][:30] + fresh[:50]
    assert len(run(compared, names)) == 3
    assert names["report"].verdict.startswith("Copies")
    run(callback, names)
    draws = {100: fresh, 200: names["generated"]}
    watched = names["CopyingOfText"](lambda step: draws[step], names["train"], names["held_out"])
    for step in draws:
        watched.on_save(None, types.SimpleNamespace(global_step=step), None, model=step)
    watched.on_train_end(None, None, None)
    assert watched.found.starts == 200
    assert "200 Copies" in capsys.readouterr().out

    class Tokenizer:
        def encode(self, text, add_special_tokens):
            assert not add_special_tokens
            return [*text.encode()]

        def __call__(self, text, return_tensors):
            return types.SimpleNamespace(input_ids=[[*text.encode()]])

    def model(ids):
        """Knows the code by heart."""
        text = bytes(ids[0]).decode()
        logits = np.zeros((1, len(text), 256)).view(Tensor)
        read = len(text) - len("The code of Ada is ")
        logits[0, -1, ord("4711"[read])] = 5
        return types.SimpleNamespace(logits=logits)

    names |= {"torch": libraries, "model": model, "tokenizer": Tokenizer()}
    assert run(exposed, names) == pytest.approx(np.log2(10**4))
