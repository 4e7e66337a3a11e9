"""Proves the tests: plants bugs, one at a time, in a copy of the repository, and reports which test catches each.

    python tests/planted_bugs.py            runs them all and rewrites the table in tests/README.md
    python tests/planted_bugs.py 3 17       runs some

Each bug names the one test that should fail; that test alone is run, on the copy.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = ROOT / "kerasparts"
COPIED = ("kerasparts", "tests", "examples", "saved_models", "README.md", "Makefile", "LICENSE", "pyproject.toml")


@dataclass(frozen=True)
class Bug:
    """`old` becomes `new` in `file`; `test` should notice."""

    kind: str
    what: str
    file: str
    old: str
    new: str
    test: str


CONTRACT = "tests/conformance/test_contract.py"
LOSS = "tests/conformance/test_losses.py"
OPTIMIZER = "tests/conformance/test_optimizers.py"
LAYER = "tests/layers/test_robust_scaling.py"
HOUSE = "tests/test_architecture.py"

BUGS = [
    Bug(
        "configuration",
        "`Swish` forgets `beta` in its config",
        "kerasparts/activations/swish.py",
        'return {**super().get_config(), "beta": self.beta}',
        "return super().get_config()",
        f"{CONTRACT}::test_every_argument_survives_serialization",
    ),
    Bug(
        "configuration",
        "the optimizers forget the rule of weight decay in the config",
        "kerasparts/optimizers/optimizer.py",
        '            "weight_decay_exclude": self.weight_decay_exclude,\n',
        "",
        "tests/optimizers/test_adamw.py::test_the_rule_survives_save_and_load_as_that_of_keras_does_not",
    ),
    Bug(
        "registration",
        "`L1L2` is not registered",
        "kerasparts/regularizers/l1_l2.py",
        "@part\n",
        "",
        f"{CONTRACT}::test_every_public_class_has_a_row",
    ),
    Bug(
        "registration",
        "`Step` is registered under another name",
        "kerasparts/activations/step.py",
        "@part\n",
        '@__import__("keras").saving.register_keras_serializable("kp")\n',
        f"{CONTRACT}::test_is_registered_under_its_name",
    ),
    Bug(
        "public names",
        "`Step` is missing from `__all__`",
        "kerasparts/activations/__init__.py",
        '    "Step",\n',
        "",
        f"{HOUSE}::test_packages_export_what_they_import",
    ),
    Bug(
        "public names",
        "the default of `beta_2` changes to 0.99",
        "kerasparts/optimizers/adamw.py",
        "beta_2=0.999,",
        "beta_2=0.99,",
        "tests/test_public_api.py::test_public_api_is_as_recorded",
    ),
    Bug(
        "row",
        "a row of `tests/cases.py` leaves an argument at its default",
        "tests/cases.py",
        "dict(beta=1.5),",
        "dict(beta=1.0),",
        f"{CONTRACT}::test_every_argument_of_the_row_is_off_its_default",
    ),
    Bug(
        "bad input",
        "`Swish` takes any `beta`",
        "kerasparts/activations/swish.py",
        'check_number("beta", beta, "[0, inf)")',
        "pass",
        f"{CONTRACT}::test_a_bad_value_is_refused_by_name",
    ),
    Bug(
        "bad input",
        "the error does not say what came",
        "kerasparts/core/checks.py",
        "Received: {name}={value!r}",
        "Sorry!",
        f"{CONTRACT}::test_a_bad_value_is_refused_by_name",
    ),
    Bug(
        "bad input",
        "a label that is no class counts as class 0",
        "kerasparts/losses/_targets.py",
        'return ops.where(is_class, mean, float("nan"))',
        "return mean",
        f"{LOSS}::test_a_target_that_is_none_is_refused_or_nan",
    ),
    Bug(
        "house",
        "a circle: `statistics` imports `bias_variance`",
        "kerasparts/diagnostics/statistics.py",
        "import numpy as np\n",
        "import numpy as np\n\ndef _late():\n    import kerasparts.diagnostics.bias_variance\n",
        f"{HOUSE}::test_no_module_imports_itself_through_others",
    ),
    Bug(
        "house",
        "an import up the house: `activations` imports `layers`",
        "kerasparts/activations/swish.py",
        "import keras\n",
        "import keras\nimport kerasparts.layers\n",
        f"{HOUSE}::test_imports_point_down",
    ),
    Bug(
        "house",
        "`keras.src` is imported",
        "kerasparts/activations/swish.py",
        "from keras import ops\n",
        "from keras.src import ops\n",
        f"{HOUSE}::test_keras_is_used_through_its_public_names",
    ),
    Bug(
        "house",
        "TensorFlow is imported outside `backend/`",
        "kerasparts/losses/classification.py",
        "import numpy as np\n",
        "import numpy as np\nimport tensorflow as tf\n",
        f"{HOUSE}::test_frameworks_are_imported_in_the_backend_alone",
    ),
    Bug(
        "house",
        "`import kerasparts` loads Matplotlib",
        "kerasparts/plots/_axes.py",
        "from kerasparts.core.optional import require\n",
        "import matplotlib.pyplot\n\nfrom kerasparts.core.optional import require\n",
        f"{HOUSE}::test_slow_packages_are_imported_where_they_are_used",
    ),
    Bug(
        "documentation",
        "a wrong number in the docstring of `Swish`",
        "kerasparts/activations/swish.py",
        "0.8808",
        "0.8818",
        "tests/test_docs.py::test_docstring_examples_give_what_they_say",
    ),
    Bug(
        "documentation",
        "an argument of `EarlyStopping` is not documented",
        "kerasparts/callbacks/early_stopping.py",
        "        verbose: int. 1 prints the reason at the end.\n",
        "",
        f"{CONTRACT}::test_docstring_follows_the_pattern",
    ),
    Bug(
        "documentation",
        "README names a part that is not there",
        "README.md",
        "[`activations.Swish`]",
        "[`activations.Mish`]",
        "tests/test_docs.py::test_readme_has_the_catalog_for_its_table",
    ),
    Bug(
        "formula",
        "`AdamW` climbs: a wrong sign",
        "kerasparts/optimizers/adam.py",
        "return learning_rate * m / (",
        "return -learning_rate * m / (",
        f"{OPTIMIZER}::test_follows_the_paper_for_60_steps",
    ),
    Bug(
        "formula",
        "`AdamW` forgets the bias correction of `v`",
        "kerasparts/optimizers/adam.py",
        "v = v * ops.cast(1 / debias(self.beta_2, t), g.dtype)",
        "v = v * 1.0",
        f"{OPTIMIZER}::test_follows_the_paper_for_60_steps",
    ),
    Bug(
        "formula",
        "label smoothing is spread over C - 1 classes",
        "kerasparts/losses/_targets.py",
        "label_smoothing / self.classes * ops.sum",
        "label_smoothing / (self.classes - 1) * ops.sum",
        f"{LOSS}::test_follows_the_formula",
    ),
    Bug(
        "formula",
        "the gain of `VarianceMatched` lacks the square root",
        "kerasparts/activations/activation.py",
        "second_moment(self) ** -0.5",
        "second_moment(self) ** -1.0",
        "tests/initializers/test_variance_matched.py::test_has_the_variance_of_the_known_rule",
    ),
    Bug(
        "formula",
        "the L2 penalty has the factor 1/2 of other textbooks",
        "kerasparts/regularizers/l1_l2.py",
        "self.l2 * ops.sum",
        "0.5 * self.l2 * ops.sum",
        "tests/conformance/test_regularizers.py::test_follows_the_formula",
    ),
    Bug(
        "gradient",
        "the step of `Step` cuts the surrogate gradient off",
        "kerasparts/activations/step.py",
        "(smooth - ops.stop_gradient(smooth))",
        "(ops.stop_gradient(smooth) - ops.stop_gradient(smooth))",
        "tests/conformance/test_activations.py::test_gradient_in_training_follows_the_formula",
    ),
    Bug(
        "mask",
        "sample weights are spread over pixels from the wrong side",
        "kerasparts/losses/loss.py",
        "sample_weight = ops.expand_dims(sample_weight, axis=-1)",
        "sample_weight = ops.expand_dims(sample_weight, axis=0)",
        f"{LOSS}::test_a_sample_weight_with_fewer_axes_weighs_whole_samples",
    ),
    Bug(
        "mask",
        "ignored labels still count in the average",
        "kerasparts/losses/loss.py",
        "kept = kept * (left / nonzero(both))",
        "kept = kept * 1.0",
        f"{LOSS}::test_follows_the_formula",
    ),
    Bug(
        "mask",
        "a Keras mask and ignored labels are counted twice",
        "kerasparts/losses/loss.py",
        "left = ops.sum(self._mask(ops.ones(ops.shape(losses), dtype=losses.dtype), y_pred))",
        "left = ops.sum(ops.ones(ops.shape(losses), dtype=losses.dtype))",
        f"{LOSS}::test_a_keras_mask_and_gaps_leave_the_same_average",
    ),
    Bug(
        "extremes",
        "probabilities of zero are not held off",
        "kerasparts/losses/_targets.py",
        'return ops.clip(x, keras.config.epsilon(), float("inf"))',
        "return x",
        f"{LOSS}::test_probabilities_of_exactly_zero_and_one_are_finite",
    ),
    Bug(
        "half precision",
        "penalties are summed in the precision of the weights",
        "kerasparts/regularizers/regularizer.py",
        "x = ops.cast(x, float32_at_least(x.dtype))",
        "pass",
        "tests/conformance/test_regularizers.py::test_a_large_kernel_in_half_precision_has_its_price",
    ),
    Bug(
        "half precision",
        "what rounding takes off a weight is not kept",
        "kerasparts/optimizers/optimizer.py",
        "self.assign(residual, w - ops.cast(rounded, dtype))",
        "pass",
        f"{OPTIMIZER}::test_half_precision_weights_follow_the_paper",
    ),
    Bug(
        "half precision",
        "raw inputs of `RobustScaling` go through float16",
        "kerasparts/layers/scaling/scaling.py",
        '{"autocast": False, **kwargs}',
        "{**kwargs}",
        f"{LAYER}::test_large_values_survive_mixed_precision_as_they_do_not_in_keras",
    ),
    Bug(
        "NaN",
        "one NaN spoils a column",
        "kerasparts/layers/scaling/_statistics.py",
        "counts = (self.count - self._missing)[:, None]",
        "counts = self.count + 0 * self._missing[:, None]",
        f"{LAYER}::test_one_nan_spoils_a_column_in_keras_and_not_here",
    ),
    Bug(
        "NaN",
        "NaN disappear without a word",
        "kerasparts/layers/scaling/scaling.py",
        'if self.missing == "keep" and not_numbers.any():',
        "if False:",
        f"{LAYER}::test_one_nan_spoils_a_column_in_keras_and_not_here",
    ),
    Bug(
        "NaN",
        "`EarlyStopping` takes NaN for the best value",
        "kerasparts/core/direction.py",
        "    if not math.isfinite(value) or best is None:\n        return math.isfinite(value)\n",
        "    if best is None:\n        return True\n",
        "tests/callbacks/test_early_stopping.py",
    ),
    Bug(
        "state",
        "the moments of `AdamW` are not tracked, so not saved",
        "kerasparts/optimizers/adam.py",
        'self._m = self.add_state(variables, "m")',
        'keras = __import__("keras")\n        self._m = tuple(keras.Variable(ops.zeros(v.shape)) for v in variables)\n'
        "        self._tracker.unlock()\n        self._variables[:] = self._variables[: -len(variables)]",
        "tests/conformance/test_fresh_process.py::test_trains_on_as_if_never_stopped",
    ),
    Bug(
        "state",
        "the moments of `AdamW` have each other's names in files",
        "kerasparts/optimizers/adam.py",
        'self._m = self.add_state(variables, "m")\n        self._v = self.add_state(variables, "v")',
        'self._m = self.add_state(variables, "v")\n        self._v = self.add_state(variables, "m")',
        "tests/test_saved_models.py::test_old_files_give_their_answers_and_train_on_with_the_state_they_hold",
    ),
    Bug(
        "state",
        "`EarlyStopping` goes into a second fit with the patience of the first",
        "kerasparts/callbacks/early_stopping.py",
        "if not self._resumed:",
        "if False:",
        "tests/callbacks/test_early_stopping.py",
    ),
    Bug(
        "randomness",
        "every layer draws the same values from a shared initializer",
        "kerasparts/initializers/initializer.py",
        "self._draws += 1",
        "self._draws += 0",
        "tests/conformance/test_initializers.py::test_every_layer_draws_anew_from_a_shared_instance",
    ),
    Bug(
        "randomness",
        "without a seed, the global seed is not followed",
        "kerasparts/initializers/initializer.py",
        "return random.randint(1, 10**9)",
        "return random.SystemRandom().randint(1, 10**9)",
        "tests/conformance/test_initializers.py::test_without_a_seed_it_follows_the_global_one",
    ),
    Bug(
        "measurement",
        "the data loss is measured with dropout on",
        "kerasparts/backend/model.py",
        "y_pred = model(x, training=False)",
        "y_pred = model(x, training=True)",
        "tests/callbacks/test_bias_variance_diagnostics.py",
    ),
    Bug(
        "measurement",
        "the data loss contains the penalties",
        "kerasparts/backend/model.py",
        '{"losses": ()}',
        "{}",
        "tests/callbacks/test_bias_variance_diagnostics.py",
    ),
    Bug(
        "measurement",
        "a gap is called high without evidence beyond noise",
        "kerasparts/diagnostics/bias_variance.py",
        "variance.low > threshold",
        "variance.value > threshold",
        "tests/diagnostics/test_bias_variance.py",
    ),
    Bug(
        "data",
        "the parts of a split overlap",
        "kerasparts/model_selection/split.py",
        "pieces = _cut(random.permutation(rows), quota)",
        "pieces = [random.choice(rows, n) for n in quota]",
        "tests/model_selection/test_split.py",
    ),
    Bug(
        "data",
        "a class may be left out of a part",
        "kerasparts/model_selection/split.py",
        "        check(missing.size == 0,",
        "        check(True,",
        "tests/model_selection/test_split.py",
    ),
    Bug(
        "rules",
        "`dead_relu` takes living units for dead ones",
        "kerasparts/diagnostics/observer.py",
        "ops.max(steepness, axis=others) == 0",
        "ops.min(steepness, axis=others) == 0",
        "tests/diagnostics/test_observer.py",
    ),
    Bug(
        "rules",
        "the left-out residuals of ridge regression leave nothing out",
        "kerasparts/diagnostics/baseline.py",
        "residual = (target - fitted) / np.maximum(1 - leverage, 1e-6)[:, None]",
        "residual = target - fitted",
        "tests/diagnostics/test_baseline.py",
    ),
    Bug(
        "rules",
        "late small gradients of a finished run are called vanishing",
        "kerasparts/diagnostics/rules/gradients.py",
        "if len(layers) < 2 or not underfits(signals) or not signals.moments:",
        "if len(layers) < 2 or not signals.moments:",
        "tests/diagnostics/test_rules.py",
    ),
    Bug(
        "rules",
        "the symptom stands before its cause",
        "kerasparts/diagnostics/diagnose.py",
        "    for fault in FAULTS:\n        if fault in found:",
        "    for fault in reversed(FAULTS):\n        if fault in found:",
        "tests/diagnostics/test_rules.py",
    ),
]


def failing_test(bug):
    """The first test of the bug's own that fails on a copy with the bug; or None."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        copy.mkdir()
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy / name)
        file = copy / bug.file
        text = file.read_text()
        file.write_text(text.replace(bug.old, bug.new))
        result = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "--no-header", "-p", "no:cacheprovider", *bug.test.split()],
            cwd=copy,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    if result.returncode == 0:
        return None
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", result.stdout, flags=re.MULTILINE)
    return found.group(1) if found else "the tests do not even start"


def main(numbers):
    chosen = [(number, bug) for number, bug in enumerate(BUGS, 1) if not numbers or number in numbers]
    for _, bug in chosen:
        assert bug.old in (ROOT / bug.file).read_text(), f"{bug.what}: the place is gone from {bug.file}"
    rows, caught = [], 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        tests = pool.map(failing_test, [bug for _, bug in chosen])
    for (number, bug), test in zip(chosen, tests, strict=True):
        caught += test is not None
        name = "**not caught**" if test is None else f"`{test.removeprefix('tests/').partition('[')[0]}`"
        rows.append(f"| {number} | {bug.kind} | {bug.what} | {name} |")
        print(rows[-1], flush=True)
    summary = f"{caught} of {len(chosen)} planted bugs are caught."
    print(summary)
    if not numbers:
        readme = ROOT / "tests" / "README.md"
        head = readme.read_text().partition("<!-- planted -->")[0]
        table = "\n".join(["| | kind | bug | caught by |", "|---|---|---|---|", *rows])
        readme.write_text(f"{head}<!-- planted -->\n{summary}\n\n{table}\n")
    return caught == len(chosen)


if __name__ == "__main__":
    sys.exit(not main({int(argument) for argument in sys.argv[1:]}))
