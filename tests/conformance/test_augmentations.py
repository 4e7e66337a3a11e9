"""What every augmentation that changes targets promises."""

import keras
import numpy as np
import pytest
from keras import ops

from tests.cases import AUGMENTATIONS

EVERY = pytest.mark.parametrize("case", AUGMENTATIONS, ids=str)
X = np.random.default_rng(0).normal(10.0, 5.0, size=(12, 3)).astype("float32")
Y = np.array([0, 1, 2, 0, 1, 2, 0, 0, 1, 1, 2, 2])
WEIGHT = np.linspace(0.5, 2.0, 12).astype("float32")


def arrays(data):
    return keras.tree.map_structure(ops.convert_to_numpy, data)


@EVERY
def test_the_structure_stays(case):
    layer = case.build()
    for data in ((X, Y), (X, Y, WEIGHT)):
        for training in (True, False):
            out = layer(data, training=training)
            assert isinstance(out, tuple)
            assert [len(part) for part in out] == [12] * len(data)
    assert layer((X, Y, None))[2] is None


@EVERY
def test_acts_unless_told_that_it_is_not_training(case):
    layer = case.build()
    assert not np.array_equal(arrays(layer((X, Y)))[0], X)
    x, y, weight = arrays(layer((X, Y, WEIGHT), training=False))
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y.argmax(axis=-1) if y.ndim == 2 else y, Y)
    np.testing.assert_array_equal(weight, WEIGHT)


@EVERY
def test_the_form_is_the_same_when_not_training(case):
    layer = case.build()
    training, not_training = (layer((X, Y), training=training) for training in (True, False))
    for one, other in zip(training, not_training, strict=True):
        assert tuple(one.shape) == tuple(other.shape)
        assert one.dtype == other.dtype


@EVERY
def test_form_is_known_before_data(case):
    layer = case.build()
    symbolic = layer((keras.KerasTensor((None, 3)), keras.KerasTensor((None,), "int32"), keras.KerasTensor((None,))))
    real = layer((X, Y.astype("int32"), WEIGHT))
    for one, other in zip(symbolic, real, strict=True):
        assert one.shape[1:] == tuple(other.shape)[1:]
        assert one.dtype == keras.backend.standardize_dtype(other.dtype)


@EVERY
@pytest.mark.parametrize("data", [X, [X, Y], (X,), (X, Y, WEIGHT, WEIGHT)], ids=["array", "list", "one", "four"])
def test_inputs_alone_are_refused_with_the_reason(case, data):
    with pytest.raises(ValueError, match=r"data[\s\S]*changes the targets[\s\S]*not inside a model"):
        case.build()(data)


@EVERY
def test_refuses_to_stand_in_a_model(case):
    with pytest.raises(ValueError, match="not inside a model"):
        keras.Sequential([keras.Input((3,)), case.build()])


@EVERY
@pytest.mark.parametrize("rows", [0, 1])
def test_takes_no_rows_and_one(case, rows):
    x, y = arrays(case.build()((X[:rows], Y[:rows])))
    np.testing.assert_allclose(x, X[:rows], rtol=1e-6)
    assert len(y) == rows


@EVERY
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16"])
def test_is_rounded_once_to_its_precision(case, policy):
    layer, exact = case.build(dtype=policy), case.build(dtype="float32")
    x, y = layer((X, Y))
    expected, labels = arrays(exact((X, Y)))
    assert keras.backend.standardize_dtype(x.dtype) == layer.compute_dtype
    tolerance = 1e-3 if layer.compute_dtype == "float16" else 8e-3
    np.testing.assert_allclose(arrays(ops.cast(x, "float32")), expected, rtol=tolerance)
    np.testing.assert_array_equal(arrays(y), labels)


@EVERY
def test_the_same_seed_draws_the_same_and_another_does_not(case):
    first, same, other = case.build(), case.build(), case.build(seed=4)
    draws = [arrays(layer((X, Y)))[0] for layer in (first, same, other, first)]
    np.testing.assert_array_equal(draws[1], draws[0])
    assert not np.array_equal(draws[2], draws[0])
    assert not np.array_equal(draws[3], draws[0])


@EVERY
def test_goes_on_from_what_a_file_holds(case):
    layer, loaded, store = case.build(), case.build(seed=4), {}
    if hasattr(layer, "adapt"):
        layer.adapt(X, Y)
    layer((X, Y))
    layer.save_own_variables(store)
    loaded.load_own_variables(store)
    for mine, theirs in zip(arrays(layer((X, Y))), arrays(loaded((X, Y))), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@EVERY
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tf.data runs TensorFlow")
def test_works_in_tf_data(case):
    import tensorflow as tf

    layer = case.build()
    dataset = tf.data.Dataset.from_tensor_slices((X, Y, WEIGHT)).batch(5).map(lambda *data: layer(data))
    epochs = [np.concatenate([x for x, _, _ in dataset]) for _ in range(2)]
    assert epochs[0].shape == X.shape
    assert not np.array_equal(*epochs)


@EVERY
@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a program of TensorFlow")
def test_works_in_a_program_of_tensorflow(case):
    import tensorflow as tf

    layer = case.build()
    compiled = tf.function(lambda x, y: layer((x, y)), jit_compile=True)
    for one, other in zip(compiled(X, Y), layer((X, Y)), strict=True):  # XLA draws other numbers
        assert one.shape == other.shape
    assert not np.array_equal(compiled(X, Y)[0], compiled(X, Y)[0])


@EVERY
@pytest.mark.skipif(keras.backend.backend() != "jax", reason="a program of JAX")
def test_works_in_a_program_of_jax(case):
    import jax

    def augment(seed, x, y):
        with keras.StatelessScope(state_mapping=[(layer.seed_generator.state, seed)]) as scope:
            return layer((x, y)), scope.get_current_value(layer.seed_generator.state)

    layer = case.build()
    (x, _), seed = jax.jit(augment)(layer.seed_generator.state.value, X, Y)
    np.testing.assert_allclose(x, arrays(case.build()((X, Y)))[0], rtol=1e-5)
    assert not np.array_equal(seed, layer.seed_generator.state.value)


@EVERY
def test_a_row_that_is_not_finite_is_in_itself_and_its_partner_at_most(case):
    x = X.copy()
    x[0] = np.nan
    layer = case.build()
    for _ in range(5):
        mixed, y = arrays(layer((x, Y)))
        assert (~np.isfinite(mixed)).any(axis=1).sum() <= 2
        assert np.isfinite(y).all()
