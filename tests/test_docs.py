"""What README, docstrings and examples say is run."""

import contextlib
import doctest
import importlib
import inspect
import io
import operator
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasparts as kp
from tests.test_ecosystem import EXAMPLES as ECOSYSTEM

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
TEXTS = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in [ROOT / "README.md", ROOT / "examples" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
}
HEADING = re.compile(r"^#+ (.*)$", flags=re.MULTILINE)
WHOLE = re.compile(r"```python\n(.*?)```", flags=re.DOTALL)  # code that runs as it stands, unlike that after ```py
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted((ROOT / "kerasparts").rglob("*.py"))
    if not (path.parent.name == "backend" and path.stem in {"tensorflow", "jax", "torch"})
]
# Packages whose functions are in the table, but for those that stand beside a class of their name:
FUNCTIONS = {"ensembles", "initializers", "losses", "model_selection", "plots", "regularizers"}
SLOW = {"tensorflow", "jax", "torch", "matplotlib", "sklearn", "scipy", "pandas", "rich", "jinja2", "joblib", "ray"}
EXAMPLES = {  # arguments of the short form, and what must be on the screen
    "quickstart": (dict(epochs=2), "identical predictions"),
    "gradient_flow": (dict(depth=4, seeds=1), "ReLU, VarianceMatched"),
    "diagnose": (dict(epochs=12), "3 of 3 programs mended"),
    "cross_validation": (dict(epochs=2, folds=2, verbose=0), "malignant tumours missed"),
    "bias_variance_tradeoff": (dict(series=(1, 4), widths=(2,), replicas=3, epochs=2, verbose=0), "Learned units"),
    "optimizers": (dict(names=("Adam", "L-BFGS"), epochs=1, steps=3), "L-BFGS"),
    "proximal": (dict(lambdas=(1e-3,), epochs=2), "Proximal"),
    "imbalanced": (dict(seeds=1, epochs=1), "Gained over plain"),
    "augmentation": (dict(seeds=1, epochs=(1, 1, 1), names=("none", "MixUp")), "balanced acc"),
    "early_stopping": (dict(seeds=2, epochs=12), "UP_3"),
    "robust_regression": (dict(units=(1.0,), seeds=1, epochs=5), 'Huber("auto")'),
    "lambda_sweep": (dict(lambdas=(1e-3, 1e-1), epochs=2, folds=2, verbose=0), "Predicting the mean"),
    "batch_size": (dict(seeds=1, epochs={64: 1, 512: 2}), "noise of"),
    "regularization": (dict(seeds=1, epochs=2, lambdas=(1e-3,), fewer=(1e-3,), rates=(0.0, 0.5)), "below 1e-3"),
    "softmax_regions": (dict(epochs=2, repeats=1, points=20), "with softmax and without"),
    "cross_entropy_by_hand": (dict(rows=100), "step of a layer in fit"),
    "sigmoid_or_relu": (dict(depths=(1,), seeds=1, epochs=1), "at most 0.25 steep"),
    "own_part": ({}, "MendedGate keeps all of them"),
    "residual_depth": (dict(nets=("plain", "ReZero"), depth=6, seeds=1, epochs=1), "ReZero"),
    "backpropagation_by_hand": (dict(steps=5, starts=2, xor_steps=20), "the delta rule ends at"),
    "products_of_depth": (dict(depths=(1, 5), seeds=1, dtypes=("float16",), layers=20, epochs=1), "exploding_gradient"),
    "initialization": (dict(activations=("tanh",), depth=3, seeds=1, epochs=1), "spread of the signal"),
    "input_scaling": (dict(sets=("5 rows off",), seeds=1, epochs=2), "QuantileScaling"),
    "batch_normalization": (dict(normalizations=("none", "batch"), epochs={64: 2}, seeds=1), "row of NaN"),
    "transfer": (dict(ways=("from scratch", "L2SP"), rates=(0.01,), seeds=2, pretraining=1, epochs=2), "L2SP"),
    "ensembles": (dict(draws=1, members=2, samples=2, epochs=2), "its dropout"),
}


def public(package=""):
    """Package, name and value of everything that users type, packages inside packages too."""
    owner = operator.attrgetter(package)(kp) if package else kp
    for name in set(owner.__all__) - {"__version__"}:
        value = getattr(owner, name)
        if inspect.ismodule(value):
            yield from public(f"{package}.{name}" if package else name)
        else:
            yield package, name, value


def anchor(heading):
    return re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")


def is_part(value):
    return inspect.isclass(value) and keras.saving.get_registered_name(value).startswith("kerasparts>")


@pytest.mark.parametrize("module", MODULES)
def test_docstring_examples_give_what_they_say(module):
    module = importlib.import_module(module)
    names = {"keras": keras, "np": np, "kerasparts": kp, **vars(module)}
    for test in doctest.DocTestFinder().find(module, globs=names, extraglobs={}):
        output = io.StringIO()
        runner = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
        runner.run(test, out=output.write)
        assert runner.failures == 0, output.getvalue()


def test_every_part_has_an_example_that_runs():
    for _, name, value in public():
        if is_part(value):
            assert "\n>>> " in inspect.getdoc(value), name


