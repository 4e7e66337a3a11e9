"""What softmax makes of a plane: regions of three classes, and how sure the network is in them.

    python examples/softmax_regions.py

178 Italian wines of three cultivars, of scikit-learn's set, by two of their measures. A linear layer under a softmax
draws straight borders, two hidden layers draw what they like. The colors are mixed as the probabilities are; the lines
are level sets: black where two classes are equal, white where the likeliest has 0.7, 0.9 and 0.99. The triangle shows
the softmax itself: each wine is at the mean of the three corners, weighted by its probabilities, as predicted by
linear layers that had not seen it. In its middle nothing is known, in a corner one class is sure.

Softmax keeps the order of the logits, so that the class can be told without it, but not how sure that is: the last
table has what one gets for asking for a probability.
"""

from pathlib import Path

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import load_wine
from sklearn.model_selection import RepeatedStratifiedKFold

import kerasparts as kp

FOLDER = Path(__file__).resolve().parent / "figures"
FEATURES = ("flavanoids", "color_intensity")
HIDDEN = {"linear softmax": (), "two hidden layers": (32, 32)}
COLORS = np.array([[0.80, 0.40, 0.47], [0.27, 0.47, 0.67], [0.87, 0.73, 0.27]])
LEVELS = (0.7, 0.9, 0.99)
CORNERS = np.array([[0.5, np.sqrt(0.75)], [0.0, 0.0], [1.0, 0.0]])


def data():
    wines = load_wine()
    return wines.data[:, [wines.feature_names.index(name) for name in FEATURES]], wines.target


