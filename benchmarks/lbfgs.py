"""L-BFGS in `fit` against SciPy's L-BFGS-B and `torch.optim.LBFGS`, by gradients, and against Keras' Adam, by time.

    python benchmarks/lbfgs.py [--problems ...] [--starts N] [--budget N] [--rounds N]

All three see the same float32 loss and gradient of the same Keras model, from the same start. Counted are the gradients
until the loss is within 1e-4, relatively, of what all three reach in the end (of Rosenbrock's function, whose lowest
value is 0, of its value at the start). The time is that of an epoch of one batch in `fit`, by L-BFGS and by Adam in
turn.
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import ops
from rows import Row, compared
from scipy.optimize import minimize
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits

import kerasparts as kp
from kerasparts import backend

SMALL = keras.regularizers.L2(1e-3)


@keras.saving.register_keras_serializable("benchmarks")
class Valley(keras.layers.Layer):
    """Rosenbrock's function of the weights."""

    def build(self, shape):
        start = np.tile([-1.2, 1.0], 50) + np.random.default_rng(self.seed).normal(size=100) / 100
        self.w = self.add_weight(shape=(100,), initializer=lambda shape, dtype=None: ops.cast(start, "float32"))

    def call(self, x):
        inner = self.w[1:] - ops.square(self.w[:-1])
        value = ops.sum(100 * ops.square(inner) + ops.square(1 - self.w[:-1]))
        return ops.zeros_like(x) + value


def scaled(x):
    return ((x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-6)).astype("float32")


def cancer(seed):
    x, y = load_breast_cancer(return_X_y=True)
    layers = [keras.layers.Dense(1, kernel_regularizer=SMALL)]
    return scaled(x), y[:, None].astype("float32"), layers, keras.losses.BinaryCrossentropy(from_logits=True)


def digits(seed):
    x, y = load_digits(return_X_y=True)
    layers = [
        keras.layers.Dense(32, "tanh", kernel_regularizer=SMALL),
        keras.layers.Dense(10, kernel_regularizer=SMALL),
    ]
    return (x / 16).astype("float32"), y, layers, keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def diabetes(seed):
    x, y = load_diabetes(return_X_y=True)
    layers = [
        keras.layers.Dense(16, "tanh", kernel_regularizer=keras.regularizers.L2(1e-2)),
        keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(1e-2)),
    ]
    return scaled(x), scaled(y[:, None]), layers, keras.losses.MeanSquaredError()


def rosenbrock(seed):
    layer = Valley()
    layer.seed = seed
    return np.zeros((1, 1), "float32"), np.zeros((1, 1), "float32"), [layer], keras.losses.MeanAbsoluteError()


PROBLEMS = {
    "logistic regression": cancer,
    "MLP, digits": digits,
    "MLP, diabetes": diabetes,
    "Rosenbrock-100": rosenbrock,
}


def build(problem, seed, optimizer):
    keras.utils.set_random_seed(seed)
    x, y, layers, loss = PROBLEMS[problem](seed)
    model = keras.Sequential([keras.Input(x.shape[1:]), *layers])
    model.compile(optimizer, loss)
    return model, x, y


def function(model, x, y):
    """`w -> (loss, gradient)` in float64 arrays, and the list of all losses so far."""
    variables = model.trainable_variables
    x, y, losses = ops.convert_to_tensor(x), ops.convert_to_tensor(y), []
    compiled = backend.value_and_gradients(lambda: model.loss(y, model(x)) + sum(model.losses, 0.0), variables)
    ends = np.cumsum([int(np.prod(v.shape)) for v in variables])

    def evaluate(w):
        for variable, piece in zip(variables, np.split(np.asarray(w), ends[:-1]), strict=True):
            variable.assign(piece.reshape(variable.shape))
        value, gradients = compiled()
        losses.append(float(value))
        gradient = [np.ravel(ops.convert_to_numpy(one)) for one in gradients]
        return losses[-1], np.concatenate(gradient).astype("float64")

    return evaluate, losses, np.concatenate([np.ravel(v) for v in model.get_weights()]).astype("float64")


def by_fit(problem, seed, budget):
    model, x, y = build(problem, seed, kp.optimizers.LBFGS(gradient_tolerance=1e-7))
    return model.fit(x, y, batch_size=len(x), epochs=budget, shuffle=False, verbose=0).history["loss"]


