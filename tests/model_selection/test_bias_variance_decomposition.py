"""bias_variance_decomposition and bias_variance_tradeoff, against closed forms and fits by hand."""

import keras
import numpy as np
import pytest

from kerasparts.diagnostics import decompose_bias_variance
from kerasparts.model_selection import bias_variance_decomposition, bias_variance_tradeoff
from kerasparts.model_selection.engines import Sequential
from tests.reference import decomposition as reference

RANDOM = np.random.default_rng(0)
EAGER = keras.backend.backend() != "torch"  # saves a compilation for each fit


class Spy:
    """The sequential engine, with a note of what it did."""

    name = "spy"

    def __init__(self):
        self.tasks, self.outcomes = [], []

    def run(self, plan, tasks):
        self.tasks = tasks
        for outcome in Sequential().run(plan, tasks):
            self.outcomes.append(outcome)
            yield outcome


# Ridge regression on a fixed design with orthogonal columns, which one step of full gradient descent solves. Training
# sets differ by their noise alone: each has the same inputs, and targets drawn from a store of 2,000 noisy copies.
ROWS, FEATURES, L2, NOISE, COPIES = 24, 4, 0.3, 0.8, 2000
DESIGN = np.sqrt(ROWS) * np.linalg.qr(RANDOM.normal(size=(ROWS, FEATURES)))[0]
THETA = RANDOM.normal(size=FEATURES)
X_TEST = RANDOM.normal(size=(60, FEATURES))
X = np.tile(DESIGN, (COPIES, 1))
Y = X @ THETA + np.sqrt(NOISE) * RANDOM.normal(size=len(X))


def ridge(**compile_options):
    l2 = keras.regularizers.L2(L2)
    model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(1, use_bias=False, kernel_regularizer=l2)])
    model.compile(keras.optimizers.SGD(0.5 / (1 + L2)), "mse", **compile_options)
    return model


def new_noise(rows, random):
    return random.integers(COPIES, size=ROWS) * ROWS + np.arange(ROWS)


ONE_STEP = dict(resample=new_noise, epochs=2, batch_size=ROWS, verbose=0)


def test_ridge_regression_has_the_bias_and_variance_of_its_closed_form():
    repeats = np.repeat(np.arange(60), 2)
    y_test = (X_TEST @ THETA)[repeats] + np.sqrt(NOISE) * RANDOM.normal(size=120)
    bv = bias_variance_decomposition(ridge, X, Y, X_TEST[repeats], y_test, replicas=40, noise=NOISE, **ONE_STEP)
    bias, variance = (part.mean() for part in reference.ridge(DESIGN, THETA, X_TEST, L2, NOISE))
    assert abs(bv.variance.value - variance) < 3 * bv.variance.replica_error  # at these test points
    assert abs(bv.bias.value - bias) < 3 * bv.bias.standard_error
    assert bv.bias.standard_error < NOISE
    assert bv.noise.value == pytest.approx(NOISE)
    assert abs(bv.error.value - NOISE - bias - variance) < 3 * bv.error.standard_error
    assert bv.error.value == pytest.approx(bv.noise.value + bv.bias.value + bv.variance.value, abs=1e-6)
    assert (bv.replicas, bv.points, bv.noise_source) == (40, 120, "given")


@pytest.fixture(scope="module")
def without_noise():
    """The same against the truth itself, where test points add no error, and with a spy."""
    spy = Spy()
    build, truth = lambda: ridge(run_eagerly=EAGER), X_TEST @ THETA
    bv = bias_variance_decomposition(build, X, Y, X_TEST, truth, replicas=12, noise=0.0, engine=spy, seed=3, **ONE_STEP)
    return bv, spy


def test_against_the_truth_bias_and_variance_are_those_of_the_test_points(without_noise):
    bv, _ = without_noise
    for part, truth in zip((bv.bias, bv.variance), reference.ridge(DESIGN, THETA, X_TEST, L2, NOISE), strict=True):
        assert abs(part.value - truth.mean()) < 3 * part.replica_error


def test_each_replica_is_the_ridge_solution_of_its_own_rows(without_noise):
    _, spy = without_noise
    for task, outcome in zip(spy.tasks, spy.outcomes, strict=True):
        assert len(task.rows) == ROWS
        x, y = X[task.rows], Y[task.rows]
        theta = np.linalg.solve(x.T @ x / ROWS + L2 * np.eye(FEATURES), x.T @ y / ROWS)
        np.testing.assert_allclose(outcome.predictions[:, 0], X_TEST @ theta, atol=1e-4)


def test_nothing_leaks_from_one_replica_to_the_next():
    """mlxtend 0.25 restarts all rounds from one kernel, and Adam goes on counting from round to round."""
    kernels, steps = [], []

    class Start(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            kernels.append(self.model.get_weights()[0])
            steps.append(int(self.model.optimizer.iterations))

    def build():
        model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(1)])
        model.compile("adam", "mse", run_eagerly=EAGER)
        return model

    bias_variance_decomposition(
        build, X[:30], Y[:30], X_TEST, X_TEST @ THETA, replicas=4, epochs=1, callbacks=lambda: [Start()], verbose=0
    )
    assert steps == [0, 0, 0, 0]
    assert min(np.abs(a - b).max() for i, a in enumerate(kernels) for b in kernels[:i]) > 0.01


X10 = RANDOM.normal(size=(80, 6))
Y10 = RANDOM.integers(0, 10, 80)


