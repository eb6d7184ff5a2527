"""The page on rows that don't fit into memory runs as it stands."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zarr

import memgen_lite as mg

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "scale.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def names(tmp_path, monkeypatch):
    """What the first block leaves: rows in files, of which a tenth was copied."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    T, H, G = rng.normal(size=(3, 400, 6))
    G[:40] = T[:40]
    Path("train").mkdir()
    for i, part in enumerate(np.split(T, [150])):
        pq.write_table(pa.table({"embedding": list(part)}), f"train/{i}.parquet")
    zarr.create_array("held_out.zarr", data=H)
    names = {"generated": G}
    exec(BLOCKS[0], names)
    return names | {"arrays": (T, H, G)}


def test_the_page_has_three_blocks():
    assert len(BLOCKS) == 3


def test_the_audit_is_that_of_the_arrays(names):
    assert names["report"].to_json() == mg.audit(*names["arrays"]).to_json()
    assert names["report"].verdict.startswith("Copies")


def test_so_is_the_one_of_an_engine(names):
    before = names["report"].to_json()
    with mock.patch("distributed.Client", lambda address: ThreadPoolExecutor(2)):  # a cluster: tests of the audit
        exec(BLOCKS[1], names | {"address": None})
    assert names["report"].to_json() == before


def test_the_model_draws_rows_of_the_files(names):
    exec(BLOCKS[2], names)
    assert names["rows"].shape == (5, 6)
    assert all((names["arrays"][0] == row).all(axis=1).any() for row in names["rows"])
