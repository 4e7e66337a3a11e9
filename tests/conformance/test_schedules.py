"""What every schedule promises."""

import keras
import numpy as np
import pytest

from kerasparts.optimizers import schedules
from tests.cases import SCHEDULES

EVERY = pytest.mark.parametrize("case", SCHEDULES, ids=str)
STEPS = 200


@EVERY
def test_follows_the_formula_at_every_step(case):
    schedule = case.build()
    ours = [float(schedule(step)) for step in range(STEPS)]
    np.testing.assert_allclose(ours, [case.oracle(step, **case.kwargs) for step in range(STEPS)], rtol=2e-5, atol=1e-7)


@EVERY
def test_takes_many_steps_at_once(case):
    schedule = case.build()
    at_once = keras.ops.convert_to_numpy(schedule(np.arange(STEPS)))
    np.testing.assert_allclose(at_once, [float(schedule(step)) for step in range(STEPS)], rtol=1e-6, atol=1e-7)


@EVERY
def test_drives_an_optimizer_and_comes_back_from_its_configuration(case):
    optimizer = keras.optimizers.SGD(case.build())
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizer))
    w = keras.Variable([1.0])
    for step in range(3):
        before = float(keras.ops.convert_to_numpy(w)[0])
        again.apply([keras.ops.ones(1)], [w])
        assert before - float(keras.ops.convert_to_numpy(w)[0]) == pytest.approx(
            float(case.build()(step)), rel=1e-3, abs=1e-6
        )


EPOCHS = [case for case in SCHEDULES if "steps_per_epoch" in case.kwargs and "decay" not in case.kwargs]


@pytest.mark.parametrize("case", EPOCHS, ids=str)
def test_epochs_are_so_many_steps(case):
    lengths = {"every", "length", "lengths", "warmup", "half_cycle"} & set(case.kwargs)
    n = case.kwargs["steps_per_epoch"]

    def times(length):
        return [n * one for one in length] if isinstance(length, list) else n * length

    in_steps = case.build(steps_per_epoch=None, **{name: times(case.kwargs[name]) for name in lengths})
    in_epochs = case.build()
    for step in range(STEPS):
        assert float(in_steps(step)) == pytest.approx(float(in_epochs(step)), rel=1e-6)


def test_a_warm_up_goes_on_with_the_schedule_from_its_start():
    inner = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    schedule = schedules.Warmup(inner, length=5)
    assert [float(schedule(5 + step)) for step in range(10)] == [float(inner(step)) for step in range(10)]
    assert all(float(schedule(step)) < float(schedule(step + 1)) for step in range(5))


def test_a_chain_starts_each_schedule_anew():
    inner = schedules.InverseSquareRoot(0.1, 4)
    schedule = schedules.Chain([inner, schedules.Warmup(0.2, 3)], lengths=[10])
    expected = [float(inner(step)) for step in range(10)] + [0.05, 0.1, 0.15, 0.2]
    np.testing.assert_allclose([float(schedule(step)) for step in range(14)], expected, rtol=1e-6)


def test_schedules_inside_schedules_are_saved():
    schedule = schedules.Warmup(schedules.Chain([schedules.StepDecay(0.1, 5), 0.01], lengths=[12]), 3)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert [float(again(step)) for step in range(30)] == [float(schedule(step)) for step in range(30)]


@pytest.mark.parametrize("growth", [1.5, 2.0, 3.0, 1.1])
def test_a_restart_comes_at_its_very_step(growth):
    """Keras' `CosineDecayRestarts` is still in the old cycle there when the logarithm rounds down."""
    schedule = schedules.CosineWarmRestarts(1.0, length=20, growth=growth)
    start, length, starts = 0, 20.0, []
    while start < 5000:
        starts.append(start)
        start, length = start + length, length * growth
    for begin in starts:
        values = [float(schedule(round(begin) + shift)) for shift in (-1, 0, 1)]
        if abs(begin % 1 - 0.5) > 0.01:  # else it is rounding which of two steps is first
            assert values[1] > 0.99
            assert begin == 0 or values[0] < 0.05


def torch_values(make, steps=100, key="lr", momentum=0.9):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1, momentum=momentum)
    schedule = make(torch.optim.lr_scheduler, optimizer)
    values = []
    for _ in range(steps):
        values.append(optimizer.param_groups[0][key])
        optimizer.step()
        schedule.step()
    return values


ON_TORCH = pytest.mark.skipif(keras.backend.backend() != "torch", reason="the peer is Torch")


@ON_TORCH
@pytest.mark.parametrize("anneal", ["cosine", "linear"])
def test_one_cycle_is_that_of_torch(anneal):
    def make(peers, optimizer):
        return peers.OneCycleLR(optimizer, 0.5, total_steps=100, anneal_strategy=anneal[:6].replace("cosine", "cos"))

    schedule = schedules.OneCycle(0.5, 100, anneal=anneal)
    np.testing.assert_allclose([float(schedule(s)) for s in range(99)], torch_values(make, 99), rtol=1e-4, atol=2e-6)
    theirs = torch_values(make, 99, key="momentum")
    np.testing.assert_allclose([float(schedule.momentum(s)) for s in range(99)], theirs, rtol=1e-5)


@ON_TORCH
@pytest.mark.parametrize("mode", ["triangular", "triangular2", "exponential"])
def test_cyclical_is_that_of_torch(mode):
    def make(peers, optimizer):
        name = mode.replace("exponential", "exp_range")
        return peers.CyclicLR(optimizer, 0.1, 0.4, step_size_up=7, mode=name, gamma=0.98, cycle_momentum=False)

    schedule = schedules.Cyclical(0.1, 0.4, 7, mode, decay=0.98)
    np.testing.assert_allclose([float(schedule(s)) for s in range(100)], torch_values(make), rtol=1e-5)


@ON_TORCH
def test_cosine_warm_restarts_are_those_of_torch():
    def make(peers, optimizer):
        return peers.CosineAnnealingWarmRestarts(optimizer, T_0=9, T_mult=2, eta_min=0.01)

    schedule = schedules.CosineWarmRestarts(0.1, 9, growth=2.0, minimum=0.01)
    np.testing.assert_allclose([float(schedule(s)) for s in range(100)], torch_values(make), rtol=1e-5)
