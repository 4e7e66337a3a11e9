"""plot_activation and plot_activations."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import kerasparts as kp


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def labels(ax):
    return ax.get_legend_handles_labels()[1]


def test_draws_the_function_and_its_derivative():
    ax = kp.plots.plot_activation("tanh")
    lines = {line.get_label(): line for line in ax.lines}
    x = lines["f(x)"].get_xdata()
    np.testing.assert_allclose(lines["f(x)"].get_ydata(), np.tanh(x), atol=1e-6)
    np.testing.assert_allclose(lines["f'(x)"].get_ydata(), 1 - np.tanh(x) ** 2, atol=1e-6)
    assert ax.get_xlabel() == "x"


def shaded(ax, label):
    (region,) = (c for c in ax.collections if c.get_label() == label)
    return [(path.vertices[:, 0].min(), path.vertices[:, 0].max()) for path in region.get_paths()]


def test_shades_where_it_is_saturated_and_where_dead():
    ax = kp.plots.plot_activation(kp.activations.ReLU(max_value=4.0))
    (left, right) = shaded(ax, "dead")
    assert left == pytest.approx((-6, 0), abs=0.02)
    assert right == pytest.approx((4, 6), abs=0.02)
    ax = kp.plots.plot_activation("sigmoid")
    assert not shaded(ax, "dead")
    left, right = shaded(ax, "saturated")
    assert left[1] == pytest.approx(-4.36, abs=0.02)  # where s(1 - s) is a twentieth of a quarter
    assert right[0] == pytest.approx(4.36, abs=0.02)


def test_takes_given_axes_and_limits():
    _, ax = plt.subplots()
    assert kp.plots.plot_activation("relu", ax=ax, limits=(-1, 2)) is ax
    assert ax.get_xlim() == (-1, 2)


@pytest.mark.parametrize("limits", [(2, 1), 5, (1, 2, 3)])
def test_bad_limits_are_refused(limits):
    with pytest.raises(ValueError, match="limits"):
        kp.plots.plot_activation("relu", limits=limits)


def test_softmax_is_refused():
    with pytest.raises(ValueError, match="element-wise"):
        kp.plots.plot_activation("softmax")


def test_the_sheet_has_them_all():
    sheet = kp.plots.plot_activations()
    assert len(sheet) == 13
    assert {ax.get_title(loc="left").partition("(")[0] for ax in sheet} >= {"Swish", "Snake", "SELU"}
    assert len(kp.plots.plot_activations(["relu", kp.activations.Swish(2.0)])) == 2
    with pytest.raises(ValueError, match="names"):
        kp.plots.plot_activations([])
