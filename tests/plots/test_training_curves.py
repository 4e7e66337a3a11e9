"""plot_training_curves: what is on the axes. How it looks was judged by eye."""

import keras
import numpy as np
import pytest
from matplotlib import pyplot

from kerasparts.diagnostics import ErrorCurves, diagnose_bias_variance
from kerasparts.plots import plot_training_curves

LOSS, VAL_LOSS = [1.0, 0.6, 0.4, 0.3], [1.1, 0.8, 0.7, 0.75]
HISTORY = {"loss": LOSS, "val_loss": VAL_LOSS, "accuracy": [0.5, 0.6, 0.7, 0.8]}


@pytest.fixture(autouse=True)
def _no_figure_is_left():
    yield
    pyplot.close("all")


def diagnosis_of(train=LOSS, validation=VAL_LOSS, first=1, **kwargs):
    errors = [0.02] * len(train)
    curves = ErrorCurves(range(first, first + len(train)), train, validation, errors, errors)
    return diagnose_bias_variance(curves, **{"trivial_error": 2.3, **kwargs})


def lines(ax):
    """The curves by their labels, as pairs of x and y."""
    return {line.get_label(): line.get_xydata().T for line in ax.get_lines()}


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_history_is_drawn_from_epoch_one():
    ax = plot_training_curves(HISTORY)
    assert list(lines(ax)) == ["training", "validation"]
    np.testing.assert_array_equal(lines(ax)["training"], [[1, 2, 3, 4], LOSS])
    np.testing.assert_array_equal(lines(ax)["validation"], [[1, 2, 3, 4], VAL_LOSS])
    assert legend(ax) == ["training", "validation", "gap"]


def test_what_fit_returns_is_drawn():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((8, 1))
    history = model.fit(x, x, validation_data=(x, x), initial_epoch=2, epochs=4, verbose=0)
    drawn = lines(plot_training_curves(history))
    np.testing.assert_array_equal(drawn["training"], [[3, 4], history.history["loss"]])
    np.testing.assert_array_equal(drawn["validation"], [[3, 4], history.history["val_loss"]])


def test_another_metric_is_drawn_on_demand():
    ax = plot_training_curves(HISTORY, metric="accuracy")
    np.testing.assert_array_equal(lines(ax)["training"][1], HISTORY["accuracy"])
    assert ax.get_ylabel() == "accuracy"
    assert legend(ax) == ["training"]


def test_arrays_are_drawn_like_lists():
    ax = plot_training_curves({"loss": np.array(LOSS), "val_loss": np.array(VAL_LOSS)})
    np.testing.assert_array_equal(lines(ax)["validation"][1], VAL_LOSS)


def test_a_diagnosis_is_drawn_with_its_bands_target_and_best_epoch():
    ax = plot_training_curves(diagnosis_of(first=5, target_error=0.1))
    drawn = lines(ax)
    np.testing.assert_array_equal(drawn["training"], [[5, 6, 7, 8], LOSS])
    np.testing.assert_array_equal(drawn["validation"], [[5, 6, 7, 8], VAL_LOSS])
    np.testing.assert_array_equal(drawn["target"][1], [0.1, 0.1])
    np.testing.assert_array_equal(drawn["lowest validation error"][0], [7, 7])
    assert legend(ax) == ["training", "validation", "gap", "target", "lowest validation error"]
    band = ax.collections[0].get_paths()[0].vertices
    assert (band[:, 1].max(), band[:, 1].min()) == pytest.approx((1.02, 0.28))


def test_without_a_target_there_is_no_line_for_it():
    assert "target" not in lines(plot_training_curves(diagnosis_of()))


def test_the_verdict_is_the_title():
    flat = [0.7] * 8
    assert plot_training_curves(diagnosis_of(flat, [1.4] * 8)).get_title("left") == "High bias and high variance"
    assert plot_training_curves(diagnosis_of()).get_title("left") == "Too early to say"


def test_the_axes_say_what_they_measure():
    ax = plot_training_curves(diagnosis_of())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "data loss")
    ax = plot_training_curves(diagnosis_of(error="error_rate"))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "error rate (share of wrong classes)")
    ax = plot_training_curves(HISTORY)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")


@pytest.mark.parametrize("result", [HISTORY, diagnosis_of()], ids=["history", "diagnosis"])
def test_given_axes_are_drawn_on(result):
    _, (left, right) = pyplot.subplots(1, 2)
    assert plot_training_curves(result, ax=right) is right
    assert not left.get_lines()
    assert len(pyplot.get_fignums()) == 1


@pytest.mark.parametrize("result", [HISTORY, diagnosis_of()], ids=["history", "diagnosis"])
def test_axes_of_a_new_figure_are_returned(result):
    ax = plot_training_curves(result)
    assert ax.figure.number in pyplot.get_fignums()


@pytest.mark.parametrize("epochs", [1, 2, 3, 20, 200])
def test_epochs_are_whole_numbers(epochs):
    ax = plot_training_curves({"loss": np.linspace(1, 0.5, epochs)})
    ax.figure.canvas.draw()
    low, high = ax.get_xlim()
    ticks = [tick for tick in ax.get_xticks() if low <= tick <= high]
    assert ticks
    assert all(tick == round(tick) for tick in ticks)


@pytest.mark.parametrize("values", [[0.0, 0.0], [1.0, 0.0], [2.31, 2.30], [1.0, np.nan], [1.0, np.inf]], ids=str)
def test_errors_are_held_against_zero(values):
    for ax in (plot_training_curves({"loss": values}), plot_training_curves(diagnosis_of(values, values))):
        low, high = ax.get_ylim()
        assert -0.02 * high < low < 0


@pytest.mark.parametrize("target", [None, -1.0])
def test_losses_below_zero_are_in_sight(target):
    result = diagnosis_of([-0.5, -0.7], [-0.4, -0.5], trivial_error=2.3, target_error=target)
    low, high = plot_training_curves(result).get_ylim()
    assert low < (target or -0.7)
    assert high > -0.4
    assert plot_training_curves({"loss": [-0.5, -0.7]}).get_ylim()[0] < -0.7


def test_a_diagnosis_without_a_finite_error_is_drawn():
    ax = plot_training_curves(diagnosis_of([np.nan] * 3, [np.nan] * 3))
    ax.figure.canvas.draw()
    assert "lowest validation error" not in lines(ax)


@pytest.mark.parametrize("history", [HISTORY, {"loss": [], "val_loss": []}, {}], ids=["other", "no epoch", "empty"])
def test_a_metric_that_is_not_there_is_refused_by_name(history):
    with pytest.raises(ValueError, match="`metric` must be one of"):
        plot_training_curves(history, metric="loss" if history is not HISTORY else "mse")


def test_a_validation_of_some_epochs_is_refused_rather_than_left_out():
    with pytest.raises(ValueError, match=r"`val_loss` must be .*4 epochs"):
        plot_training_curves({"loss": LOSS, "val_loss": VAL_LOSS[:2]})


@pytest.mark.parametrize("other", [None, LOSS, "loss"], ids=repr)
def test_what_is_no_result_is_refused_by_name(other):
    with pytest.raises(ValueError, match="`history_or_diagnosis` must be"):
        plot_training_curves(other)
    assert not pyplot.get_fignums()
