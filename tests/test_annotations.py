"""What is public says its types, and a type checker finds them."""

import ast
import inspect
import subprocess
import sys
import types
import typing
from pathlib import Path

import pytest

import memgen_lite as mg

ROOT = Path(mg.__file__).parent


def public():
    """Each public name of `mg` and of the modules in it, with what it is."""
    for name in mg.__all__:
        found = getattr(mg, name)
        if not isinstance(found, types.ModuleType):
            yield name, found
            continue
        for inner in getattr(found, "__all__", [key for key in dir(found) if not key.startswith("_")]):
            if str(getattr(getattr(found, inner), "__module__", "")).startswith("memgen_lite"):
                yield f"{name}.{inner}", getattr(found, inner)
    for name, peer in mg.peers.all_peers().items():
        yield f"peers.{name}", type(peer)


def functions():
    """Each public function and method that this package defines, once."""
    seen = set()
    for name, found in public():
        if inspect.isfunction(found) and found not in seen:
            seen.add(found)
            yield name, found
        for key in dir(found) if inspect.isclass(found) else ():
            if key.startswith("_") and key not in ("__init__", "__call__"):
                continue
            method = inspect.getattr_static(found, key)
            method = next((own for at in ("fget", "func", "__func__") if (own := getattr(method, at, None))), method)
            if inspect.isfunction(method) and method.__module__.startswith("memgen_lite") and method not in seen:
                seen.add(method)
                yield f"{name}.{key}", method


FUNCTIONS = dict(functions())


def test_the_public_surface_is_not_empty():
    assert len(FUNCTIONS) > 250


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument_and_result_has_a_type(name):
    signature = inspect.signature(FUNCTIONS[name])
    bare = [key for key, p in signature.parameters.items() if p.annotation is p.empty and key not in ("self", "cls")]
    if FUNCTIONS[name].__name__ != "__init__" and signature.return_annotation is signature.empty:
        bare.append("return")
    generated = hasattr(FUNCTIONS[name], "__signature__") and FUNCTIONS[name].__name__ == "__init__"  # of an Objective
    assert not bare or generated, f"{name}: {', '.join(bare)}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_types_name_what_exists(name):
    import pandas as pd

    from memgen_lite.peers.base import Peer

    typing.get_type_hints(inspect.unwrap(FUNCTIONS[name]), localns={"pd": pd, "Peer": Peer})


def test_the_stub_has_the_names_of_the_table_each_at_its_place():
    stub = {}
    for node in ast.parse((ROOT / "__init__.pyi").read_text()).body:
        if isinstance(node, ast.ImportFrom):
            for name in node.names:
                stub[name.asname] = ((node.module or ""), name.name)
    for name, place in mg._PLACES.items():
        module, name_there = stub.pop(name)
        whole = f"{module}.{name_there}".strip(".")
        assert getattr(mg, name) is resolved(whole), (name, place)
    assert not stub


def resolved(place):
    found = mg
    for part in place.split("."):
        if not hasattr(found, part):
            __import__(f"{found.__name__}.{part}")
        found = getattr(found, part)
    return found


USE = """
import numpy as np
import memgen_lite as mg

X = np.zeros((30, 2))
model: mg.MemGEN = mg.MemGEN(memory="array", random_state=0).fit(X)
score: float = model.score(X)
found: mg.CopyAudit = mg.audit(X, X, X, q=0.1)
fails: bool = found.exceeds(0.05)
report = mg.evaluate(X, X, X, ["frechet"])
value: float = mg.metrics.compute("frechet", train=X, generated=X)
again: float = mg.metrics.frechet(X, X, X, reference="train")
digits: str = mg.pi.decimals(10)
needed: int = mg.coin.raters_needed(0.6)
data: mg.data.Dataset = mg.data.digits()
texts: list[str] = mg.text.NGram(order=3).fit(["a"]).sample(2)
rows: np.ndarray = mg.peers.peer("gaussian").fit(X).sample(3)
"""
MISUSE = {
    'mg.pi.decimals("10")': "arg-type",
    "mg.coin.raters_needed([0.6])": "arg-type",
    "mg.audit(X, X)": "call-arg",
    "mg.MemGEN(memory=3)": "arg-type",
    "found.verdicts": "attr-defined",
    "mg.nothing": "attr-defined",
}


def checked(source, tmp_path):
    path = tmp_path / "use.py"
    path.write_text(source)
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--cache-dir", str(tmp_path / "c")]
    return subprocess.run(
        [*command, "--ignore-missing-imports", str(path)], capture_output=True, text=True, cwd=ROOT.parent
    )


def test_a_type_checker_passes_right_uses_and_finds_wrong_ones(tmp_path):
    wrong = "".join(f"{line}  # type: ignore[{code}]\n" for line, code in MISUSE.items())
    found = checked(USE + wrong, tmp_path)  # strict: an ignored line that is no error is one
    assert found.returncode == 0, found.stdout
