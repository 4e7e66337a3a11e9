"""How often `TrainingDiagnostics` names the fault of a training program, and what it costs.

    python benchmarks/diagnostics.py --cases FOLDER [--seeds 0,1,2] [--only ID,ID] [--save FOLDER]
    python benchmarks/diagnostics.py --cases FOLDER --load FOLDER
    python benchmarks/diagnostics.py --cost [ROUNDS]

`--cases` takes a folder with `run_cases.py` and `cases.json`: trains each program, and its healthy twin, and scores
what is found. Strict: a cause is named; lenient: a cause or what follows from it; full: all causes; precision: named
faults that are causes or follow from them, of all that are named; false alarms: healthy runs in which one is found.
`--save` keeps the signals of each run, and `--load` judges saved ones anew, in seconds. The backend is that of Keras
(`KERAS_BACKEND`). Programs and data need scikit-learn and mlxtend.

`--cost` compares the time of an epoch with the gauge, and with Keras' `TensorBoard(histogram_freq=1)` where it is
installed, with that of the same `fit` without, in turn in one process. An epoch lasts from its begin to the begin of
the next, so that all that a callback does is in it; the first one is apart, for it compiles: "once" is what that,
the setup and the score at the end take more than without. CPU is the time of the processor, over all its threads, which
tells the two apart on a machine that does other work as well.
"""

import argparse
import gc
import importlib.util
import os
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from rows import Row, compared

from kerasparts.callbacks import TrainingDiagnostics
from kerasparts.diagnostics import Signals, diagnose

SCORES = ("strict", "lenient", "full", "precision", "false_alarm_rate")


