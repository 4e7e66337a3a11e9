"""L-BFGS alone: its path, its place in `fit`, and what it says where it cannot work."""

import warnings

import keras
import numpy as np
import pytest
from keras import ops
from scipy.optimize import minimize
from sklearn.datasets import load_breast_cancer

import kerasparts as kp
from tests.reference.lbfgs import LBFGS as Reference

BACKEND = keras.backend.backend()


def numpy(x):
    return np.asarray(ops.convert_to_numpy(x), "float64")


def quadratic(size=20, seed=0):
    random = np.random.default_rng(seed)
    a = random.normal(size=(size, size))
    return a @ a.T / size + np.diag(random.uniform(0.1, 10.0, size)), random.normal(size=size)


def steps(optimizer, gradient, start, count, dtype="float32"):
    w = keras.Variable(start, dtype=dtype, name="kernel")
    for _ in range(count):
        optimizer.apply([ops.cast(gradient(numpy(w)), dtype)], [w])
        yield numpy(w)


def cancer():
    x, y = load_breast_cancer(return_X_y=True)
    return ((x - x.mean(axis=0)) / x.std(axis=0)).astype("float32"), y.astype("float32")


def logistic(optimizer, **settings):
    keras.utils.set_random_seed(0)
    penalty = keras.regularizers.L2(1e-3)
    model = keras.Sequential([keras.Input((30,)), keras.layers.Dense(1, kernel_regularizer=penalty)])
    model.compile(optimizer, keras.losses.BinaryCrossentropy(from_logits=True), **settings)
    return model


def logistic_loss(w, x, y, gradient=False):
    z = x @ w[:-1] + w[-1]
    loss = np.logaddexp(0, z).mean() - (y * z).mean() + 1e-3 * (w[:-1] ** 2).sum()
    slope = (1 / (1 + np.exp(-z)) - y) / len(y)
    return (loss, np.append(x.T @ slope + 2e-3 * w[:-1], slope.sum())) if gradient else loss


def weights(model):
    return np.concatenate([weight.ravel() for weight in model.get_weights()])


@pytest.mark.skipif(BACKEND == "jax", reason="JAX computes in float32")
@pytest.mark.parametrize("seed", range(2))
def test_follows_the_two_loop_recursion_through_60_gradients_of_any_kind(seed):
    random = np.random.default_rng(seed)
    path = random.normal(size=(60, 20)) * random.choice([0.01, 1.0, 10.0], size=(60, 1))
    path[[7, 8, 20]] = np.nan
    arguments = dict(learning_rate=0.5, memory=4, c1=0.2, c2=0.7, max_evaluations=5, gradient_tolerance=1e-9)
    reference, w = Reference(**arguments), random.normal(size=20)
    queue = iter(path)
    ours = steps(kp.optimizers.LBFGS(**arguments), lambda _: next(queue), w, 60, dtype="float64")
    for ours_now, gradient in zip(ours, path, strict=True):
        w = reference.step(w, gradient)
        np.testing.assert_allclose(ours_now, w, rtol=2e-5, atol=2e-5 * np.abs(w).max())
    assert reference.accepted > 10


@pytest.mark.parametrize("seed", range(2))
def test_follows_the_two_loop_recursion_on_a_quadratic(seed):
    a, b = quadratic(seed=seed)
    reference, w = Reference(memory=4), np.ones(20)
    for ours in steps(kp.optimizers.LBFGS(memory=4), lambda w: a @ w + b, w, 60):
        w = reference.step(w, a @ w + b)
        np.testing.assert_allclose(ours, w, rtol=2e-5, atol=2e-6)


def test_finds_the_lowest_point_of_the_valley_of_rosenbrock_in_20_dimensions():
    def gradient(w):
        inner = w[1:] - w[:-1] ** 2
        g = np.zeros(20)
        g[:-1] = -400 * w[:-1] * inner - 2 * (1 - w[:-1])
        g[1:] += 200 * inner
        return g

    optimizer = kp.optimizers.LBFGS(gradient_tolerance=1e-2)
    *_, w = steps(optimizer, gradient, np.tile([-1.2, 1.0], 10), 200)
    assert optimizer.converged
    np.testing.assert_allclose(w, 1.0, atol=1e-2)


def test_fit_comes_as_low_as_scipy_in_as_many_gradients():
    x, y = cancer()
    best = minimize(logistic_loss, np.zeros(31), (x, y, True), "L-BFGS-B", jac=True, options={"ftol": 1e-5})
    model = logistic(kp.optimizers.LBFGS())
    model.fit(x, y, batch_size=len(x), epochs=int(1.25 * best.nfev), verbose=0)
    assert logistic_loss(weights(model), x, y) < best.fun * (1 + 1e-3)


