"""What one loss on numbers alone does, next to Keras, Torch and scikit-learn."""

import keras
import numpy as np
import pytest
from keras import ops
from sklearn.metrics import mean_pinball_loss

import kerasparts as kp
from kerasparts import backend
from tests.reference.regression_losses import adaptive_robust_cost

RANDOM = np.random.default_rng(0)
Y, P = RANDOM.normal(size=(2, 16, 3)).astype("float32") * 2


def gradient(loss, y, p):
    predictions = keras.Variable(p, dtype="float32")
    _, (found,) = backend.value_and_gradients(lambda: loss(y, predictions.value), [predictions])()
    return ops.convert_to_numpy(found)


@pytest.mark.parametrize("name", ["MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh"])
def test_without_their_own_arguments_they_are_those_of_keras(name):
    w = RANDOM.uniform(size=16)
    ours, theirs = getattr(kp.losses, name)(), getattr(keras.losses, name)()
    assert float(ours(Y, P, w)) == pytest.approx(float(theirs(Y, P, w)), rel=1e-5)


def test_half_the_squared_error_has_the_error_as_its_gradient():
    p = P[:, :1]
    loss = kp.losses.MeanSquaredError(scale=0.5, reduction="sum")
    np.testing.assert_allclose(gradient(loss, Y[:, :1], p), p - Y[:, :1], rtol=1e-6)
    with pytest.raises(TypeError):
        keras.losses.MeanSquaredError(scale=0.5)


@pytest.mark.parametrize("name", ["MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh"])
def test_keras_spreads_targets_over_predictions_and_ours_refuses(name):
    y, p = np.arange(4.0), np.zeros((4, 4))
    assert np.shape(getattr(keras.losses, name)(reduction=None)(y, p)) == (4,)
    with pytest.raises(ValueError, match="y_true"):
        getattr(kp.losses, name)(reduction=None)(y, p)


def test_predictions_of_rank_1_are_one_sample_each_as_they_are_not_in_keras():
    y, p, w = np.arange(4.0), np.zeros(4), np.array([0.0, 0.0, 0.0, 1.0])
    assert float(kp.losses.MeanSquaredError(reduction="sum")(y, p, w)) == 9.0
    assert float(keras.losses.MeanSquaredError(reduction="sum")(y, p, w)) != 9.0


def test_log_cosh_of_tiny_errors_has_all_its_digits_as_that_of_keras_has_not():
    sizes = np.array([1e-4, 1e-6, 1e-12], "float32")
    ours = ops.convert_to_numpy(kp.losses.log_cosh(sizes, 0 * sizes))
    np.testing.assert_allclose(ours, sizes.astype("float64") ** 2 / 2, rtol=1e-6)
    theirs = [float(keras.losses.LogCosh()(sizes[i : i + 1], np.zeros(1))) for i in range(3)]
    assert not np.allclose(theirs, sizes.astype("float64") ** 2 / 2, rtol=0.5, atol=0)


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="the peer is Torch")
def test_they_give_the_numbers_of_torch():
    from torch import nn, tensor

    y, p = tensor(Y), tensor(P)
    pairs = [
        (kp.losses.MeanSquaredError(), nn.functional.mse_loss),
        (kp.losses.MeanAbsoluteError(), nn.functional.l1_loss),
        (kp.losses.Huber(0.7), nn.HuberLoss(delta=0.7)),
    ]
    for ours, theirs in pairs:
        assert float(ours(Y, P)) == pytest.approx(float(theirs(p, y)), rel=2e-6)
    s = RANDOM.normal(size=(16, 3)).astype("float32")
    likelihood = nn.GaussianNLLLoss(full=True, eps=0.0)(p, y, tensor(s).exp())
    ours = kp.losses.GaussianNLL(min_variance=1e-12)(Y, np.concatenate([P, s], -1))
    assert float(ours) == pytest.approx(float(likelihood), rel=1e-5)


@pytest.mark.parametrize("q", [0.1, 0.5, 0.95])
def test_quantile_is_the_pinball_loss_of_scikit_learn(q):
    assert float(kp.losses.Quantile(q)(Y, P)) == pytest.approx(mean_pinball_loss(Y, P, alpha=q), rel=1e-5)


def test_a_list_of_quantiles_is_least_at_each():
    y = RANDOM.normal(size=4001).astype("float32")
    levels = [0.05, 0.5, 0.9]
    loss = kp.losses.Quantile(levels)
    best = np.quantile(y, levels)

    def at(columns):
        return float(loss(y, np.tile(columns, (len(y), 1)).astype("float32")))

    for k in range(3):
        for off in (-0.05, 0.05):
            assert at(best + off * np.eye(3)[k]) > at(best)
    slope = gradient(loss, y, np.tile(best, (len(y), 1))).sum(axis=0)
    np.testing.assert_allclose(slope, 0.0, atol=1e-3)


