"""What must work after `pip install .` alone, without any extra: run by CI in an environment of its own."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import memgen_lite as mg


def main():
    digits = mg.data.digits()
    model = mg.MemGEN(random_state=0).fit(digits.train, digits.y)
    assert model.sample(5, y=3).shape == (5, 64)
    assert mg.MemGEN(memory="hash").fit(mg.data.zen().train).recite()
    assert mg.data.cats(4).train.dtype == np.uint8
    assert mg.data.density("moons", n=50).train.shape == (50, 2)
    assert mg.data.prose().held_out
    assert mg.pi.decimals(1000).endswith("1989"), "decimals 997 to 1,000, by the fallback that needs no other package"
    assert len(mg.pi.records()) > 20, "a table in a file of its own, which the wheel must have"
    assert mg.data.record("power")["rows"], "so have the records that pages show"
    command = Path(sys.executable).with_name("memgen-lite")
    assert "exit status" in subprocess.run([command, "audit", "--help"], capture_output=True, text=True).stdout
    sizes = {"train": digits.train, "held_out": digits.held_out, "generated": model.sample(900)}
    assert mg.metrics.compute("frechet", **sizes) >= 0
    for peer in mg.peers.all_peers().values():
        assert peer.fit(digits.train).sample(3).shape == (3, 64)
    assert mg.text.NGram(3).fit(["abc", "abd"]).bits_per_character(["abc"]) > 0
    assert mg.widgets.Predict("?", ["yes", "no"]).reveal("yes").right is None
    try:
        mg.data.emoji()
    except ImportError as error:
        assert "memgen_lite[pictures]" in str(error)
    else:
        raise AssertionError("the emoji are an extra")
    with tempfile.TemporaryDirectory() as folder:
        model.save(os.path.join(folder, "digits.memgen"))
        assert len(mg.MemGEN.load(os.path.join(folder, "digits.memgen"))) == 900
    print("memgen_lite works as installed by pip install . alone")


if __name__ == "__main__":
    main()
