"""Every way at hand to the decimals of pi, which must agree, and MemGEN's learning and reciting of them.

Run it where gmpy2, python-flint and mpmath are installed; whichever is missing is named and left out. A method drops
out before a size that would take it over half a minute. `--try` stops at 10^4 decimals and stores nothing.

All libraries keep the pi that they computed last; each is made to forget it before it is timed.
"""

import hashlib
import importlib
import importlib.util
import sys

from common import machine, seconds, store, table

import memgen_lite as mg

LIBRARIES = {"gmpy2": "gmpy2", "flint": "python-flint", "mpmath": "mpmath"}
LONG = 30  # seconds
PROGRAM = "i=1;x=p=2*10**(N+9)\nwhile p:p=p*i//(2*i+1);x+=p;i+=1\nprint(str(x)[1:N+1])"  # Euler's series; notebook 05


def without_gmpy2(n):
    kept = {name: sys.modules.pop(name) for name in ["gmpy2"] if name in sys.modules}
    sys.modules["gmpy2"] = None  # so that its import fails
    try:
        return mg.pi.decimals(n)
    finally:
        del sys.modules["gmpy2"]
        sys.modules.update(kept)


def with_mpfr(n):
    import gmpy2

    gmpy2.free_cache()
    with gmpy2.context(precision=int(3.33 * n) + 64):
        return gmpy2.const_pi().digits(10)[0][1 : n + 1]


def with_arb(n):
    import flint

    flint.ctx.cleanup()
    flint.ctx.prec = int(3.33 * n) + 64
    return flint.arb.pi().str(n + 5, radius=False)[2 : n + 2]


def with_mpmath(n):
    import mpmath

    mpmath.libmp.libelefun.pi_fixed.__closure__[0].cell_contents.memo_prec = -1
    with mpmath.workdps(n + 10):
        return mpmath.nstr(mpmath.pi, n + 5)[2 : n + 2]


def with_program(n):
    printed = []
    exec(PROGRAM, {"N": n, "print": printed.append})
    return printed[0]


# name -> the module that it needs, how much longer ten times as many decimals take, the function
METHODS = {
    "Chudnovsky, gmpy2": ("gmpy2", 16, mg.pi.decimals),
    "Chudnovsky, standard library": (None, 16, without_gmpy2),
    "Gauss–Legendre, standard library": (None, 20, mg.pi.gauss_legendre),
    "MPFR's const_pi, gmpy2": ("gmpy2", 16, with_mpfr),
    "Arb's pi, python-flint": ("flint", 16, with_arb),
    "mpmath's pi": ("mpmath", 16, with_mpmath),
    f"Euler, a program of {len(PROGRAM)} bytes": (None, 100, with_program),
}


def race(size, names, results):
    """The seconds of each method to the str of `size` decimals, in `names` order; what they say goes into `results`."""

    def runner(name):
        def run():
            results[name] = METHODS[name][2](size)

        return run

    return seconds(*map(runner, names), repeats=3)


def memorize(size):
    digits, model = list(mg.pi.decimals(size)), mg.MemGEN(memory="list")
    learn, recite = seconds(lambda: model.fit(digits), lambda: model.recite())
    if model.recite() != digits:
        sys.exit(f"MemGEN recites something else at {size} decimals")
    return {"decimals": size, "fit, s": learn, "recite, s": recite}


def main():
    sys.set_int_max_str_digits(0)  # the program prints one long integer
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    for name in missing:
        print(f"{LIBRARIES[name]} is not installed: left out")
    rows, hashes = [], {}
    names = [name for name, (needs, _, _) in METHODS.items() if needs not in missing]
    largest = 4 if "--try" in sys.argv else 7
    for size in [10**k for k in range(3, largest + 1)]:
        results = {}
        times = race(size, names, results)
        hashes[size] = {hashlib.sha256(digits.encode()).hexdigest() for digits in results.values()}
        if len(hashes[size]) > 1:
            sys.exit(f"the methods disagree at {size} decimals")
        rows += [{"decimals": size, "method": name, "seconds": time} for name, time in zip(names, times, strict=True)]
        names = [name for name, time in zip(names, times, strict=True) if time * METHODS[name][1] < LONG]
    memory = [memorize(10**k) for k in range(3, min(largest, 6) + 1)]
    print(table(rows), table(memory), sep="\n\n")
    if "--try" not in sys.argv:
        found = [package for name, package in LIBRARIES.items() if name not in missing]
        store(
            "pi",
            "Decimals of pi: the ways to them, and MemGEN's learning and reciting of them",
            rows,
            machine=machine(*found),
            memgen=memory,
            missing=[LIBRARIES[name] for name in missing],
            program=PROGRAM,
            sha256={str(size): found.pop() for size, found in hashes.items()},
        )


if __name__ == "__main__":
    main()
