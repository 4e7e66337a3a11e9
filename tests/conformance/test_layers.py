"""What every layer promises. A layer with `adapt` is adapted first."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasparts.testing.promises import layer as promises
from tests.cases import LAYERS
from tests.models import chosen, side_by_side

EVERY = pytest.mark.parametrize("case", LAYERS, ids=str)
RANDOM = pytest.mark.parametrize("case", [case for case in LAYERS if case.random], ids=str)


def data(case, rows=50):
    return np.random.default_rng(0).normal(10.0, 5.0, size=(rows, *case.shape)).astype("float32")


def ready(case, **changes):
    return promises.ready(case.subject(data(case), **changes))


def numpy(x):
    return np.asarray(ops.convert_to_numpy(ops.cast(x, "float32")), "float64")


def formula(case, layer, x):
    weights = [[numpy(weight) for weight in layer.weights]] if case.learned else []
    return case.oracle(x, *weights, **case.kwargs)


@EVERY
def test_follows_the_formula(case):
    layer = ready(case)
    np.testing.assert_allclose(numpy(layer(data(case))), formula(case, layer, data(case)), rtol=1e-5, atol=1e-5)


@EVERY
def test_shape_is_known_before_data_and_for_any_batch(case):
    layer = case.build()
    symbolic = layer(keras.KerasTensor((None, *case.shape)))
    assert symbolic.shape == layer.compute_output_shape((None, *case.shape))
    promises.gives_the_shapes_it_says(case.subject(data(case, 7)))


@EVERY
@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16", "float16", "bfloat16"])
def test_keeps_to_its_precision(case, policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)  # and so for the layers within
    try:
        layer = ready(case)
    finally:
        keras.config.set_dtype_policy(before)
    y = layer(data(case))
    assert keras.backend.standardize_dtype(y.dtype) == layer.compute_dtype
    assert layer(keras.KerasTensor((None, *case.shape))).dtype == layer.compute_dtype
    # One rounding to the layer's precision, or as many as its row says, and nothing lost before it.
    tolerance = {"float32": 1e-5, "float16": 2e-3, "bfloat16": 1e-2}[layer.compute_dtype] * case.roundings
    np.testing.assert_allclose(numpy(y), formula(case, layer, data(case)), rtol=tolerance, atol=tolerance)


@EVERY
def test_takes_an_empty_batch(case):
    promises.takes_batches_of_any_size(case.subject(data(case)))


@EVERY
def test_keeps_a_mask(case):
    x = data(case)
    x[:, 2:] = 0.0
    masked = keras.layers.Masking()(x)
    assert ready(case)(masked)._keras_mask is not None if case.build().supports_masking else True


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(0).normal(10.0, 5.0, size=(50, 4, 3)).astype("float32")


@pytest.fixture(scope="module", params=[False, pytest.param(True, marks=pytest.mark.slow)], ids=["graph", "jit"])
def fitted(request, x):
    """History, a model of all layers, and its predictions."""
    if request.param and keras.backend.backend() == "torch":
        pytest.skip("Torch compiles for minutes")
    keras.utils.set_random_seed(0)
    model = side_by_side({case: ready(case) for case in chosen(request, LAYERS)}, units=1)
    model.compile(keras.optimizers.Adam(0.05), "mse", jit_compile=request.param)
    model.optimizer.build(model.trainable_variables)  # or TensorFlow traces everything twice
    history = model.fit(x, dict.fromkeys(model.output_names, x[:, 0, 0]), epochs=8, verbose=0).history
    return history, model, model.predict(x, verbose=0)


@EVERY
def test_works_in_a_compiled_fit(case, fitted, x):
    history, model, predictions = fitted
    losses = history.get(f"{case}_loss", history["loss"])  # of an only output
    assert losses[-1] < losses[0]
    np.testing.assert_allclose(
        predictions[str(case)], numpy(model(x)[str(case)]), rtol=1e-3, atol=1e-4
    )  # compiled and eager round differently


@pytest.fixture(scope="module")
def cloned(request, x):
    keras.utils.set_random_seed(0)
    models = [side_by_side({case: ready(case) for case in chosen(request, LAYERS)}, units=2)]
    models.append(keras.models.clone_model(models[0]))
    models[1].set_weights(models[0].get_weights())
    return [(model(x), model.predict(x, verbose=0)) for model in models]


@EVERY
def test_a_model_and_its_clone_agree(case, cloned):
    eager, compiled = zip(*cloned, strict=True)
    np.testing.assert_array_equal(*(numpy(outputs[str(case)]) for outputs in eager))
    np.testing.assert_array_equal(*(outputs[str(case)] for outputs in compiled))


@RANDOM
def test_draws_other_numbers_each_time_in_training(case):
    layer = ready(case)
    first, second = (numpy(layer(data(case), training=True)) for _ in range(2))
    assert not np.array_equal(first, second)


@RANDOM
def test_the_same_seed_draws_the_same_numbers_and_another_does_not(case):
    layers = [ready(case), ready(case), ready(case, seed=case.kwargs["seed"] + 1)]
    for layer in layers:
        layer(data(case))  # makes the weights
        layer.set_weights(layers[0].get_weights())
    first, same, other = (numpy(layer(data(case), training=True)) for layer in layers)
    np.testing.assert_array_equal(same, first)
    assert not np.array_equal(other, first)


@RANDOM
def test_what_is_not_finite_stays_in_its_row(case):
    promises.treats_each_row_by_itself_at_inference(case.subject(data(case)))
