"""preflight: what is told before training, and that nothing of it stays."""

import keras
import numpy as np
import pytest

import kerasparts as kp
from kerasparts.diagnostics import preflight

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(128, 6)).astype("float32")
LABELS = np.digitize(X[:, 0] + X[:, 1], [-0.7, 0.7])
SCCE = "sparse_categorical_crossentropy"
VALUES = (X[:, :1] - X[:, 1:2] ** 2).astype("float32")


def network(
    units=3, activation="softmax", loss="sparse_categorical_crossentropy", hidden=None, optimizer=None, **kwargs
):
    hidden = [keras.layers.Dense(16, "relu"), keras.layers.Dense(16, "relu")] if hidden is None else hidden
    model = keras.Sequential([keras.Input((6,)), *hidden, keras.layers.Dense(units, activation)])
    model.compile(optimizer or keras.optimizers.Adam(0.01), loss, **kwargs)
    return model


HEALTHY = {
    "labels": lambda: (network(), X, LABELS),
    "logits": lambda: (
        network(activation=None, loss=kp.losses.SparseCategoricalCrossentropy(from_logits=True)), X, LABELS,
    ),
    "two classes": lambda: (network(1, "sigmoid", "binary_crossentropy"), X, LABELS == 1),
    "values": lambda: (network(1, None, "mse"), X, VALUES),
    "scaled inside": lambda: (
        network(hidden=[keras.layers.Rescaling(1 / 255), keras.layers.Dense(16, "relu")]), 100 * np.abs(X), LABELS,
    ),
}  # fmt: skip
BROKEN = {
    "softmax over one unit": (
        "wrong_output_activation", lambda: (network(1, "softmax", "binary_crossentropy"), X, LABELS == 1),
    ),
    "logits without a word": ("wrong_output_activation", lambda: (network(3, None), X, LABELS)),
    "raw inputs": ("unnormalized_inputs", lambda: (network(), 1000 * X, LABELS)),
    "raw targets": ("unnormalized_targets", lambda: (network(1, None, "mse"), X, 1000 * VALUES)),
    "equal units": (
        "symmetric_init",
        lambda: (network(hidden=[keras.layers.Dense(16, "relu", kernel_initializer="ones")]), X, LABELS),
    ),
    "labels from 1": ("wrong_labels", lambda: (network(1, "sigmoid", "binary_crossentropy"), X, LABELS + 1)),
}  # fmt: skip


@pytest.mark.parametrize("name", HEALTHY)
def test_a_sound_program_has_no_fault(name):
    diagnosis = preflight(*HEALTHY[name]())
    assert diagnosis.faults == ()
    assert diagnosis.verdict == "No fault found before training; the learning rate shows in `fit` alone."
    assert float(diagnosis.numbers["loss now"]) > 0
    assert diagnosis.epochs == 0


@pytest.mark.filterwarnings("ignore:.*softmax over axis")  # Keras' own
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_program_has_its_fault_first(name):
    if name == "labels from 1" and keras.backend.backend() == "torch":
        pytest.skip("Torch itself refuses such labels")
    fault, build = BROKEN[name]
    assert preflight(*build()).faults[0] == fault


def test_the_loss_is_held_against_that_of_a_constant():
    """The entropy of the classes."""
    numbers = preflight(network(), X, LABELS).numbers
    share = np.bincount(LABELS) / len(LABELS)
    assert float(numbers["loss of a constant answer"]) == pytest.approx(-(share * np.log(share)).sum(), rel=1e-3)


def test_a_sound_model_learns_one_batch_by_heart():
    diagnosis = preflight(network(), X, LABELS, overfit_steps=300)
    assert diagnosis.faults == ()
    assert float(diagnosis.numbers["skill on one batch"].split()[0]) >= 0.9


def test_a_model_that_cannot_is_told_of():
    model = network(optimizer=keras.optimizers.SGD(1e-9))
    diagnosis = preflight(model, X, LABELS, overfit_steps=5)
    assert diagnosis.faults == ("high_bias",)
    assert diagnosis.verdict == "It cannot learn one batch."
    assert diagnosis["high_bias"].evidence["skill on one batch"].value < 0.9


def test_a_batch_that_tells_nothing_is_no_fault():
    model = network(1, "sigmoid", "binary_crossentropy")
    assert "high_bias" not in preflight(model, X, np.zeros(128), overfit_steps=2).faults


def test_weights_that_overflow_on_one_batch_are_a_fault():
    model = network(1, None, "mse", optimizer=keras.optimizers.SGD(1e20))
    assert "high_bias" in preflight(model, X, VALUES, overfit_steps=5).faults


def state(model):
    variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    return [np.array(keras.ops.convert_to_numpy(v)) for v in variables]


def test_after_it_the_training_is_the_same_bit_for_bit():
    results = []
    for steps in (None, 0, 30):
        keras.utils.set_random_seed(0)
        hidden = [keras.layers.Dense(8, "relu"), keras.layers.BatchNormalization(), keras.layers.Dropout(0.5)]
        model = network(hidden=hidden, metrics=["accuracy"])
        model.fit(X, LABELS, epochs=1, batch_size=32, verbose=0)  # the first one builds the metrics
        if steps is not None:
            preflight(model, X, LABELS, overfit_steps=steps)
        history = model.fit(X, LABELS, epochs=1, batch_size=32, verbose=0).history
        results.append((history, state(model)))
    for history, variables in results[1:]:
        assert history == results[0][0]
        for one, other in zip(variables, results[0][1], strict=True):
            np.testing.assert_array_equal(one, other)


def test_one_batch_leaves_weights_optimizer_seeds_and_metrics_as_they_were():
    hidden = [keras.layers.Dense(8, "relu"), keras.layers.BatchNormalization(), keras.layers.Dropout(0.5)]
    model = network(hidden=hidden, metrics=["accuracy"])
    model.fit(X, LABELS, epochs=1, verbose=0)
    before = state(model)
    preflight(model, X, LABELS, overfit_steps=30)
    for one, other in zip(before, state(model), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_dataset_and_weights_are_taken():
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((X, LABELS)).batch(32)
    assert preflight(network(), data).faults == ()
    assert preflight(network(), X, LABELS, sample_weight=np.ones(128), rows=64).faults == ()


def test_a_model_that_is_not_built_is_built():
    model = keras.Sequential([keras.layers.Dense(16, "relu"), keras.layers.Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    assert preflight(model, X, LABELS).faults == ()
    assert model.built


def test_bad_arguments_are_refused_by_name():
    model = network()
    with pytest.raises(ValueError, match=r"`model` must be a compiled keras\.Model"):
        preflight(keras.Sequential([keras.layers.Dense(1)]), X, LABELS)
    with pytest.raises(ValueError, match="`y` must be given"):
        preflight(model, X)
    with pytest.raises(ValueError, match="`rows` must be an integer in"):
        preflight(model, X, LABELS, rows=3)
    with pytest.raises(ValueError, match="`overfit_steps` must be an integer in"):
        preflight(model, X, LABELS, overfit_steps=-1)
