"""What training and sampling cost for each peer, beside MemGEN and beside the same model in PyTorch: time and memory.

Runs in the environment of `make conformance`, which has PyTorch. Every measurement is a process of its own with one
thread, so that its peak memory is its own. Times are of the processor, of all threads together, which a busy machine
stretches less; where it says so, by the clock. In each process everything is done twice: the second time is what it
takes, and what the first took beyond that is for compiling and the like. Ours and PyTorch's take turns, and the least
time counts. Before that both must have as many parameters, and with the weights that ours has learnt the losses of both
must be the same, but for chance. `--try` is short and stores nothing.
"""

import json
import os
import subprocess
import sys
import time

from common import (  # sets the threads, so before NumPy
    among_other_programs,
    compile_always,
    machine,
    peak_memory,
    store,
    table,
)

# isort: split
import numpy as np
from tqdm import tqdm

import memgen_lite as mg

TRY = "--try" in sys.argv
ROUNDS, SAMPLED, TURNS = (50, 1024, 1) if TRY else (100, 4096, 2)
FEW = {"patch_denoiser": 4 if TRY else 8}  # rows, as each takes a while
MEMORY = "MemGEN"
IN_PYTORCH = ("wgan_gp", "vae", "denoiser")
LOSSES = 200  # draws of a loss that is compared


def twice(function):
    """Processor seconds of the first call, and the least processor and clock seconds of those after it."""
    spent = []
    while len(spent) < 2 or (sum(cpu for cpu, _ in spent) < 0.2 and len(spent) < 50):
        cpu, clock = time.process_time(), time.perf_counter()
        function()
        spent.append((time.process_time() - cpu, time.perf_counter() - clock))
    least, clock = (min(column) for column in zip(*spent[1:], strict=True))
    return {"first": spent[0][0], "cpu": least, "clock": clock}


def model_of(name, rounds):
    if name == MEMORY:
        return mg.MemGEN(random_state=0)
    peer = mg.peers.peer(name, random_state=0)
    return peer.set_params(rounds=rounds) if "rounds" in peer.get_params() else peer


def settings(peer):
    return {key: value for key, value in peer.get_params().items() if key != "random_state"}


def ours(name, rounds=ROUNDS):
    """What one process measures of a peer."""
    X, model = mg.data.digits().train, model_of(name, rounds)
    before = peak_memory()
    fit = twice(lambda: model.fit(X))
    sample = twice(lambda: model.sample(FEW.get(name, SAMPLED)))
    loss = {player: values[-1] for player, values in getattr(model, "history_", {}).items() if player != "round"}
    rounds = getattr(model, "rounds", None)
    return {"fit": fit, "sample": sample, "MiB": peak_memory(), "imports": before, "loss": loss, "rounds": rounds}


def theirs(name, rounds=ROUNDS):
    """What one process measures of the same model in PyTorch."""
    import torch
    from peers_in_pytorch import MODELS

    torch.set_num_threads(1)
    torch.manual_seed(0)
    X, peer = mg.data.digits().train, model_of(name, rounds)
    rows = torch.tensor((X - X.mean(axis=0)) / (2 * np.sqrt(X.var(axis=0).mean())), dtype=torch.float32)
    before, found = peak_memory(), []

    def fit():
        model = MODELS[name](settings(peer), X.shape[1])
        found.append((model, model.fit(rows)))

    fitting = twice(fit)
    model, losses = found[-1]
    sampling = twice(lambda: model.sample(SAMPLED))
    loss = {player: float(np.mean([line[player] for line in losses[-50:]])) for player in losses[0]}
    return {"fit": fitting, "sample": sampling, "MiB": peak_memory(), "imports": before, "loss": loss, "rounds": rounds}


def same(name, rounds=50):
    """Parameters of both, and for each player the losses of both at the weights that ours has learnt.

    Means of 200 draws of the noise on all rows, and how many standard errors they differ by.
    """
    import jax
    import torch
    from peers_in_pytorch import MODELS

    torch.set_num_threads(1)
    torch.manual_seed(1)
    peer = model_of(name, rounds).fit(mg.data.digits().train)
    rows = ((mg.data.digits().train - peer.mean_) / peer.unit_).astype(np.float32)
    model, objective = MODELS[name](settings(peer), rows.shape[1]), peer._objective()
    found = {"parameters": [peer.n_parameters_, model.n_parameters]}
    model.take(peer.leaves())
    for player in objective.players:
        loss = jax.jit(lambda key, player=player: objective.loss(player, peer.networks_, rows, key))
        mine = [float(loss(key)) for key in jax.random.split(jax.random.key(2), LOSSES)]
        other = [float(model.loss(player, torch.from_numpy(rows)).detach()) for _ in range(LOSSES)]
        error = np.sqrt((np.var(mine, ddof=1) + np.var(other, ddof=1)) / LOSSES)
        found[player] = [np.mean(mine), np.mean(other), (np.mean(mine) - np.mean(other)) / error]
    return found


KINDS = {"ours": ours, "theirs": theirs, "same": same}


