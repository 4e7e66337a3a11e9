"""L1 gives exact zeros only after a proximal step.

    python examples/proximal.py

A network with one hidden layer of 64 units learns the handwritten digits of scikit-learn, with an L1 penalty of four
sizes, once as Keras has it, as a part of the loss, and once by `Proximal`, which takes it off the weights after each
step. It is the same penalty and the same optimizer. Keras' `L1` gives no exact zero at all: useless weights hover
around zero, within a learning rate times lambda. `Proximal` makes them exactly zero, at the same accuracy.
"""

from pathlib import Path

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import load_digits

import kerasparts as kp

FOLDER = Path(__file__).resolve().parent / "figures"
LAMBDAS = (1e-4, 3e-4, 1e-3, 3e-3)


def build_model(l1, is_proximal):
    optimizer = kp.optimizers.SGD(0.3, momentum=0.9, momentum_form="average")
    penalty = {} if is_proximal else {"kernel_regularizer": keras.regularizers.L1(l1)}
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(64, activation="relu", **penalty),
            keras.layers.Dense(10, **penalty),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(kp.optimizers.Proximal(optimizer, l1) if is_proximal else optimizer, loss, metrics=["accuracy"])
    return model


def main(folder=FOLDER, lambdas=LAMBDAS, epochs=40, seed=0):
    """Runs the example; returns rows of lambda, way, share of zeros, share below 1e-3, and test accuracy."""
    import matplotlib.pyplot as plt

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    x, y = load_digits(return_X_y=True)
    split = kp.model_selection.train_dev_test_split(x / 16, y, seed=seed)
    rows = []
    print(f"{'lambda':>8}  {'way':<12}  {'exact zeros':>11}  {'below 1e-3':>10}  {'test accuracy':>13}")
    for l1 in lambdas:
        for way in ("L1 of Keras", "Proximal"):
            keras.utils.set_random_seed(seed)
            model = build_model(l1, way == "Proximal")
            model.fit(*split.train, epochs=epochs, batch_size=32, verbose=0)
            accuracy = model.evaluate(*split.test, verbose=0, return_dict=True)["accuracy"]
            kernels = np.concatenate([np.ravel(layer.kernel.numpy()) for layer in model.layers])
            rows.append((l1, way, np.mean(kernels == 0), np.mean(np.abs(kernels) < 1e-3), accuracy))
            print("{:>8g}  {:<12}  {:>11.1%}  {:>10.1%}  {:>13.1%}".format(*rows[-1]))

    figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
    for way, marker in (("L1 of Keras", "o"), ("Proximal", "s")):
        of_way = [row for row in rows if row[1] == way]
        ax.plot([row[2] for row in of_way], [row[4] for row in of_way], marker=marker, label=way)
        for l1, _, zeros, _, accuracy in of_way:
            ax.annotate(f" {l1:g}", (zeros, accuracy), (6, 4), textcoords="offset points", fontsize="small")
    ax.set_xlabel("share of weights that are exactly zero")
    ax.set_ylabel("test accuracy, by lambda")
    ax.margins(0.12)
    ax.legend(frameon=False)
    picture = folder / "proximal.png"
    figure.savefig(picture, dpi=150)
    plt.close(figure)
    print(f"\nFigure: {picture}")
    return rows


if __name__ == "__main__":
    main()
