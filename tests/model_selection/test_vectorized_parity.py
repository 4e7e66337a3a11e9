"""Many fits in one program give what `fit` gives: histories, predictions, scores and weights."""

import keras
import numpy as np
import pytest
from keras import layers

import kerasparts as kp
from kerasparts import backend
from kerasparts.core.data import take
from kerasparts.model_selection.engines.fits import FitPlan, FitTask, row_order
from kerasparts.model_selection.engines.prepare import prepared_model
from kerasparts.model_selection.engines.sequential import Sequential
from kerasparts.model_selection.engines.vectorized import CannotVectorize, Vectorized

NAME = keras.backend.backend()
TOLERANCE = 1e-5  # float32, summed in another order
ROWS, BATCH = 40, 16  # so that the last batch is smaller

pytestmark = [pytest.mark.slow, pytest.mark.skipif(NAME == "torch", reason="refused on Torch: see test_vectorized.py")]

random = np.random.default_rng(0)
TABLE = random.normal(3.0, 2.0, (ROWS, 5)).astype("float32")
IMAGES = random.normal(size=(ROWS, 6, 6, 2)).astype("float32")
WORDS = random.integers(0, 7, (ROWS, 4))
CLASSES = random.integers(0, 3, ROWS)
VALUES = TABLE[:, :1] - 0.5 * TABLE[:, 1:2] ** 2
WEIGHTS = random.uniform(0.2, 2.0, ROWS)
CROSS_ENTROPY = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def tasks(count=3, **more):
    """Bootstrap samples; each fit has its own rows, seed, and number of rows to predict."""
    found = []
    for i in range(count):
        draw = np.random.default_rng(i).integers
        rows = {"rows": draw(0, ROWS, ROWS), "validation_rows": draw(0, ROWS, 12), "test_rows": draw(0, ROWS, 9 + i)}
        found.append(FitTask(f"fit{i}", seed=100 + i, **{**rows, **more}))
    return found


def classifier(shape, *hidden, optimizer=None):
    model = keras.Sequential([keras.Input(shape), *hidden, layers.Dense(3)])
    model.compile(optimizer or keras.optimizers.Adam(0.01), CROSS_ENTROPY, metrics=["accuracy"])
    return model


def dropout():
    """Adapted tensors that are no variables, a penalty, masks of dropout and noise, a schedule."""
    schedule = keras.optimizers.schedules.ExponentialDecay(0.02, 3, 0.9)
    return classifier(
        (5,),
        layers.Normalization(),
        layers.GaussianNoise(0.1),
        layers.Dense(6, activation="relu", kernel_regularizer=keras.regularizers.L2(0.02)),
        layers.Dropout(0.4),
        optimizer=keras.optimizers.Adam(schedule),
    )


def batch_norm():
    sgd = keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True, clipvalue=0.5)
    dense = layers.Dense(6, activation=kp.activations.Swish(1.5))
    return classifier((5,), kp.layers.RobustScaling(), dense, layers.BatchNormalization(), optimizer=sgd)


def convolution():
    hidden = layers.Conv2D(3, 3, activation="relu"), layers.MaxPooling2D(2), layers.Flatten()
    return classifier((6, 6, 2), *hidden, optimizer=keras.optimizers.RMSprop(0.01))


def several_inputs():
    table, words = keras.Input((5,), name="table"), keras.Input((4,), name="words")
    embedded = layers.GlobalAveragePooling1D()(layers.Embedding(7, 3)(words))
    merged = layers.LayerNormalization()(layers.Concatenate()([layers.Dense(4)(table), embedded]))
    outputs = {"label": layers.Dense(3, name="label")(merged), "value": layers.Dense(1, name="value")(merged)}
    model = keras.Model({"table": table, "words": words}, outputs)
    optimizer = kp.optimizers.AdamW(0.01, weight_decay=0.1, clipnorm=0.3)
    losses = {"label": CROSS_ENTROPY, "value": "mse"}
    model.compile(optimizer, losses, metrics={"label": "accuracy"}, loss_weights={"label": 1.0, "value": 0.1})
    return model


def stopped():
    return classifier((5,), layers.Dense(6, activation="tanh"), optimizer=keras.optimizers.Adam(0.02))


PLANS = {
    "dropout": FitPlan(dropout, TABLE, CLASSES, epochs=2),
    "batch_norm": FitPlan(batch_norm, TABLE, CLASSES, epochs=2, sample_weight=WEIGHTS, score_train=True),
    "convolution": FitPlan(convolution, IMAGES, CLASSES, epochs=2),
    "several_inputs": FitPlan(
        several_inputs, {"table": TABLE, "words": WORDS}, {"label": CLASSES, "value": VALUES}, epochs=2
    ),
    "early_stopping": FitPlan(
        stopped, TABLE, CLASSES, epochs=8, callbacks=lambda: [kp.callbacks.EarlyStopping(patience=1)]
    ),
    "early_stopping_of_keras": FitPlan(
        stopped,
        TABLE,
        CLASSES,
        epochs=8,
        callbacks=lambda: [
            keras.callbacks.EarlyStopping("val_accuracy", mode="auto", patience=2, restore_best_weights=True)
        ],
    ),
}


