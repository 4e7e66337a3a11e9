"""BiasVarianceDiagnostics and TrainingDiagnostics: two views on the same signals."""

import math

import keras
import numpy as np
import pytest

import kerasparts as kp
from kerasparts.diagnostics import Signals, diagnose, diagnose_bias_variance

pytestmark = pytest.mark.slow  # trainings, each with two gauges

RANDOM = np.random.default_rng(0)


def noise_by_heart(rows, rows_dev):
    """Labels without a cause, and a large model."""
    x, x_dev = RANDOM.normal(size=(rows, 20)), RANDOM.normal(size=(rows_dev, 20))
    y, y_dev = RANDOM.integers(2, size=(rows, 1)), RANDOM.integers(2, size=(rows_dev, 1))
    model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(256, "relu"), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    return model, (x, y), (x_dev, y_dev), 15


def linear_exclusive_or(rows, rows_dev):
    x = RANDOM.normal(size=(rows + rows_dev, 2)).astype("float32")
    y = ((x[:, 0] > 0) ^ (x[:, 1] > 0)).astype("int32")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    model.compile(keras.optimizers.Adam(0.05), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model, (x[:rows], y[:rows]), (x[rows:], y[rows:]), 8


def a_line(rows, rows_dev):
    x = RANDOM.normal(size=(rows + rows_dev, 3)).astype("float32")
    y = x @ np.array([[1.0], [-2.0], [0.5]], "float32")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.1), "mse")
    return model, (x[:rows], y[:rows]), (x[rows:], y[rows:]), 12


def fit(build, rows, rows_dev, **kwargs):
    model, train, validation, epochs = build(rows, rows_dev)
    gauges = kp.callbacks.TrainingDiagnostics(probe=256, verbose=0)
    narrow = kp.callbacks.BiasVarianceDiagnostics(**kwargs)
    model.fit(*train, validation_data=validation, epochs=epochs, callbacks=[gauges, narrow], verbose=0)
    return gauges, narrow


@pytest.mark.parametrize(
    ("build", "rows", "verdict"),
    [(noise_by_heart, 96, "high variance"), (linear_exclusive_or, 128, "high bias"), (a_line, 128, "good fit")],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_on_the_same_rows_they_measure_the_same(build, rows, verdict):
    """The standard error of 32 pieces scatters by 1 / sqrt(2 * 31) = 13 %, of 128 rows with heavy tails by as much."""
    gauges, narrow = fit(build, rows, 128)
    one, other = gauges.bias_variance, narrow.diagnosis
    assert one.verdict == other.verdict == verdict
    assert one.curves.epochs == other.curves.epochs
    for side in ("train", "validation"):
        np.testing.assert_allclose(getattr(one.curves, side), getattr(other.curves, side), rtol=1e-3, atol=1e-6)
        errors = np.array(
            [getattr(curves, f"{side}_standard_error") for curves in (one.curves, other.curves)], dtype="float64"
        )
        assert np.all(np.abs(np.log(errors[0] / errors[1])) < math.log(2))
    np.testing.assert_allclose(one.trivial_error, other.trivial_error, rtol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("build", [noise_by_heart, linear_exclusive_or])
def test_on_samples_they_agree_within_the_sampling_error(build):
    gauges, narrow = fit(build, 400, 1000)
    one, other = gauges.bias_variance, narrow.diagnosis
    assert one.verdict == other.verdict
    for name in ("bias", "variance"):
        first, second = getattr(one, name), getattr(other, name)
        assert first.low <= second.high, name
        assert second.low <= first.high, name


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".npz", ".json"])
@pytest.mark.parametrize("error", ["loss", "error_rate"])
def test_saved_signals_give_the_same_diagnosis(suffix, error, tmp_path):
    _, narrow = fit(a_line if error == "loss" else noise_by_heart, 64, 64, error=error, confidence=0.9)
    path = tmp_path / f"signals{suffix}"
    narrow.signals.save(path)
    signals = Signals.load(path)
    again = diagnose_bias_variance(
        signals.error_curves(), signals.score.trivial_loss, confidence=0.9, error=signals.error
    )
    assert again == narrow.diagnosis
    assert again.error == error


