"""plot_schedule: what is on the axes. How it looks was judged by eye."""

import keras
import numpy as np
import pytest
from matplotlib import pyplot

from kerasparts.optimizers.schedules import StepDecay, Warmup
from kerasparts.plots import plot_schedule


@pytest.fixture(autouse=True)
def _no_figure_is_left():
    yield
    pyplot.close("all")


def test_the_line_is_the_rate_at_every_step():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    ax = plot_schedule(schedule, steps=30)
    (line,) = ax.get_lines()
    np.testing.assert_array_equal(line.get_xdata(), np.arange(30))
    np.testing.assert_allclose(line.get_ydata(), 0.1 * 0.5 ** (np.arange(30) / 10), rtol=1e-5)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "learning rate")
    assert ax.get_legend() is None


def test_epochs_are_the_axis_of_a_schedule_in_epochs():
    ax = plot_schedule(StepDecay(0.1, every=2, steps_per_epoch=10), steps=50)
    assert ax.get_xlabel() == "epoch"
    assert ax.get_lines()[0].get_xdata()[-1] == 4.9


def test_several_are_told_apart_by_their_names():
    _, ax = pyplot.subplots()
    assert plot_schedule({"cut": StepDecay(0.1, 5), "risen": Warmup(0.1, 5)}, steps=20, ax=ax) is ax
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["cut", "risen"]


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match=r"`schedule` must be a schedule.*Received: "):
        plot_schedule(0.1, steps=10)
    with pytest.raises(ValueError, match=r"`steps` must be an integer in .*Received: steps=0"):
        plot_schedule(StepDecay(0.1, 5), steps=0)
    with pytest.raises(ValueError, match="all of one `steps_per_epoch`"):
        plot_schedule({"a": StepDecay(0.1, 5), "b": StepDecay(0.1, 5, steps_per_epoch=3)}, steps=10)
