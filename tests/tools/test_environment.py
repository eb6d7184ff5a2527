"""The settings of all commands: what JAX compiled is kept, and what it computes is the same on other processors."""

import os
import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent.parent / "tools"
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
    return started(command)


def started(command, **settings):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=os.environ | settings, text=True, **pipes)


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


ARITHMETIC = f"""
import sys; sys.path.insert(0, {str(TOOLS)!r})
import environment
environment.apply()
import jax, jax.numpy as jnp, numpy as np
a, b = jax.random.normal(jax.random.key(0), (2, 128, 128))
roots = np.asarray(jax.jit(lambda x: 1 / jnp.sqrt(x))(abs(a)))
assert (roots == 1 / np.sqrt(abs(np.asarray(a)))).all(), "an approximation, and each maker of processors has its own"
print(np.asarray(jax.jit(lambda a, b: a.T @ b[:, :64])(a, b)).tobytes().hex())
"""


def test_numbers_do_not_depend_on_what_instructions_the_processor_has():
    command = [sys.executable, "-W", "error", "-c", ARITHMETIC]
    kinds = ("SSE41", "AVX", "AVX2", "DEFAULT")
    running = [started(command, ONEDNN_MAX_CPU_ISA=kind, JAX_ENABLE_COMPILATION_CACHE="false") for kind in kinds]
    assert len({tuple(said(process)) for process in running}) == 1


def test_a_home_that_cannot_be_written_to_leaves_no_warning_where_a_page_would_keep_it():
    start = f"import sys; sys.path.insert(0, {str(TOOLS)!r}); import environment; environment.apply()"
    nowhere = {"HOME": f"{os.devnull}/home", "MPLCONFIGDIR": f"{os.devnull}/matplotlib", "XDG_CACHE_HOME": ""}
    assert said(started([sys.executable, "-c", f"{start}; import memgen_lite; memgen_lite.plots"], **nowhere)) == []
