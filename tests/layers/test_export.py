"""A model of all layers, exported, gives the same answers."""

import keras
import numpy as np
import pytest

from tests.cases import LAYERS
from tests.conformance.test_layers import ready
from tests.models import chosen, side_by_side

BACKEND = keras.backend.backend()
EVERY = pytest.mark.parametrize("case", LAYERS, ids=str)


@pytest.fixture(scope="module")
def exported(request, tmp_path_factory):
    """Function of a row and a format: answers of a model, and those of what it exports."""
    folder, done = tmp_path_factory.mktemp("exported"), {}
    x = np.random.default_rng(0).normal(10.0, 5.0, (5, 4, 3)).astype("float32")

    def answers(case, form):
        if form not in done:
            keras.utils.set_random_seed(0)
            model = side_by_side({case: ready(case) for case in chosen(request, LAYERS)}, units=2)
            outputs = {name: np.asarray(keras.ops.convert_to_numpy(y)) for name, y in model(x).items()}
            done[form] = (FORMATS[form](model, x, str(folder / form)), outputs)
        return [outputs[str(case)] for outputs in done[form]]

    return answers


def saved_model(model, x, path):
    import tensorflow

    model.export(path, format="tf_saved_model", verbose=False)
    loaded = tensorflow.saved_model.load(path)  # kept, as its functions do not keep its variables
    answers = loaded.serve(x)
    return {name: np.asarray(y) for name, y in answers.items()}


def litert(model, x, path):
    import tensorflow

    model.export(f"{path}.tflite", format="litert", verbose=False)
    interpreter = tensorflow.lite.Interpreter(f"{path}.tflite")
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], x.shape)
    runner = interpreter.get_signature_runner()
    (name,) = runner.get_input_details()
    return runner(**{name: x})


def onnx(model, x, path):
    import onnxruntime

    model.export(f"{path}.onnx", format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(f"{path}.onnx")
    names = [one.name for one in session.get_outputs()]
    if BACKEND == "torch":  # which forgets the names, but for their order
        names = keras.tree.flatten({name: name for name in model.output_names})
    return dict(zip(names, session.run(None, {session.get_inputs()[0].name: x}), strict=True))


FORMATS = {"saved_model": saved_model, "litert": litert, "onnx": onnx}


@EVERY
@pytest.mark.skipif(BACKEND == "torch", reason="Keras writes no SavedModel on Torch")
def test_a_saved_model_gives_the_same_answers(case, exported):
    np.testing.assert_allclose(*exported(case, "saved_model"), rtol=1e-5, atol=1e-5)


@EVERY
@pytest.mark.slow
@pytest.mark.skipif(BACKEND != "tensorflow", reason="Keras writes LiteRT best on TensorFlow")
@pytest.mark.filterwarnings("ignore")
def test_litert_gives_the_same_answers(case, exported):
    np.testing.assert_allclose(*exported(case, "litert"), rtol=1e-5, atol=1e-5)


@EVERY
@pytest.mark.skipif(BACKEND == "jax", reason="Keras writes no such model on JAX")
@pytest.mark.filterwarnings("ignore")
def test_onnx_gives_the_same_answers(case, exported):
    pytest.importorskip("onnxruntime")
    np.testing.assert_allclose(*exported(case, "onnx"), rtol=1e-5, atol=1e-5)
