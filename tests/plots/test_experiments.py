"""plot_cross_validation, plot_learning_curve, plot_validation_curve: what is on the axes. Looks were judged by eye."""

import numpy as np
import pytest
from matplotlib import pyplot

from kerasparts.diagnostics import CrossValidation, ValidationCurve, fold_scores, judge_learning_curve
from kerasparts.plots import plot_cross_validation, plot_learning_curve, plot_validation_curve

SIZES = np.array([40, 100, 200, 400])
NOISE = np.random.default_rng(0).normal(size=(5, 4))


@pytest.fixture(autouse=True)
def _no_figure_is_left():
    yield
    pyplot.close("all")


def cross_validation(folds=4):
    parts = np.array_split(np.arange(40), folds)
    scores = {"loss": fold_scores([0.3, 0.1, 0.2, 0.4][:folds], 1 / 3)}
    scores["accuracy"] = fold_scores([0.8, 0.9, 0.85, 0.95][:folds], 1 / 3)
    rows = tuple(parts)
    return CrossValidation(scores, rows, rows, np.zeros(40), np.ones(40, "int64"), ({},) * folds, 0.9)


def learning_curve(mode="min"):
    dev = 0.1 + 2 / SIZES**0.5 + 0.002 * NOISE
    dev = 1 - dev if mode == "max" else dev
    train = np.full_like(dev, 0.05) if mode == "min" else np.full_like(dev, 0.95)
    return judge_learning_curve(SIZES, train, dev, test_ratio=0.25, metric="loss", mode=mode)


def validation_curve(values=(0.0001, 0.001, 0.01, 0.1), mode="min", simplest="last"):
    dev = np.array([0.4, 0.3, 0.301, 0.5]) + np.array([-0.01, 0.0, 0.01])[:, None]
    dev = 1 - dev if mode == "max" else dev
    return ValidationCurve(values, "loss", mode, dev - 0.1, dev, simplest)


RESULTS = pytest.mark.parametrize(
    ("plot", "result"),
    [
        (plot_cross_validation, cross_validation()),
        (plot_learning_curve, learning_curve()),
        (plot_validation_curve, validation_curve()),
    ],
    ids=["cross_validation", "learning_curve", "validation_curve"],
)


def lines(ax):
    """The curves by their labels, as pairs of x and y."""
    return {line.get_label(): line.get_xydata().T for line in ax.get_lines()}


def test_every_fold_is_a_dot_around_the_mean_in_its_interval():
    result = cross_validation()
    ax = plot_cross_validation(result, metric="accuracy")
    np.testing.assert_allclose(lines(ax)["fold"], [[1, 2, 3, 4], [0.8, 0.9, 0.85, 0.95]])
    np.testing.assert_allclose(lines(ax)["mean"][1], 0.875)
    (band,) = ax.patches
    interval = result.scores["accuracy"].interval
    assert (band.get_y(), band.get_y() + band.get_height()) == pytest.approx((interval.low, interval.high))
    assert band.get_label() == "90% interval of the mean"
    assert ax.get_title("left") == f"Accuracy {interval}"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("fold", "accuracy of the rows held out")


def test_a_single_fold_has_no_band():
    assert not plot_cross_validation(cross_validation(1)).patches


def test_a_metric_that_is_not_there_is_refused_by_name():
    with pytest.raises(ValueError, match="`metric` must be one of loss, accuracy"):
        plot_cross_validation(cross_validation(), metric="auc")


