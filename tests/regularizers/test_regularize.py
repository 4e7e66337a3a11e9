"""regularize."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import kerasparts as kp

R = kp.regularizers


def total(model):
    return sum(float(ops.convert_to_numpy(loss)) for loss in model.losses)


def again(model, folder):
    model.save(folder / "model.keras")
    return keras.models.load_model(folder / "model.keras")


def regularized(model):
    return {v.path for v in model.weights if v.regularizer is not None}


def image_model():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.BatchNormalization()], name="inner")
    inputs = keras.Input((8, 8, 2))
    x = layers.Conv2D(4, 3)(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.SeparableConv2D(4, 3)(x)
    x = layers.DepthwiseConv2D(3)(x)
    x = layers.LayerNormalization()(x)
    x = layers.Flatten()(layers.Conv2DTranspose(1, 2)(x))
    shared = layers.Dense(4, name="shared")
    x = shared(layers.Dense(4)(x))
    return keras.Model(inputs, inner(shared(x)))


def text_model():
    inputs = keras.Input((5,), dtype="int32")
    x = layers.Embedding(7, 4)(inputs)
    x = layers.MultiHeadAttention(2, 3)(x, x)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    x = layers.TimeDistributed(layers.Dense(3))(x)
    return keras.Model(inputs, layers.Dense(1)(layers.GRU(2)(x)))


IMAGES, WORDS = np.ones((4, 8, 8, 2), "float32"), np.arange(20).reshape(4, 5) % 7


@pytest.mark.parametrize(("build", "kernels"), [(image_model, 8), (text_model, 4 + 4 + 1 + 2 + 1)])
@pytest.mark.parametrize("penalty", [R.L2(0.1), R.L1(0.1) + 0.5 * R.GroupLasso(0.2)], ids=["one", "sum"])
def test_kernels_pay_and_nothing_else_does_before_and_after_save_and_load(build, kernels, penalty, tmp_path):
    model = build()
    assert total(model) == 0
    assert R.regularize(model, penalty) is model
    paying = [v for v in model.weights if v.regularizer is not None]
    assert len(paying) == kernels
    assert all("kernel" in v.name for v in paying)
    expected = sum(float(penalty(ops.convert_to_numpy(v))) for v in paying)
    assert total(model) == pytest.approx(expected, rel=1e-5)
    loaded = again(model, tmp_path)
    assert len(regularized(loaded)) == kernels
    assert total(loaded) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("include", "found"),
    [("embeddings", 1), ("kernel|embeddings", 13), (["^bias$"], 9), ("lstm.*/recurrent_kernel", 2)],
)
def test_include_says_which_weights(include, found, tmp_path):
    model = R.regularize(text_model(), R.L2(0.1), include=include)
    assert len(regularized(model)) == found
    assert len(regularized(again(model, tmp_path))) == found


def test_a_name_that_holds_the_word_kernel_does_not_take_the_bias_along():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(2, name="kernel_machine")])
    R.regularize(model, R.L2(0.1))
    (path,) = regularized(model)
    assert path.endswith("kernel_machine/kernel")


@pytest.mark.parametrize("replace", [False, True])
def test_an_existing_penalty_is_added_to_or_replaced(replace, tmp_path):
    dense = layers.Dense(2, kernel_initializer="ones", kernel_regularizer="l2")
    model = keras.Sequential([keras.Input((3,)), dense])
    R.regularize(model, R.L1(0.5), replace=replace)
    expected = 3.0 if replace else 3.06
    assert total(model) == pytest.approx(expected)
    assert total(again(model, tmp_path)) == pytest.approx(expected)


def test_penalties_can_be_piled_up():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, kernel_initializer="ones")])
    for penalty in (R.L1(0.5), R.L2(0.25), R.L1(0.5)):
        R.regularize(model, penalty)
    assert total(model) == pytest.approx(7.5)
    assert len(model.layers[0].kernel_regularizer.regularizers) == 3


def test_nothing_found_is_an_error_that_names_what_there_is():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="only")])
    with pytest.raises(ValueError, match=r"include[\s\S]*only/kernel[\s\S]*Received"):
        R.regularize(model, R.L2(0.1), include="embeddings")


@pytest.mark.parametrize(
    "bad", [dict(model=keras.Sequential()), dict(regularizer="l2"), dict(include="("), dict(include=3), dict(replace=1)]
)
def test_bad_arguments_are_refused_by_name(bad):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    with pytest.raises(ValueError, match=f"{next(iter(bad))}[\\s\\S]*Received"):
        R.regularize(**{"model": model, "regularizer": R.L2(0.1), **bad})


@pytest.mark.parametrize(
    "penalty", [R.L2(0.5), R.L2(0.25) + R.L2(0.25), R.L2SP(1.0, start=0.0)], ids=["one", "sum", "sp"]
)
def test_it_counts_in_the_next_fit_of_a_model_that_was_trained_before(penalty):
    x, y = np.zeros((8, 3), "float32"), np.zeros((8, 2), "float32")
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(x, y, epochs=1, verbose=0)
    model.evaluate(x, y, verbose=0)
    kernel = model.get_weights()[0]
    R.regularize(model, penalty)
    assert model.evaluate(x, y, verbose=0) == pytest.approx(0.5 * (kernel**2).sum(), rel=1e-5)
    model.fit(x, y, epochs=1, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], 0.9 * kernel, rtol=1e-5)
    assert model.optimizer.iterations == 2


def test_keras_ignores_a_penalty_that_is_set_on_a_built_layer():
    """Why `regularize` is needed."""
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    model.layers[0].kernel_regularizer = keras.regularizers.L2(0.1)
    assert model.losses == []


@keras.saving.register_keras_serializable("tests")
class Subclassed(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.hidden, self.out = layers.Dense(3), layers.Dense(1)

    def call(self, x):
        return self.out(self.hidden(x))


def test_a_subclassed_model_pays_and_says_what_its_file_will_not_hold(tmp_path):
    model = Subclassed()
    model(np.zeros((1, 2), "float32"))
    with pytest.warns(UserWarning, match="does not come back from a file"):
        R.regularize(model, R.L2(0.1))
    paid = total(model)
    assert paid > 0
    loaded = again(model, tmp_path)
    assert loaded.losses == []
    with pytest.warns(UserWarning, match="again after loading"):
        R.regularize(loaded, R.L2(0.1))
    assert total(loaded) == pytest.approx(paid)


def test_frozen_weights_pay_from_when_they_are_trainable():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, kernel_initializer="ones")])
    model.trainable = False
    R.regularize(model, R.L1(1.0))
    assert total(model) == 0
    model.trainable = True
    assert total(model) == 6.0
