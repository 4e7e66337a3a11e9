"""How good is a classifier of tumours, and how sure can one be of it?

    python examples/cross_validation.py

scikit-learn's breast cancer data are 569 tumours, benign or malignant, each with 30 measures of its cell nuclei. A
small network is trained and tested on ten folds. Next to the mean and its interval stand other answers that are often
given: the plain t-interval, a single split, the training rows themselves, and inputs that were scaled by all rows,
tested ones too. The figure shows what each fold by itself would have said.
"""

import functools
import statistics
from pathlib import Path

from quiet import keras  # Keras, without the start-up messages of TensorFlow
from scipy import stats
from sklearn.datasets import load_breast_cancer

import kerasparts as kp

FOLDER = Path(__file__).resolve().parent / "figures"


def build_model(scaling=True):
    model = keras.Sequential(
        [
            keras.Input((30,)),
            *([kp.layers.RobustScaling()] if scaling else []),  # adapted to the training rows of each fold
            keras.layers.Dense(16, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-3)),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return model


def scaled_by_all_rows(x):
    scaling = kp.layers.RobustScaling()
    scaling.adapt(x)
    return keras.ops.convert_to_numpy(scaling(x))


def answers(found, leaking):
    """Name of the way, what it says of the accuracy, and what is wrong with it."""
    accuracy, folds = found.scores["accuracy"], found.scores["accuracy"].values
    low, high = stats.t.interval(found.confidence, len(folds) - 1, accuracy.mean, stats.sem(folds))
    trained = statistics.mean(history["accuracy"][-1] for history in found.histories)
    yield f"{len(folds)} folds, corrected interval", str(accuracy), ""
    yield "plain t-interval", f"{accuracy.mean:.3f} ({low:.3f} to {high:.3f})", "folds share training rows"
    yield "a single split", f"{min(folds):.3f} to {max(folds):.3f}", "anything between, by luck"
    yield "training rows, as fit logs it", f"{trained:.3f}", "the model knows these rows"
    yield (
        "inputs scaled by all rows",
        f"{leaking.scores['accuracy'].mean:.3f}",
        "tested rows had a say; little here",
    )


def main(folder=FOLDER, epochs=30, folds=10, verbose=1):
    """Runs the example; returns the cross-validation."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    x, y = load_breast_cancer(return_X_y=True)
    validate = functools.partial(kp.model_selection.cross_validate, y=y, cv=folds, epochs=epochs, verbose=verbose)
    found = validate(build_model, x)
    leaking = validate(lambda: build_model(scaling=False), scaled_by_all_rows(x))

    print(f"{found}\n")
    print(f"{'accuracy by':32} {'':22} what is wrong with it")
    for name, answer, fault in answers(found, leaking):
        print(f"{name:32} {answer:22} {fault}".rstrip())
    malignant, called_benign = y == 0, found.predictions[:, 0] > 0.5
    missed, alarms = (malignant & called_benign).sum(), (~malignant & ~called_benign).sum()
    print("\nOut of the folds, by models that had not seen them:")
    print(f"{missed} of {malignant.sum()} malignant tumours missed, {alarms} of {(~malignant).sum()} false alarms")

    picture = folder / "cross_validation.png"
    kp.plots.plot_cross_validation(found, metric="accuracy").figure.savefig(picture, dpi=150)
    print(f"Figure: {picture}")
    return found


if __name__ == "__main__":
    main()