def programs(folder):
    """The module `run_cases` of a folder."""
    path = Path(folder) / "run_cases.py"
    if not path.is_file():
        sys.exit(f"{folder} has no run_cases.py: give --cases the folder of the programs.")
    missing = [name for name in ("sklearn", "mlxtend") if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(f"The programs need {' and '.join(missing)}: pip install scikit-learn mlxtend")
    spec = importlib.util.spec_from_file_location("run_cases", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def runs(module, cases):
    """Each program, and the twins that are known to be healthy."""
    for case in cases:
        yield case, False
        if case["faults"] and case.get("twin_clean"):
            yield case, True


def train(module, case, twin, seed):
    gc.collect()
    gauges = TrainingDiagnostics(verbose=0)
    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module.build_and_fit(case, [gauges], twin, seed)
    return gauges.signals, time.perf_counter() - begin


def judge(case, twin, signals):
    """`(labels, of them wrong, causes missed)` of a run."""
    labels = [finding.fault for finding in diagnose(signals).findings]
    if twin or not case["faults"]:
        return labels, sorted({*labels} - {*case.get("healthy_neutral", ())}), []
    known = {*case["faults"], *case.get("symptoms", ()), *case.get("neutral", ())}
    return labels, [label for label in labels if label not in known], [f for f in case["faults"] if f not in labels]


def score_cases(folder, seeds, only, save, load):
    module = programs(folder)
    cases = [case for case in module.load_cases() if not only or case["id"] in only]
    unknown = {*only} - {case["id"] for case in cases}
    if unknown:
        sys.exit(f"No such case: {', '.join(sorted(unknown))}")
    if save:
        Path(save).mkdir(parents=True, exist_ok=True)
    print(f"{'program':30} {'seed':>4} {'s':>5}  found   ({keras.backend.backend()})")
    scores, wrong = [], []
    for seed in seeds:
        found = {False: {}, True: {}}
        for case, twin in runs(module, cases):
            name = case["id"] + ("-twin" if twin else "")
            if load:
                signals, seconds = Signals.load(Path(load) / f"{name}-{seed}.npz"), 0.0
            else:
                signals, seconds = train(module, case, twin, seed)
            if save:
                signals.save(Path(save) / f"{name}-{seed}.npz")
            labels, false, missed = judge(case, twin, signals)
            found[twin][case["id"]] = labels
            print(f"{name:30} {seed:4} {seconds:5.1f}  {', '.join(labels) or '-'}", flush=True)
            for note in signals.notes:
                print(f"{'':30} not measured: {note}")
            if missed or false:
                is_named = len(missed) < len(case["faults"]) if case["faults"] and not twin else True
                wrong.append((name, seed, missed, false, is_named))
        scores.append(module.score(found[False], cases, found[True]))
    report(scores, seeds, wrong)
    return scores


def report(scores, seeds, wrong):
    print(f"\n{'':8}" + "".join(f"{name:>17}" for name in SCORES))
    rows = [(f"seed {seed}", [score[name] for name in SCORES]) for seed, score in zip(seeds, scores, strict=True)]
    known = [[row[i] for _, row in rows if row[i] is not None] for i in range(len(SCORES))]
    rows.append(("mean", [statistics.mean(values) if values else None for values in known]))
    for name, row in rows:
        print(f"{name:8}" + "".join(f"{'-' if value is None else format(value, '.3f'):>17}" for value in row))
    print("\nCauses by the first one of a program, over all seeds")
    table = {}
    for score in scores:
        for fault, text in score["per_fault"].items():
            numbers = [int(word) for word in text.replace(",", " ").split() if word.isdigit()]
            table[fault] = [a + b for a, b in zip(table.get(fault, [0, 0, 0]), numbers, strict=True)]
    print(f"{'fault':28} {'runs':>5} {'cause named':>12} {'or symptom':>11}")
    for fault, (count, strict, lenient) in sorted(table.items()):
        print(f"{fault:28} {count:5} {strict:12} {lenient:11}")
    print("\nMissed and false" if wrong else "\nNothing missed, nothing false.")
    for name, seed, missed, false, is_named in wrong:
        parts = [f"missed {', '.join(missed)}{'' if is_named else ' (no cause named)'}"] if missed else []
        parts += [f"false {', '.join(false)}"] if false else []
        print(f"{name:30} seed {seed}: {'; '.join(parts)}")


def now():
    """Seconds on the wall, and seconds of the processor that this process has had."""
    return np.array([time.perf_counter(), time.process_time()])


class Clock(keras.callbacks.Callback):
    """Time from the begin of each epoch to that of the next, for the last to the end of the fit, `(epochs, 2)`.

    It stands first among the callbacks: what the others do when all is over is then in no epoch.
    """

    def on_train_begin(self, logs=None):
        self.times = []

    def on_epoch_begin(self, epoch, logs=None):
        self.times.append(now())

    def on_train_end(self, logs=None):
        self.times.append(now())

    @property
    def epochs(self):
        return np.diff(self.times, axis=0)


def images():
    """`(x, y, what)`: images of 28 x 28 from 0 to 1."""
    try:
        from mlxtend.data import mnist_data
    except ImportError:
        from sklearn.datasets import load_digits

        x, y = load_digits(return_X_y=True)
        x = np.kron(x.reshape(-1, 8, 8), np.ones((1, 3, 3)))
        x = np.tile(np.pad(x, ((0, 0), (2, 2), (2, 2))), (3, 1, 1))[:5000]
        return x.astype("float32") / 16, np.tile(y, 3)[:5000], "sklearn's digits, enlarged (mlxtend is not installed)"
    x, y = mnist_data()
    return x.reshape(-1, 28, 28).astype("float32") / 255, y, "mlxtend's 5,000 MNIST images"


def mlp():
    return [keras.layers.Flatten(), *[keras.layers.Dense(n, "relu") for n in (256, 128)]]


def cnn():
    return [
        keras.layers.Reshape((28, 28, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(32, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dense(64, "relu"),
    ]


NETS = {"MLP 784-256-128-10": mlp, "CNN 16-32-64-10": cnn}


def compiled(hidden):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((28, 28)), *hidden(), keras.layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def competitors(folder):
    """What stands beside a `fit` without callbacks: `{name: makes callbacks}`."""
    made = {"without": list, "TrainingDiagnostics": lambda: [TrainingDiagnostics(verbose=0)]}
    if importlib.util.find_spec("tensorboard") is None:
        print("TensorBoard is not installed, and left out: pip install tensorboard")
    else:
        made["TensorBoard"] = lambda: [keras.callbacks.TensorBoard(folder, histogram_freq=1)]
    return made


def measure_cost(rounds, epochs, nets):
    x, y, what = images()
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order], y[order]
    held = len(x) // 5
    data = {"x": x[held:], "y": y[held:], "validation_data": (x[:held], y[:held])}
    print(f"{what}, {len(x) - held} to train and {held} to validate, batches of 32   ({keras.backend.backend()})")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        makers = competitors(folder)
        for name, hidden in nets.items():
            seconds = {maker: [] for maker in makers}
            compiled(hidden).fit(**data, epochs=1, verbose=0)  # what the first fit of a process loads
            for shift in range(rounds):
                turn = list(makers)
                for maker in turn[shift % len(turn) :] + turn[: shift % len(turn)]:
                    gc.collect()
                    seconds[maker].append(epoch_seconds(compiled(hidden), makers[maker], data, epochs))
            show_cost(name, seconds, epochs)
            rows += rows_of_cost(name, seconds)
    return rows


def epoch_seconds(model, maker, data, epochs):
    """What is in no epoch, before the first and after the last; then each epoch, `(1 + epochs, 2)`."""
    clock = Clock()
    begin = now()
    model.fit(**data, batch_size=32, epochs=epochs, verbose=0, callbacks=[clock, *maker()])
    total = now() - begin
    return np.stack([total - clock.epochs.sum(axis=0), *clock.epochs])


def show_cost(name, seconds, epochs):
    count = len(seconds["without"])
    print(f"\n{name}: {count} fits of {epochs} epochs each, in turn")
    columns = f"{'epoch, ms':>10} {'ratio':>7} {'from - to':>15} {'CPU, ms':>8} {'ratio':>7} {'from - to':>15}"
    print(f"{'':20} {columns} {'once, s':>8} {'CPU, s':>7}")
    base = np.array(seconds["without"])
    for maker, values in seconds.items():
        values = np.array(values)
        later = np.median(values[:, 2:], axis=1)
        ratios = later / np.median(base[:, 2:], axis=1)  # fit by fit, as they ran one after the other
        once = np.median(values[:, :2].sum(axis=1) - base[:, :2].sum(axis=1), axis=0)
        cells = [
            f"{1e3 * np.median(later[:, i]):{width}.1f} {np.median(ratios[:, i]):7.3f} "
            f"{f'{ratios[:, i].min():.3f} - {ratios[:, i].max():.3f}':>15}"
            for i, width in enumerate((10, 8))
        ]
        print(f"{maker:20} {' '.join(cells)} {once[0]:8.2f} {once[1]:7.2f}")
    added = 1e3 * (np.median(np.array(seconds["TrainingDiagnostics"])[:, 2:, 1]) - np.median(base[:, 2:, 1]))
    print(f"TrainingDiagnostics adds {added:.1f} ms of the processor to an epoch.")


def rows_of_cost(name, seconds):
    """Of an epoch, without the first one: on the wall, and of the processor."""
    later = {maker: np.median(np.array(values)[:, 2:], axis=1).T for maker, values in seconds.items()}
    rows = []
    for what, i in ((f"an epoch with TrainingDiagnostics, {name}", 0), (f"the same on the processor, {name}", 1)):
        rows.append(compared(what, "without", later["TrainingDiagnostics"][i], later["without"][i]))
        if "TensorBoard" in later:
            peer = "TensorBoard(histogram_freq=1)"
            rows.append(compared(what, peer, later["TrainingDiagnostics"][i], later["TensorBoard"][i]))
        else:
            rows.append(Row(what, "TensorBoard", note="TensorBoard is not installed"))
    return rows


def main(rounds=5, epochs=8, short=False):
    """The cost; `short`: of the MLP alone, fewer rounds and epochs."""
    nets = NETS
    if short:
        rounds, epochs, nets = 3, 5, {"MLP 784-256-128-10": mlp}
    note = "needs programs: python benchmarks/diagnostics.py --cases FOLDER"
    return [
        *measure_cost(rounds, epochs, nets),
        Row("faults named by TrainingDiagnostics", "labels of programs", note=note),
    ]


def command():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", metavar="FOLDER", help="with run_cases.py and cases.json")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--only", default="", metavar="ID,ID", help="these programs alone")
    parser.add_argument("--save", metavar="FOLDER", help="keep the signals of each run there")
    parser.add_argument("--load", metavar="FOLDER", help="judge the signals kept there, and train nothing")
    parser.add_argument(
        "--cost", type=int, nargs="?", const=5, metavar="ROUNDS", help="time of an epoch with and without"
    )
    options = parser.parse_args()
    if not options.cases and options.cost is None:
        parser.error("give --cases FOLDER or --cost")
    if options.cost is not None:
        main(options.cost)
    if options.cases:
        seeds = [int(seed) for seed in options.seeds.split(",")]
        only = [name for name in options.only.split(",") if name]
        score_cases(options.cases, seeds, only, options.save, options.load)


if __name__ == "__main__":
    command()