def by_scipy(problem, seed, budget):
    evaluate, losses, start = function(*build(problem, seed, "sgd"))
    options = {"maxfun": budget, "maxiter": budget, "ftol": 0.0, "gtol": 1e-7}
    minimize(evaluate, start, jac=True, method="L-BFGS-B", options=options)
    return losses


def by_torch(problem, seed, budget):
    import torch

    evaluate, losses, start = function(*build(problem, seed, "sgd"))
    w = torch.tensor(start, requires_grad=True)
    settings = {"max_iter": budget, "max_eval": budget, "history_size": 10, "tolerance_grad": 1e-7}
    optimizer = torch.optim.LBFGS([w], line_search_fn="strong_wolfe", tolerance_change=0.0, **settings)

    def closure():
        value, gradient = evaluate(w.detach().numpy())
        w.grad = torch.tensor(gradient)
        return torch.tensor(value)

    optimizer.step(closure)
    return losses


def needed(losses, target):
    return next((count for count, loss in enumerate(losses, 1) if loss <= target), np.inf)


def count(problem, seed, budget):
    runs = {"ours": by_fit, "SciPy": by_scipy}
    try:
        import torch  # noqa: F401
    except ImportError:
        pass
    else:
        runs["Torch"] = by_torch
    losses = {name: run(problem, seed, budget)[:budget] for name, run in runs.items()}
    reached = max(min(one) for one in losses.values())
    target = reached + 1e-4 * (losses["SciPy"][0] if problem.startswith("Rosenbrock") else reached)
    return {name: needed(one, target) for name, one in losses.items()}, {name: min(one) for name, one in losses.items()}


def seconds(problem, rounds, epochs=50):
    pairs = []
    models = [build(problem, 0, optimizer) for optimizer in (kp.optimizers.LBFGS(), keras.optimizers.Adam())]
    for round_ in range(-1, rounds):
        pair = []
        for model, x, y in models:
            begin = time.perf_counter()
            model.fit(x, y, batch_size=len(x), epochs=epochs, verbose=0)
            pair.append((time.perf_counter() - begin) / epochs)
        if round_ >= 0:  # the first compiles
            pairs.append(pair)
    return zip(*pairs, strict=True)


def main(problems=tuple(PROBLEMS), starts=3, budget=1000, rounds=7, short=False):
    """`short`: two of the problems and of the starts, a smaller budget, fewer rounds."""
    if short:
        problems, starts, budget, rounds = ("logistic regression", "MLP, diabetes"), 2, 250, 3
    rows = []
    name = keras.backend.backend()
    print(f"gradients until within 1e-4, median of {starts} starts ({name}, at most {budget} gradients)")
    print(
        f"{'problem':22} {'ours':>6} {'SciPy':>6} {'Torch':>6} {'ours / SciPy':>13}   lowest loss: ours, SciPy, Torch"
    )
    for problem in problems:
        counts, lowest = zip(*(count(problem, seed, budget) for seed in range(starts)), strict=True)
        medians = {side: statistics.median(one[side] for one in counts) for side in counts[0]}
        ratio = statistics.median(one["ours"] / one["SciPy"] for one in counts)
        losses = ", ".join(f"{statistics.median(one[side] for one in lowest):.4g}" for side in counts[0])
        columns = f"{medians['ours']:6.0f} {medians['SciPy']:6.0f} {medians.get('Torch', np.nan):6.0f}"
        print(f"{problem:22} {columns} {ratio:13.2f}   {losses}", flush=True)
        what = f"gradients that LBFGS takes, {problem}"
        for peer in ("SciPy", "Torch"):
            if peer in medians:
                series = ([one[side] for one in counts] for side in ("ours", peer))
                rows.append(compared(what, f"{peer}'s L-BFGS", *series, unit="gradients", note="by starts"))
            else:
                rows.append(Row(what, f"{peer}'s L-BFGS", note=f"{peer} is not installed"))
    print(f"\n{'an epoch of one batch':22} {'ours, ms':>9} {'Adam, ms':>9} {'ratio':>6}   ({name}, {rounds} rounds)")
    for problem in problems:
        row = compared(f"an epoch of one batch with LBFGS, {problem}", "Keras' Adam", *seconds(problem, rounds))
        print(f"{problem:22} {1e3 * row.ours:9.2f} {1e3 * row.theirs:9.2f} {row.ratio:6.2f}", flush=True)
        rows.append(row)
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--budget", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    main(**vars(parser.parse_args()))
