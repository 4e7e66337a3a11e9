"""monte_carlo_predict: dropout acts and nothing else, and the numbers are those of the closed form."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import kerasparts as kp

BACKEND = keras.backend.backend()
RANDOM = np.random.default_rng(0)
slow = pytest.mark.slow


def predict(model, x, samples=20, **kwargs):
    return kp.ensembles.monte_carlo_predict(model, x, samples=samples, **{"verbose": 0, **kwargs})


def rows(count, *shape):
    return RANDOM.normal(size=(count, *shape)).astype("float32")


def sequential(shape, *parts):
    return keras.Sequential([keras.Input(shape), *parts])


def state(model):
    return [np.array(ops.convert_to_numpy(v)) for v in model.variables]


def assert_same(before, after):
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


def entropy(p):
    return -(p * np.log(p)).sum(axis=-1)


# Closed forms


@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_a_linear_model_has_the_mean_and_variance_of_the_closed_form(rate):
    x, weights, copies, samples = rows(5, 6), rows(6, 1), 200, 20
    model = sequential((6,), layers.Dropout(rate, seed=1), layers.Dense(1, use_bias=False))
    model.set_weights([weights])
    found = predict(model, np.repeat(x, copies, axis=0), samples, batch_size=5 * copies)
    mean, square = (a.reshape(5, copies).mean(axis=1) for a in (found.mean, found.standard_deviation**2))
    variance = (rate / (1 - rate) * (x**2) @ (weights**2))[:, 0]
    assert (np.abs(mean - (x @ weights)[:, 0]) < 5 * np.sqrt(variance / (samples * copies))).all()
    np.testing.assert_allclose(square, variance, rtol=0.15)
    assert found.entropy is None


def two_answers(logits, shape=(1,)):
    """A model that either sees its input or nothing of it, and so answers one of two things; and these two."""
    whole = kp.layers.Dropout(0.5, noise_shape=(None, 1))
    model = sequential(shape, whole, layers.Dense(len(logits), bias_initializer="ones"))
    model.set_weights([np.array([logits], "float32"), np.linspace(0, 1, len(logits)).astype("float32")])
    bias = np.linspace(0, 1, len(logits))
    return model, np.stack([bias, bias + 2 * np.asarray(logits)])


def test_entropies_of_classes_follow_their_definition():
    model, answers = two_answers([1.0, -0.5, 0.3])
    p = np.exp(answers) / np.exp(answers).sum(axis=1, keepdims=True)
    samples = 40
    found = predict(model, np.ones((3, 1), "float32"), samples, activation="softmax")
    share = (found.mean[:, :1] - p[0, 0]) / (p[1, 0] - p[0, 0])  # of the samples that saw the input
    assert ((share > 0.2) & (share < 0.8)).all()
    mean = (1 - share) * p[0] + share * p[1]
    np.testing.assert_allclose(found.mean, mean, atol=1e-6)
    deviation = np.sqrt(share * (1 - share) * samples / (samples - 1)) * np.abs(p[1] - p[0])
    np.testing.assert_allclose(found.standard_deviation, deviation, atol=1e-5)
    expected = (1 - share[:, 0]) * entropy(p[0]) + share[:, 0] * entropy(p[1])
    np.testing.assert_allclose(found.entropy, entropy(mean), atol=1e-5)
    np.testing.assert_allclose(found.expected_entropy, expected, atol=1e-5)
    np.testing.assert_allclose(found.mutual_information, entropy(mean) - expected, atol=1e-5)


def test_each_label_of_several_has_an_entropy_of_its_own_and_a_single_one_no_axis():
    model, answers = two_answers([2.0, -1.0])
    p = 1 / (1 + np.exp(-answers))
    found = predict(model, np.ones((3, 1), "float32"), activation="sigmoid")
    share = (found.mean[:, :1] - p[0, 0]) / (p[1, 0] - p[0, 0])
    mean = (1 - share) * p[0] + share * p[1]
    np.testing.assert_allclose(found.entropy, entropy(np.stack([mean, 1 - mean], axis=-1)), atol=1e-5)
    single, _ = two_answers([2.0])
    assert predict(single, np.ones((3, 1), "float32"), activation="sigmoid").entropy.shape == (3,)


def test_the_mutual_information_is_between_zero_and_the_entropy():
    model = sequential((4,), layers.Dense(8, "relu"), layers.Dropout(0.5), layers.Dense(5))
    for scale in (1e-3, 1.0, 1e4):  # from no disagreement to certain answers
        found = predict(model, scale * rows(40, 4), activation="softmax", batch_size=64)
        assert (found.mutual_information >= 0).all()
        assert (found.entropy >= found.mutual_information).all()
        assert (found.expected_entropy >= 0).all()


def test_a_fitted_model_is_unsure_far_from_its_data():
    x = RANDOM.uniform(-1, 1, (256, 2)).astype("float32")
    hidden = [part for _ in range(2) for part in (layers.Dense(64, "relu"), kp.layers.Dropout(0.1, seed=1))]
    model = sequential((2,), *hidden, layers.Dense(1))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    model.fit(x, np.sin(3 * x[:, :1]) * x[:, 1:], epochs=12, batch_size=32, verbose=0)
    near, far = (predict(model, scale * x[:64]).standard_deviation.mean() for scale in (1, 10))
    assert far > 3 * near


# What acts


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.dropout = layers.Dense(4), layers.Dropout(0.5)
        self.rest = [layers.BatchNormalization(), sequential((4,), layers.Dropout(0.5), layers.Dense(3))]

    def call(self, x, training=None):
        x = self.dropout(self.first(x), training=training)
        for part in self.rest:
            x = part(x, training=training)
        return x


class OnlyInTraining(keras.Model):
    def __init__(self):
        super().__init__()
        self.dropout = layers.Dropout(0.5)

    def call(self, x, training=None):
        return self.dropout(x, training=training) if training else x


def called(model, *shape):
    model(np.zeros((1, *shape), "float32"))
    return model


def attending(attention, self_attending):
    x = keras.Input((5, 4))
    return keras.Model(x, attention(x, x) if self_attending else attention([x, x]))


MODELS = {
    "Dropout": lambda: sequential((4,), layers.Dropout(0.5)),
    "SpatialDropout1D": lambda: sequential((5, 4), layers.SpatialDropout1D(0.5)),
    "AlphaDropout": lambda: sequential((4,), layers.AlphaDropout(0.5)),
    "GaussianDropout": lambda: sequential((4,), layers.GaussianDropout(0.5)),
    "LSTM": lambda: sequential((5, 4), layers.LSTM(3, dropout=0.5)),
    "GRU recurrent": lambda: sequential((5, 4), layers.GRU(3, recurrent_dropout=0.5)),
    "MultiHeadAttention": lambda: attending(layers.MultiHeadAttention(2, 3, dropout=0.5), True),
    "Attention": lambda: attending(layers.Attention(dropout=0.5), False),
    "TimeDistributed": lambda: sequential((5, 4), layers.TimeDistributed(layers.Dropout(0.5))),
    "subclassed": lambda: called(Subclassed(), 4),
    "our Dropout": lambda: sequential((4,), kp.layers.Dropout(0.5, "classic")),
    "ScheduledDropout": lambda: sequential(
        (4,), kp.layers.ScheduledDropout(keras.optimizers.schedules.PolynomialDecay(0.5, 10, 0.6))
    ),
    "DropPath": lambda: sequential((4,), kp.layers.DropPath(0.5)),
    "DropBlock": lambda: sequential((6, 4), kp.layers.DropBlock(0.5, 2)),
    "DropConnect": lambda: sequential((4,), kp.layers.DropConnect(layers.Dense(3), 0.5)),
}
SLOW_MODELS = {
    "SimpleRNN": lambda: sequential((5, 4), layers.SimpleRNN(3, dropout=0.5)),
    "cells": lambda: sequential((5, 4), layers.RNN([layers.LSTMCell(3, dropout=0.5), layers.GRUCell(3)])),
    "Bidirectional": lambda: sequential((5, 4), layers.Bidirectional(layers.LSTM(3, dropout=0.5))),
    "ConvLSTM2D": lambda: sequential((3, 4, 4, 1), layers.ConvLSTM2D(2, 2, dropout=0.5)),
    "GroupQueryAttention": lambda: attending(layers.GroupQueryAttention(2, 2, 1, dropout=0.5), True),
    "AdditiveAttention": lambda: attending(layers.AdditiveAttention(dropout=0.5), False),
    "SpatialDropout2D": lambda: sequential((4, 4, 3), layers.SpatialDropout2D(0.5)),
    "stateful": lambda: keras.Sequential(
        [keras.Input(batch_shape=(8, 5, 4)), layers.LSTM(3, dropout=0.5, stateful=True)]
    ),
}


@pytest.mark.parametrize(
    "build",
    [*MODELS.values(), *(pytest.param(build, marks=slow) for build in SLOW_MODELS.values())],
    ids=[*MODELS, *SLOW_MODELS],
)
def test_dropout_acts_wherever_it_is_and_leaves_the_model_as_it_was(build):
    model = build()
    before = state(model)
    shape = model.inputs[0].shape[1:] if getattr(model, "inputs", None) else (4,)
    found = predict(model, rows(8, *shape), samples=6, batch_size=8)
    assert (found.standard_deviation > 0).mean() > 0.5
    assert_same(before, state(model))


def test_layers_with_statistics_act_as_at_inference_and_keep_them():
    norm, spectral = layers.BatchNormalization(), layers.SpectralNormalization(layers.Dense(4))
    ghost = kp.layers.GhostBatchNormalization(2)
    model = sequential((4,), norm, spectral, ghost, layers.Dropout(0.5, seed=1), layers.Dense(3))
    norm.moving_mean.assign(np.full(4, 5.0))
    before = state(model)
    x = rows(40, 4)
    found = predict(model, x, samples=300)
    assert_same(before, state(model))
    np.testing.assert_allclose(found.mean, model.predict(x, verbose=0), atol=1.5)  # the mean of 5 tells the statistics
    model(x, training=True)
    moved = [not np.array_equal(a, b) for a, b in zip(before, state(model), strict=True)]
    assert sum(moved) >= 5  # what Keras' own way moves: of each norm two statistics, of the spectral one its vector


def test_noise_and_augmentation_stay_off_unless_asked_for():
    x = keras.Input((4, 4, 1))
    noise = layers.GaussianNoise(1.0, seed=1)(x)
    flipped = layers.RandomFlip(seed=1)(x)
    model = keras.Model(x, [layers.Dropout(0.5)(x), noise, flipped])
    images = rows(4, 4, 4, 1)
    dropped, noisy, flipped = predict(model, images)
    assert dropped.standard_deviation.max() > 0
    assert noisy.standard_deviation.max() == 0
    assert flipped.standard_deviation.max() == 0
    _, noisy, flipped = predict(model, images, also=(layers.GaussianNoise, layers.RandomFlip))
    assert noisy.standard_deviation.min() > 0
    assert flipped.standard_deviation.max() > 0


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_moments_are_in_full_precision_where_the_model_is_not(dtype):
    keras.config.set_dtype_policy(dtype)
    model = sequential((6,), layers.Dropout(0.5, seed=1), layers.Dense(1, use_bias=False, kernel_initializer="ones"))
    found = predict(model, np.ones((64, 6), "float32"), samples=500, batch_size=64)
    assert found.mean.dtype == "float32"
    assert abs(found.mean.mean() - 6) < 5 * np.sqrt(6 / 500 / 64)


# Randomness


def test_the_same_seed_gives_the_same_answers_and_another_does_not():
    model = sequential((4,), layers.Dropout(0.5), kp.layers.Dropout(0.5))
    x = rows(20, 4)
    first, same, other = (predict(model, x, batch_size=8, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(same.mean, first.mean)
    assert not np.array_equal(other.mean, first.mean)


def test_batches_have_draws_of_their_own_and_the_last_may_be_small():
    model = sequential((4,), layers.Dropout(0.5))
    found = predict(model, np.ones((11, 4), "float32"), batch_size=4)
    assert found.mean.shape == (11, 4)
    assert len(np.unique(found.mean, axis=0)) == 11


def draws():
    return np.random.random(3).tolist(), ops.convert_to_numpy(keras.random.normal((3,))).tolist()  # noqa: NPY002


def test_the_global_random_numbers_are_as_before():
    model = sequential((4,), layers.Dropout(0.5))
    keras.random.normal((1,))  # makes the generator
    keras.utils.set_random_seed(5)
    expected = draws()
    keras.utils.set_random_seed(5)
    predict(model, rows(8, 4))
    assert draws() == expected


def test_a_fit_goes_on_as_if_nothing_had_been_asked():
    weights = []
    for asked in (False, True):
        keras.utils.set_random_seed(3)
        model = sequential((4,), layers.Dropout(0.5), layers.BatchNormalization(), layers.Dense(1))
        model.compile("adam", "mse")
        x = np.linspace(-1, 1, 64).reshape(16, 4)
        for _ in range(2):
            model.fit(x, x[:, :1], batch_size=4, verbose=0)
            if asked:
                predict(model, x, samples=3)
        weights.append(model.get_weights())
    assert_same(*weights)


# Data and models of all kinds


def test_datasets_are_read_as_arrays_are():
    model = sequential((4,), layers.Dropout(0.5))
    x = rows(12, 4)

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            return x[4 * index : 4 * index + 4], np.zeros(4)

    expected = predict(model, x, batch_size=4)
    np.testing.assert_array_equal(predict(model, Batches()).mean, expected.mean)
    np.testing.assert_array_equal(predict(model, x[:4], batch_size=4).mean, expected.mean[:4])


def test_batches_of_growing_size_are_all_read():
    model = sequential((4,), layers.Dropout(0.5))

    class Growing:
        def __iter__(self):
            return iter([np.ones((count, 4), "float32") for count in (2, 3, 5, 4)])

    assert predict(model, Growing()).mean.shape == (14, 4)


def test_several_inputs_and_outputs_give_a_result_for_each_output():
    inputs = {"a": keras.Input((2,), name="a"), "b": keras.Input((3,), name="b")}
    hidden = layers.Dropout(0.5)(layers.Concatenate()([inputs["a"], inputs["b"]]))
    model = keras.Model(inputs, {"label": layers.Dense(3)(hidden), "value": layers.Dense(1)(hidden)})
    x = {"a": rows(6, 2), "b": rows(6, 3)}
    found = predict(model, x, activation={"label": "softmax", "value": None})
    assert found["label"].mutual_information.shape == (6,)
    assert found["value"].entropy is None
    with pytest.raises(ValueError, match="activation"):
        predict(model, x, activation=["softmax"])


def test_the_compiled_loss_tells_classes_from_values():
    model = sequential((4,), layers.Dropout(0.5), layers.Dense(3, "softmax"))
    x = rows(6, 4)
    assert predict(model, x).entropy is None
    model.compile(loss="sparse_categorical_crossentropy")
    assert predict(model, x).entropy.shape == (6,)
    assert predict(model, x, classes=False).entropy is None
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.raises(ValueError, match=r"activation.*takes logits"):
        predict(model, x)


def test_what_changes_between_two_calls_is_seen():
    dropout = layers.Dropout(0.5, seed=1)
    model = sequential((4,), dropout, layers.Dense(1, use_bias=False, kernel_initializer="ones"))
    x = np.ones((8, 4), "float32")
    first = predict(model, x).mean
    model.set_weights([np.full((4, 1), 2.0)])
    np.testing.assert_allclose(predict(model, x).mean, 2 * first, rtol=1e-5)
    dropout.rate = 0.01
    assert predict(model, x).standard_deviation.mean() < 2


def test_it_says_what_it_is_and_goes_into_json():
    found = predict(sequential((4,), layers.Dropout(0.5), layers.Dense(3)), rows(6, 4), activation="softmax")
    assert "6 rows" in str(found)
    assert len(found.to_dict()["mutual_information"]) == 6


# Errors


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: sequential((4,), layers.Dense(3)), "with dropout"),
        (lambda: sequential((4,), layers.Dropout(0.0)), "with dropout"),
        (lambda: called(OnlyInTraining(), 4), "at inference too"),
        (lambda: keras.Sequential([layers.Dropout(0.5)]), "built"),
        (lambda: layers.Dropout(0.5), "built"),
    ],
    ids=["none", "rate 0", "only in training", "not built", "no model"],
)
def test_a_model_whose_dropout_cannot_act_is_refused(build, message):
    with pytest.raises(ValueError, match=rf"model[\s\S]*{message}"):
        predict(build(), rows(3, 4))


@pytest.mark.parametrize(
    "bad",
    [
        dict(samples=1),
        dict(batch_size=0),
        dict(seed=-1),
        dict(activation="relu"),
        dict(classes="yes"),
        dict(also=("GaussianNoise",)),
        dict(also=(layers.Flatten,)),
    ],
    ids=str,
)
def test_a_bad_argument_is_refused_by_name(bad):
    with pytest.raises(ValueError, match=rf"`{next(iter(bad))}`"):
        predict(sequential((4,), layers.Dropout(0.5)), rows(3, 4), **bad)
