"""WeightedSum, with its parts in the logs, and UncertainTask with UncertaintyWeighted, which learn the weights."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp

ROOT = Path(__file__).parents[2]


def data(rows=24):
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, 3)).astype("float32")
    return x, x @ np.array([[1.0], [2.0], [-1.0]], "float32") + 3


def two_parts():
    squares, lines = keras.losses.MeanSquaredError(), keras.losses.MeanAbsoluteError()
    return kp.losses.WeightedSum([("squares", 0.5, squares), ("lines", 2.0, lines)])


def line(loss, **compile_arguments):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01), loss, **compile_arguments)
    return model


def test_is_the_sum_of_its_weighted_parts():
    x, y = data()
    weight = np.linspace(0.0, 1.0, len(y)).astype("float32")
    squares, lines = weight * (y[:, 0] - x[:, 0]) ** 2, weight * np.abs(y[:, 0] - x[:, 0])
    value = float(two_parts()(y, x[:, :1], weight))
    assert value == pytest.approx(0.5 * squares.mean() + 2.0 * lines.mean(), rel=1e-5)


def test_the_parts_are_in_history_and_add_up_to_the_loss():
    x, y = data()
    loss = two_parts()
    model = line(loss, weighted_metrics=loss.metrics())
    weight = np.linspace(0.0, 1.0, len(y))
    # The last batch is smaller.
    history = model.fit(x, y, batch_size=10, sample_weight=weight, epochs=2, validation_data=(x, y), verbose=0).history
    assert set(history) == {f"{side}{name}" for side in ("", "val_") for name in ("loss", "squares", "lines")}
    for side in ("", "val_"):
        squares, lines = np.array(history[f"{side}squares"]), np.array(history[f"{side}lines"])
        np.testing.assert_allclose(history[f"{side}loss"], 0.5 * squares + 2.0 * lines, rtol=1e-5)
    assert history["val_squares"][-1] == pytest.approx(np.square(y - model.predict(x, verbose=0)).mean(), rel=1e-4)


def test_keras_takes_two_losses_on_one_output_and_counts_the_first_alone():
    x, y = data()
    both = [keras.losses.MeanSquaredError(), keras.losses.MeanAbsoluteError()]
    score = line(both).evaluate(x, y, verbose=0)
    assert np.ravel(score)[0] == pytest.approx(line(both[0]).evaluate(x, y, verbose=0))


def test_a_mask_reaches_every_part():
    x = np.ones((2, 4, 3), "float32")
    x[:, 2:] = 0.0
    model = keras.Sequential([keras.Input((4, 3)), keras.layers.Masking(), keras.layers.Dense(1)])
    model.compile("sgd", two_parts())
    y = np.where(x[..., :1] == 0, 1e6, 1.0)
    assert model.evaluate(x, y, verbose=0) < 1e3


def test_names_that_are_the_same_are_refused():
    squares = keras.losses.MeanSquaredError()
    with pytest.raises(ValueError, match="differ"):
        kp.losses.WeightedSum([("a", 1.0, squares), ("a", 2.0, squares)])


def by_hand(value, log_variance, kind):
    """Kendall et al. 2018, equation 7 and 10, with `s = log(sigma**2)`."""
    sigma = np.exp(log_variance / 2)
    factor = 1 / (2 * sigma**2) if kind == "regression" else 1 / sigma**2
    return factor * value + np.log(sigma)


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_an_uncertain_task_follows_the_paper(kind):
    x, y = data()
    (output,) = kp.layers.UncertaintyWeighted(log_variance=0.8)([ops.convert_to_tensor(x[:, :1])])
    value = float(ops.convert_to_numpy(kp.losses.UncertainTask(keras.losses.MeanSquaredError(), kind)(y, output)))
    assert value == pytest.approx(by_hand(np.square(y - x[:, :1]).mean(), 0.8, kind), rel=1e-5)


def test_predictions_from_elsewhere_give_nan():
    x, y = data()
    assert np.isnan(float(kp.losses.UncertainTask(keras.losses.MeanSquaredError())(y, x[:, :1])))


def two_outputs(rate=0.05, **compile_arguments):
    """Two lines of one number, with noise of deviation 0.1 and 3."""
    keras.utils.set_random_seed(2)
    inputs = keras.Input((3,))
    outputs = {name: keras.layers.Dense(1, name=f"{name}_line")(inputs) for name in ("clear", "noisy")}
    model = keras.Model(inputs, kp.layers.UncertaintyWeighted(name="balance")(outputs))
    task = kp.losses.UncertainTask(keras.losses.MeanSquaredError())
    model.compile(keras.optimizers.Adam(rate), {"clear": task, "noisy": task}, **compile_arguments)
    random = np.random.default_rng(3)
    x, y = data(512)
    return model, x, {"clear": y + 0.1 * random.normal(size=y.shape), "noisy": y + 3.0 * random.normal(size=y.shape)}


@pytest.mark.slow
@pytest.mark.parametrize("jit_compile", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_learned_variances_are_those_of_the_noise(jit_compile):
    if jit_compile and keras.backend.backend() == "torch":
        pytest.skip("Torch compiles for minutes")
    model, x, y = two_outputs(jit_compile=jit_compile)
    history = model.fit(x, y, epochs=50, verbose=0).history
    learned = model.get_layer("balance").log_variances()
    errors = {name: np.square(y[name] - out).mean() for name, out in model.predict(x, verbose=0).items()}
    for name in ("clear", "noisy"):
        assert learned[name] == pytest.approx(np.log(errors[name]), abs=0.3)  # the optimum, equation 7
    assert history["loss"][-1] == pytest.approx(history["clear_loss"][-1] + history["noisy_loss"][-1], rel=1e-4)


LOADED = """
import sys
import keras, numpy as np
import kerasparts

model = keras.models.load_model(sys.argv[1] + "/model.keras")
data = np.load(sys.argv[1] + "/data.npz")
model.fit(data["x"], {"clear": data["clear"], "noisy": data["noisy"]}, shuffle=False, verbose=0)
np.savez(sys.argv[1] + "/there.npz", *model.get_weights())
"""


@pytest.mark.slow
def test_learned_weights_are_saved_and_train_on_in_a_fresh_process(tmp_path):
    model, x, y = two_outputs()
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "data.npz", x=x, **y)
    environment = {**os.environ, "KERAS_BACKEND": keras.backend.backend(), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", LOADED, str(tmp_path)], check=True, env=environment)
    model.fit(x, y, shuffle=False, verbose=0)
    there = np.load(tmp_path / "there.npz")
    for here, name in zip(model.get_weights(), there.files, strict=True):
        np.testing.assert_array_equal(here, there[name])


def test_a_list_and_one_output_alone_pass_unchanged():
    layer = kp.layers.UncertaintyWeighted()
    ones = np.ones((2, 3), "float32")
    _, second = layer([ones, 2 * ones])
    np.testing.assert_array_equal(ops.convert_to_numpy(second), 2 * ones)
    assert layer.log_variances() == {"0": 0.0, "1": 0.0}
    np.testing.assert_array_equal(ops.convert_to_numpy(kp.layers.UncertaintyWeighted()(ones)), ones)
