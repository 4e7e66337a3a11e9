"""Three broken programs: what the gauges find, and what becomes of each once it is mended as they say.

    python examples/diagnose.py
    python examples/diagnose.py --report report.html    # the page of the first broken program as well

Each program is the text that its author would write. `TrainingDiagnostics` watches its training; then the line of code
that the first finding hands over takes the place of the one that it names, nothing else is touched, and the program is
trained again, until nothing is found. The second program has two faults, of which the first hides the other.

The script prints the diagnoses and a table of before and after, and draws the skill on the validation rows: 1 is
perfect, 0 is the best answer that ignores the input.
"""

import argparse
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path

from quiet import keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import load_breast_cancer, load_digits

import kerasparts as kp
from kerasparts.diagnostics import Diagnosis, Signals, diagnose

FOLDER = Path(__file__).resolve().parent / "figures"

DEEP_SIGMOID = """
model = keras.Sequential([
    keras.layers.Rescaling(1 / 16),
    *[keras.layers.Dense(32, activation="sigmoid") for _ in range(6)],
    keras.layers.Dense(10, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy")
"""
LARGE_STEPS = """
model = keras.Sequential([
    keras.layers.Dense(64, activation="relu"),
    keras.layers.Dense(64, activation="relu"),
    keras.layers.Dense(64, activation="relu"),
    keras.layers.Dense(64, activation="relu"),
    keras.layers.Dense(2),
])
model.compile(keras.optimizers.Adam(0.3), kerasparts.losses.SparseCategoricalCrossentropy(from_logits=True))
"""
LONELY_SOFTMAX = """
model = keras.Sequential([
    keras.layers.Rescaling(1 / 16),
    keras.layers.Dense(64, activation="relu"),
    keras.layers.Dense(64, activation="relu"),
    keras.layers.Dense(1, activation="softmax"),
])
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
"""


@dataclass(frozen=True)
class Training:
    """A program as it was trained, with what was measured and found; `change` is what was mended in it last."""

    code: str
    change: str
    signals: Signals
    diagnosis: Diagnosis

    @property
    def first(self):
        return self.diagnosis.findings[0] if self.diagnosis.findings else None


def programs():
    """Name, data, code: which digit it is, whether a tumour is malignant, whether a digit is odd."""
    digits, cancer = load_digits(return_X_y=True), load_breast_cancer(return_X_y=True)
    yield "deep sigmoid net", digits, DEEP_SIGMOID
    yield "large steps on raw inputs", cancer, LARGE_STEPS
    yield "softmax over one unit", (digits[0], digits[1] % 2), LONELY_SOFTMAX


def train(code, data, change, epochs, report=None, seed=1):
    x, y = data
    (x, y), validation_data, _ = kp.model_selection.train_dev_test_split(x.astype("float32"), y, sizes=(0.7, 0.2, 0.1))
    keras.utils.clear_session()  # names of layers count from the start
    keras.utils.set_random_seed(seed)
    names = {"keras": keras, "kerasparts": kp, "x": x}
    exec(code, names)
    gauges = kp.callbacks.TrainingDiagnostics(verbose=0, report=report)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "You are using a softmax")  # Keras sees that one too, without a layer's name
        names["model"].fit(x, y, validation_data=validation_data, epochs=epochs, verbose=0, callbacks=[gauges])
    return Training(code, change, gauges.signals, diagnose(gauges.signals))


def mend(code, finding):
    """The code with the line that the finding hands over, or None where it hands none over that fits.

    Of several lines the last one is the changed one, and the others go above it.
    """
    before, after = finding.code or ("", "")
    if not before or before not in code:
        return None
    *above, changed = after.split("\n")
    lines = code.replace(before, changed).split("\n")
    place = next(number for number, line in enumerate(lines) if changed in line)
    return "\n".join(lines[:place] + above + lines[place:])


def train_and_mend(code, data, epochs, most, report=None):
    """Trains the program, mends what is found first, and so on: a `Training` for each time."""
    trained = [train(code, data, "", epochs, report)]
    while trained[-1].first and len(trained) <= most:
        finding = trained[-1].first
        mended = mend(trained[-1].code, finding)
        if mended is None:
            break
        trained.append(train(mended, data, finding.code[1], epochs))
    return trained


def table(measured):
    """A row for each training."""
    head = f"{'program':26} {'first finding':22} {'findings':>8} {'training':>9} {'validation':>11}"
    lines = [f"{head}   what was changed", f"{'':26} {'':22} {'':>8} {'skill':>9} {'skill':>11}"]
    for name, trained in measured.items():
        for number, one in enumerate(trained):
            found, score = one.first.title if one.first else "none", one.signals.score
            skills = f"{score.train_skill:9.2f} {score.validation_skill:11.2f}"
            change = one.change.split("\n")[0]
            lines.append(f"{'' if number else name:26} {found:22} {len(one.diagnosis.findings):8} {skills}   {change}")
    return "\n".join(line.rstrip() for line in lines)


def draw(measured, file):
    import matplotlib.pyplot as plt

    from kerasparts.plots._axes import MARK, TRAIN, VALIDATION, axes

    figure, row = plt.subplots(1, len(measured), figsize=(8, 3.3), sharey=True, layout="constrained")
    handles = {}
    for ax, trained in zip(row, measured.values(), strict=True):
        axes(ax)
        for number, one in enumerate(trained):
            if not number:
                look = {"color": VALIDATION, "linestyle": "--", "label": "as written"}
            elif number == len(trained) - 1:
                look = {"color": TRAIN, "linestyle": "-", "label": "mended"}
            else:
                look = {"color": MARK, "linestyle": ":", "label": "first finding mended"}
            ends = one.signals.epoch_ends
            (line,) = ax.plot(one.signals.epoch[ends], one.signals.validation_skill[ends], linewidth=2, **look)
            handles.setdefault(look["label"], line)
        found = [one.first.title for one in trained if one.first]
        title = ",\nthen ".join(found)
        ax.set_title(title[:1].upper() + title[1:], loc="left", fontweight="bold", fontsize=10)
        ax.set_xlabel("epoch")
        ax.set_ylim(-0.25, 1.05)
    row[0].set_ylabel("validation skill\n(1 perfect, 0 a constant answer)")
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(file, dpi=200)
    plt.close(figure)


def main(folder=FOLDER, epochs=20, most=3, report=None):
    """Runs the example; returns `{program: trainings}`. At most `most` findings of each program are mended."""
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of each new model as of a function traced anew
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    measured = {}
    for name, data, code in programs():
        measured[name] = trained = train_and_mend(code, data, epochs, most, None if measured else report)
        print(f"{name[0].upper()}{name[1:]}\n{code}")
        for one, mended in zip(trained, [*trained[1:], None], strict=True):
            print(f"{one.diagnosis}\n" if one.first else f"{one.diagnosis.verdict}\n")
            if mended:
                before, after = one.first.code
                print(
                    *(f"- {line}" for line in before.split("\n")),
                    *(f"+ {line}" for line in after.split("\n")),
                    sep="\n",
                )
                print()
    print(table(measured))
    healthy = sum(trained[-1].first is None for trained in measured.values())
    print(f"\n{healthy} of {len(measured)} programs mended: nothing is found any more.")
    picture = folder / "diagnose.png"
    draw(measured, picture)
    print(f"Figure: {picture}")
    if report is not None:
        print(f"Report: {report}")
    return measured


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--report", type=Path, help="where to write the page of the first broken program")
    main(report=parser.parse_args().report)
