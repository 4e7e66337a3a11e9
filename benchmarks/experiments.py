"""Many fits in one program, against the loops that a user would write instead, in turn in one process.

    python benchmarks/experiments.py [ROUNDS] [--growth] [--kinds mlp wide cnn]

All costs count on our side: building, tracing, compiling, predicting, scoring. Of a loop, `TIMED` fits are run and
their time is scaled to all. Each line has the medians over rounds and the median of the ratios, round by round.

    rebuild       build, compile, fit, predict and evaluate, a new Keras model each time
    reuse         one Keras model; weights and optimizer are set back, so that it is traced once
    scikit-learn  `MLPClassifier`, the same net, optimizer, batches and epochs
"""

import argparse
import os
import resource
import statistics
import time
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers
from rows import compared
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from kerasparts.model_selection.engines.fits import FitPlan, FitTask
from kerasparts.model_selection.engines.vectorized import Vectorized

EPOCHS, BATCH = 20, 32
TIMED = {"rebuild": 4, "reuse": 8, "scikit-learn": 8}
IMAGES, LABELS = load_digits(return_X_y=True)
IMAGES = (IMAGES / 16).astype("float32")
TRAIN, TEST = slice(0, 1347), slice(1347, None)


def classifier(*hidden):
    model = keras.Sequential([keras.Input((64,)), *hidden, layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss, metrics=["accuracy"])
    return model


def mlp():
    return classifier(layers.Dense(32, activation="relu"))


def wide():
    return classifier(layers.Dense(512, activation="relu"), layers.Dense(512, activation="relu"))


def cnn():
    convolutions = layers.Conv2D(8, 3, activation="relu"), layers.MaxPooling2D(2)
    return classifier(layers.Reshape((8, 8, 1)), *convolutions, layers.Flatten(), layers.Dense(32, activation="relu"))


KINDS = {"mlp": (mlp, 50, (32,)), "wide": (wide, 10, (512, 512)), "cnn": (cnn, 10, None)}


def bootstrap(seed):
    return np.random.default_rng(seed).integers(0, TRAIN.stop, TRAIN.stop)


def ours(build, count):
    x, y = IMAGES[TRAIN], LABELS[TRAIN]
    plan = FitPlan(build, x, y, EPOCHS, x_test=IMAGES[TEST], y_test=LABELS[TEST], batch_size=BATCH)
    tasks = [FitTask(f"fit{i}", bootstrap(i), seed=i) for i in range(count)]
    return [outcome.scores["accuracy"] for outcome in Vectorized().run(plan, tasks)]


def rebuild(build, count):
    return [_fitted(build(), i) for i in range(count)]


def reuse(build, count):
    model = build()
    model.optimizer.build(model.trainable_variables)
    start = [keras.ops.convert_to_numpy(v) for v in model.optimizer.variables]
    accuracies = []
    for i in range(count):
        keras.utils.set_random_seed(i)
        model.set_weights(build().get_weights())
        for variable, value in zip(model.optimizer.variables, start, strict=True):
            variable.assign(value)
        accuracies.append(_fitted(model, i))
    return accuracies


def _fitted(model, i):
    rows = bootstrap(i)
    model.fit(IMAGES[rows], LABELS[rows], epochs=EPOCHS, batch_size=BATCH, verbose=0)
    return np.mean(model.predict(IMAGES[TEST], verbose=0).argmax(axis=1) == LABELS[TEST])


def scikit_learn(hidden, count):
    accuracies = []
    for i in range(count):
        net = MLPClassifier(
            hidden, batch_size=BATCH, max_iter=EPOCHS, alpha=0.0, n_iter_no_change=EPOCHS, random_state=i
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged
            net.fit(IMAGES[TRAIN][bootstrap(i)], LABELS[TRAIN][bootstrap(i)])
        accuracies.append(net.score(IMAGES[TEST], LABELS[TEST]))
    return accuracies


def timed(function, *arguments):
    start = time.perf_counter()
    accuracies = function(*arguments)
    return time.perf_counter() - start, accuracies


def compare(kind, rounds, timed_fits):
    build, count, hidden = KINDS[kind]
    peers = {"rebuild": (rebuild, build), "reuse": (reuse, build)}
    if hidden is not None:
        peers["scikit-learn"] = (scikit_learn, hidden)
    seconds, accuracies = {name: [] for name in ("ours", *peers)}, {}
    for _ in range(rounds):
        taken, accuracies["ours"] = timed(ours, build, count)
        seconds["ours"].append(taken)
        for name, (function, of) in peers.items():
            fits = min(timed_fits[name], count)
            taken, accuracies[name] = timed(function, of, fits)
            seconds[name].append(taken * count / fits)
    print(f"\n{kind}: {count} fits of {EPOCHS} epochs ({keras.backend.backend()}, {rounds} rounds)")
    print(f"{'':14} {'seconds':>8} {'loop / ours':>12} {'accuracy':>18}")
    for name, values in seconds.items():
        ratio = statistics.median(a / b for a, b in zip(values, seconds["ours"], strict=True))
        mean, spread = np.mean(accuracies[name]), np.std(accuracies[name])
        scaled = f"  ({timed_fits[name]} fits timed, scaled)" if timed_fits.get(name, count) < count else ""
        print(
            f"{name:14} {statistics.median(values):8.1f} {ratio:12.1f} {mean:10.3f} +- {spread:.3f}{scaled}", flush=True
        )
    what = f"{count} fits of {EPOCHS} epochs in one program, {kind}"
    return [
        compared(what, f"{peer}, a loop", seconds["ours"], seconds[peer], note=f"{timed_fits[peer]} timed and scaled")
        for peer in peers
    ]


def growth(counts=(10, 30, 100, 300, 1000)):
    """Time and memory of our side by the number of replicas; the memory is the peak of the process so far."""
    print(f"\nmlp by the number of fits ({keras.backend.backend()})")
    print(f"{'fits':>6} {'seconds':>8} {'ms a fit':>9} {'peak MiB':>9}")
    for count in counts:
        taken, _ = timed(ours, mlp, count)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{count:6} {taken:8.1f} {1e3 * taken / count:9.1f} {peak:9.0f}")


def main(rounds=3, kinds=tuple(KINDS), with_growth=False, short=False):
    """`short`: the smallest net alone, fewer rounds, fewer fits of the loops timed."""
    timed_fits = TIMED
    if short:
        rounds, kinds, timed_fits = 2, ("mlp",), {name: fits // 2 for name, fits in TIMED.items()}
    if with_growth:
        growth()
    return [row for kind in kinds for row in compare(kind, rounds, timed_fits)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("rounds", type=int, nargs="?", default=3)
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    arguments = parser.parse_args()
    main(arguments.rounds, arguments.kinds, arguments.growth)
