"""LearningRateFinder: what it measures, what it suggests, and that it leaves everything as it was."""

import json

import keras
import numpy as np
import pytest
from matplotlib import pyplot

import kerasparts as kp
from kerasparts.callbacks import LearningRateFinder
from kerasparts.diagnostics import judge_learning_rates
from kerasparts.optimizers.schedules import CosineWarmRestarts
from tests.reference import learning_rate

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(32, 3)).astype("float32")
Y = (X @ np.array([[1.0], [-2.0], [0.5]]) + 0.1 * RANDOM.normal(size=(32, 1))).astype("float32")
FASTER = dict(start=1e-3, steps=20)


class Batches(keras.utils.PyDataset):
    def __init__(self, fails=False):
        super().__init__()
        self.fails = fails

    def __len__(self):
        return 4

    def __getitem__(self, index):
        if self.fails and index == 3:
            raise ValueError("the epoch is over")
        np.random.rand()  # noqa: NPY002 (as data do that are augmented)
        return X[8 * index : 8 * index + 8], Y[8 * index : 8 * index + 8]


def linear(optimizer, **kwargs):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(optimizer, "mse", jit_compile=False, **kwargs)
    return model


def everything(optimizer, loss="mse"):
    """A model with all kinds of state."""
    layers = [
        keras.Input((3,)),
        keras.layers.Dense(4),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(1),
    ]
    model = keras.Sequential(layers)
    model.compile(optimizer, loss, metrics=["mae"], jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return model


def state(model):
    return [keras.ops.convert_to_numpy(v) for v in [*model.variables, *model.optimizer.variables]]


def assert_equal(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_losses_are_those_of_gradient_descent_at_each_rate():
    result = LearningRateFinder(start=1e-3, end=100.0, steps=40).find(linear(keras.optimizers.SGD(0.5)), X, Y)
    expected = learning_rate.least_squares_losses(X.tolist(), Y[:, 0].tolist(), result.rates)
    np.testing.assert_allclose(result.losses, expected, rtol=5e-3)  # at the end each rounding error grows
    stable = 2 / np.linalg.eigvalsh(2 * X.T @ X / len(X)).max()  # gradient descent diverges beyond
    assert result.conservative <= result.steepest < stable < result.diverged < 100


def optimizers():
    schedule = CosineWarmRestarts(0.1, length=5, warmup=1)
    yield "number", lambda: keras.optimizers.Adam(1e-3)
    yield "schedule", lambda: kp.optimizers.Lookahead(kp.optimizers.AdamW(schedule))
    yield "averages", lambda: kp.optimizers.ScheduleFree(kp.optimizers.SGD(0.1))
    yield "scaled", lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1, momentum=0.9))


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(build, id=name, marks=[pytest.mark.slow] * (number > 1))
        for number, (name, build) in enumerate(optimizers())
    ],
)
def test_everything_is_as_it_was_bit_for_bit(build):
    """Also what only shows in the next steps."""

    def trained(search):
        keras.utils.set_random_seed(3)
        model = everything(build())
        before = state(model)
        losses = [model.train_on_batch(X, Y)[0] for _ in range(2)]
        assert any((a != b).any() for a, b in zip(before, state(model), strict=True))
        if search:
            before = state(model)
            result = LearningRateFinder(**FASTER).find(model, X, Y, batch_size=8)
            assert_equal(before, state(model))
            assert len(set(result.losses)) > 5
        losses += [model.train_on_batch(X, Y)[0] for _ in range(3)]
        return [*state(model), losses, keras.ops.convert_to_numpy(keras.random.uniform((3,))), np.random.rand(3)]  # noqa: NPY002

    assert_equal(trained(False), trained(True))


def test_the_memory_of_a_loss_is_as_it_was():
    loss = kp.losses.Huber("auto")
    model = everything(keras.optimizers.SGD(0.01), loss)
    model.train_on_batch(X, Y)
    before = loss.current_delta if hasattr(loss, "current_delta") else loss._memory.numpy()
    LearningRateFinder(**FASTER).find(model, X, Y)
    assert before == (loss.current_delta if hasattr(loss, "current_delta") else loss._memory.numpy())


def test_a_failure_leaves_the_model_as_it_was_too():
    model = everything(keras.optimizers.Adam(CosineWarmRestarts(0.1, length=5)))
    before = state(model)
    with pytest.raises(ValueError, match="epoch is over"):
        LearningRateFinder(**FASTER).find(model, Batches(fails=True))
    assert_equal(before, state(model))
    assert isinstance(model.optimizer._learning_rate, CosineWarmRestarts)


def test_in_a_fit_it_searches_first_and_the_fit_goes_on_with_what_it_found():
    finder = LearningRateFinder(**FASTER, apply="conservative")
    model, peer = linear(keras.optimizers.SGD(0.5)), linear(keras.optimizers.SGD(0.5))
    arguments = dict(batch_size=8, epochs=2, shuffle=False, verbose=0, sample_weight=np.linspace(0, 1, 32))
    model.fit(X, Y, callbacks=[finder], **arguments)
    alone = LearningRateFinder(**FASTER).find(peer, X, Y, np.linspace(0, 1, 32), batch_size=8)
    np.testing.assert_allclose(finder.result.losses, alone.losses, rtol=1e-5)
    peer.optimizer.learning_rate = alone.conservative
    peer.fit(X, Y, **arguments)
    np.testing.assert_allclose(model.get_weights()[0], peer.get_weights()[0], rtol=1e-5)


