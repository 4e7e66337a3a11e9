"""Which loss finds the few among the many?

    python examples/imbalanced.py

scikit-learn's digits: is it an 8? Half of the scans are for training, but of the 8s only 25 are kept there, 3% of all;
the test half is as it was. The same small network is trained with plain cross-entropy, with class weights, with focal
loss and with adjusted logits, on the same five splits. Balanced accuracy is the mean of the share of 8s that are found
and the share of others that are left alone: always saying "no 8" has 0.5 of it, and 0.9 of plain accuracy.
"""

from pathlib import Path

import numpy as np
from anew import Anew
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import load_digits

import kerasparts as kp

FOLDER = Path(__file__).resolve().parent / "figures"
KEPT = 25  # 8s among the training scans


def losses_for(y):
    """Losses for labels as frequent as in `y`."""
    plain = kp.losses.SparseCategoricalCrossentropy
    return {
        "plain": plain(from_logits=True),
        "class weights": plain(from_logits=True, class_weight=kp.losses.class_weights(y)),
        "focal": kp.losses.Focal(gamma=2.0, from_logits=True),
        "adjusted logits": kp.losses.LogitAdjusted(np.bincount(y), from_logits=True),
    }


def data(seed):
    """Training and test scans and labels of one split."""
    x, digits = load_digits(return_X_y=True)
    x, y, random = x / 16, (digits == 8).astype(int), np.random.default_rng(seed)
    eights, others = (random.permutation(np.flatnonzero(y == label)) for label in (1, 0))
    half, most = len(eights) // 2, len(others) // 2
    train, test = np.append(others[:most], eights[:KEPT]), np.append(others[most:], eights[half:])
    return (x[train], y[train]), (x[test], y[test])


def network():
    return keras.Sequential([keras.Input((64,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(2)])


def shares(loss, seeds, epochs):
    """Shares of the 8s and of the others that a network trained with the loss gets right, in a row for each seed."""
    anew, rows = Anew(network, keras.optimizers.Adam(5e-3), loss), []
    for seed in range(seeds):
        model = anew(seed)
        (x, y), (x_test, y_test) = data(seed)
        model.fit(x, y, batch_size=128, epochs=epochs, verbose=0)
        said = keras.ops.convert_to_numpy(model(x_test)).argmax(axis=-1)
        rows.append([(said[y_test == label] == label).mean() for label in (1, 0)])
    return np.array(rows)


def main(folder=FOLDER, seeds=5, epochs=25):
    """Runs the example; returns the balanced accuracies by loss."""
    import matplotlib.pyplot as plt

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (_, y), _ = data(0)
    print(f"Training scans: {len(y)}, of them 8s: {y.sum()} ({y.mean():.1%}); {seeds} seeds, mean and spread (std)\n")
    print(f"{'loss':16} {'balanced accuracy':>18} {'8s found':>9} {'others left alone':>18}")
    scores = {}
    for name, loss in losses_for(y).items():
        found, left_alone = shares(loss, seeds, epochs).T
        scores[name] = (found + left_alone) / 2
        spread = f"{scores[name].mean():.3f} +- {scores[name].std():.3f}"
        print(f"{name:16} {spread:>18} {found.mean():9.3f} {left_alone.mean():18.3f}", flush=True)
    print("\nGained over plain on the same splits:")
    for name in list(scores)[1:]:
        gain = scores[name] - scores["plain"]
        print(f"{name:16} {gain.mean():+.3f} +- {gain.std():.3f}, better in {(gain > 0).sum()} of {seeds}")

    figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
    for place, score in enumerate(scores.values()):
        ax.plot(score, np.full(seeds, place), "o", color="C0", alpha=0.5)
        ax.plot(score.mean(), place, "|", color="C0", markersize=20)
    ax.set_yticks(range(len(scores)), list(scores))
    ax.margins(y=0.15)
    ax.invert_yaxis()
    ax.set_xlabel("balanced accuracy, one dot a seed")
    picture = folder / "imbalanced.png"
    figure.savefig(picture, dpi=150)
    plt.close(figure)
    print(f"Figure: {picture}")
    return scores


if __name__ == "__main__":
    main()
