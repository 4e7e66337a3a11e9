"""What do gross errors in the targets do to a line, and which loss does not mind?

    python examples/robust_regression.py

200 rows follow `y = 2 x + 1` with a little noise, and one row in ten is grossly wrong: 30 units too high, and more
often so for large `x`, so that it pulls the slope. The same linear unit is trained with each loss, over several draws
of the data, and the fitted slope is held against the true one. `Huber(1.0)` is told the size of the noise;
`Huber("auto")` finds it. In the second table the same targets are in another unit, a thousandth: what was told a size
was told the wrong one.
"""

from pathlib import Path

import numpy as np
from quiet import jit_compile, keras  # Keras, without the start-up messages of TensorFlow

import kerasparts as kp

FOLDER = Path(__file__).resolve().parent / "figures"
SLOPE, OFFSET, NOISE = 2.0, 1.0, 0.5
LOSSES = {
    "MeanSquaredError": kp.losses.MeanSquaredError,
    "MeanAbsoluteError": kp.losses.MeanAbsoluteError,
    "Huber(1.0)": lambda: kp.losses.Huber(1.0),
    'Huber("auto")': lambda: kp.losses.Huber("auto"),
    "AdaptiveRobust(-2.0)": lambda: kp.losses.AdaptiveRobust(-2.0),
}


def draw(seed, outliers=0.1, rows=200):
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, size=(rows, 1)).astype("float32")
    y = SLOPE * x + OFFSET + random.normal(size=(rows, 1)) * NOISE
    wrong = random.choice(rows, int(outliers * rows), replace=False, p=(x[:, 0] + 1.1) / (x[:, 0] + 1.1).sum())
    y[wrong] += 30.0
    return x, y.astype("float32")


def slopes(loss, seeds, unit, epochs):
    """The slope that one linear unit ends at, for each draw of the data, all trained side by side."""
    inputs = [keras.Input((1,)) for _ in seeds]
    lines = [keras.layers.Dense(1, kernel_initializer="zeros") for _ in seeds]
    model = keras.Model(inputs, [line(x) for line, x in zip(lines, inputs, strict=True)])
    schedule = keras.optimizers.schedules.CosineDecay(0.1 * unit, 2 * epochs)
    model.compile(keras.optimizers.Adam(schedule), [loss() for _ in seeds], jit_compile=jit_compile)  # starts sooner
    data = [draw(seed) for seed in seeds]
    keras.utils.set_random_seed(0)
    model.fit([x for x, _ in data], [unit * y for _, y in data], epochs=epochs, batch_size=100, verbose=0)
    return np.array([float(line.get_weights()[0][0, 0]) / unit for line in lines])


def main(folder=FOLDER, units=(1.0, 0.001), seeds=3, epochs=100):
    """Runs the example; returns the errors of the slopes by unit and loss."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    errors = {}
    for unit in units:
        print(f"\nError of the slope {SLOPE:g} with 10% gross outliers, targets times {unit:g}")
        print(f"  {'':22}{'mean':>8}{'largest':>8} of {seeds} draws")
        errors[unit] = {name: np.abs(slopes(loss, range(seeds), unit, epochs) - SLOPE) for name, loss in LOSSES.items()}
        for name, found in errors[unit].items():
            print(f"  {name:22}{found.mean():8.3f}{found.max():8.3f}")
    picture = folder / "robust_regression.png"
    draw_lines(errors).savefig(picture, dpi=150)
    print(f"\nFigure: {picture}")
    return errors


def draw_lines(errors):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.5), layout="constrained")
    ax = figure.subplots()
    height = 0.38
    for k, (unit, by_loss) in enumerate(errors.items()):
        places = np.arange(len(by_loss)) + (k - 0.5) * height
        ax.barh(places, [found.mean() for found in by_loss.values()], height, label=f"targets times {unit:g}")
    ax.set_yticks(np.arange(len(LOSSES)), list(LOSSES))
    ax.invert_yaxis()
    ax.set_xlabel(f"error of the slope (true slope {SLOPE:g})")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure


if __name__ == "__main__":
    main()
