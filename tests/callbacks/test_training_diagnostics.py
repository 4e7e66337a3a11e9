"""TrainingDiagnostics: it changes no training and breaks none; what it measures, stops, keeps and writes."""

import dataclasses
import json
import sys
import warnings

import keras
import numpy as np
import pytest

import kerasparts as kp
from kerasparts.diagnostics import Probe, Signals
from tests.callbacks.awkward import PROGRAMS, ROWS, X, Y, arrays, compiled, network, regression

OF_MOMENTS = (
    "train_loss", "train_loss_error", "validation_loss", "validation_loss_error", "penalty", "train_skill",
    "validation_skill", "learning_rate", "output_low", "output_high", "output_std",
)  # fmt: skip
OF_VARIABLES = ("gradient_norm", "weight_norm", "update_norm", "displacement", "equal_units")
OF_LAYERS = ("finite", "scale", "input_scale", "variation", "dead", "saturated")


def gauge(**kwargs):
    return kp.callbacks.TrainingDiagnostics(**{"verbose": 0, **kwargs})


def run(model, fit, *callbacks):
    """Fits for two epochs unless told otherwise; returns the history and the weights."""
    arguments = {"epochs": 2, "verbose": 0, **fit}
    others = arguments.pop("callbacks", [])
    keras.utils.set_random_seed(1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The model does not have any trainable weights")
        warnings.filterwarnings("ignore", "The .grad attribute of a Tensor")  # Torch's compiler looks at all of them
        history = model.fit(callbacks=[*others, *callbacks], **arguments).history
    return history, [np.array(keras.ops.convert_to_numpy(v)) for v in model.variables]


def twice(build, *callbacks):
    """The same program without and with callbacks."""
    results = []
    for some in ((), callbacks):
        keras.utils.set_random_seed(0)
        results.append(run(*build(), *some))
    return results


def assert_same_training(first, second):
    assert first[0].keys() == second[0].keys()
    for name in first[0]:
        np.testing.assert_array_equal(first[0][name], second[0][name], err_msg=name)
    assert len(first[1]) == len(second[1])
    for one, other in zip(first[1], second[1], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_training_is_the_same_bit_for_bit_and_nothing_is_warned_of(name):
    gauges = gauge()
    assert_same_training(*twice(PROGRAMS[name], gauges))
    assert gauges.signals.notes == ()
    assert_sound(gauges.signals)
    str(gauges.diagnosis)


def assert_sound(signals):
    variables, layers, epochs = len(signals.variables), len(signals.layers), signals.run.epochs
    assert signals.moments > 0
    for name in ("step", "epoch", *OF_MOMENTS):
        assert getattr(signals, name).shape == (signals.moments,), name
    for name in OF_VARIABLES:
        assert getattr(signals, name).shape == (signals.moments, variables), name
    for name in OF_LAYERS:
        assert getattr(signals, name).shape == (signals.moments, layers), name
    assert len(signals.kernels) == variables
    assert all(len(curve) == epochs for curve in signals.curves.values())
    assert len(signals.epoch_ends) == epochs
    assert (np.diff(signals.epoch) > 0).all()
    assert (np.diff(signals.step) >= 0).all()
    assert signals.outputs
    assert signals.inputs


# What is measured


def test_the_loss_is_that_of_the_rows_without_penalty_and_dropout():
    layers = [keras.layers.Dense(4, "relu", kernel_regularizer=keras.regularizers.L2(100.0)), keras.layers.Dropout(0.5)]
    model = compiled(network(*layers, keras.layers.Dense(1)), optimizer=keras.optimizers.SGD(1e-4))
    gauges = gauge()
    run(model, arrays(), gauges)
    signals = gauges.signals
    error = np.square(model.predict(X, verbose=0) - Y).mean()
    expected = pytest.approx(error, rel=1e-5)  # float32
    assert signals.train_loss[-1] == signals.validation_loss[-1] == expected
    assert signals.score.train_loss == signals.score.validation_loss == expected
    weights = keras.ops.convert_to_numpy(model.layers[0].kernel)
    assert signals.penalty[-1] == pytest.approx(100 * np.square(weights).sum(), rel=1e-5)
    assert signals.score.train_skill == pytest.approx(1 - error / Y.var(), rel=1e-5)


def test_norms_of_gradients_weights_and_updates_are_those_of_a_line():
    """loss = mean((w x + b - y)**2); plain SGD moves by the rate times the gradient of the batch."""
    model = compiled(network(keras.layers.Dense(1)), optimizer=keras.optimizers.SGD(0.01))
    start = [np.array(v, "float64") for v in model.get_weights()]
    gauges = gauge()
    run(model, {"x": X, "y": Y, "batch_size": ROWS, "epochs": 3}, gauges)
    signals = gauges.signals
    assert signals.step.tolist() == [0, 1, 2, 3]
    w, b = start
    for moment in range(4):
        residual = X @ w + b - Y
        gradients = [2 * X.T @ residual / ROWS, 2 * residual.mean(axis=0)]
        found = signals.gradient_norm[moment]
        np.testing.assert_allclose(found, [np.linalg.norm(g) for g in gradients], rtol=1e-4)  # float32
        np.testing.assert_allclose(signals.weight_norm[moment], [np.linalg.norm(w), abs(b[0])], rtol=1e-4)
        if moment < 3:
            moved = [0.01 * np.linalg.norm(g) for g in gradients]
            np.testing.assert_allclose(signals.displacement[moment + 1], moved, rtol=1e-3)
            w, b = w - 0.01 * gradients[0], b - 0.01 * gradients[1]


def test_moments_are_dense_at_first_and_then_at_the_ends_of_epochs():
    gauges = gauge()
    run(regression(), arrays(batch_size=2, epochs=3), gauges)
    assert gauges.signals.step.tolist() == [0, 1, 2, 4, 8, 16, 32, 48]
    assert gauges.signals.epoch.tolist() == [0, 1 / 16, 2 / 16, 4 / 16, 8 / 16, 1, 2, 3]
    assert gauges.signals.run.steps_per_epoch == 16
    assert gauges.signals.run.batch_size == 2


def test_every_so_many_steps_is_measured_besides():
    gauges = gauge(every=5)
    run(regression(), arrays(batch_size=2, epochs=2), gauges)
    assert gauges.signals.step.tolist() == [0, 1, 2, 4, 5, 8, 10, 15, 16, 20, 25, 30, 32]


def test_steps_are_those_of_the_optimizer():
    gauges = gauge()
    run(*PROGRAMS["gradient_accumulation"](), gauges)
    assert gauges.signals.step.tolist() == [0, 0, 1, 2, 4]


def test_a_second_fit_starts_anew():
    model, gauges = regression(), gauge()
    run(model, arrays(epochs=3), gauges)
    run(model, arrays(epochs=1), gauges)
    assert gauges.signals.run.epochs == 1
    assert len(gauges.signals.curves["loss"]) == 1


def test_the_probe_is_split_between_training_and_validation_rows():
    x, y = np.tile(X, (10, 1)), np.tile(Y, (10, 1))
    probes = []
    for fit in ({"x": x, "y": y}, {"x": x, "y": y, "validation_data": (x, y)}):
        gauges = gauge(probe=100)
        run(regression(), {**fit, "epochs": 1}, gauges)
        probes.append(gauges._probe.size)
    assert probes == [100, 50]


def test_data_may_be_given_in_the_place_of_those_of_fit():
    gauges = gauge(training_data=(X, Y), validation_data=(X[:20], Y[:20]))
    run(*PROGRAMS["endless_generator"](), gauges)
    assert gauges.signals.run.rows == ROWS
    assert gauges.signals.run.validation_rows == 20
    assert np.isfinite(gauges.signals.validation_loss).all()


# When the gauge fails


def ours(warned):
    return [str(one.message) for one in warned if "TrainingDiagnostics" in str(one.message)]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["measure", "score", "measure_update"])
@pytest.mark.parametrize("after", [0, 2])
def test_a_failing_gauge_warns_once_and_the_training_is_the_same(monkeypatch, name, after):
    calls, original = [], getattr(Probe, name)

    def fail(self, *args):
        calls.append(args)
        if len(calls) > (after if name == "measure" else 0):
            raise RuntimeError("out of luck")
        return original(self, *args)

    monkeypatch.setattr(Probe, name, fail)
    gauges = gauge()
    with pytest.warns(UserWarning, match="TrainingDiagnostics") as warned:
        first, second = twice(lambda: (regression(), arrays(epochs=3)), gauges)
    assert_same_training(first, second)
    assert ours(warned) == ["TrainingDiagnostics could not measure: RuntimeError: out of luck. Training goes on."]
    assert gauges.signals.notes == ("could not measure: RuntimeError: out of luck",)
    assert "out of luck" in str(gauges.diagnosis)


def test_a_generator_that_keras_did_not_read_ahead_is_warned_of(monkeypatch):
    monkeypatch.setattr("kerasparts.callbacks.training_diagnostics.fit_arguments", lambda model: {})
    gauges = gauge()
    with pytest.warns(UserWarning, match="`training_data` must be given"):
        run(regression(), arrays(), gauges)
    assert gauges.diagnosis.verdict == "Nothing was measured."


def test_nothing_is_measured_before_fit():
    assert gauge().diagnosis.verdict == "Nothing was measured."
    assert gauge().signals.moments == 0


# Stopping


def relu_network(rate):
    layers = [keras.layers.Dense(4, "relu"), keras.layers.Dense(1)]
    return compiled(network(*layers), optimizer=keras.optimizers.SGD(rate))


def exploding(epochs=5):
    """Sound for two epochs, then the weights are no longer finite."""
    model = compiled(
        network(keras.layers.Dense(4, "relu"), keras.layers.Dense(1)), optimizer=keras.optimizers.SGD(0.01)
    )
    kept = []

    def spoil(epoch, logs=None):
        kept.append([np.array(w) for w in model.get_weights()])
        if epoch == 1:
            model.optimizer.learning_rate = 1e20

    return model, arrays(epochs=epochs, callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=spoil)]), kept