def process(kind, name):
    command = [sys.executable, __file__, "--one", kind, name, *(["--try"] if TRY else [])]
    out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=os.environ | {"TQDM_DISABLE": "1"})
    return json.loads(out.stdout.splitlines()[-1])


def checked(name, found):
    """The player whose losses differ most; ends the run where the two are not the same model."""
    mine, other = found["parameters"]
    players = {player: values for player, values in found.items() if player != "parameters"}
    player = max(players, key=lambda player: abs(players[player][2]))
    if mine != other or not abs(players[player][2]) < 5:
        sys.exit(f"{name} is not the same model in PyTorch: {found}")
    return player


def least(runs, act, key):
    return min(run[act][key] for run in runs)


def peak_of(runs):
    return min(run["MiB"] for run in runs)


def compiling(runs, act):
    return max(0.0, least(runs, act, "first") - least(runs, act, "cpu"))


def beside_memgen(name, runs, default, memory):
    """A row of the table of all peers: `default` is how many rounds the peer is trained for, None if it has none."""
    fit, sample = least(runs, "fit", "cpu"), least(runs, "sample", "cpu") / FEW.get(name, SAMPLED)
    rounds = runs[0]["rounds"]
    start = compiling(runs, "fit") if default else 0.0
    whole = fit / rounds * default + start if default else fit
    recall = least(memory, "sample", "cpu") / SAMPLED
    return {
        "model": name,
        "rounds/s": rounds / fit if default else None,
        "fit, s": whole,
        "of it compiling, s": start if default else None,
        "fit time over MemGEN's": whole / least(memory, "fit", "cpu"),
        "sample, rows/s": 1 / sample,
        "sample time over MemGEN's": sample / recall,
        "process, MiB": peak_of(runs),
        "of it beyond imports": min(run["MiB"] - run["imports"] for run in runs),
    }


def beside_pytorch(name, mine, other):
    """A row of the table of those that are there twice."""

    def ratio(act, key):
        return least(other, act, key) / least(mine, act, key)

    rounds = mine[0]["rounds"]
    return {
        "model": name,
        "rounds/s, ours": rounds / least(mine, "fit", "cpu"),
        "rounds/s, PyTorch": rounds / least(other, "fit", "cpu"),
        "trains times as fast": ratio("fit", "cpu"),
        "by the clock": ratio("fit", "clock"),
        "compiling, s": compiling(mine, "fit"),
        "PyTorch's start, s": compiling(other, "fit"),
        "samples times as fast": ratio("sample", "cpu"),
        "sampling by the clock": ratio("sample", "clock"),
        "process, MiB, ours": peak_of(mine),
        "process, MiB, PyTorch": peak_of(other),
    }


def alike(name, mine, other, found):
    """A row of the table that shows that both are the same model."""
    player = checked(name, found)
    return {
        "model": name,
        "parameters, ours": found["parameters"][0],
        "parameters, PyTorch": found["parameters"][1],
        "loss": player,
        "of the same weights, ours": found[player][0],
        "of the same weights, PyTorch": found[player][1],
        "difference, in standard errors": found[player][2],
        f"trained {mine[0]['rounds']} rounds, ours": _listed(mine),
        f"trained {mine[0]['rounds']} rounds, PyTorch": _listed(other),
    }


def _listed(runs):
    return ", ".join(f"{value:.3g}" for value in runs[0]["loss"].values())


def main():
    if "--one" in sys.argv:
        kind, name = sys.argv[sys.argv.index("--one") + 1 :][:2]
        print(json.dumps(KINDS[kind](name), default=float))
        return
    among_other_programs()
    peers = mg.peers.all_peers()
    once = [("ours", name) for name in [MEMORY, *peers] if name not in IN_PYTORCH]
    turns = [(kind, name) for name in IN_PYTORCH for kind in ("ours", "theirs")] * TURNS
    runs = {}
    for kind, name in tqdm([*(("same", name) for name in IN_PYTORCH), *once, *turns], desc="training"):
        runs.setdefault((kind, name), []).append(process(kind, name))
        if kind == "same":
            checked(name, runs[kind, name][0])
    rows = [
        beside_memgen(name, runs["ours", name], getattr(peers.get(name), "rounds", None), runs["ours", MEMORY])
        for name in [MEMORY, *peers]
    ]
    both = [(runs["ours", name], runs["theirs", name]) for name in IN_PYTORCH]
    pairs = [beside_pytorch(name, *pair) for name, pair in zip(IN_PYTORCH, both, strict=True)]
    proof = [alike(name, *pair, *runs["same", name]) for name, pair in zip(IN_PYTORCH, both, strict=True)]
    print(*map(table, (rows, pairs, proof)), sep="\n\n")
    if not TRY:
        title = f"Training on 900 digits and sampling {SAMPLED:,} rows: every peer beside MemGEN, processor time"
        versions = machine("scikit-learn", "jax", "equinox", "optax", "torch")
        tables = {"Beside the same model in PyTorch": pairs, "That it is the same model": proof}
        store("training", title, rows, machine=versions, tables=tables)


if __name__ == "__main__":
    compile_always()
    main()
