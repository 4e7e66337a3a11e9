"""What the vectorized engine runs together, and what it refuses."""

import keras
import numpy as np
import pytest

from kerasparts.model_selection.engines.fits import FitPlan, FitTask
from kerasparts.model_selection.engines.vectorized import CannotVectorize, Vectorized

IS_TORCH = keras.backend.backend() == "torch"
not_on_torch = pytest.mark.skipif(IS_TORCH, reason="refused on Torch")

random = np.random.default_rng(0)
X = random.normal(size=(30, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def build_model(units=2, model_class=keras.Sequential, dropout=0.0, **compiled):
    layers = [keras.Input((3,)), keras.layers.Dense(units), keras.layers.Dropout(dropout), keras.layers.Dense(1)]
    model = model_class(layers)
    model.compile(**{"optimizer": keras.optimizers.SGD(0.01), "loss": "mse", **compiled})
    return model


def plan(build=build_model, **changes):
    return FitPlan(**{**dict(build_model=build, x=X, y=Y, epochs=1, batch_size=16), **changes})


def tasks(*sizes, **changes):
    return [FitTask(**{**dict(name=f"{i}", rows=np.arange(n), seed=i), **changes}) for i, n in enumerate(sizes)]


@not_on_torch
def test_tasks_of_other_arguments_and_rows_run_in_groups_of_their_own():
    narrow, wide = (2,), (4,)
    few = [*tasks(20, 20, arguments=narrow), *tasks(24, arguments=narrow), *tasks(20, arguments=wide)]
    few = [FitTask(**{**vars(task), "name": name}) for task, name in zip(few, "abcd", strict=True)]
    found = {outcome.name: outcome for outcome in Vectorized().run(plan(keep_weights=True), few)}
    assert sorted(found) == ["a", "b", "c", "d"]
    assert [found[name].weights[0].shape[1] for name in "abcd"] == [2, 2, 2, 4]
    assert all(outcome.engine == "vectorized" and outcome.seconds > 0 for outcome in found.values())


@not_on_torch
def test_a_memory_for_one_model_gives_the_same_one_by_one():
    at_once = list(Vectorized().run(plan(), tasks(20, 20)))
    by_one = list(Vectorized(max_memory=1).run(plan(), tasks(20, 20)))
    assert by_one[0].seconds != by_one[1].seconds
    for a, b in zip(at_once, by_one, strict=True):
        np.testing.assert_allclose(a.predictions, b.predictions, atol=1e-6)


@not_on_torch
def test_leaves_the_random_numbers_as_they_were():
    np.random.seed(3)  # noqa: NPY002
    before = np.random.random()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    list(Vectorized().run(plan(), tasks(20)))
    assert np.random.random() == before  # noqa: NPY002


class OwnStep(keras.Sequential):
    def train_step(self, *args):
        return super().train_step(*args)


class Untracked(keras.layers.Layer):
    """Its variable is in a closure, where Keras does not look."""

    def __init__(self):
        super().__init__()
        hidden = keras.Variable(2.0)
        self.get_hidden = lambda: hidden

    def call(self, inputs):
        return inputs * self.get_hidden()


def with_untracked_variable():
    model = keras.Sequential([keras.Input((3,)), Untracked(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


REFUSED = {
    "a step of its own": (plan(lambda: build_model(model_class=OwnStep)), "train_step"),
    "eager": (plan(lambda: build_model(run_eagerly=True)), "eagerly"),
    "averaged": (plan(lambda: build_model(optimizer=keras.optimizers.SGD(use_ema=True))), "averages"),
    "accumulated": (
        plan(lambda: build_model(optimizer=keras.optimizers.SGD(gradient_accumulation_steps=2))),
        "accumulates",
    ),
    "scaled": (plan(lambda: build_model(optimizer=keras.optimizers.SGD(loss_scale_factor=8.0))), "scales"),
    "random settings": (plan(lambda: build_model(dropout=np.random.uniform(0.1, 0.2))), "differ"),  # noqa: NPY002
    "random widths": (plan(lambda: build_model(units=np.random.randint(2, 99))), "differ"),  # noqa: NPY002
    "a callback": (plan(callbacks=lambda: [keras.callbacks.TerminateOnNaN()]), "TerminateOnNaN"),
    "an untracked variable": (plan(with_untracked_variable), "track every variable"),
}


@not_on_torch
@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_the_reason_before_any_outcome(case):
    refused, reason = REFUSED[case]
    with pytest.raises(CannotVectorize, match=reason):
        next(Vectorized().run(refused, tasks(20, 20)))


@pytest.mark.skipif(not IS_TORCH, reason="of Torch")
def test_torch_is_refused():
    with pytest.raises(CannotVectorize, match="Torch"):
        next(Vectorized().run(plan(), tasks(20, 20)))


@pytest.mark.parametrize("memory", [0, -1, "2GB", None])
def test_a_bad_memory_is_refused(memory):
    with pytest.raises(ValueError, match="`max_memory` must be"):
        Vectorized(max_memory=memory)