def test_several_batches_a_step_are_searched_one_by_one():
    model = linear(keras.optimizers.SGD(0.5), steps_per_execution=4)
    expected = LearningRateFinder(**FASTER).find(linear(keras.optimizers.SGD(0.5)), X, Y, batch_size=8)
    found = LearningRateFinder(**FASTER).find(model, X, Y, batch_size=8)
    np.testing.assert_allclose(found.losses, expected.losses, rtol=1e-5)
    assert model.steps_per_execution == 4


def test_accumulated_gradients_are_searched_by_the_step_of_the_optimizer():
    model = linear(keras.optimizers.SGD(0.5, gradient_accumulation_steps=4))
    expected = LearningRateFinder(**FASTER).find(linear(keras.optimizers.SGD(0.5)), X, Y)
    found = LearningRateFinder(**FASTER).find(model, X, Y, batch_size=8)
    np.testing.assert_allclose(found.losses, expected.losses, rtol=1e-4)


def generator():
    yield X, Y


def test_a_dataset_is_read_again_and_again():
    model = linear(keras.optimizers.SGD(0.5))
    before = np.random.get_state()[2]  # noqa: NPY002
    result = LearningRateFinder(**FASTER).find(model, Batches())
    assert len(result.losses) > 8  # there are 4
    assert np.random.get_state()[2] == before  # noqa: NPY002


def test_what_cannot_be_searched_is_refused():
    several = keras.optimizers.MultiOptimizer(lambda variable: keras.optimizers.SGD(0.1))
    with pytest.raises(ValueError, match="`optimizer` must be one with a single learning rate"):
        LearningRateFinder().find(everything(several), X, Y)
    with pytest.raises(ValueError, match="`model` must be a compiled model"):
        LearningRateFinder().find(keras.Sequential([keras.layers.Dense(1)]), X, Y)
    scheduled = linear(keras.optimizers.SGD(CosineWarmRestarts(0.1, length=5)))
    with pytest.raises(ValueError, match="`apply` must be None where the learning rate is a schedule"):
        scheduled.fit(X, Y, callbacks=[LearningRateFinder()], verbose=0)
    with pytest.raises(ValueError, match="`training_data` must be given where `fit` reads a generator"):
        linear(keras.optimizers.SGD(0.1)).fit(generator(), shuffle=False, callbacks=[LearningRateFinder()], verbose=0)


def test_a_restart_does_not_search_again():
    first = LearningRateFinder(**FASTER)
    first.find(linear(keras.optimizers.SGD(0.5)), X, Y)
    second = LearningRateFinder(**FASTER)
    second.set_state(first.get_state())
    assert second.result.to_dict() == first.result.to_dict()
    model = linear(keras.optimizers.SGD(0.5))
    model.fit(X, Y, epochs=1, callbacks=[second], verbose=0)
    assert float(model.optimizer.learning_rate) == 0.5
    model.fit(X, Y, epochs=1, callbacks=[second], verbose=0)  # this one does
    assert float(model.optimizer.learning_rate) == pytest.approx(second.result.steepest)


# The verdict


def test_noise_alone_suggests_nothing():
    rates = np.geomspace(1e-6, 10, 100)
    for seed in range(20):
        losses = 2 + np.random.default_rng(seed).normal(0, 0.3, 100)
        result = judge_learning_rates(rates, losses)
        assert (result.steepest, result.conservative) == (None, None)
    assert str(result).startswith("No learning rate to suggest: the loss does not fall beyond its noise.")


def test_noise_moves_the_suggestion_by_less_than_a_factor_of_three():
    rates = np.geomspace(1e-6, 10, 100)
    losses = 1 + 2 / (1 + (rates / 1e-2) ** 2) + np.where(rates > 1, rates**2, 0)  # steepest at 1e-2
    for seed in range(20):
        found = judge_learning_rates(rates, losses + np.random.default_rng(seed).normal(0, 0.2, 100))
        assert 1e-2 / 3 < found.steepest < 3e-2
        assert found.conservative <= found.steepest


def test_losses_that_are_not_finite_are_left_out():
    rates = np.geomspace(1e-3, 1, 30)
    losses = 1 / (1 + (rates / 1e-2) ** 2)
    found = judge_learning_rates(rates, [*losses[:-1], np.nan], diverged=1.0)
    assert 3e-3 < found.steepest < 3e-2
    assert "diverged at 1" in str(found)
    assert json.loads(json.dumps(found.to_dict()))["losses"][-1] is None
    assert judge_learning_rates(rates, np.full(30, np.nan)).steepest is None


def test_the_figure_shows_the_losses_and_the_suggestions():
    rates = np.geomspace(1e-3, 1, 30)
    result = judge_learning_rates(rates, 1 / (1 + (rates / 1e-2) ** 2), diverged=1.0)
    ax = kp.plots.plot_learning_rate_finder(result)
    losses, smooth, *marks = ax.get_lines()
    np.testing.assert_array_equal(losses.get_ydata(), result.losses)
    np.testing.assert_array_equal(smooth.get_ydata(), result.smoothed)
    assert [mark.get_xdata()[0] for mark in marks] == [result.steepest, result.conservative, 1.0]
    assert ax.get_xscale() == "log"
    with pytest.raises(ValueError, match="`result` must be a LearningRateSearch"):
        kp.plots.plot_learning_rate_finder([0.1])
    kp.plots.plot_learning_rate_finder(judge_learning_rates(rates, np.ones(30)))
    pyplot.close("all")