def test_a_fault_ends_the_fit_and_the_last_sane_weights_are_put_back():
    model, fit, kept = exploding()
    gauges = gauge(stop_on={"exploding_gradient"})
    run(model, fit, gauges)
    assert len(kept) == 3
    assert gauges.stopped_by.fault == "exploding_gradient"
    for one, other in zip(model.get_weights(), kept[1], strict=True):
        np.testing.assert_array_equal(one, other)
    assert np.isfinite(gauges.signals.score.train_loss)


def test_without_stop_on_the_fit_goes_on():
    model, fit, kept = exploding()
    gauges = gauge()
    run(model, fit, gauges)
    assert len(kept) == 5
    assert gauges.stopped_by is None
    assert "exploding_gradient" in gauges.diagnosis.faults
    assert not np.isfinite(model.get_weights()[0]).all()


def test_a_fault_in_the_first_epoch_puts_the_first_weights_back():
    model = compiled(
        network(keras.layers.Dense(4, "relu"), keras.layers.Dense(1)), optimizer=keras.optimizers.SGD(1e20)
    )
    before = model.get_weights()
    history, _ = run(model, arrays(epochs=4), gauge(stop_on={"exploding_gradient"}))
    assert len(history["loss"]) == 1
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


# Output


def test_the_diagnosis_is_printed_at_the_end(capsys):
    gauges = gauge(verbose=1)
    run(regression(), arrays(), gauges)
    assert gauges.diagnosis.verdict in " ".join(capsys.readouterr().out.split())


