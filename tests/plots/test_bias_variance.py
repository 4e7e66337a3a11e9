"""plot_bias_variance and plot_bias_variance_tradeoff: what is on the axes. How it looks was judged by eye."""

import numpy as np
import pytest
from matplotlib import pyplot

from kerasparts.diagnostics import BiasVarianceTradeoff, decompose_bias_variance
from kerasparts.plots import plot_bias_variance, plot_bias_variance_tradeoff

RANDOM = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _no_figure_is_left():
    yield
    pyplot.close("all")


def decomposition(points=40, noise=0.25, spread=1.0):
    f = spread * RANDOM.normal(size=(8, points, 1)) + 0.5
    return decompose_bias_variance(f, np.sqrt(0.25) * RANDOM.normal(size=(points, 1)), noise=noise)


def tradeoff(capacities=(1, 4, 16, 256), **changes):
    found = [decomposition(spread=0.1 * place, **changes) for place in range(len(capacities))]
    return BiasVarianceTradeoff(tuple(capacities), tuple(found))


def bars(ax):
    """Heights by name: the total, then the tenths."""
    return {bar.get_label(): [patch.get_height() for patch in bar] for bar in ax.containers if hasattr(bar, "patches")}


def lines(ax):
    return {line.get_label(): line.get_ydata() for line in ax.get_lines() if not line.get_label().startswith("_")}


def test_the_first_bar_is_the_total_and_the_others_are_tenths_of_the_points():
    bv = decomposition()
    ax = plot_bias_variance(bv)
    heights = bars(ax)
    assert list(heights) == ["noise", "bias²", "variance"]
    assert [values[0] for values in heights.values()] == pytest.approx([part.value for part in bv.parts().values()])
    order = np.argsort(bv.error_by_point)
    np.testing.assert_allclose(heights["bias²"][1:], bv.bias_by_point[order].reshape(10, 4).mean(axis=1))
    errors = lines(ax)["error"]
    assert errors[0] == pytest.approx(bv.error.value)
    assert (np.diff(errors[1:]) >= 0).all()
    assert ax.get_ylabel() == "squared error"
    assert ax.get_title(loc="left").startswith("Error ")


def test_noise_that_is_not_known_is_said_to_be_in_the_bias():
    assert list(bars(plot_bias_variance(decomposition(noise=None)))) == ["bias² and noise", "variance"]


def test_variance_that_mends_hangs_below_zero():
    f = np.array([[0, 0], [0, 1], [0, 1]])
    ax = plot_bias_variance(decompose_bias_variance(np.eye(3)[f], [0, 0], "zero_one"))
    assert bars(ax)["variance"][-1] == pytest.approx(-1 / 3)
    assert lines(ax)["error"].tolist() == pytest.approx([1 / 3, 0, 2 / 3])


@pytest.mark.parametrize("points", [1, 7, 23])
def test_any_number_of_points_is_drawn(points):
    ax = plot_bias_variance(decomposition(points))
    ax.figure.canvas.draw()
    assert len(bars(ax)["variance"]) == 1 + min(points, 10)


def test_the_tradeoff_is_three_curves_above_the_floor_of_the_noise():
    result = tradeoff()
    ax = plot_bias_variance_tradeoff(result, xlabel="width")
    drawn = lines(ax)
    assert list(drawn) == ["error", "bias²", "variance", "noise", "least error"]
    for name, label in (("error", "error"), ("bias", "bias²"), ("variance", "variance"), ("noise", "noise")):
        np.testing.assert_allclose(drawn[label], result.curve(name))
    assert (ax.get_xscale(), ax.get_xlabel(), ax.get_ylabel()) == ("log", "width", "squared error")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "4", "16", "256"]
    assert ax.get_title(loc="left") == f"Least error at {result.best}"


def test_capacities_may_be_anything():
    ax = plot_bias_variance_tradeoff(tradeoff(["narrow", "wide"], noise=None))
    assert [text.get_text() for text in ax.get_xticklabels()] == ["narrow", "wide"]
    assert "noise" not in lines(ax)
    assert plot_bias_variance_tradeoff(tradeoff(range(1, 30))).get_xscale() == "linear"


def test_takes_given_axes():
    _, (left, right) = pyplot.subplots(1, 2)
    assert plot_bias_variance(decomposition(), ax=left) is left
    assert plot_bias_variance_tradeoff(tradeoff(), ax=right) is right


def test_other_results_are_refused():
    for plot, kind in ((plot_bias_variance, "Decomposition"), (plot_bias_variance_tradeoff, "Tradeoff")):
        with pytest.raises(ValueError, match=f"`result` must be a BiasVariance{kind}"):
            plot({"error": 1.0})
