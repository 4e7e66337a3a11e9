"""What every loss on labelled embeddings promises."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from kerasparts import backend
from tests.cases import METRIC_LOSSES, PAIR_LOSSES

EVERY = pytest.mark.parametrize("case", METRIC_LOSSES, ids=str)
PLAIN = dict(dtype="float32", reduction="sum_over_batch_size")
LABELS = np.array([0, 1, 0, 2, 1, 0, 3, 1, 0, 2, 2, 0])  # 3 is alone


def embeddings(shape=(12,), size=4, seed=0):
    return np.random.default_rng(seed).normal(size=(*shape, size))


def expected(case, y, z, sample_weight=None, mask=None, **changes):
    arguments = {k: v for k, v in {**case.kwargs, **PLAIN, **changes}.items() if k not in ("name", "dtype")}
    return case.oracle(y, z, sample_weight=sample_weight, mask=mask, **arguments)


def value(loss, y, z, *weight):
    z = np.asarray(z, "float32") if isinstance(z, np.ndarray) else z
    return ops.convert_to_numpy(ops.cast(loss(y, z, *weight), "float32"))


def gradient(loss, y, z, weight=None, dtype="float32"):
    variable = keras.Variable(z, dtype=dtype)
    _, (found,) = backend.value_and_gradients(lambda: loss(y, variable.value, weight), [variable])()
    return ops.convert_to_numpy(ops.cast(found, "float32"))


@EVERY
def test_follows_the_formula(case):
    z = embeddings()
    for w in (None, np.linspace(0, 2, 12)):
        for reduction in ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", None]:
            found = value(case.build(**{**PLAIN, "reduction": reduction}), LABELS, z, w)
            np.testing.assert_allclose(found, expected(case, LABELS, z, w, reduction=reduction), rtol=1e-4, atol=1e-5)


@EVERY
def test_follows_the_formula_at_every_distance(case):
    z = embeddings(seed=3) + 50.0  # far from the origin, where digits are lost
    for distance in ("euclidean", "squared", "cosine") if "distance" in case.kwargs else ():
        found = value(case.build(**PLAIN, distance=distance), LABELS, z)
        assert found == pytest.approx(expected(case, LABELS, z, distance=distance), rel=2e-4)


@EVERY
def test_all_leading_axes_are_one_batch(case):
    z, y = embeddings((3, 4)), LABELS.reshape(3, 4)
    loss = case.build(**PLAIN)
    w = np.array([0.0, 1.0, 2.0])
    assert value(loss, y, z) == pytest.approx(float(value(loss, LABELS, z.reshape(12, 4))), rel=1e-5)
    assert value(loss, y, z, w) == pytest.approx(expected(case, y, z, w), rel=1e-4)
    assert value(loss, y[..., None], z) == pytest.approx(float(value(loss, y, z)), rel=1e-6)


@EVERY
def test_masked_samples_are_in_no_pair(case):
    z, y = embeddings((3, 4)), LABELS.reshape(3, 4)
    mask = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1]], bool)
    masked = keras.layers.Masking(mask_value=-7.0)(np.where(mask[..., None], z, -7.0).astype("float32"))
    loss = case.build(**PLAIN)
    assert value(loss, y, masked) == pytest.approx(float(value(loss, y[mask], z[mask])), rel=1e-4)
    assert value(loss, y, masked) == pytest.approx(expected(case, y, z, mask=mask), rel=1e-4)


@EVERY
def test_gradient_agrees_with_finite_differences(case):
    z, w = embeddings(), np.linspace(0.5, 1.5, 12)
    found = gradient(case.build(**PLAIN), LABELS, z, w)
    step, numeric = 1e-6, np.zeros_like(z)
    for index in np.ndindex(*z.shape):
        up, down = z.copy(), z.copy()
        up[index] += step
        down[index] -= step
        numeric[index] = (expected(case, LABELS, up, w) - expected(case, LABELS, down, w)) / (2 * step)
    np.testing.assert_allclose(found, numeric, rtol=1e-3, atol=1e-5)


NOTHING = {
    "no label twice": (np.arange(4), embeddings((4,))),
    "one sample": (np.zeros(1), embeddings((1,))),
    "empty batch": (np.zeros(0), embeddings((0,))),
}


@EVERY
@pytest.mark.parametrize(("y", "z"), NOTHING.values(), ids=list(NOTHING))
def test_a_batch_without_pairs_is_zero_with_a_gradient_of_zero(case, y, z):
    loss = case.build(**PLAIN)
    assert value(loss, y, z) == 0.0
    np.testing.assert_array_equal(gradient(loss, y, z), np.zeros_like(z))


@EVERY
def test_a_batch_of_one_label_is_finite(case):
    z = embeddings((5,))
    loss = case.build(**PLAIN)
    assert value(loss, np.ones(5), z) == pytest.approx(expected(case, np.ones(5), z), rel=1e-5)
    assert np.isfinite(gradient(loss, np.ones(5), z)).all()


@EVERY
def test_equal_and_zero_embeddings_have_a_finite_gradient(case):
    """The slope of a square root at 0 is infinite."""
    y = np.array([0, 0, 1, 1])
    for z in (np.zeros((4, 3)), np.ones((4, 3)), np.array([[0.0, 0], [0, 0], [1, 1], [2, 1]])):
        loss = case.build(**PLAIN, **({"distance": "euclidean"} if "distance" in case.kwargs else {}))
        assert np.isfinite(value(loss, y, z))
        assert np.isfinite(gradient(loss, y, z)).all()


@EVERY
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_embeddings_are_compared_in_float32(case, dtype):
    z = ops.cast(embeddings() * 300, dtype)  # the square of 300 overflows float16
    loss = case.build(**PLAIN)
    known = np.asarray(ops.convert_to_numpy(ops.cast(z, "float32")), "float64")
    assert value(loss, LABELS, z) == pytest.approx(expected(case, LABELS, known), rel=1e-4)
    assert np.isfinite(gradient(loss, LABELS, known, dtype=dtype)).all()


@EVERY
def test_all_weights_zero_is_zero(case):
    for reduction in ("sum_over_batch_size", "mean_with_sample_weight", "sum"):
        assert value(case.build(**{**PLAIN, "reduction": reduction}), LABELS, embeddings(), np.zeros(12)) == 0.0


@EVERY
def test_shapes_that_do_not_fit_are_refused(case):
    loss = case.build(**PLAIN)
    for y, z in ((np.zeros(3), np.zeros((4, 2))), (np.zeros((4, 2)), np.zeros((4, 2))), (np.zeros(4), np.zeros(4))):
        with pytest.raises(ValueError, match=r"y_true|y_pred"):
            loss(y, z)


def test_semi_hard_negatives_are_strictly_farther_and_else_the_farthest():
    """With ties, on a line: positions of two labels."""
    z = np.array([0.0, 2.0, -2.0, 1.0, 3.0, -1.0])[:, None]
    for y in ([0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 0, 1], [0, 1, 1, 1, 1, 0]):
        case = METRIC_LOSSES[0]
        loss = case.build(**PLAIN, distance="euclidean")
        assert value(loss, np.array(y), z) == pytest.approx(
            expected(case, np.array(y), z, distance="euclidean"), rel=1e-6
        )


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="the peer is of Torch")
def test_they_give_the_numbers_of_pytorch_metric_learning():
    pytest.importorskip("pytorch_metric_learning")
    from pytorch_metric_learning import distances, losses, miners, reducers
    from torch import tensor

    y, z = np.arange(12) % 4, embeddings().astype("float32")
    theirs = losses.SupConLoss(temperature=0.3)(tensor(z), tensor(y))
    assert float(kp.losses.SupervisedContrastive(0.3)(y, z)) == pytest.approx(float(theirs), rel=1e-5)
    plain = distances.LpDistance(normalize_embeddings=False)
    hardest = miners.BatchHardMiner(distance=plain)(tensor(z), tensor(y))
    mean = reducers.MeanReducer()
    theirs = losses.TripletMarginLoss(margin=0.7, distance=plain, reducer=mean)(tensor(z), tensor(y), hardest)
    assert float(kp.losses.TripletHard(0.7)(y, z)) == pytest.approx(float(theirs), rel=1e-5)


@pytest.mark.parametrize("case", PAIR_LOSSES, ids=str)
class TestPairs:
    def data(self):
        random = np.random.default_rng(0)
        return random.integers(0, 2, (8, 2)), np.abs(random.normal(size=(8, 2)))

    def test_follows_the_formula(self, case):
        y, d = self.data()
        for w in (None, np.linspace(0, 2, 8)):
            for reduction in ["sum_over_batch_size", "sum", "mean_with_sample_weight", None]:
                found = value(case.build(**{**PLAIN, "reduction": reduction}), y, d, w)
                np.testing.assert_allclose(found, expected(case, y, d, w, reduction=reduction), rtol=1e-5, atol=1e-7)
        assert value(case.build(**PLAIN), np.zeros((0, 1)), np.zeros((0, 1))) == 0.0

    def test_gradient_agrees_with_finite_differences(self, case):
        y, d = self.data()
        numeric = np.zeros_like(d)
        for index in np.ndindex(*d.shape):
            up, down = d.copy(), d.copy()
            up[index] += 1e-6
            down[index] -= 1e-6
            numeric[index] = (expected(case, y, up) - expected(case, y, down)) / 2e-6
        np.testing.assert_allclose(gradient(case.build(**PLAIN), y, d), numeric, rtol=1e-3, atol=1e-5)

    def test_half_precision_and_large_distances_are_finite(self, case):
        d = ops.cast([[1e4], [0.0]], "float16")
        assert value(case.build(**PLAIN), np.array([1, 0]), d) == pytest.approx((1e8 + 0.7**2) / 2, rel=1e-3)

    def test_a_target_that_is_neither_is_refused_or_nan(self, case):
        y, d = np.array([0, 2]), np.ones(2, "float32")
        with pytest.raises(ValueError, match="y_true"):
            case.build(**PLAIN)(y, d)
        assert np.isnan(value(case.build(**PLAIN), ops.convert_to_tensor(y), d))