def test_the_signals_tell_of_the_run_too():
    _, narrow = fit(noise_by_heart, 96, 64)
    run, signals = narrow.signals.run, narrow.signals
    assert (run.rows, run.validation_rows, run.batch_size, run.steps_per_epoch) == (96, 64, 32, 3)
    assert (run.planned_epochs, run.epochs, run.optimizer) == (15, 15, "Adam")
    assert run.learning_rate == pytest.approx(0.02)
    assert run.parameters == 20 * 256 + 256 + 256 + 1
    assert run.metrics == ("accuracy",)
    assert signals.step.tolist() == [3.0 * epoch for epoch in range(1, 16)]
    assert signals.epoch.tolist() == list(range(1, 16))
    np.testing.assert_allclose(signals.learning_rate, 0.02)
    assert signals.curves["loss"].shape == signals.curves["val_accuracy"].shape == (15,)
    np.testing.assert_array_equal(signals.curves["data_loss"], signals.train_loss)
    assert diagnose(signals).epochs == 15


def test_before_the_first_epoch_there_is_nothing():
    assert kp.callbacks.TrainingDiagnostics().bias_variance is None
    assert kp.callbacks.BiasVarianceDiagnostics(error="error_rate").signals.moments == 0


def test_the_wide_gauge_knows_the_verdict_while_training_goes_on():
    found = []
    gauges = kp.callbacks.TrainingDiagnostics(verbose=0)

    class Look(keras.callbacks.Callback):
        def look(self, *_, **__):
            found.append(gauges.bias_variance)

        on_train_begin = on_epoch_end = look

    model, train, validation, _ = a_line(64, 64)
    model.fit(*train, validation_data=validation, epochs=3, callbacks=[gauges, Look()], verbose=0)
    assert [one and one.curves.epochs for one in found] == [None, (1,), (1, 2), (1, 2, 3)]
    assert found[-1].trivial_error == gauges.bias_variance.trivial_error


def test_the_wide_gauge_has_no_verdict_without_a_scale():
    """No validation data; targets that never change."""
    model, train, _, _ = a_line(64, 64)
    gauges = kp.callbacks.TrainingDiagnostics(verbose=0)
    model.fit(*train, epochs=1, callbacks=[gauges], verbose=0)
    assert gauges.bias_variance is None
    x, y = train[0], np.zeros_like(train[1])
    model.fit(x, y, validation_data=(x, y), epochs=1, callbacks=[gauges], verbose=0)
    assert gauges.bias_variance is None


def test_the_wide_gauge_reads_what_keras_has_read_ahead():
    """Of a generator the first batches, which training does not miss."""
    model, train, validation, _ = a_line(64, 64)

    def endless():
        while True:
            yield from ((train[0][i : i + 16], train[1][i : i + 16]) for i in range(0, 64, 16))

    gauges = kp.callbacks.TrainingDiagnostics(verbose=0)
    arguments = dict(validation_data=validation, steps_per_epoch=4, epochs=2, shuffle=False, verbose=0)
    model.fit(endless(), callbacks=[gauges], **arguments)
    assert gauges.bias_variance.curves.epochs == (1, 2)
    assert gauges.signals.run.rows == 0
    assert gauges.signals.run.validation_rows == 64


def test_data_of_its_own_count_whole():
    """`steps_per_epoch` limits the data of the fit alone."""
    model, train, validation, _ = a_line(64, 64)

    class Pieces(keras.utils.PyDataset):
        num_batches = 8

        def __getitem__(self, index):
            rows = slice(8 * index, 8 * index + 8)
            return train[0][rows], train[1][rows]

    gauges = kp.callbacks.TrainingDiagnostics(verbose=0, training_data=Pieces())
    narrow = kp.callbacks.BiasVarianceDiagnostics(training_data=Pieces())
    arguments = dict(validation_data=validation, steps_per_epoch=1, batch_size=16, epochs=1, verbose=0)
    model.fit(*train, callbacks=[gauges, narrow], **arguments)
    np.testing.assert_allclose(gauges.signals.train_loss[-1], narrow.signals.train_loss[-1], rtol=1e-4)