def test_a_list_of_quantiles_goes_with_any_leading_shape():
    y, p = RANDOM.normal(size=(4, 5)), RANDOM.normal(size=(4, 5, 2))
    whole = float(kp.losses.Quantile([0.2, 0.7])(y, p))
    parts = [mean_pinball_loss(y, p[..., k], alpha=q) for k, q in enumerate([0.2, 0.7])]
    assert whole == pytest.approx(np.mean(parts), rel=1e-5)
    with pytest.raises(ValueError, match="2 columns"):
        kp.losses.Quantile([0.2, 0.7])(y, y)


SINGULAR = [2 - 1e-4, 2 - 1e-5, 2 - 1e-9, 1e-3, 1e-7, -1e-7, -2e-9, 1e-40, -1e2, -1e6, -9e9, -1e31]


@pytest.mark.parametrize("alpha", SINGULAR)
def test_the_robust_family_keeps_its_digits_near_its_limits(alpha):
    errors = np.array([1e-6, 1e-3, 0.3, 1.0, 7.0, 1e2, 1e4])
    ours = ops.convert_to_numpy(kp.losses.adaptive_robust(0 * errors, errors, alpha, scale=1.5))
    limit = {2: 2, 0: 0}.get(round(alpha)) if min(abs(alpha), abs(alpha - 2)) < 1e-6 else None
    limit = -np.inf if alpha < -1e5 else limit
    expected = [precise(error, alpha if limit is None else limit, 1.5) for error in errors]
    np.testing.assert_allclose(ours, expected, rtol=3e-5)
    slope = gradient(lambda y, p: ops.sum(kp.losses.adaptive_robust(y, p, alpha, 1.5)), 0 * errors, errors)
    z = (errors / 1.5) ** 2
    b = abs(alpha - 2)
    by_hand = errors / 1.5**2 * np.exp((alpha / 2 - 1) * np.log1p(z / b))
    np.testing.assert_allclose(
        slope, by_hand, rtol=3e-4, atol=1e-7
    )  # Torch takes the slope of expm1(x) as expm1(x) + 1


def precise(error, alpha, scale):
    """The oracle, whose plain float64 loses the digits of small errors: there the loss is half the square."""
    z = (error / scale) ** 2
    return z / 2 if z < 1e-5 else adaptive_robust_cost(error, alpha, scale)


def test_the_robust_family_holds_the_losses_it_is_named_for():
    z = (Y - P).astype("float64") ** 2
    closed = {2.0: z / 2, 1.0: np.sqrt(z + 1) - 1, 0.0: np.log(z / 2 + 1), -2.0: 2 * z / (z + 4)}
    closed[-np.inf] = 1 - np.exp(-z / 2)
    for alpha, losses in closed.items():
        assert float(kp.losses.AdaptiveRobust(alpha)(Y, P)) == pytest.approx(losses.mean(), rel=1e-5)


def test_gaussian_nll_is_least_at_the_mean_and_the_variance():
    y = RANDOM.normal(size=(4000, 1)).astype("float32") * 3 + 5
    loss = kp.losses.GaussianNLL()
    best = np.tile([y.mean(), np.log(y.var())], (4000, 1)).astype("float32")
    np.testing.assert_allclose(gradient(loss, y, best).sum(axis=0), 0.0, atol=1e-3)


def test_gaussian_nll_with_beta_1_gives_means_the_gradient_of_half_the_squared_error():
    s = np.full((16, 3), 2.0, "float32")
    slope = gradient(kp.losses.GaussianNLL(beta=1.0), Y, np.concatenate([P, s], -1))[:, :3]
    np.testing.assert_allclose(slope, gradient(kp.losses.MeanSquaredError(scale=0.5), Y, P), rtol=1e-5)


def test_gaussian_nll_of_a_perfect_fit_ends_at_the_least_variance():
    p = np.array([[1.0, -1e4]])
    loss = kp.losses.GaussianNLL(min_variance=1e-4)
    assert float(loss(np.ones((1, 1)), p)) == pytest.approx((np.log(2 * np.pi) + np.log(1e-4)) / 2, rel=1e-5)
    assert np.isfinite(gradient(loss, np.zeros((1, 1)), p)).all()
    with pytest.raises(ValueError, match="even"):
        loss(np.ones((4, 1)), np.ones((4, 3)))