def test_fit_ends_at_the_accepted_weights_and_the_callback_ends_it_early():
    x, y = cancer()
    model = logistic(kp.optimizers.LBFGS(gradient_tolerance=1e-4))
    gauge = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(weights(model)))
    seen = []
    history = model.fit(
        x,
        y,
        batch_size=len(x),
        epochs=500,
        verbose=0,
        callbacks=[kp.callbacks.EvaluatedWeights(), gauge],
        validation_data=(x, y),
        validation_batch_size=len(x),
    )
    assert model.optimizer.converged
    assert len(history.epoch) < 100
    assert np.abs(logistic_loss(weights(model), x, y, True)[1]).max() < 1.1e-4
    losses = [logistic_loss(w, x, y) for w in seen]
    np.testing.assert_allclose(history.history["val_loss"], losses, rtol=1e-4)
    assert (np.diff(losses) <= 1e-7).all()  # those that were tried go up now and then
    assert max(history.history["loss"][1:]) > min(history.history["loss"][1:])
    before = weights(model)
    model.fit(x, y, batch_size=len(x), epochs=2, verbose=0)
    np.testing.assert_array_equal(weights(model), before)


@pytest.mark.slow
def test_accumulated_batches_are_one_evaluation():
    x, y = cancer()
    x, y = x[:560], y[:560]
    whole, parts = logistic(kp.optimizers.LBFGS()), logistic(kp.optimizers.LBFGS(gradient_accumulation_steps=4))
    whole.fit(x, y, batch_size=560, epochs=12, verbose=0)
    parts.fit(x, y, batch_size=140, epochs=12, verbose=0)
    assert parts.optimizer.fault is None
    np.testing.assert_allclose(weights(parts), weights(whole), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("epochs", [*(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2)), 4])
def test_a_file_in_the_middle_of_a_search_goes_on_as_if_never_stopped(epochs, tmp_path):
    x, y = cancer()

    def fit(model, epochs):
        model.fit(
            x,
            y,
            batch_size=len(x),
            epochs=epochs,
            shuffle=False,
            verbose=0,
            callbacks=[kp.callbacks.EvaluatedWeights()],
        )

    model, straight = (logistic(kp.optimizers.LBFGS(learning_rate=3.0)) for _ in range(2))
    fit(model, epochs)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(weights(again), weights(model))
    fit(again, 5)
    fit(straight, epochs + 5)
    np.testing.assert_array_equal(weights(again), weights(straight))


def test_without_the_callback_another_fit_costs_one_gradient_and_no_more():
    x, y = cancer()
    one, two = (logistic(kp.optimizers.LBFGS()) for _ in range(2))
    one.fit(x, y, batch_size=len(x), epochs=12, shuffle=False, verbose=0)
    two.fit(x, y, batch_size=len(x), epochs=6, shuffle=False, verbose=0)
    two.fit(x, y, batch_size=len(x), epochs=7, shuffle=False, verbose=0)
    np.testing.assert_array_equal(weights(one), weights(two))


def test_a_model_of_a_single_variable_is_fitted_again():
    x, y = np.array([[1.0], [2.0]]), np.array([2.0, 4.0])
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(kp.optimizers.LBFGS(), "mse")
    for _ in range(2):
        model.fit(x, y, batch_size=2, epochs=4, verbose=0)
    np.testing.assert_allclose(weights(model), 2.0, rtol=1e-3)


@pytest.mark.slow
def test_an_error_in_a_step_is_the_one_that_is_raised():
    model = logistic(kp.optimizers.LBFGS())
    x, y = cancer()
    model.fit(x, y, batch_size=len(x), epochs=1, verbose=0)
    with pytest.raises(Exception, match=r"expected|incompatible|dimension|shapes"):
        model.fit(x[:, :7], y, batch_size=len(x), epochs=1, verbose=0)


@pytest.mark.slow
def test_other_weights_and_other_data_begin_anew():
    x, y = cancer()
    model, fresh = (logistic(kp.optimizers.LBFGS()) for _ in range(2))
    model.fit(x, y, batch_size=len(x), epochs=6, verbose=0)
    for one in (model, fresh):
        one.set_weights([np.full((30, 1), 0.1), np.zeros(1)])
        one.fit(x, y, batch_size=len(x), epochs=5, shuffle=False, verbose=0)
    np.testing.assert_allclose(weights(model), weights(fresh), rtol=1e-6)
    for one in (model, logistic(kp.optimizers.LBFGS())):
        one.set_weights(fresh.get_weights())
        one.fit(x[::2], 1 - y[::2], batch_size=len(x), epochs=5, shuffle=False, verbose=0)
        found = weights(one)
    np.testing.assert_allclose(weights(model), found, rtol=1e-6)
    assert model.optimizer.fault is None


