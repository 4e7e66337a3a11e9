"""penalty_by_layer."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import kerasparts as kp

R = kp.regularizers


def model_with_penalties():
    ones = dict(kernel_initializer="ones")
    inner = keras.Sequential(
        [keras.Input((2,)), layers.Dense(2, **ones, kernel_regularizer=R.L1(0.1), name="a")], name="in"
    )
    shared = layers.Dense(2, **ones, kernel_regularizer=keras.regularizers.L2(0.5), name="shared")
    both = layers.Dense(
        2, **ones, bias_initializer="ones", kernel_regularizer="l2", bias_regularizer=R.L2(1.0), name="both"
    )
    frozen = layers.Dense(2, kernel_regularizer="l2", trainable=False, name="frozen")
    inputs = keras.Input((2,))
    outputs = frozen(both(shared(shared(inner(layers.Dense(2, name="free")(inputs))))))
    return keras.Model(inputs, outputs)


def test_every_layer_pays_under_its_name_once():
    penalties = R.penalty_by_layer(model_with_penalties())
    assert penalties == pytest.approx({"in/a": 0.4, "shared": 2.0, "both": 2.04})


def test_the_sum_is_what_keras_adds_to_the_loss():
    model = model_with_penalties()
    expected = sum(float(ops.convert_to_numpy(loss)) for loss in model.losses)
    assert sum(R.penalty_by_layer(model).values()) == pytest.approx(expected)


def test_layers_inside_layers_have_paths():
    model = keras.Sequential([keras.Input((3, 2)), layers.LSTM(2, kernel_regularizer="l2", name="rnn")])
    assert list(R.penalty_by_layer(model)) == ["rnn/lstm_cell"]


def test_a_model_without_penalties_pays_nothing():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.ActivityRegularization(l2=1.0)])
    model(np.ones((1, 3), "float32"))
    assert R.penalty_by_layer(model) == {}


def test_a_model_that_is_not_built_is_refused():
    with pytest.raises(ValueError, match="model"):
        R.penalty_by_layer(keras.Sequential([layers.Dense(2)]))
