"""KerasTuner looks for units, dropout and learning rate. Needs `pip install keras-tuner`.

python examples/with_keras_tuner.py
"""

import sys
import tempfile

import keras_tuner
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import load_digits

import kerasparts as kp


def build_model(hp):
    units, rate = hp.Int("units", 16, 128, step=16), hp.Float("rate", 0.0, 0.5)
    hidden = keras.layers.Dense(units, kp.activations.Swish())
    model = keras.Sequential([keras.Input((64,)), hidden, kp.layers.Dropout(rate), keras.layers.Dense(10)])
    optimizer = kp.optimizers.AdamW(hp.Float("learning_rate", 1e-4, 1e-1, sampling="log"))
    model.compile(optimizer, kp.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def main(folder, trials=10, epochs=20):
    split = kp.model_selection.train_dev_test_split(*load_digits(return_X_y=True), seed=1)
    tuner = keras_tuner.RandomSearch(build_model, "val_accuracy", trials, seed=1, directory=folder)
    tuner.search(
        *split.train,
        validation_data=tuple(split.dev),
        epochs=epochs,
        verbose=0,
        callbacks=[kp.callbacks.EarlyStopping(patience=3)],
    )
    (model,) = tuner.get_best_models()
    print("Best:", tuner.get_best_hyperparameters()[0].values)
    print(f"Test accuracy: {model.evaluate(*split.test, verbose=0)[1]:.3f}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
