"""`mg.evaluate` on 10,000 training, held-out and generated rows of 512 features: seconds, and the most memory held."""

import json
import subprocess
import sys

from common import FOLDER, machine, store, table  # sets the number of threads, so before NumPy

# In a process of its own, whose peak is its own.
RUN = """
import json, sys, time
import numpy as np
import memgen_lite as mg
from common import peak_memory
rows, features = map(int, sys.argv[1:])
train, held_out, generated = np.random.default_rng(0).normal(size=(3, rows, features))
start = time.perf_counter()
report = mg.evaluate(train, held_out, generated)
seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "peak, MiB": peak_memory(), "metrics": len(report.to_frame())}))
"""
FULL = ("10000", "512")


def main():
    size = ("300", "16") if "--try" in sys.argv else FULL
    out = subprocess.run([sys.executable, "-c", RUN, *size], stdout=subprocess.PIPE, text=True, cwd=FOLDER)
    if out.returncode:
        sys.exit("mg.evaluate did not come to an end")
    found = json.loads(out.stdout.splitlines()[-1])
    rows = [
        {"what": "seconds", "measured": found["seconds"], "bound": "< 180"},
        {"what": "peak memory of the process, MiB", "measured": found["peak, MiB"], "bound": "< 2,048"},
        {"what": "rows of the table", "measured": found["metrics"], "bound": ""},
    ]
    print(table(rows))
    if size == FULL:
        title = "mg.evaluate on 10,000 / 10,000 / 10,000 rows of 512 features, all metrics, threads of its own"
        store("evaluate", title, rows, machine=machine("scipy", "scikit-learn"))


if __name__ == "__main__":
    main()
