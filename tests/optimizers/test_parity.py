"""Where Keras or Torch has the same algorithm, ours gives the same weights for 60 steps."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasparts import optimizers

STEPS = 60
START = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
PATH = np.random.default_rng(1).normal(size=(STEPS, 5, 4)).astype("float32")
CLOSE = dict(rtol=2e-6, atol=2e-6)


def run(optimizer):
    w = keras.Variable(START, name="kernel")
    for gradient in PATH:
        optimizer.apply([ops.convert_to_tensor(gradient)], [w])
    return ops.convert_to_numpy(w)


KERAS = {
    "SGD": (optimizers.SGD(0.01), keras.optimizers.SGD(0.01)),
    "momentum": (optimizers.SGD(0.01, 0.9), keras.optimizers.SGD(0.01, 0.9)),
    "Nesterov": (optimizers.SGD(0.01, 0.9, nesterov=True), keras.optimizers.SGD(0.01, 0.9, nesterov=True)),
    "Adagrad": (
        optimizers.Adagrad(0.01, initial_accumulator_value=0.1),
        keras.optimizers.Adagrad(0.01, initial_accumulator_value=0.1),
    ),
    "RMSprop": (
        optimizers.RMSprop(0.01, epsilon=1e-3, epsilon_inside=True, momentum=0.5),
        keras.optimizers.RMSprop(0.01, epsilon=1e-3, momentum=0.5),
    ),
    "Adadelta": (optimizers.Adadelta(0.5, epsilon=1e-6), keras.optimizers.Adadelta(0.5, epsilon=1e-6)),
    "Adam": (optimizers.Adam(0.01, epsilon=1e-12), keras.optimizers.Adam(0.01, epsilon=1e-12)),
}


@pytest.mark.parametrize("name", KERAS)
def test_gives_what_keras_gives(name):
    ours, theirs = KERAS[name]
    # Keras' Adam puts the corrections into the rate, and rounds on the way.
    np.testing.assert_allclose(run(ours), run(theirs), **CLOSE if name != "Adam" else dict(rtol=2e-5, atol=2e-5))


TORCH = {
    "SGD": (optimizers.SGD(0.01, 0.9, nesterov=True), "SGD", dict(lr=0.01, momentum=0.9, nesterov=True)),
    "Adagrad": (optimizers.Adagrad(0.01, epsilon=1e-10), "Adagrad", dict(lr=0.01, eps=1e-10)),
    "RMSprop": (
        optimizers.RMSprop(0.01, rho=0.99, epsilon=1e-3, centered=True, momentum=0.5),
        "RMSprop",
        dict(lr=0.01, alpha=0.99, eps=1e-3, centered=True, momentum=0.5),
    ),
    "Adadelta": (optimizers.Adadelta(0.5, rho=0.9), "Adadelta", dict(lr=0.5, rho=0.9, eps=1e-6)),
    "Adam": (optimizers.Adam(0.01, epsilon=1e-8), "Adam", dict(lr=0.01, eps=1e-8)),
    "AMSGrad": (optimizers.Adam(0.01, amsgrad=True, epsilon=1e-8), "Adam", dict(lr=0.01, amsgrad=True, eps=1e-8)),
    "AdamW": (optimizers.AdamW(0.01, 0.1, epsilon=1e-8), "AdamW", dict(lr=0.01, weight_decay=0.1, eps=1e-8)),
    "Nadam": (optimizers.Nadam(0.01, epsilon=1e-8), "NAdam", dict(lr=0.01, eps=1e-8)),
    "RectifiedAdam": (optimizers.RectifiedAdam(0.01, epsilon=1e-8), "RAdam", dict(lr=0.01, eps=1e-8)),
}


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="the peer is Torch")
@pytest.mark.parametrize("name", TORCH)
def test_gives_what_torch_gives(name):
    import torch

    ours, theirs, arguments = TORCH[name]
    w = torch.nn.Parameter(torch.tensor(START))
    optimizer = getattr(torch.optim, theirs)([w], **arguments)
    for gradient in PATH:
        w.grad = torch.tensor(gradient)
        optimizer.step()
    # Torch computes the corrections of these two in float64.
    close = CLOSE if name not in ("Nadam", "RectifiedAdam") else dict(rtol=2e-5, atol=5e-6)
    np.testing.assert_allclose(run(ours), w.detach().numpy(), **close)