def settled(plan, **changes):
    return FitPlan(**{**vars(plan), "batch_size": BATCH, "keep_weights": True, **changes})


def one_by_one(plan, tasks):
    """What `fit` gives; on TensorFlow without tracing, which would take most of the time."""

    def build():
        model = plan.build_model()
        model.run_eagerly = NAME == "tensorflow"
        return model

    return list(Sequential().run(FitPlan(**{**vars(plan), "build_model": build}), tasks))


@pytest.fixture(scope="module", params=PLANS, ids=str)
def pair(request):
    # Where the last batch is smaller, `fit` counts it as a whole one in the loss of each output, on TensorFlow.
    plan = settled(PLANS[request.param], **({"batch_size": ROWS // 2} if request.param == "several_inputs" else {}))
    return list(Vectorized().run(plan, tasks())), one_by_one(plan, tasks())


def check_equal(one, other):
    keras.tree.assert_same_structure(one, other)
    for a, b in zip(keras.tree.flatten(one), keras.tree.flatten(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("part", ["history", "predictions", "scores", "train_scores", "weights"])
def test_gives_what_fit_gives(pair, part):
    for at_once, alone in zip(*pair, strict=True):
        assert at_once.name == alone.name
        check_equal(getattr(at_once, part), getattr(alone, part))


def test_the_fits_differ_from_one_another(pair):
    (first, second, _), _ = pair
    assert np.abs(first.weights[-2] - second.weights[-2]).max() > 0.01


def test_each_fit_stops_on_its_own():
    plan = settled(PLANS["early_stopping"])
    epochs = [len(outcome.history["loss"]) for outcome in Vectorized().run(plan, tasks(6))]
    assert len(set(epochs)) > 1


def test_the_loss_of_each_output_is_weighted_by_rows():
    (outcome,) = Vectorized().run(settled(PLANS["several_inputs"], epochs=1), tasks(1, validation_rows=None))
    parts = outcome.history["label_loss"][0] + 0.1 * outcome.history["value_loss"][0]
    assert outcome.history["loss"][0] == pytest.approx(parts, rel=1e-5)


def test_gives_what_a_loop_by_hand_gives():
    plan, task = settled(PLANS["batch_norm"]), tasks(1)[0]
    with backend.kept_random_numbers():
        model = prepared_model(plan, task)
        for epoch in range(plan.epochs):
            x, y, weight = take((plan.x, plan.y, plan.sample_weight), row_order(task, epoch, plan.shuffle))
            model.fit(x, y, sample_weight=weight, batch_size=BATCH, shuffle=False, verbose=0)
    (outcome,) = Vectorized().run(plan, [task])
    check_equal(outcome.weights, model.get_weights())


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.Adafactor(0.05),
        keras.optimizers.Adagrad(0.05),
        keras.optimizers.AdamW(0.05, global_clipnorm=0.1),
        keras.optimizers.Ftrl(0.05),
        keras.optimizers.Lamb(0.05),
        keras.optimizers.Lion(0.05, clipnorm=0.1),
        keras.optimizers.Muon(0.05),
        keras.optimizers.Nadam(0.05, weight_decay=0.1),
    ],
    ids=lambda optimizer: type(optimizer).__name__,
)
def test_two_steps_are_those_of_train_step(optimizer):
    """Without a program, that is: TensorFlow's own optimizers write to variables, ours to values."""
    if NAME != "tensorflow":
        pytest.skip("there `fit` itself runs on values")
    model = keras.Sequential([keras.Input((5,)), layers.Dense(4, kernel_constraint="max_norm"), layers.Dense(1)])
    model.compile(type(optimizer).from_config(optimizer.get_config()), "mse")
    model._symbolic_build(data_batch=(TABLE, VALUES))
    model.reset_metrics()
    pure = backend.PureModel(model)
    values = [keras.ops.convert_to_tensor(keras.ops.convert_to_numpy(v)) for v in pure.variables]
    x, y = map(keras.ops.convert_to_tensor, (TABLE, VALUES))
    for _ in range(2):
        values = pure.train_step(values, [], x, y, None)
    for _ in range(2):
        model.train_step((x, y))
    check_equal(values, [keras.ops.convert_to_numpy(v) for v in pure.variables])


def test_recurrent_layers_are_exact_or_refused():
    """TensorFlow cannot map the gradient of its loops."""

    def build():
        return classifier((4,), layers.Embedding(7, 3), layers.SimpleRNN(3))

    plan = settled(FitPlan(build, WORDS, CLASSES, epochs=1))
    if NAME == "tensorflow":
        with pytest.raises(CannotVectorize, match="fails"):
            next(Vectorized().run(plan, tasks(2)))
        return
    for at_once, alone in zip(Vectorized().run(plan, tasks(2)), one_by_one(plan, tasks(2)), strict=True):
        check_equal(at_once.weights, alone.weights)
