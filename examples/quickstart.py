"""Train, diagnose, save and reload a classifier of handwritten digits, with a part of every kind.

    python examples/quickstart.py

scikit-learn's digits are 1,797 scans of 8 x 8 pixels. The script prints the test accuracy and a verdict on bias and
variance, writes `saved_models/quickstart.keras` and the learning curves as a PNG, and has the model loaded by a fresh
Python process that imports nothing but keras and kerasparts.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import load_digits

import kerasparts as kp

FOLDER = Path(__file__).resolve().parents[1] / "saved_models"

RELOAD = """
import sys
import keras, kerasparts
import numpy as np
model = keras.models.load_model(sys.argv[1])
data = np.load(sys.argv[2])
same = bool((model.predict(data["x"], verbose=0) == data["predictions"]).all())
print("identical predictions" if same else "DIFFERENT PREDICTIONS")
sys.exit(not same)
"""


def build_model(x_train):
    scaling = kp.layers.RobustScaling(axis=None)
    scaling.adapt(x_train)
    swish = kp.activations.Swish(beta=1.5)
    model = keras.Sequential(
        [
            keras.Input((64,)),
            scaling,
            keras.layers.Dense(
                128,
                activation=swish,
                kernel_initializer=kp.initializers.VarianceMatched(swish, seed=1),
                kernel_regularizer=kp.regularizers.L1L2(l2=1e-4),
            ),
            keras.layers.Dropout(0.3, seed=2),
            keras.layers.Dense(10),
        ]
    )
    model.compile(
        kp.optimizers.AdamW(3e-3, weight_decay=0.01),
        kp.losses.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.05),
        metrics=["accuracy"],
    )
    return model


def main(folder=FOLDER, epochs=40, verbose=0):
    """Runs the example; returns the test accuracy and the diagnosis."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(1)

    x, y = load_digits(return_X_y=True)
    split = kp.model_selection.train_dev_test_split(x.astype("float32"), y, seed=1)
    (x, y), (x_dev, y_dev), (x_test, y_test) = split
    print(f"Digits: {split}")

    model = build_model(x)
    gauge = kp.callbacks.BiasVarianceDiagnostics(error="error_rate", target_error=0.0)
    stopping = kp.callbacks.EarlyStopping(monitor="val_data_loss", patience=8)
    model.fit(
        x,
        y,
        validation_data=(x_dev, y_dev),
        epochs=epochs,
        batch_size=32,
        callbacks=[gauge, stopping],
        verbose=verbose,
    )
    print(stopping.stop_reason)
    print(f"\n{gauge.diagnosis}\n")

    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"Test accuracy: {accuracy:.4f}")

    picture = folder / "quickstart.png"
    kp.plots.plot_training_curves(gauge.diagnosis).figure.savefig(picture, dpi=150)
    print(f"Learning curves: {picture}")

    file = folder / "quickstart.keras"
    model.save(file)
    data = folder / "quickstart.npz"
    np.savez(data, x=x_test, predictions=model.predict(x_test, verbose=0))
    print(f"Model: {file}")
    result = subprocess.run(
        [sys.executable, "-c", RELOAD, str(file), str(data)], capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise RuntimeError(f"The saved model did not come back as it was:\n{result.stdout}{result.stderr}")
    print(f"Reloaded in a fresh process: {result.stdout.strip()}")
    return accuracy, gauge.diagnosis


if __name__ == "__main__":
    main()
