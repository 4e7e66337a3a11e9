"""Optuna looks for dropout and learning rate, ends poor trials early, and keeps the verdict of the gauge with each.

    python examples/with_optuna.py

Needs `pip install optuna`.
"""

import sys
import tempfile

import optuna
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import load_digits

import kerasparts as kp

SPLIT = kp.model_selection.train_dev_test_split(*load_digits(return_X_y=True), seed=1)


def build_model(trial):
    rate = trial.suggest_float("rate", 0.0, 0.5)
    learning_rate = trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True)
    hidden = keras.layers.Dense(64, kp.activations.Swish())
    model = keras.Sequential([keras.Input((64,)), hidden, kp.layers.Dropout(rate), keras.layers.Dense(10)])
    loss = kp.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(kp.optimizers.AdamW(learning_rate), loss, metrics=["accuracy"])
    return model


def objective(trial, epochs):
    def prune(epoch, logs):
        trial.report(logs["val_accuracy"], epoch)
        if trial.should_prune():
            raise optuna.TrialPruned

    gauge = kp.callbacks.BiasVarianceDiagnostics(error="error_rate", target_error=0.0)
    callbacks = [gauge, kp.callbacks.EarlyStopping(patience=3), keras.callbacks.LambdaCallback(on_epoch_end=prune)]
    data = dict(zip(("x", "y"), SPLIT.train, strict=True), validation_data=tuple(SPLIT.dev))
    history = build_model(trial).fit(**data, epochs=epochs, verbose=0, callbacks=callbacks).history
    trial.set_user_attr("verdict", str(gauge.diagnosis).splitlines()[0])
    return max(history["val_accuracy"])


def main(folder, trials=10, epochs=20):
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = f"sqlite:///{folder}/optuna.db"  # where `optuna-dashboard` finds it
    study = optuna.create_study(storage=storage, direction="maximize", sampler=optuna.samplers.TPESampler(seed=1))
    study.optimize(lambda trial: objective(trial, epochs), n_trials=trials)
    print(f"Best of {trials}: {study.best_value:.3f} by {study.best_params}")
    print(study.best_trial.user_attrs["verdict"])


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
