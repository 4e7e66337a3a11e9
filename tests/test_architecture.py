"""Imports point down the house, frameworks live in one room, and every room is named."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSE = ROOT / "kerasparts"

# The floor of every package. A module imports from floors below its own; packages on one floor never import each
# other, but for the pairs in NEIGHBOURS.
FLOORS = {
    "core": 0,
    "backend": 1,
    "activations": 2,
    "initializers": 3,
    "regularizers": 3,
    "losses": 3,
    "optimizers": 3,
    "diagnostics": 3,
    "plots": 4,
    "reports": 5,
    "layers": 6,
    "callbacks": 6,
    "model_selection": 6,
    "augmentation": 7,
    "ensembles": 7,
    "listing": 8,
    "testing": 8,
    "loading": 8,
}
NEIGHBOURS = {("model_selection", "callbacks")}
FRAMEWORKS = {"tensorflow", "jax", "torch", "numpy.jax"}
HEAVY = {"matplotlib", "sklearn", "pandas", "scipy", "joblib", "ray"}

MODULES = sorted(HOUSE.rglob("*.py"))
NAMES = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in MODULES}
EVERY = pytest.mark.parametrize("path", MODULES, ids=lambda path: NAMES[path])


def imports(path, top_level_only=False):
    """Names of the modules that a file imports, absolute."""
    tree = ast.parse(path.read_text())
    nodes = tree.body if top_level_only else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def package(name):
    parts = name.split(".")
    return parts[1] if parts[0] == "kerasparts" and len(parts) > 1 and parts[1] in FLOORS else None


def test_every_package_has_a_floor():
    packages = {path.name for path in HOUSE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert packages <= set(FLOORS)
    assert "utils" not in packages


def test_every_folder_is_a_package():
    for folder in HOUSE.rglob("*/"):
        if folder.name != "__pycache__":
            assert (folder / "__init__.py").exists(), folder


@EVERY
def test_imports_point_down(path):
    here = package(NAMES[path])
    for name in imports(path):
        there = package(name)
        if there is None or there == here:
            continue
        if here is None:
            assert path == HOUSE / "__init__.py", f"{path} is in no package"
            continue
        down = FLOORS[there] < FLOORS[here]
        assert down or (here, there) in NEIGHBOURS, f"{NAMES[path]} (floor {FLOORS[here]}) imports {name}"


@EVERY
def test_keras_is_used_through_its_public_names(path):
    assert not [name for name in imports(path) if name.startswith(("keras.src", "keras._tf_keras"))]


@EVERY
def test_frameworks_are_imported_in_the_backend_alone(path):
    found = {name.split(".")[0] for name in imports(path)} & FRAMEWORKS
    allowed = {path.stem} & FRAMEWORKS if package(NAMES[path]) == "backend" else set()
    assert found <= allowed


@EVERY
def test_slow_packages_are_imported_where_they_are_used(path):
    assert not {name.split(".")[0] for name in imports(path, top_level_only=True)} & HEAVY


def test_no_module_imports_itself_through_others():
    graph = {
        NAMES[path]: {name for name in imports(path) if name in set(NAMES.values()) and name != NAMES[path]}
        for path in MODULES
    }
    # A package's __init__ runs before its modules anyhow; what it re-exports is no dependency of theirs.
    graph = {name: {to for to in targets if not name.startswith(f"{to}.")} for name, targets in graph.items()}
    done, path = set(), []

    def visit(name):
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name in done:
            return
        path.append(name)
        for target in sorted(graph[name]):
            visit(target)
        path.pop()
        done.add(name)

    for name in graph:
        visit(name)


def test_the_backends_offer_the_same_functions():
    def functions(name):
        tree = ast.parse((HOUSE / "backend" / f"{name}.py").read_text())
        return {
            node.name: ast.unparse(node.args)
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        }

    assert functions("tensorflow") == functions("jax") == functions("torch")


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "reference").glob("*.py")), ids=lambda path: path.stem)
def test_the_oracles_know_nothing_of_the_library(path):
    assert not {name.split(".")[0] for name in imports(path)} & {"kerasparts", "keras", *FRAMEWORKS}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: NAMES[path])
def test_packages_export_what_they_import(path):
    """`X as X` lines and `__all__` name the same things."""
    if path.name != "__init__.py":
        return
    tree = ast.parse(path.read_text())
    exported, names = set(), set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            exported |= {alias.asname for alias in node.names if alias.asname}
            assert all(alias.asname == alias.name for alias in node.names), "write `from .x import X as X`"
        elif isinstance(node, ast.Assign) and node.targets[0].id == "__all__":
            names = set(ast.literal_eval(node.value))
    assert names - {"__version__"} == exported
