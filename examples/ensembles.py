"""Many nets as one: what do ensembles gain, and how many members does it take?

    python examples/ensembles.py

Nets of 64 units with dropout learn 200 of scikit-learn's digits; the other 1,597 are the test; four draws of the rows.

- one net: what a single one gives, the mean over the members of the next
- other seeds: the same training from other first weights (`deep_ensemble`)
- bagging: on bootstrap samples of the rows
- snapshots: the ends of the five cycles of one training (`SnapshotEnsemble`)
- its dropout: one net, asked 50 times with dropout on (`monte_carlo_predict`)

Printed are accuracy, log loss, the calibration error, which is how far the confidence of an answer is from the share of
such answers that are right, the mean over ten bins of confidence, and by how much the mean confidence is above the
accuracy. To average makes less sure: that mends nets that are too sure, and these, with their dropout, are not.
"""

from pathlib import Path

import numpy as np
from quiet import jit_compile, keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import load_digits

import kerasparts as kp

FOLDER = Path(__file__).resolve().parent / "figures"
TRAINING, BATCH, CYCLES = 200, 20, 5


def build_model(optimizer=None):
    layers = [keras.layers.Dense(64, "relu"), keras.layers.Dropout(0.3), keras.layers.Dense(10)]
    model = keras.Sequential([keras.Input((64,)), *layers])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer or keras.optimizers.Adam(0.005), loss, jit_compile=jit_compile)
    return model


def data(seed):
    """Training and test rows."""
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(x))
    x, y = (x[order] / 16).astype("float32"), y[order]
    return (x[:TRAINING], y[:TRAINING]), (x[TRAINING:], y[TRAINING:])


def in_cycles(x, y, epochs, seed):
    """The ends of the cycles of one training, each as long as the training of another member."""
    schedule = kp.optimizers.schedules.CosineWarmRestarts(0.01, length=epochs, steps_per_epoch=TRAINING // BATCH)
    keras.utils.set_random_seed(seed)
    model, snapshots = build_model(keras.optimizers.Adam(schedule)), kp.ensembles.SnapshotEnsemble()
    model.fit(x, y, batch_size=BATCH, epochs=CYCLES * epochs, verbose=0, callbacks=[snapshots])
    return snapshots.ensemble()


def scores(p, y, bins=10):
    """Accuracy, log loss, calibration error, and confidence above accuracy, the last two in percent."""
    confidence, right = p.max(axis=-1), p.argmax(axis=-1) == y
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    apart = [abs((right - confidence)[bin_of == one].sum()) for one in range(bins)]
    log_loss = -np.log(np.maximum(p[np.arange(len(y)), y], 1e-7)).mean()
    return right.mean(), log_loss, 100 * np.sum(apart) / len(y), 100 * (confidence - right).mean()


def probabilities(members, x):
    """Of each member, as `Ensemble.predict_members` gives them, without compiling a program for so few rows."""
    return np.stack([keras.ops.convert_to_numpy(keras.ops.softmax(member(x))) for member in members])


def compare(draw, members, samples, epochs):
    """Scores of each kind with 1, 2, ... of its members, a row a number of members."""
    (x, y), (x_test, y_test) = data(draw)
    settings = {"epochs": epochs, "batch_size": BATCH, "seed": draw, "verbose": 0}
    ensembles = {
        "other seeds": kp.ensembles.deep_ensemble(build_model, x, y, members, **settings),
        "bagging": kp.ensembles.bagging(build_model, x, y, members, **settings),
        "snapshots": in_cycles(x, y, epochs, draw),
    }
    answers = {name: probabilities(ensemble.members, x_test) for name, ensemble in ensembles.items()}
    found = {"one net": [np.mean([scores(p, y_test) for p in answers["other seeds"]], axis=0)]}
    for name, p in answers.items():
        found[name] = [scores(p[:count].mean(axis=0), y_test) for count in range(1, len(p) + 1)]
    one = ensembles["other seeds"].members[0]
    dropped = kp.ensembles.monte_carlo_predict(one, x_test, samples, len(x_test), "softmax", verbose=0)
    found["its dropout"] = [scores(dropped.mean, y_test)]
    return {name: np.array(rows) for name, rows in found.items()}


def main(folder=FOLDER, draws=4, members=10, samples=50, epochs=30):
    """Runs the example; returns the scores by kind, draw and number of members."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    each = [compare(draw, members, samples, epochs) for draw in range(draws)]
    found = {name: np.stack([one[name] for one in each]) for name in each[0]}
    print(f"{TRAINING} digits, {draws} draws: mean and spread (std)\n")
    print(f"{'':12} {'members':>7} {'accuracy':>16} {'log loss':>16} {'calibration error':>18} {'too sure by':>12}")
    for name, table in found.items():
        last = table[:, -1]
        cells = [f"{values.mean():.3f} +- {values.std():.3f}" for values in last.T[:2]]
        off = f"{last[:, 2].mean():.1f}% +- {last[:, 2].std():.1f}"
        count = samples if name == "its dropout" else table.shape[1]
        print(f"{name:12} {count:7} {cells[0]:>16} {cells[1]:>16} {off:>18} {last[:, 3].mean():+11.1f}%")
    gains = found["one net"][:, 0, 1] - found["other seeds"][:, -1, 1]
    print(f"\nLog loss with other seeds below that of one net in {(gains > 0).sum()} of {draws} draws")
    print("Log loss by the number of members, mean")
    counts = [count for count in (1, 2, 3, 5, 10, 20, 50) if count <= members]
    print(f"{'':12} " + "".join(f"{count:8}" for count in counts))
    for name in ("other seeds", "bagging", "snapshots"):
        means = found[name][..., 1].mean(axis=0)
        print(f"{name:12} " + "".join(f"{means[count - 1]:8.3f}" for count in counts if count <= len(means)))
    picture = folder / "ensembles.png"
    draw(found).savefig(picture, dpi=150)
    print(f"\nFigure: {picture}")
    return found


def draw(found):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.9), layout="constrained")
    titles = ("accuracy", "log loss", "calibration error, %")
    for number, (ax, title) in enumerate(zip(figure.subplots(1, 3), titles, strict=True)):
        for color, name in zip(("C0", "C2", "C1"), ("other seeds", "bagging", "snapshots"), strict=True):
            table = found[name][..., number]
            means, counts = table.mean(axis=0), np.arange(1, table.shape[1] + 1)
            ax.plot(counts, means, ".-", color=color, label=name)
        ax.axhline(found["one net"][..., number].mean(), color="0.4", label="one net, mean")
        ax.axhline(found["its dropout"][..., number].mean(), color="C3", linestyle="--", label="one net, dropout on")
        ax.set_xscale("log")
        ticks = [count for count in (1, 2, 5, 10, 20, 50) if count <= found["bagging"].shape[1]]
        ax.set_xticks(ticks, [str(tick) for tick in ticks])
        ax.minorticks_off()
        ax.set(title=title, xlabel="members")
        ax.spines[["top", "right"]].set_visible(False)
    figure.suptitle("What members add: the log loss falls with the first five or so", x=0.01, ha="left")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside right center", frameon=False)
    return figure


if __name__ == "__main__":
    main()
