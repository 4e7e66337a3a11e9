"""plot_gradient_flow: what is on the axes. How it looks was judged by eye."""

import numpy as np
import pytest
from matplotlib import pyplot

from kerasparts.diagnostics.signals import Signals
from kerasparts.plots import plot_gradient_flow
from tests.reports import runs


@pytest.fixture(autouse=True)
def _no_figure_is_left():
    yield
    pyplot.close("all")


def labels(axis):
    return [text.get_text() for text in axis.get_ticklabels()]


def test_the_colours_are_the_powers_of_ten_of_the_kernels_gradients():
    signals = runs.signals()
    ax = plot_gradient_flow(signals)
    image = ax.get_images()[0]
    np.testing.assert_allclose(image.get_array(), np.log10(signals.gradient_norm[:, ::2]).T)
    assert ax.get_title(loc="left") == "Gradient flow"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step, then epoch", "kernel, from input to output")
    assert ax.get_legend() is None


def test_the_first_layer_is_on_top_under_its_short_name():
    ax = plot_gradient_flow(runs.signals())
    assert labels(ax.yaxis) == ["dense", "dense_1", "dense_2", "dense_3", "dense_4", "dense_5"]
    assert ax.yaxis_inverted()


def test_steps_and_epochs_are_numbered_apart():
    ax = plot_gradient_flow(runs.signals())
    ticks = dict(zip(ax.get_xticks().tolist(), labels(ax.xaxis), strict=True))
    assert ticks[0] == "0"
    assert ticks[17] == "10"  # 8 moments of the first epoch, then the ends of ten


def test_zero_and_missing_are_told_apart():
    norms = runs.signals().gradient_norm.copy()
    norms[3, 0], norms[4, 0], norms[5, 0] = 0.0, np.nan, np.inf
    ax = plot_gradient_flow(runs.signals(gradient_norm=norms))
    levels, zeros = (image.get_array() for image in ax.get_images())
    assert levels.mask[0, 3:6].all()
    assert levels.mask.sum() == 3
    assert (~zeros.mask).sum() == 1
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["exactly 0", "not measured"]


def test_all_variables_are_drawn_where_none_is_a_kernel():
    ax = plot_gradient_flow(runs.signals(kernels=(False,) * 12))
    assert ax.get_images()[0].get_array().shape == (12, 18)


def test_long_runs_and_deep_nets_are_thinned():
    ax = plot_gradient_flow(runs.signals(depth=200, epochs=500))
    assert ax.get_images()[0].get_array().shape == (200, 240)
    assert len(ax.get_yticks()) == 20


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_run_without_a_gradient_is_drawn(value):
    ax = plot_gradient_flow(runs.signals(gradient_norm=np.full((18, 12), value)))
    ax.figure.canvas.draw()
    assert ax.get_images()[0].get_array().mask.all()


def test_takes_given_axes():
    _, ax = pyplot.subplots()
    assert plot_gradient_flow(runs.signals(dense=1, epochs=0), ax=ax) is ax


def test_bad_signals_are_refused():
    with pytest.raises(ValueError, match="`signals` must be Signals"):
        plot_gradient_flow([[1.0]])
    with pytest.raises(ValueError, match="of at least one moment and one variable"):
        plot_gradient_flow(Signals())
