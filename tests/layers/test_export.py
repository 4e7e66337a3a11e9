"""A model of all parts that act at inference, exported, gives the same answers.

`python tests/layers/test_export.py` prints the table for the backend of the day: part, format, works or why not.
"""

import functools
import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasparts as kp
from tests.cases import ACTIVATIONS, LAYERS, OF_OUTPUTS, Case
from tests.conformance.test_layers import ready
from tests.models import chosen, side_by_side

BACKEND = keras.backend.backend()
ENSEMBLE = Case(kp.ensembles.Ensemble, dict(activation="softmax"))
PARTS = [*LAYERS, *OF_OUTPUTS, ENSEMBLE, *ACTIVATIONS]
EVERY = pytest.mark.parametrize("case", PARTS, ids=str)
X = np.random.default_rng(0).normal(4.0, 6.0, (5, 4, 3)).astype("float32")  # of both signs
TOLERANCE = 1e-5


def layer_of(case):
    if case in ACTIVATIONS:
        return keras.layers.Activation(case.build())
    if case is ENSEMBLE:
        members = [keras.Sequential([keras.Input(case.shape), keras.layers.Dense(3)]) for _ in range(2)]
        return case.part(members, **case.kwargs)
    return ready(case)


def saved_model(model, path):
    import tensorflow

    model.export(path, format="tf_saved_model", verbose=False)
    loaded = tensorflow.saved_model.load(path)  # kept, as its functions do not keep its variables
    return {name: np.asarray(y) for name, y in loaded.serve(X).items()}


def litert(model, path):
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        from tensorflow.lite import Interpreter  # the same under the name that it had

    model.export(f"{path}.tflite", format="litert", verbose=False)
    interpreter = Interpreter(f"{path}.tflite")
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], X.shape)
    runner = interpreter.get_signature_runner()
    (name,) = runner.get_input_details()
    return runner(**{name: X})


def onnx(model, path):
    import onnxruntime

    model.export(f"{path}.onnx", format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(f"{path}.onnx")
    names = [one.name for one in session.get_outputs()]
    if BACKEND == "torch":  # which forgets the names, but for their order
        names = keras.tree.flatten({name: name for name in model.output_names})
    return dict(zip(names, session.run(None, {session.get_inputs()[0].name: X}), strict=True))


FORMATS = {"SavedModel": saved_model, "LiteRT": litert, "ONNX": onnx}
REFUSED = {  # by Keras
    "tensorflow": {},
    "jax": {"LiteRT": "Keras writes none on JAX", "ONNX": "Keras writes none on JAX"},
    "torch": {"SavedModel": "Keras writes none on Torch", "LiteRT": "needs `litert-torch`"},
}[BACKEND]


def answers(rows, form, folder):
    """Of one model with all the rows: what it exports answers, and what it answers itself."""
    keras.utils.set_random_seed(0)
    model = side_by_side({case: layer_of(case) for case in rows}, units=2)
    expected = {name: keras.ops.convert_to_numpy(y) for name, y in model(X).items()}
    return FORMATS[form](model, str(Path(folder) / form)), expected


@pytest.fixture(scope="module")
def exported(request, tmp_path_factory):
    """Function of a row and a format: answers of what a model exports, and those of the model."""
    folder = tmp_path_factory.mktemp("exported")
    export = functools.cache(lambda form: answers(chosen(request, PARTS), form, folder))
    return lambda case, form: [outputs[str(case)] for outputs in export(form)]


@EVERY
@pytest.mark.parametrize("form", ["SavedModel", pytest.param("LiteRT", marks=pytest.mark.slow), "ONNX"])
@pytest.mark.filterwarnings("ignore")
def test_what_is_exported_gives_the_same_answers(case, form, exported):
    if form in REFUSED:
        pytest.skip(REFUSED[form])
    if form == "ONNX":
        pytest.importorskip("onnxruntime")
    np.testing.assert_allclose(*exported(case, form), rtol=TOLERANCE, atol=TOLERANCE)


def verdict(case, form, together, folder):
    """What stands in the table: alone where the model of all could not be exported."""
    if form in REFUSED:
        return REFUSED[form]
    try:
        ours, expected = together.get(form) or answers([case], form, folder)
        gap = np.abs(ours[str(case)] - expected[str(case)]).max()
    except Exception as error:
        return f"{type(error).__name__}: {error}".splitlines()[0][:80]
    return "works" if gap <= TOLERANCE * max(1.0, np.abs(expected[str(case)]).max()) else f"differs by {gap:.0e}"


def table():
    """The lines of the table."""
    together = {}
    with tempfile.TemporaryDirectory() as folder:
        for form in set(FORMATS) - set(REFUSED):
            try:
                together[form] = answers(PARTS, form, folder)
            except Exception as error:
                print(f"The model of all parts in {form}: {type(error).__name__}: {error}")
        yield f"| part | {' | '.join(FORMATS)} |"
        yield "|---" * (len(FORMATS) + 1) + "|"
        for case in PARTS:
            yield f"| `{case}` | {' | '.join(verdict(case, form, together, folder) for form in FORMATS)} |"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print("\n".join(table()))
