"""How much L2 does a network need that is too large for its data?

    python examples/lambda_sweep.py

scikit-learn's diabetes data are 442 patients, ten measures each, and the progression of their disease a year later: few
and noisy. A network of two layers of 64 units is trained with lambdas over four decades, each on the same five folds. A
small lambda overfits, a large one underfits; between them the curve is flat, and the one-standard-error rule takes the
largest lambda that is as good as the best. The grey line is the error of predicting the mean.
"""

from pathlib import Path

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import load_diabetes

import kerasparts as kp

FOLDER = Path(__file__).resolve().parent / "figures"
LAMBDAS = (1e-4, 1e-3, 1e-2, 3e-2, 1e-1, 1.0)


def build_model(l2):
    penalty = {"kernel_regularizer": keras.regularizers.L2(l2)}
    model = keras.Sequential(
        [
            keras.Input((10,)),
            keras.layers.Normalization(),
            keras.layers.Dense(64, activation="relu", **penalty),
            keras.layers.Dense(64, activation="relu", **penalty),
            keras.layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.Adam(3e-3), "mse")
    return model


def main(folder=FOLDER, lambdas=LAMBDAS, epochs=80, folds=5, verbose=1):
    """Runs the example; returns the validation curve."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    x, y = load_diabetes(return_X_y=True)
    x, y = x[:440], y[:440] / 100  # five folds of one size are one program
    found = kp.model_selection.validation_curve(
        build_model, x, y, lambdas, cv=folds, simplest="last", epochs=epochs, batch_size=128, verbose=verbose
    )
    print(found)
    print(f"\nPredicting the mean: {np.var(y):.4g}")
    picture = folder / "lambda_sweep.png"
    ax = kp.plots.plot_validation_curve(found, xlabel="L2 lambda")
    ax.axhline(np.var(y), color="0.6", linewidth=1)
    ax.text(lambdas[0], np.var(y), "predicting the mean", va="bottom", fontsize="small", color="0.4")
    ax.set_ylabel("mean squared error (in units of 100, squared)")
    ax.set_ylim(0, 1.15 * np.var(y))
    ax.figure.savefig(picture, dpi=150)
    print(f"Figure: {picture}")
    return found


if __name__ == "__main__":
    main()
