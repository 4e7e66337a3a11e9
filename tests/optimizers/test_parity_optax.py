"""Where optax has the same algorithm, ours gives the same weights for 60 steps, on every backend."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasparts.optimizers import (
    SGD,
    AdaBelief,
    Adadelta,
    Adam,
    AdamW,
    Lookahead,
    NovoGrad,
    Prodigy,
    RectifiedAdam,
    RMSprop,
    ScheduleFree,
    Yogi,
)

jax = pytest.importorskip("jax")
optax = pytest.importorskip("optax")

START = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
PATH = np.random.default_rng(1).normal(size=(60, 5, 4)).astype("float32")
CLOSE = dict(rtol=2e-6, atol=2e-6)
BETAS = dict(b1=0.8, b2=0.95, eps=1e-5)


def ours(optimizer, path=PATH):
    w = keras.Variable(START, name="kernel")
    for gradient in path:
        optimizer.apply([ops.convert_to_tensor(gradient)], [w])
    return w, np.asarray(ops.convert_to_numpy(w))


def theirs(transform, w=START, path=PATH):
    with jax.default_device(jax.devices("cpu")[0]):
        w = jax.tree.map(jax.numpy.asarray, w)
        state, update = transform.init(w), jax.jit(transform.update)
        for gradient in path:
            step, state = update(gradient, state, w)
            w = optax.apply_updates(w, step)
        return w, state


# optax' Nadam has no momentum schedule, and its `yogi` starts both moments at 1e-6.
SAME = {
    "SGD": (lambda: SGD(0.02, 0.8, nesterov=True), lambda: optax.sgd(0.02, 0.8, nesterov=True)),
    "RMSprop": (
        lambda: RMSprop(0.02, rho=0.8, epsilon=1e-3, epsilon_inside=True, centered=True, momentum=0.7),
        lambda: optax.rmsprop(0.02, decay=0.8, eps=1e-3, centered=True, momentum=0.7),
    ),
    "Adadelta": (lambda: Adadelta(0.7, rho=0.8, epsilon=1e-5), lambda: optax.adadelta(0.7, rho=0.8, eps=1e-5)),
    "Adam": (lambda: Adam(0.02, 0.8, 0.95, 1e-5), lambda: optax.adam(0.02, **BETAS)),
    "AdamW": (
        lambda: AdamW(0.02, 0.1, 0.8, 0.95, 1e-5),
        lambda: optax.adamw(0.02, **BETAS, weight_decay=0.1),
    ),
    "RectifiedAdam": (lambda: RectifiedAdam(0.02, 0.8, 0.95, 1e-5), lambda: optax.radam(0.02, **BETAS)),
    "AdaBelief": (
        lambda: AdaBelief(0.02, 0.8, 0.95, 1e-5),
        lambda: optax.adabelief(0.02, **BETAS, eps_root=1e-5),
    ),
    "Yogi": (
        lambda: Yogi(0.02, 0.8, 0.95, 1e-5, initial_accumulator_value=0.0),
        lambda: optax.chain(optax.scale_by_yogi(**BETAS, initial_accumulator_value=0.0), optax.scale(-0.02)),
    ),
    "NovoGrad": (
        lambda: NovoGrad(0.02, 0.8, 0.95, 1e-5, weight_decay=0.1),
        lambda: optax.novograd(0.02, **BETAS, weight_decay=0.1),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_gives_what_optax_gives(name):
    optimizer, transform = SAME[name]
    np.testing.assert_allclose(ours(optimizer())[1], theirs(transform())[0], **CLOSE)


def test_lookahead_gives_what_optax_gives():
    transform = optax.lookahead(optax.adam(0.02, **BETAS), sync_period=4, slow_step_size=0.7)
    expected = theirs(transform, optax.LookaheadParams.init_synced(jax.numpy.asarray(START)))[0]
    np.testing.assert_allclose(ours(Lookahead(Adam(0.02, 0.8, 0.95, 1e-5), 4, 0.7))[1], expected.fast, **CLOSE)


def test_schedule_free_gives_what_optax_gives():
    inner = optax.adamw(0.02, b1=0.0, b2=0.95, eps=1e-5, weight_decay=0.1)
    y, state = theirs(optax.contrib.schedule_free(inner, 0.02, b1=0.8))
    optimizer = ScheduleFree(AdamW(0.02, 0.1, beta_1=0.0, beta_2=0.95, epsilon=1e-5), beta=0.8)
    w, trained = ours(optimizer)
    np.testing.assert_allclose(trained, y, **CLOSE)
    optimizer.finalize_variable_values([w])
    x = optax.contrib.schedule_free_eval_params(state, y)
    np.testing.assert_allclose(ops.convert_to_numpy(w), x, **CLOSE)


@pytest.mark.parametrize("safeguard_warmup", [False, True])
def test_prodigy_gives_what_optax_gives(safeguard_warmup):
    """On a path that makes the estimate grow and then stand."""
    path = PATH.copy()
    path[:6] = PATH[0]
    transform = optax.contrib.prodigy(
        betas=(0.8, 0.95), beta3=0.9, estim_lr0=1e-3, weight_decay=0.1, safeguard_warmup=safeguard_warmup
    )
    expected, state = theirs(transform, path=path)
    optimizer = Prodigy(
        beta_1=0.8,
        beta_2=0.95,
        beta_3=0.9,
        d0=1e-3,
        weight_decay=0.1,
        safeguard_warmup=safeguard_warmup,
        bias_correction=True,
    )
    result = ours(optimizer, path)[1]
    assert optimizer.d == pytest.approx(float(state.estim_lr), rel=1e-5)
    assert optimizer.d > 5e-3
    np.testing.assert_allclose(result, expected, **CLOSE)