def test_a_gradient_that_is_not_finite_shortens_the_step():
    def gradient(w):
        return 1 - 0.5 / w if (w > 0).all() else np.full_like(w, np.nan)  # of w - log(w) / 2

    optimizer = kp.optimizers.LBFGS(learning_rate=20.0)
    tried = list(steps(optimizer, gradient, np.array([3.0, 0.7]), 80))
    assert min(w.min() for w in tried) < 0
    assert optimizer.converged
    np.testing.assert_allclose(tried[-1], 0.5, rtol=1e-3)


def test_nothing_moves_while_the_first_gradient_is_not_finite():
    *_, w = steps(kp.optimizers.LBFGS(), lambda w: np.full_like(w, np.nan), np.ones(2), 3)
    np.testing.assert_array_equal(w, 1.0)


def noisy(kind):
    x, y = cancer()
    model = logistic(kp.optimizers.LBFGS())
    if kind == "dropout":
        model = keras.Sequential([keras.Input((30,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
        model.compile(kp.optimizers.LBFGS(), "mse")
    return model, x, y, len(x) if kind == "dropout" else 64


@pytest.mark.parametrize("kind", ["mini-batches", "dropout"])
def test_noisy_gradients_are_told_of(kind):
    model, x, y, batch_size = noisy(kind)
    with pytest.warns(UserWarning, match="batch_size=len"):
        model.fit(x, y, batch_size=batch_size, epochs=3, verbose=0)
    assert "dropout" in model.optimizer.fault


def test_the_callback_refuses_noisy_gradients_at_once():
    model, x, y, batch_size = noisy("dropout")
    callbacks = [kp.callbacks.EvaluatedWeights()]
    warnings.simplefilter("ignore")  # JAX ends the fit in order, with a warning
    with pytest.raises(ValueError, match="batch_size=len"):
        model.fit(x, y, batch_size=batch_size, epochs=30, verbose=0, callbacks=callbacks)
    assert int(model.optimizer.iterations) < 5


@pytest.mark.parametrize(
    "argument",
    [dict(clipnorm=1.0), dict(global_clipnorm=1.0), dict(clipvalue=1.0), dict(weight_decay=0.1), dict(use_ema=True)],
)
def test_what_would_bend_the_gradient_is_refused(argument):
    with pytest.raises(ValueError, match=f"`{next(iter(argument))}` must be left out"):
        kp.optimizers.LBFGS(**argument)


def test_constraints_are_refused():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_constraint="non_neg")])
    model.compile(kp.optimizers.LBFGS(), "mse")
    with pytest.raises(ValueError, match="without constraints"):
        model.fit(np.ones((4, 3)), np.ones(4), verbose=0)


@pytest.mark.filterwarnings("ignore:(?s).*Gradients do not exist")
@pytest.mark.parametrize("policy", ["mixed_float16", "bfloat16", "float32"])
def test_trains_under_every_precision_with_embeddings_and_unused_weights(policy):
    keras.config.set_dtype_policy(policy)
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    hidden = keras.layers.Flatten()(keras.layers.Embedding(10, 3)(inputs))
    unused = keras.layers.Dense(2)(hidden)
    model = keras.Model(inputs, [keras.layers.Dense(1)(hidden), unused])
    model.compile(kp.optimizers.LBFGS(), ["mse", None])
    x = np.random.default_rng(0).integers(0, 10, (32, 4))
    history = model.fit(x, x.mean(axis=1) / 5, batch_size=32, epochs=12, verbose=0).history["loss"]
    assert history[-1] < 0.5 * history[0]
    assert np.isfinite(weights(model)).all()


@pytest.mark.slow
@pytest.mark.parametrize("settings", [dict(jit_compile=True), dict(steps_per_execution=3)], ids=str)
def test_compiles_as_keras_does(settings):
    if BACKEND == "torch":
        pytest.skip("Torch's compiler wants one of C++, and its fit makes single steps only")
    x, y = cancer()
    model, plain = logistic(kp.optimizers.LBFGS(), **settings), logistic(kp.optimizers.LBFGS())
    data = np.tile(x, (3, 1)), np.tile(y, 3)
    for one in (model, plain):
        one.fit(*data, batch_size=len(x), epochs=3, shuffle=False, verbose=0)
    np.testing.assert_allclose(weights(model), weights(plain), rtol=1e-4, atol=1e-5)