def builder(hidden):
    def build_model():
        layers = [keras.layers.Dense(units, activation="tanh") for units in hidden]
        model = keras.Sequential([keras.Input((2,)), kp.layers.StandardScaling(), *layers, keras.layers.Dense(3)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
        return model

    return build_model


def softmax(logits, dtype="float32"):
    return keras.ops.convert_to_numpy(keras.ops.softmax(np.asarray(logits, dtype))).astype("float64")


def plane(x, points):
    """Two grids of coordinates, a little wider than the points."""
    low, high = x.min(axis=0), x.max(axis=0)
    margin = 0.06 * (high - low)
    return np.meshgrid(*np.linspace(low - margin, high + margin, points).T)


def main(folder=FOLDER, epochs=100, repeats=4, points=300, verbose=0):
    """Runs the example; returns for each network its cross-validation, and its logits on the plane."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    x, y = data()
    grid = plane(x, points)
    everywhere = np.stack([np.ravel(axis) for axis in grid], axis=1)
    cv = RepeatedStratifiedKFold(n_splits=5, n_repeats=repeats, random_state=0)
    found = {}
    print(f"{len(x)} wines by {' and '.join(FEATURES)}: mean of {repeats} x 5 folds (95% interval)\n")
    print(f"{'':18} {'accuracy':>22} {'cross-entropy':>22}")
    for name, hidden in HIDDEN.items():
        build_model = builder(hidden)
        scores = kp.model_selection.cross_validate(build_model, x, y, cv, epochs=epochs, batch_size=32, verbose=verbose)
        keras.utils.set_random_seed(0)
        model = build_model()
        model.layers[0].adapt(x)
        model.fit(x, y, epochs=epochs, batch_size=32, verbose=0)
        found[name] = scores, model.predict(everywhere, batch_size=len(everywhere), verbose=0)
        cells = (
            f"{s.mean:.3f} ({s.interval.low:.3f} to {s.interval.high:.3f})"
            for s in (scores.scores["accuracy"], scores.scores["loss"])
        )
        print(f"{name:18} {' '.join(f'{cell:>22}' for cell in cells)}", flush=True)

    logits = np.concatenate([logits for _, logits in found.values()])
    print(f"\nThe likeliest class, with softmax and without, at {len(logits):,} points of the plane")
    for dtype in ("float32", "float16"):
        probabilities = softmax(logits, dtype)
        same = (probabilities.argmax(axis=1) == logits.argmax(axis=1)).mean()
        off = np.abs(probabilities.sum(axis=1) - 1).max()
        print(f"  {dtype}: the same at {same:.3%}, sums of probabilities within {off:.0e} of 1")

    print("\nWines whose likeliest class has at least a probability of")
    print(f"{'':18}" + "".join(f"{level:>24g}" for level in LEVELS))
    for name, (scores, _) in found.items():
        probabilities = softmax(scores.predictions)
        sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == y
        chosen = [right[sure >= level] for level in LEVELS]
        cells = (f"{len(one) / len(y):.0%}, {one.mean():.1%} right" if len(one) else "none" for one in chosen)
        print(f"{name:18}" + "".join(f"{cell:>24}" for cell in cells))
    picture = folder / "softmax_regions.png"
    draw(x, y, grid, found).savefig(picture, dpi=150)
    print(f"\nFigure: {picture}")
    return found


def draw(x, y, grid, found):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4.8), layout="constrained")
    *axes, triangle = figure.subplots(1, len(found) + 1, width_ratios=[1, 1, 0.9])
    light = 0.35 + 0.65 * COLORS

    def scatter(ax, points):
        for k, marker in enumerate("os^"):
            style = {"edgecolors": "0.15", "linewidths": 0.6, "s": 22, "zorder": 3}
            ax.scatter(*points[y == k].T, color=COLORS[k], marker=marker, label=f"cultivar {k}", **style)

    for ax, (name, (scores, logits)) in zip(axes, found.items(), strict=True):
        logits = logits.astype("float64").reshape(*grid[0].shape, 3)
        probabilities = softmax(logits)
        extent = (grid[0].min(), grid[0].max(), grid[1].min(), grid[1].max())
        ax.imshow(probabilities @ light, extent=extent, origin="lower", aspect="auto", interpolation="bilinear")
        for k in range(3):
            ahead = logits[..., k] - np.delete(logits, k, axis=-1).max(axis=-1)
            ax.contour(*grid, ahead, [0], colors="black", linewidths=1.4)
            lines = ax.contour(*grid, probabilities[..., k], LEVELS, colors="white", linewidths=0.9)
            ax.clabel(lines, fmt="%g", fontsize=7)
        scatter(ax, x)
        ax.set_title(f"{name.capitalize()}: {scores.scores['accuracy'].mean:.1%} right", loc="left")
        ax.set_xlabel("flavanoids")
        ax.set_ylabel("color intensity")

    across, up = np.meshgrid(np.linspace(0, 1, 1000), np.linspace(0, CORNERS[0, 1], 1000))
    first = up / CORNERS[0, 1]
    shares = np.stack([first, 1 - across - first / 2, across - first / 2], axis=-1)
    inside = (shares >= 0).all(axis=-1, keepdims=True)
    colors = np.concatenate([np.clip(shares @ light, 0, 1), inside], axis=-1)
    triangle.imshow(colors, extent=(0, 1, 0, CORNERS[0, 1]), origin="lower", interpolation="bilinear")
    for k, corner in enumerate(CORNERS):
        middle, side = CORNERS.mean(axis=0), (CORNERS.sum(axis=0) - corner) / 2
        triangle.plot(*np.transpose([middle, side]), color="black", linewidth=1.4)
        place = {"xytext": (0, -8 if k else 8), "textcoords": "offset points", "va": "top" if k else "bottom"}
        triangle.annotate(f"cultivar {k}", corner, ha="center", **place)
    scatter(triangle, softmax(found["linear softmax"][0].predictions) @ CORNERS)
    triangle.set(xlim=(-0.14, 1.14), ylim=(-0.12, 1.0), aspect="equal")
    triangle.set_axis_off()
    triangle.set_title("Linear softmax of unseen wines", loc="left")
    figure.suptitle(
        "Borders are straight under a linear layer and bend under hidden ones; the color is the softmax",
        x=0.01,
        ha="left",
        weight="bold",
    )
    return figure


if __name__ == "__main__":
    main()