@pytest.mark.parametrize("mode", ["min", "max"])
def test_a_learning_curve_goes_on_to_twice_the_rows(mode):
    result = learning_curve(mode)
    ax = plot_learning_curve(result)
    np.testing.assert_allclose(lines(ax)["dev"], [SIZES, result.dev.mean(axis=0)])
    np.testing.assert_allclose(lines(ax)["training"], [SIZES, result.train.mean(axis=0)])
    fitted = lines(ax)["dev, fitted"]
    assert fitted[0, [0, -1]].tolist() == [40, 800]
    assert fitted[1, -1] == pytest.approx(result.doubled.value)
    np.testing.assert_allclose(np.interp(SIZES, *fitted), result.dev.mean(axis=0), atol=0.01)
    (bar,) = ax.collections[2].get_segments()
    assert bar[:, 1].tolist() == pytest.approx([result.doubled.low, result.doubled.high])
    assert ax.get_title("left") == "More data will help"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("training rows", "data loss")


def test_the_bands_are_one_standard_deviation_wide():
    result = learning_curve()
    band = plot_learning_curve(result).collections[1].get_paths()[0].vertices
    top = band[band[:, 0] == 40, 1].max()
    assert top == pytest.approx(result.dev[:, 0].mean() + result.dev[:, 0].std(ddof=1))


def test_a_curve_that_cannot_be_judged_is_drawn_without_a_forecast():
    for dev in (np.ones((3, 2)), np.full((3, 4), np.nan), np.ones((1, 4))):
        result = judge_learning_curve(SIZES[: dev.shape[1]], dev, dev, test_ratio=0.25)
        ax = plot_learning_curve(result)
        ax.figure.canvas.draw()
        assert ("dev, fitted" in lines(ax)) == (result.decay is not None)


def test_a_validation_curve_marks_the_best_and_the_simplest_as_good():
    result = validation_curve()
    ax = plot_validation_curve(result, xlabel="lambda")
    np.testing.assert_allclose(lines(ax)["dev"], [result.values, result.dev.mean(axis=0)])
    assert lines(ax)["best"][0].tolist() == [0.001, 0.001]
    assert lines(ax)["within one standard error"][0].tolist() == [0.01, 0.01]
    assert ax.get_title("left") == "Best: 0.001; simplest as good: 0.01"
    assert ax.get_xlabel() == "lambda"
    assert "within one standard error" not in lines(plot_validation_curve(validation_curve(simplest=None)))


@pytest.mark.parametrize("mode", ["min", "max"])
def test_the_bound_lies_on_the_worse_side_of_the_best(mode):
    result = validation_curve(mode=mode)
    bound = plot_validation_curve(result).get_lines()[-1].get_ydata()[0]
    worse = 0.3 + result.standard_error
    assert bound == pytest.approx(worse if mode == "min" else 1 - worse)


@pytest.mark.parametrize(
    ("values", "scale", "ticks"),
    [
        ((0.0001, 0.001, 0.01, 0.1), "log", None),
        ((4, 8, 16, 32), "linear", None),
        ((0.0, 0.1, 0.2, 0.3), "linear", None),
        ((0.0, 0.001, 0.01, 0.1), "linear", ["0", "0.001", "0.01", "0.1"]),
        (("relu", "tanh", np.tanh, None), "linear", ["relu", "tanh", "tanh", "None"]),
        ((True, False, 1, 2), "linear", ["True", "False", "1", "2"]),
    ],
    ids=str,
)
def test_the_axis_suits_the_values(values, scale, ticks):
    ax = plot_validation_curve(validation_curve(values))
    assert ax.get_xscale() == scale
    if ticks is None:
        np.testing.assert_allclose(lines(ax)["dev"][0], values)
    else:
        assert [tick.get_text() for tick in ax.get_xticklabels()] == ticks
        assert lines(ax)["dev"][0].tolist() == [0, 1, 2, 3]


@RESULTS
def test_given_axes_are_drawn_on(plot, result):
    _, (left, right) = pyplot.subplots(1, 2)
    assert plot(result, ax=right) is right
    assert not left.get_lines()
    assert len(pyplot.get_fignums()) == 1


@RESULTS
def test_another_result_is_refused_by_name(plot, result):
    with pytest.raises(ValueError, match="`result` must be a "):
        plot({"loss": [1.0]})