def test_the_report_is_written(tmp_path):
    pytest.importorskip("jinja2")
    run(regression(), arrays(), gauge(report=tmp_path / "report.html"))
    assert "<html" in (tmp_path / "report.html").read_text()


def test_a_report_that_cannot_be_written_does_not_break_the_fit(tmp_path):
    pytest.importorskip("jinja2")
    with pytest.warns(UserWarning, match="could not write the report"):
        run(regression(), arrays(), gauge(report=tmp_path / "nowhere" / "deep" / "report.html"))


def test_scalars_are_written_for_tensorboard(tmp_path):
    pytest.importorskip("tensorboard")
    run(regression(), arrays(), gauge(log_dir=tmp_path))
    assert list((tmp_path / "diagnostics").iterdir())


def test_a_missing_tensorboard_is_warned_of_with_the_line_to_type(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.setitem(sys.modules, "tensorboard.summary", None)
    with pytest.warns(UserWarning, match=r"could not write scalars.*kerasparts\[tensorboard\]") as warned:
        run(regression(), arrays(), gauge(log_dir=tmp_path))
    assert len(ours(warned)) == 1


# Arguments


def test_every_argument_survives_its_configuration(tmp_path):
    given = dict(probe=64, every=7, report=str(tmp_path / "a"), log_dir=str(tmp_path), verbose=0, seed=3)
    gauges = kp.callbacks.TrainingDiagnostics(stop_on={"lr_too_high", "dead_relu"}, **given)
    other = kp.callbacks.TrainingDiagnostics.from_config(json.loads(json.dumps(gauges.get_config())))
    for name, value in given.items():
        assert getattr(other, name) == value
    assert set(other.stop_on) == {"lr_too_high", "dead_relu"}


BAD = {"probe": 15, "every": "step", "verbose": 2, "stop_on": {"bad_luck"}, "seed": -1}


@pytest.mark.parametrize(
    ("name", "value"),
    [*BAD.items(), ("every", 0), ("every", True), ("stop_on", "dead_relu"), ("probe", 20.5)],
    ids=lambda value: str(value),
)
def test_a_bad_value_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be .*Received: {name}="):
        kp.callbacks.TrainingDiagnostics(**{name: value})


# Signals in a file


def assert_equal(first, second):
    for item in dataclasses.fields(Signals):
        one, other = getattr(first, item.name), getattr(second, item.name)
        if isinstance(one, np.ndarray):
            np.testing.assert_array_equal(one, other, err_msg=item.name)
        elif item.name == "curves":
            assert one.keys() == other.keys()
            for name in one:
                np.testing.assert_array_equal(one[name], other[name])
        else:
            assert repr(one) == repr(other)  # NaN is not itself


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".npz", ".json"])
@pytest.mark.parametrize("name", ["two_outputs_with_a_dict_of_losses", "weights_that_overflow", "no_trainable_weights"])
def test_signals_are_the_same_after_a_file(tmp_path, ending, name):
    gauges = gauge()
    run(*PROGRAMS[name](), gauges)
    signals = gauges.signals
    signals.save(tmp_path / f"signals{ending}")
    assert_equal(signals, Signals.load(tmp_path / f"signals{ending}"))
    assert str(kp.diagnostics.diagnose(Signals.load(tmp_path / f"signals{ending}"))) == str(gauges.diagnosis)


