"""SnapshotEnsemble: when weights are taken, and the model that is made of them."""

import keras
import numpy as np
import pytest

import kerasparts as kp
from kerasparts.ensembles import SnapshotEnsemble
from kerasparts.ensembles.snapshot_ensemble import cycle_ends
from kerasparts.optimizers.schedules import Chain, CosineWarmRestarts, Cyclical, Scaled, Warmup

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(24, 4)).astype("float32")
Y = (X[:, :3] + 0.3 * RANDOM.normal(size=(24, 3))).argmax(axis=1)
EPOCH = 4  # steps
RESTARTS = keras.optimizers.schedules.CosineDecayRestarts


class Weights(keras.callbacks.Callback):
    """Keeps the weights after each step."""

    def __init__(self):
        super().__init__()
        self.steps = {}

    def on_train_batch_end(self, batch, logs=None):
        if hasattr(self.model, "jax_state_sync"):
            self.model.jax_state_sync()
        self.steps[len(self.steps) + 1] = self.model.get_weights()


def classifier(rate=0.1):
    layers = [keras.Input((4,)), keras.layers.Dense(5), keras.layers.BatchNormalization(), keras.layers.Dense(3)]
    model = keras.Sequential(layers)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(kp.optimizers.SGD(rate, momentum=0.9), loss, metrics=["accuracy"], jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return model


def fit(model, callbacks, epochs=5, **kwargs):
    arguments = dict(batch_size=len(X) // EPOCH, epochs=epochs, verbose=0, shuffle=False)
    model.fit(X, Y, callbacks=callbacks, **{**arguments, **kwargs})


def assert_equal(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("schedule", "ends"),
    [
        (CosineWarmRestarts(0.1, length=7), [7, 14, 21, 28]),
        (CosineWarmRestarts(0.1, length=7, warmup=2, decay=0.9, minimum=0.01), [7, 14, 21, 28]),
        (CosineWarmRestarts(0.1, length=3, growth=2.0), [3, 9, 21]),
        (CosineWarmRestarts(0.1, length=2, steps_per_epoch=EPOCH), [8, 16, 24]),
        (Cyclical(0.01, 0.1, half_cycle=4), [9, 17, 25]),  # after the step at the lowest rate
        (Warmup(CosineWarmRestarts(0.1, length=5), length=3), [8, 13, 18, 23, 28]),
        (Chain([0.1, CosineWarmRestarts(0.1, length=6)], lengths=[10]), [16, 22, 28]),
        (Scaled(CosineWarmRestarts(0.1, length=10), 0.3), [10, 20]),
        (RESTARTS(0.1, 10, t_mul=1.0), [10, 20]),
        (0.1, []),
        (keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5), []),
    ],
    ids=lambda value: type(value).__name__,
)
def test_cycles_end_where_the_rate_is_lowest(schedule, ends):
    if not callable(schedule):
        schedule = Chain([schedule], lengths=[])
    assert cycle_ends(schedule, 0, 29) == ends
    assert cycle_ends(schedule, 0, 9) + cycle_ends(schedule, 9, 29) == ends
    if ends:
        rates = [float(schedule(step)) for step in range(30)]
        assert rates[ends[0] - 1] == min(rates[: ends[0] + 1][-3:])


def test_a_rate_that_hardly_falls_has_no_cycles_of_rounding_errors():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10**7, 0.9)
    assert cycle_ends(schedule, 2 * 10**6, 2 * 10**6 + 3000) == []  # on TensorFlow it rises 7 times there


@pytest.fixture(scope="module")
def trained():
    model = classifier(CosineWarmRestarts(0.2, length=6))
    weights, snapshots = Weights(), SnapshotEnsemble()
    fit(model, [weights, snapshots])
    return model, weights, snapshots


def test_the_members_have_the_weights_of_the_ends_of_the_cycles(trained):
    _, weights, snapshots = trained
    assert snapshots.steps == [6, 12, 18]
    ensemble = snapshots.ensemble()
    for step, member in zip(snapshots.steps, ensemble.members, strict=True):
        assert_equal(member.get_weights(), weights.steps[step])


def test_the_answer_is_the_mean_of_their_probabilities(trained):
    model, weights, snapshots = trained
    after = model.get_weights()
    expected = []
    for step in snapshots.steps:
        model.set_weights(weights.steps[step])
        logits = model.predict(X, verbose=0).astype("float64")
        expected.append(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
    model.set_weights(after)
    ensemble = snapshots.ensemble()
    np.testing.assert_allclose(ensemble.predict(X, verbose=0), np.mean(expected, axis=0), rtol=1e-4)
    assert_equal(model.get_weights(), after)
    scores = ensemble.evaluate(X, Y, verbose=0, return_dict=True)
    assert scores["accuracy"] == pytest.approx((np.mean(expected, axis=0).argmax(axis=1) == Y).mean())


def test_it_is_saved_as_one_file(trained, tmp_path):
    ensemble = trained[2].ensemble()
    ensemble.save(tmp_path / "ensemble.keras")
    again = keras.models.load_model(tmp_path / "ensemble.keras")
    np.testing.assert_array_equal(again.predict(X, verbose=0), ensemble.predict(X, verbose=0))
    assert len(again.members) == 3


def test_to_make_it_draws_no_random_numbers(trained):
    keras.utils.set_random_seed(5)
    expected = keras.ops.convert_to_numpy(keras.random.uniform((2,)))
    keras.utils.set_random_seed(5)
    trained[2].ensemble()
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(keras.random.uniform((2,))), expected)


def test_every_so_many_epochs_and_the_last_of_them():
    model, weights, snapshots = classifier(), Weights(), SnapshotEnsemble(every=2, members=2)
    fit(model, [weights, snapshots], epochs=7)
    assert snapshots.steps == [16, 24]
    for step, taken in zip(snapshots.steps, snapshots.snapshots, strict=True):
        assert_equal(taken, weights.steps[step])


def test_goes_on_after_a_restart():
    schedule = CosineWarmRestarts(0.2, length=6)
    whole = SnapshotEnsemble()
    keras.utils.set_random_seed(1)
    fit(classifier(schedule), [whole], epochs=4)

    first, second = SnapshotEnsemble(), SnapshotEnsemble()
    keras.utils.set_random_seed(1)
    model = classifier(schedule)
    fit(model, [first], epochs=2)
    second.set_state(first.get_state())
    fit(model, [second], epochs=4, initial_epoch=2)
    assert whole.steps == second.steps == [6, 12]
    for one, other in zip(whole.snapshots, second.snapshots, strict=True):
        assert_equal(one, other)


def test_what_cannot_be_is_refused_or_warned_about():
    with pytest.raises(ValueError, match=r"`every` must be an integer .* where the optimizer has no schedule"):
        fit(classifier(), [SnapshotEnsemble()], epochs=1)
    snapshots = SnapshotEnsemble(every=9)
    with pytest.warns(UserWarning, match="took no weights: no cycle has come to its end"):
        fit(classifier(), [snapshots], epochs=1)
    with pytest.raises(ValueError, match="`snapshots` must be taken in a `fit` before"):
        snapshots.ensemble()
