"""Many models as one: what it answers, how it is saved, what it says of its members."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasparts as kp
from kerasparts.ensembles import Ensemble

ROOT = Path(__file__).parents[2]
X = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")


def softmax(z):
    p = np.exp(z - z.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)


def member(seed, units=3, **last):
    keras.utils.set_random_seed(seed)
    hidden = keras.layers.Dense(5, kp.activations.Swish(1.5), kernel_regularizer=kp.regularizers.L1L2(l2=0.1))
    return keras.Sequential([keras.Input((4,)), hidden, keras.layers.Dense(units, **last)])


@pytest.fixture(scope="module")
def members():
    return [member(seed) for seed in range(3)]


def answers(members):
    return np.array([keras.ops.convert_to_numpy(one(X)) for one in members])


def test_is_the_mean_of_probabilities_and_not_of_logits(members):
    ensemble = Ensemble(members, activation="softmax")
    expected = softmax(answers(members)).mean(axis=0)
    np.testing.assert_allclose(ensemble.predict(X, verbose=0), expected, rtol=1e-5)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(ensemble(X)), expected, rtol=1e-5)
    assert np.abs(softmax(answers(members).mean(axis=0)) - expected).max() > 0.01
    np.testing.assert_allclose(ensemble.predict_members(X, batch_size=5), softmax(answers(members)), rtol=1e-5)


def test_other_outputs_are_averaged_as_they_are(members):
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(Ensemble(members)(X)), answers(members).mean(axis=0), rtol=1e-5, atol=1e-6
    )
    one = [member(seed, 1) for seed in range(2)]
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(Ensemble(one, activation="sigmoid")(X)),
        (1 / (1 + np.exp(-answers(one)))).mean(axis=0),
        rtol=1e-5,
    )


def test_members_of_several_inputs_and_outputs_are_averaged_by_output():
    def build():
        a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
        both = keras.layers.Concatenate()([a, b])
        return keras.Model({"a": a, "b": b}, {"p": keras.layers.Dense(1)(both), "q": keras.layers.Dense(2)(both)})

    members, x = [build(), build()], {"a": X, "b": 2 * X}
    found = Ensemble(members).predict(x, verbose=0)
    each = [one.predict(x, verbose=0) for one in members]
    for name in ("p", "q"):
        np.testing.assert_allclose(found[name], (each[0][name] + each[1][name]) / 2, rtol=1e-5, atol=1e-6)


def test_half_precision_members_are_averaged_in_float32():
    ensemble = Ensemble([member(seed, dtype="float16") for seed in range(2)], activation="softmax")
    assert keras.backend.standardize_dtype(ensemble(X).dtype) == "float32"


def test_one_file_holds_it_and_loads_elsewhere_without_custom_objects(members, tmp_path):
    """In a fresh process that imports only keras and kerasparts, on another backend where one is installed."""
    ensemble = Ensemble(members, activation="softmax", name="many")
    ensemble.compile("sgd", kp.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"])
    y = np.arange(12) % 3
    ensemble.save(tmp_path / "ensemble.keras")
    np.savez(tmp_path / "data.npz", x=X, y=y)
    others = [name for name in ("jax", "torch", "tensorflow") if name != keras.backend.backend() and find_spec(name)]
    backend = (others or [keras.backend.backend()])[0]
    code = (
        "import warnings, keras, numpy as np, kerasparts; warnings.simplefilter('error', UserWarning);"
        "data = np.load('data.npz'); model = keras.models.load_model('ensemble.keras');"
        "np.savez('there.npz', p=model.predict(data['x'], verbose=0), name=model.name,"
        " e=model.evaluate(data['x'], data['y'], verbose=0))"
    )
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=tmp_path, capture_output=True)
    there = np.load(tmp_path / "there.npz")
    np.testing.assert_allclose(there["p"], ensemble.predict(X, verbose=0), rtol=1e-5)
    np.testing.assert_allclose(there["e"], ensemble.evaluate(X, y, verbose=0), rtol=1e-5)
    assert there["name"] == "many"


def test_it_is_registered_and_survives_serialization(members):
    assert keras.saving.get_registered_name(Ensemble) == "kerasparts>Ensemble"
    saved = keras.saving.serialize_keras_object(Ensemble(members, activation="softmax"))
    again = keras.saving.deserialize_keras_object(saved)
    assert (len(again.members), again.activation) == (3, "softmax")
    again.set_weights(Ensemble(members).get_weights())
    np.testing.assert_allclose(keras.ops.convert_to_numpy(again(X)), softmax(answers(members)).mean(axis=0), rtol=1e-5)


def test_evaluate_gives_the_data_loss_without_the_penalties_of_the_members(members):
    ensemble = Ensemble(members)
    ensemble.compile("sgd", "mse")
    y = np.zeros((12, 3), "float32")
    assert all(keras.ops.convert_to_numpy(one.losses[0]) > 0.01 for one in members)
    assert ensemble.evaluate(X, y, verbose=0) == pytest.approx(
        np.square(answers(members).mean(axis=0)).mean(), rel=1e-5
    )


def test_it_can_be_trained_as_any_model(members):
    ensemble = Ensemble([member(seed) for seed in range(2)], activation="softmax")
    ensemble.compile(keras.optimizers.Adam(0.05), kp.losses.SparseCategoricalCrossentropy())
    losses = ensemble.fit(X, np.arange(12) % 3, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert len(ensemble.trainable_variables) == 8


def test_spread_tells_doubt_from_disagreement():
    certain = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, use_bias=False)])
    other = keras.models.clone_model(certain)
    certain.set_weights([np.array([[20.0, -20.0], [0.0, 0.0]])])
    other.set_weights([np.array([[20.0, -20.0], [0.0, 0.0]]) * [[-1], [1]]])
    x = np.array([[1.0, 0.0], [0.0, 1.0]])  # the members are certain and disagree; they agree that it is open
    spread = Ensemble([certain, other], activation="softmax").spread(x)
    np.testing.assert_allclose(spread.mean, 0.5, atol=1e-6)
    np.testing.assert_allclose(spread.entropy, np.log(2), atol=1e-6)
    np.testing.assert_allclose(spread.expected_entropy, [0.0, np.log(2)], atol=1e-4)
    np.testing.assert_allclose(spread.mutual_information, [np.log(2), 0.0], atol=1e-4)
    np.testing.assert_allclose(spread.standard_deviation[0], np.sqrt(0.5), atol=1e-6)
    assert "disagreement" in str(spread)
    assert Ensemble([certain, other]).spread(x).entropy is None


def test_diversity_is_what_the_ensemble_gains(members):
    y = np.arange(12) % 3
    ensemble = Ensemble(members, activation="softmax")
    found = ensemble.diversity(X, y)
    p = softmax(answers(members))
    each = -np.log(p[:, np.arange(12), y]).mean(axis=1)
    assert found.member_errors == pytest.approx(tuple(each), rel=1e-5)
    assert found.ensemble_error == pytest.approx(-np.log(p.mean(axis=0)[np.arange(12), y]).mean(), rel=1e-5)
    assert found.ensemble_error == pytest.approx(found.mean_member_error - found.ambiguity)
    values = Ensemble(members).diversity(X, np.zeros((12, 3)))
    assert values.ambiguity == pytest.approx(answers(members).var(axis=0).mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(members=[]), "`members` must be a list of at least one model"),
        (dict(members=[keras.Sequential([keras.layers.Dense(1)])]), "`members` must be built"),
        (dict(members=["model"]), "`members` must be built"),
        (dict(activation="relu"), "`activation` must be one of"),
    ],
)
def test_bad_arguments_are_refused(members, change, message):
    with pytest.raises(ValueError, match=message):
        Ensemble(**{"members": members, **change})


def test_members_of_different_outputs_are_refused(members):
    with pytest.raises(ValueError, match="of the same shape of output"):
        Ensemble([*members, member(0, units=2)])