@pytest.mark.parametrize("ending", [".npz", ".json"])
def test_numbers_that_are_not_finite_survive_a_file(tmp_path, ending):
    numbers = np.array([np.nan, np.inf, -np.inf, 0.1])
    signals = Signals(step=numbers, scale=np.outer(numbers, [1.0, 2.0]), curves={"loss": numbers}, notes=("nan", "inf"))
    signals.save(tmp_path / f"signals{ending}")
    assert_equal(signals, Signals.load(tmp_path / f"signals{ending}"))


def test_other_files_are_refused(tmp_path):
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    (tmp_path / "other.json").write_text("[1, 2]")
    (tmp_path / "more.json").write_text('{"a": 1}')
    for name in ("other.npz", "other.json", "more.json"):
        with pytest.raises(ValueError, match="`path` must be a file"):
            Signals.load(tmp_path / name)
    for action in (Signals().save, Signals.load):
        with pytest.raises(ValueError, match=r"a name that ends in \.npz or \.json"):
            action(tmp_path / "signals.txt")


def test_a_newer_format_is_refused(tmp_path):
    Signals().save(tmp_path / "signals.json")
    data = json.loads((tmp_path / "signals.json").read_text())
    (tmp_path / "signals.json").write_text(json.dumps({**data, "format": data["format"] + 1}))
    with pytest.raises(ValueError, match="format 1 at most"):
        Signals.load(tmp_path / "signals.json")
