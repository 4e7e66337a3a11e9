"""VarianceMatched against He, LeCun and Glorot, and against Keras."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import erf, expit

import kerasparts as kp
from tests.reference.initializers import second_moment

VarianceMatched = kp.initializers.VarianceMatched
SHAPE = (1000, 1000)

FORMULAS = {
    "linear": lambda z: z,
    "relu": lambda z: max(z, 0.0),
    "tanh": np.tanh,
    "sigmoid": expit,
    "softplus": lambda z: np.logaddexp(0, z),
    "silu": lambda z: z * expit(z),
    "gelu": lambda z: z * 0.5 * (1 + erf(z / np.sqrt(2))),
    "elu": lambda z: z if z > 0 else np.expm1(z),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_gain_is_the_integral(name):
    gain = VarianceMatched(keras.activations.get(name) if name != "gelu" else exact_gelu).gain
    # float32 evaluations of the activation, averaged
    assert gain**-2 == pytest.approx(second_moment(FORMULAS[name]), rel=2e-6)


def exact_gelu(x):
    return keras.activations.gelu(x, approximate=False)


def test_gain_survives_kinks_and_jumps():
    threshold = 0.3
    step = VarianceMatched(kp.activations.Step(threshold, "sigmoid"))
    assert step.gain**-2 == pytest.approx(0.5 * (1 - erf(threshold / np.sqrt(2))), rel=1e-3)
    leaky = VarianceMatched(keras.layers.LeakyReLU(negative_slope=0.1))
    assert leaky.gain**-2 == pytest.approx((1 + 0.01) / 2, rel=1e-6)


def test_gain_of_swish_approaches_that_of_relu():
    assert VarianceMatched(kp.activations.Swish(200.0)).gain == pytest.approx(np.sqrt(2), rel=1e-3)
    assert VarianceMatched(kp.activations.Swish(0.0)).gain == pytest.approx(2.0, rel=1e-6)


RULES = [
    ("relu", "fan_in", "truncated_normal", keras.initializers.HeNormal),
    ("relu", "fan_in", "uniform", keras.initializers.HeUniform),
    ("linear", "fan_in", "truncated_normal", keras.initializers.LecunNormal),
    ("linear", "fan_in", "uniform", keras.initializers.LecunUniform),
    ("linear", "fan_avg", "truncated_normal", keras.initializers.GlorotNormal),
    ("linear", "fan_avg", "uniform", keras.initializers.GlorotUniform),
]


@pytest.mark.parametrize(("activation", "mode", "distribution", "peer"), RULES, ids=lambda value: str(value))
@pytest.mark.parametrize("shape", [(500, 2000), (5, 5, 40, 1000)], ids=["dense", "convolution"])
def test_has_the_variance_of_the_known_rule(activation, mode, distribution, peer, shape):
    ours = ops.convert_to_numpy(VarianceMatched(activation, mode, distribution, seed=1)(shape)).astype("float64")
    theirs = ops.convert_to_numpy(peer(seed=2)(shape)).astype("float64")
    # The variance of n draws has a relative standard error of at most sqrt(2 / n); five of them for each side.
    assert ours.var() == pytest.approx(theirs.var(), rel=10 * np.sqrt(2 / ours.size))
    assert abs(ours.mean()) < 5 * ours.std() / np.sqrt(ours.size)


def test_the_untruncated_normal_has_the_same_variance_and_longer_tails():
    cut = ops.convert_to_numpy(VarianceMatched("linear", seed=1)(SHAPE))
    whole = ops.convert_to_numpy(VarianceMatched("linear", distribution="untruncated_normal", seed=1)(SHAPE))
    assert whole.var() == pytest.approx(cut.var(), rel=0.01)
    assert np.abs(whole).max() > 1.5 * np.abs(cut).max()


def layers_on(activation, depth, width=512):
    """Power of the pre-activations after each layer of a plain stack, from 1."""
    function, initializer = keras.activations.get(activation), VarianceMatched(activation, seed=3)
    z = ops.convert_to_tensor(np.random.default_rng(0).normal(size=(256, width)).astype("float32"))
    powers = []
    for _ in range(depth):
        z = ops.matmul(function(z), initializer((width, width)))
        powers.append(float(ops.mean(ops.square(z))))
    return powers


@pytest.mark.parametrize("activation", [*FORMULAS, "selu", "mish"])
def test_the_signal_keeps_its_power_through_a_layer(activation):
    # A power is a mean over 512 units: 5 standard errors of sqrt(2 / 512), and more where units share a mean.
    assert layers_on(activation, 1)[0] == pytest.approx(1.0, abs=0.35)


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh", "selu"])
def test_the_signal_keeps_its_power_through_30_layers(activation):
    assert 1 / 3 < layers_on(activation, 30)[-1] < 3


def test_for_swish_chance_deviations_grow_as_the_docstring_says():
    """E[z f(z) f'(z)] / E[f(z)**2] is the factor that a small relative deviation is multiplied by in a layer."""

    def factor(name):
        f, step = FORMULAS[name], 1e-4
        up, down = (second_moment(lambda z, s=s: f(s * z)) for s in (1 + step, 1 - step))
        return (up - down) / (4 * step * second_moment(f))

    assert factor("relu") == pytest.approx(1.0, rel=1e-6)
    assert factor("tanh") < 1
    assert round(factor("silu"), 2) == 1.17
    assert round(factor("gelu"), 2) == 1.14


def test_keras_draws_the_same_kernel_for_layers_that_share_an_instance():
    keras_shared, shared = keras.initializers.HeNormal(seed=1), VarianceMatched("relu", seed=1)
    same = [np.array_equal(*(ops.convert_to_numpy(s((3, 3))) for _ in range(2))) for s in (keras_shared, shared)]
    assert same == [True, False]


@pytest.mark.parametrize("activation", ["softmax", "glu", "no_such_name", None, 3, lambda x: 0.0 * x])
def test_refuses_what_has_no_gain(activation):
    with pytest.raises(ValueError, match="activation"):
        VarianceMatched(activation)