def ten_classes():
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.05), loss, run_eagerly=EAGER)
    return model


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["squared", "zero_one", "cross_entropy"])
def test_ten_classes_add_up_and_the_logits_are_known_from_the_compiled_loss(loss):
    spy = Spy()
    bv = bias_variance_decomposition(
        ten_classes, X10[:50], Y10[:50], X10[50:], Y10[50:], replicas=3, loss=loss, epochs=2, engine=spy, verbose=0
    )
    assert bv.bias.value + bv.variance.value == pytest.approx(bv.error.value, abs=1e-6)
    np.testing.assert_allclose(bv.bias_by_point + bv.variance_by_point, bv.error_by_point, atol=1e-6)
    predictions = [outcome.predictions for outcome in spy.outcomes]
    by_hand = decompose_bias_variance(predictions, Y10[50:], loss, from_logits=True)
    assert (bv.error.value, bv.bias.value) == (by_hand.error.value, by_hand.bias.value)
    if loss == "cross_entropy":
        assert bv.error.value == pytest.approx(np.mean([outcome.scores["loss"] for outcome in spy.outcomes]), rel=1e-5)
    if loss == "zero_one":
        wrong = [(p.argmax(axis=1) != Y10[50:]).mean() for p in predictions]
        assert bv.error.value == pytest.approx(np.mean(wrong))


class Planned(Exception):
    """Ends an experiment before its first fit."""


def planned(resample, **settings):
    """The tasks, none of which is run."""

    class Halt:
        name = "halt"

        def run(self, plan, tasks):
            raise Planned(tasks)
            yield

    with pytest.raises(Planned) as error:
        bias_variance_decomposition(
            ten_classes,
            X10,
            Y10,
            X10,
            Y10,
            replicas=6,
            resample=resample,
            epochs=1,
            engine=Halt(),
            verbose=0,
            **settings,
        )
    return error.value.args[0]


def test_how_the_rows_are_resampled():
    bootstrap, split, seed = planned("bootstrap"), planned("split"), planned("seed")
    assert all(len(task.rows) == 80 and 40 < len(set(task.rows)) < 65 for task in bootstrap)
    assert all(len(task.rows) == len(set(task.rows)) == 40 for task in split)
    assert all(task.rows.tolist() == list(range(80)) for task in seed)
    assert len({tuple(task.rows) for task in bootstrap}) == len({tuple(task.rows) for task in split}) == 6
    assert len({task.seed for task in seed}) == 6
    assert [task.rows.tolist() for task in planned("split")] == [task.rows.tolist() for task in split]
    other = planned("split", seed=1)
    assert not {task.seed for task in other} & {task.seed for task in split}
    assert all(not set(task.rows) & set(task.validation_rows) for task in planned("bootstrap", validation_split=0.2))


def test_equal_test_inputs_tell_the_noise_and_count_as_one():
    x_test, y_test = np.repeat(X_TEST[:8], 3, axis=0), RANDOM.normal(size=24)
    settings = dict(replicas=2, epochs=1, verbose=0, resample="seed")
    bv = bias_variance_decomposition(
        lambda: ridge(run_eagerly=EAGER), X[:30], Y[:30], x_test, y_test, noise="repeats", **settings
    )
    assert bv.noise.value == pytest.approx(y_test.reshape(8, 3).var(axis=1, ddof=1).mean())
    assert bv.resample == "seed"


def test_the_tradeoff_is_a_decomposition_for_each_capacity_from_the_same_rows():
    spy = Spy()

    def build(units):
        model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(units, "tanh"), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.05), "mse", run_eagerly=EAGER)
        return model

    data, settings = (X[:30], Y[:30], X_TEST, X_TEST @ THETA), dict(replicas=2, epochs=2, noise=0.0, seed=5, verbose=0)
    found = bias_variance_tradeoff(build, [1, 8], *data, engine=spy, **settings)
    assert found.capacities == (1, 8)
    assert [task.arguments for task in spy.tasks] == [(1,), (1,), (8,), (8,)]
    assert [task.seed for task in spy.tasks[:2]] == [task.seed for task in spy.tasks[2:]]
    assert [task.rows.tolist() for task in spy.tasks[:2]] == [task.rows.tolist() for task in spy.tasks[2:]]
    alone = bias_variance_decomposition(lambda: build(8), *data, engine="sequential", **settings)
    assert found.decompositions[1].error.value == pytest.approx(alone.error.value, rel=1e-5)
    assert found.best == found.capacities[found.curve("error").argmin()]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(replicas=1), "`replicas` must be an integer in"),
        (dict(resample="jackknife"), "`resample` must be one of"),
        (dict(loss="hinge"), "`loss` must be one of"),
        (dict(y_test=Y10[:3]), "x_test, y_test"),
        (dict(y_test=Y10 + 1), "labels from 0 to 9"),
        (dict(noise="repeats", loss="zero_one"), "80 are there once"),
    ],
)
def test_what_cannot_be_measured_fails_before_the_first_fit(change, message):
    class Never:
        name = "never"

        def run(self, plan, tasks):
            raise AssertionError("a fit was begun")

    arguments = dict(build_model=ten_classes, x=X10, y=Y10, x_test=X10, y_test=Y10, epochs=1, engine=Never(), verbose=0)
    with pytest.raises(ValueError, match=message):
        bias_variance_decomposition(**{**arguments, **change})


def test_several_outputs_are_refused():
    def build():
        x = keras.Input((6,))
        model = keras.Model(x, [keras.layers.Dense(1)(x), keras.layers.Dense(1)(x)])
        model.compile("sgd", ["mse", "mse"])
        return model

    with pytest.raises(ValueError, match="a model with one output"):
        bias_variance_decomposition(build, X10, Y10, X10, Y10, epochs=1)


def test_no_capacity_is_refused():
    for capacities in ([], "wide", 3):
        with pytest.raises(ValueError, match="`capacities` must be"):
            bias_variance_tradeoff(lambda units: None, capacities, X10, Y10, X10, Y10, epochs=1)
