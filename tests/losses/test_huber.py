"""The threshold that Huber's loss finds."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from kerasparts import backend, model_selection
from tests.reference.regression_losses import thresholds

ON_TENSORFLOW = [
    pytest.mark.slow,
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the same there as auto, or takes minutes"),
]


def data(rows=120, noise=0.5, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 3)).astype("float32")
    return x, (x @ [1.0, -2.0, 0.5] + random.normal(size=rows) * noise)[:, None].astype("float32")


def linear(loss, learning_rate=0.1, **options):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(learning_rate), loss, **options)
    return model


def by_hand(x, y, weights, quantile, epochs, batch_size, learning_rate=0.1):
    """Gradient descent on Huber's loss in NumPy: the weights of the model, and the errors of every batch."""
    w, batches = np.zeros((3, 1)), []
    for _ in range(epochs):
        for start in range(0, len(x), batch_size):
            rows = slice(start, start + batch_size)
            error = y[rows] - x[rows] @ w
            batches.append((error, weights[rows]))
            before = thresholds(batches[:1], quantile)[0] if len(batches) == 1 else None
            delta = np.exp(np.log(np.abs(error)).mean()) if before else thresholds(batches[:-1], quantile)[-1]
            pull = np.clip(error, -delta, delta) * weights[rows][:, None]
            w = w + learning_rate * x[rows].T @ pull / len(error)
    return w, thresholds(batches, quantile)[-1]


@pytest.mark.parametrize("jit_compile", ["auto", pytest.param(True, marks=ON_TENSORFLOW)])
def test_a_compiled_fit_follows_the_formula_step_by_step(jit_compile):
    x, y = data()
    weights = np.where(np.arange(120) % 5, 1.0, 0.0) * np.linspace(0.5, 1.5, 120)
    loss = kp.losses.Huber("auto", quantile=0.6)
    model = linear(loss, jit_compile=jit_compile)
    model.fit(x, y, sample_weight=weights, epochs=2, batch_size=25, shuffle=False, verbose=0)
    w, delta = by_hand(x, y, weights, 0.6, epochs=2, batch_size=25)
    assert loss.threshold == pytest.approx(delta, rel=1e-4)
    np.testing.assert_allclose(model.get_weights()[0], w, rtol=1e-4)


def test_keras_has_a_constant_threshold():
    _, y = data()
    ours, theirs = kp.losses.Huber(0.7), keras.losses.Huber(0.7)
    assert float(ours(y, 0 * y)) == pytest.approx(float(theirs(y, 0 * y)), rel=1e-5)
    assert ours.threshold == 0.7
    with pytest.raises((TypeError, ValueError)):
        keras.losses.Huber("auto")(y, 0 * y)


@pytest.mark.parametrize("unit", [1e-3, 1e4])
def test_settles_where_the_quantile_is_in_any_unit(unit):
    random = np.random.default_rng(0)
    y = random.normal(size=(6400, 1)) * unit
    model = linear(kp.losses.Huber("auto", quantile=0.8), learning_rate=0.0)
    model.fit(np.zeros((6400, 3)), y, batch_size=64, verbose=0)
    assert model.loss.threshold == pytest.approx(1.2816 * unit, rel=0.15)  # P(|z| < 1.2816) = 0.8


def test_gross_outliers_do_not_move_it_far():
    x, y = data(rows=600)
    y[::10] += 1e4
    loss = kp.losses.Huber("auto")
    linear(loss).fit(x, y, epochs=6, verbose=0)
    assert loss.threshold < 2.0  # clean errors of 0.5; a tenth at 1e4


def test_evaluation_and_gauges_leave_it_alone():
    x, y = data()
    model = linear(kp.losses.Huber("auto"))
    assert model.loss.threshold is None
    model.evaluate(x, y, verbose=0)
    assert model.loss.threshold is None
    model.fit(x, y, verbose=0, validation_data=(x, 100 * y))
    before = model.loss.threshold
    value = model.evaluate(x, 100 * y, verbose=0)
    assert model.evaluate(x, 100 * y, verbose=0) == value
    backend.model_value_and_gradients(model, training=True)(x, 100 * y)
    backend.model_data_loss(model)(x, 100 * y)
    assert model.loss.threshold == before


def test_one_unknown_target_does_not_spoil_it():
    x, y = data()
    model = linear(kp.losses.Huber("auto"), learning_rate=0.0)
    model.fit(x, y, epochs=1, verbose=0)
    before = model.loss.threshold
    broken = y.copy()
    broken[3] = np.nan
    model.fit(x, broken, epochs=1, batch_size=120, verbose=0, sample_weight=np.zeros(120))
    assert model.loss.threshold == before
    model.fit(x, broken, epochs=1, batch_size=120, verbose=0)
    assert np.isfinite(model.loss.threshold)


def test_is_in_the_file_and_in_the_weights_alone(tmp_path):
    x, y = data()
    model = linear(kp.losses.Huber("auto"))
    model.fit(x, y, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.loss.threshold == model.loss.threshold
    other = linear(kp.losses.Huber("auto"))
    other.load_weights(tmp_path / "model.weights.h5")
    assert other.loss.threshold == model.loss.threshold
    plain = linear(kp.losses.Huber(1.0))
    plain.save_weights(tmp_path / "plain.weights.h5")
    other.load_weights(tmp_path / "plain.weights.h5")  # which has none
    assert other.loss.threshold == model.loss.threshold


def test_each_output_has_its_own(tmp_path):
    x, y = data()
    inputs = keras.Input((3,))
    model = keras.Model(inputs, {"a": keras.layers.Dense(1)(inputs), "b": keras.layers.Dense(1)(inputs)})
    model.compile("sgd", {"a": kp.losses.Huber("auto"), "b": kp.losses.Huber("auto")})
    model.fit(x, {"a": y, "b": 100 * y}, verbose=0)
    a, b = model.loss["a"].threshold, model.loss["b"].threshold
    assert b > 10 * a
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert (loaded.loss["a"].threshold, loaded.loss["b"].threshold) == (a, b)


def test_an_empty_batch_and_a_perfect_fit_are_harmless():
    model = linear(kp.losses.Huber("auto"))
    assert float(model.loss(np.zeros((0, 1)), np.zeros((0, 1)))) == 0.0
    model.fit(np.zeros((12, 3)), np.zeros((12, 1)), batch_size=4, verbose=0)
    assert 0 < model.loss.threshold <= 1


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="Torch has no vectorized engine")
def test_many_models_in_one_program_are_refused():
    """They would share one threshold."""
    x, y = data()
    with pytest.raises(ValueError, match="track"):
        model_selection.cross_validate(
            lambda: linear(kp.losses.Huber("auto")), x, y, cv=2, epochs=1, engine="vectorized", verbose=0
        )


def test_gradients_beyond_the_threshold_are_of_one_size():
    prediction = keras.Variable(np.zeros((3, 1)), dtype="float32")
    loss = kp.losses.Huber(2.0, reduction="sum")
    y = np.array([[1.0], [2.5], [1e18]])
    _, (gradient,) = backend.value_and_gradients(lambda: loss(y, prediction.value), [prediction])()
    np.testing.assert_allclose(ops.convert_to_numpy(gradient)[:, 0], [-1.0, -2.0, -2.0])
