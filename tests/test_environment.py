"""Programs that JAX compiled are kept between processes, as the settings of all commands have it."""

import os
import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent / "tools"
COMPILE = f"""
import sys; sys.path.insert(0, {str(TOOLS)!r})
import environment, os
environment.apply()
os.environ["JAX_COMPILATION_CACHE_DIR"] = sys.argv[1]
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"  # however fast the machine is
import jax, jax.numpy as jnp
hits = []
jax.monitoring.register_event_listener(lambda name, **_: hits.append(name))
def deep(x):
    for _ in range(60):
        x = jnp.tanh(x @ x)
    return x
print(float(jax.jit(deep)(jnp.eye(5)).sum()).hex(), "/jax/compilation_cache/cache_hits" in hits)
"""


def compile_in_a_new_process(folder):
    command = [sys.executable, "-W", "error", "-c", COMPILE, str(folder)]
    return subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def said(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert not err
    return out.split()


def test_a_program_is_compiled_once_for_all_processes_and_gives_the_same_number(tmp_path):
    together = [said(process) for process in [compile_in_a_new_process(tmp_path) for _ in range(2)]]
    assert any(path.name.endswith("-cache") for path in tmp_path.iterdir())
    number, hit = said(compile_in_a_new_process(tmp_path))
    assert hit == "True"
    assert {found for found, _ in together} == {number}