@pytest.mark.parametrize(
    ("text", "shown"), [("README.md", "Vanishing gradient."), ("docs/guide/diagnosis.md", "Verdict: ")]
)
def test_code_of_texts_runs(text, shown, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = WHOLE.findall(TEXTS[text])
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(compile(code.replace("epochs=20", "epochs=5"), text, "exec"), {})
    assert shown in output.getvalue()
    assert (tmp_path / "digits.keras").exists()


def test_code_that_no_test_runs_says_so():
    assert {name for name, text in TEXTS.items() if WHOLE.search(text)} == {"README.md", "docs/guide/diagnosis.md"}


def test_readme_example_has_some_twenty_lines():
    (code,) = WHOLE.findall(README)
    assert len([line for line in code.splitlines() if line.strip()]) <= 22


def test_catalog_names_every_part_and_nothing_else():
    listed = {entry.name for entry in kp.catalog()}
    classes = {f"{package}.{name}".lower() for package, name, value in public() if inspect.isclass(value)}
    parts = {
        f"{package}.{name}"
        for package, name, value in public()
        if is_part(value)
        or (inspect.isclass(value) and issubclass(value, keras.utils.PyDataset))
        or (package in FUNCTIONS and inspect.isfunction(value) and f"{package}.{name.replace('_', '')}" not in classes)
    }
    assert listed == parts


def test_readme_has_the_catalog_for_its_table():
    assert kp.catalog().to_markdown() in README, "run: make tables"


@pytest.mark.parametrize("text", TEXTS)
def test_links_lead_somewhere(text):
    for target in re.findall(r'\]\(([^)]+)\)|src="([^"]+)"', TEXTS[text]):
        file, _, heading = "".join(target).partition("#")
        if not file.startswith("http"):
            path = (ROOT / text).parent / file if file else ROOT / text
            assert path.exists(), target
            assert not heading or heading in {anchor(one) for one in HEADING.findall(path.read_text())}, target


@pytest.mark.parametrize("text", TEXTS)
def test_keras_names_in_texts_exist(text):
    for kind, name in re.findall(r"`keras\.([a-z]+)\.(\w+)", TEXTS[text]):
        assert hasattr(getattr(keras, kind), name), f"keras.{kind}.{name}"


@pytest.mark.parametrize("text", TEXTS)
def test_names_of_ours_in_texts_exist(text):
    for name in re.findall(r"\bkp\.((?:\w+\.)*\w+)", TEXTS[text]):
        assert operator.attrgetter(name)(kp) is not None, name


def test_readme_names_every_floor_of_the_house():
    packages = {path.name for path in (ROOT / "kerasparts").iterdir() if path.is_dir() and path.name != "__pycache__"}
    house = README.partition("## The house")[2].partition("## Add a part")[0]
    assert {name for name in packages if not re.search(rf"\b{name}\b", house)} == set()


def test_make_targets_in_texts_exist():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    for text in TEXTS.values():
        for target in re.findall(r"`make ([a-z-]+)|^make ([a-z-]+)", text, flags=re.MULTILINE):
            assert "".join(target) in targets, target


def test_changelog_has_this_version():
    changelog = (ROOT / "kerasparts" / "CHANGELOG.md").read_text()
    assert re.search(rf"^## \[{re.escape(kp.__version__)}\] - \d{{4}}-\d\d-\d\d$", changelog, flags=re.MULTILINE)


def test_version_stands_in_one_place():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in project["project"]
    assert project["tool"]["hatch"]["version"]["path"] == "kerasparts/__init__.py"


def test_every_example_is_run():
    elsewhere = {"claims", "distributed", *ECOSYSTEM}  # those have tests of their own
    scripts = {path.stem for path in (ROOT / "examples").glob("*.py")} - {"anew", "quiet", "side_by_side"}
    assert scripts == {*EXAMPLES, *elsewhere}


WITHOUT_FIGURE = {"own_part"}
SLOW_EXAMPLES = {
    "augmentation",
    "backpropagation_by_hand",
    "batch_normalization",
    "batch_size",
    "bias_variance_tradeoff",
    "cross_entropy_by_hand",
    "cross_validation",
    "diagnose",
    "early_stopping",
    "ensembles",
    "gradient_flow",
    "imbalanced",
    "initialization",
    "input_scaling",
    "lambda_sweep",
    "optimizers",
    "own_part",
    "products_of_depth",
    "proximal",
    "quickstart",
    "regularization",
    "residual_depth",
    "robust_regression",
    "sigmoid_or_relu",
    "softmax_regions",
    "transfer",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW_EXAMPLES else []) for name in EXAMPLES]
)
def test_example_runs(name, tmp_path):
    """In a process of its own, as a user runs it, and without a word on the screen that is not its own."""
    arguments, expected = EXAMPLES[name]
    arguments = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    code = f"from pathlib import Path; import {name}; {name}.main(Path({str(tmp_path)!r}), {arguments})"
    result = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "examples"), "KERAS_BACKEND": keras.backend.backend()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert expected in result.stdout
    assert name in WITHOUT_FIGURE or list(tmp_path.glob("*.png"))


def test_import_loads_no_more_than_keras():
    """Neither a framework, nor Matplotlib, nor scikit-learn, that `import keras` has not loaded."""
    code = (
        "import sys, keras; before = set(sys.modules); import kerasparts;"
        "print(*{name.split('.')[0] for name in set(sys.modules) - before})"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": keras.backend.backend()},
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(result.stdout.split()) & SLOW == set()
