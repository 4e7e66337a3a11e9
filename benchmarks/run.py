"""All benchmarks, each in a process of its own, and the table of what they found.

    python benchmarks/run.py [--full] [NAME ...]

Writes `benchmarks/RESULTS.md`; with names of benchmarks, prints their rows alone. They run in short forms, under 10
minutes in all on 2 cores; `--full`: as `python benchmarks/NAME.py` runs each. The backend is Keras'
(`KERAS_BACKEND`).
"""

import argparse
import datetime
import importlib
import math
import multiprocessing
import os
import platform
import time
import traceback
from importlib import metadata
from pathlib import Path

from rows import Row

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in {"rows", "run"})
PACKAGES = ["kerasparts", "keras", "tensorflow", "jax", "torch", "numpy", "scipy", "scikit-learn", "optax"]
LIMIT = 600  # seconds of one benchmark in its short form
HEAD = """# Results

{forms} of the benchmarks, written by `make bench` on {date}, in {minutes:.0f} minutes.

- Machine: {machine}; load average {load:.1f} before the start (0: nothing else ran).
- Versions: {versions}; the backend is {backend}.

Ours and what stands beside it ran in turn in one process. "Ratio" is ours / theirs, the median over the rounds: below 1
ours takes less. Half of the rounds are in the range beside it. "Theirs twice" is theirs / theirs again: as far as that
is from 1, so far is no ratio to be trusted.

"""
TITLES = ("benchmark", "what", "beside", "ours", "theirs", "ratio", "range", "theirs twice", "remark")


def call(name, short, sender):
    try:
        sender.send(importlib.import_module(name).main(**{"short": True} if short else {}))
    except ImportError as error:
        sender.send([Row("", "", note=f"{error.name} is not installed")])
    except Exception as error:
        traceback.print_exc()
        sender.send([Row("", "", note=f"failed: {type(error).__name__}")])


def rows_of(name, short, target=call):
    """Those of one benchmark; where it has none, one that says why."""
    spawn = multiprocessing.get_context("spawn")
    receiver, sender = spawn.Pipe(duplex=False)
    process = spawn.Process(target=target, args=(name, short, sender))
    process.start()
    sender.close()
    try:
        if receiver.poll(LIMIT if short else None):
            return receiver.recv()
        process.kill()
        return [Row("", "", note=f"stopped after {LIMIT} seconds")]
    except EOFError:
        process.join()
        return [Row("", "", note=f"failed: its process ended with {process.exitcode}")]
    finally:
        process.join()


def amount(value, unit):
    """A number as one reads it."""
    if value is None:
        return ""
    if not math.isfinite(value):
        return "not reached"
    if unit != "s":
        return f"{value:,.0f} {unit}"
    if value >= 1:
        return f"{value:.2f} s"
    return f"{1e3 * value:.3g} ms" if value >= 1e-3 else f"{1e6 * value:.3g} µs"


def line(name, row):
    ratio = lambda value: "" if value is None else f"{value:.2f}"  # noqa: E731
    spread = "" if row.spread is None else " to ".join(map(ratio, row.spread))
    numbers = amount(row.ours, row.unit), amount(row.theirs, row.unit), ratio(row.ratio), spread, ratio(row.again)
    cells = name, row.what, row.peer, *numbers, row.note
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def table(found):
    """Markdown of `{benchmark: rows}`."""
    lines = [f"| {' | '.join(TITLES)} |", f"|---|---|---|{'---:|' * 5}---|"]
    return "\n".join([*lines, *(line(name, row) for name, rows in found.items() for row in rows)]) + "\n"


def machine():
    """Processor, cores, memory."""
    processor = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next((one.partition(": ")[2] for one in lines if one.startswith("model name")), processor)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{processor}, {os.cpu_count()} cores, {memory:.0f} GiB of memory"


def versions():
    found = [("Python", platform.python_version())]
    for package in PACKAGES:
        try:
            found.append((package, metadata.version(package)))
        except metadata.PackageNotFoundError:
            found.append((package, "not installed"))
    return ", ".join(f"{package} {version}" for package, version in found)


def main(names=(), full=False):
    load, begin, found = os.getloadavg()[0], time.perf_counter(), {}
    for name in names or NAMES:
        print(f"\n{name}", flush=True)
        start = time.perf_counter()
        found[name] = rows_of(name, not full)
        print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
    print(f"\n{table(found)}")
    if names:
        return
    minutes = (time.perf_counter() - begin) / 60
    head = HEAD.format(
        forms="Full forms" if full else "Short forms",
        date=datetime.date.today(),
        minutes=minutes,
        machine=machine(),
        load=load,
        versions=versions(),
        backend=os.environ.get("KERAS_BACKEND", "tensorflow"),
    )
    (HERE / "RESULTS.md").write_text(head + table(found))
    print(f"Written to benchmarks/RESULTS.md after {minutes:.1f} minutes.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--full", action="store_true")
    arguments = parser.parse_args()
    if unknown := ", ".join({*arguments.names} - {*NAMES}):
        parser.error(f"no such benchmark: {unknown}")
    main(**vars(arguments))
