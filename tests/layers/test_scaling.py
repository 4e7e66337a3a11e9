"""The layers that scale their input: against scikit-learn, against Keras, and on awkward data."""

import keras
import numpy as np
import pytest
from keras import ops
from sklearn import preprocessing

import kerasparts as kp
from tests.reference import scaling as reference

STANDARD, MIN_MAX, ROBUST, QUANTILE = (
    kp.layers.StandardScaling,
    kp.layers.MinMaxScaling,
    kp.layers.RobustScaling,
    kp.layers.QuantileScaling,
)
PEERS = {
    "standard": (STANDARD, {}, preprocessing.StandardScaler()),
    "min_max": (MIN_MAX, {"feature_range": (-1.0, 2.0)}, preprocessing.MinMaxScaler((-1, 2))),
    "robust": (ROBUST, {}, preprocessing.RobustScaler()),
    "uniform": (QUANTILE, {}, preprocessing.QuantileTransformer(subsample=None)),
    "normal": (
        QUANTILE,
        {"output_distribution": "normal"},
        preprocessing.QuantileTransformer(output_distribution="normal", subsample=None),
    ),
}
EVERY = pytest.mark.parametrize("layer_class", [STANDARD, MIN_MAX, ROBUST, QUANTILE])
AFFINE = pytest.mark.parametrize("layer_class", [STANDARD, MIN_MAX, ROBUST])
EVERY_PEER = pytest.mark.parametrize("name", PEERS)


def numpy(x):
    return ops.convert_to_numpy(ops.cast(x, "float32"))


def table(rows=300, columns=3, seed=0):
    x = np.random.default_rng(seed).normal(size=(rows, columns)) * [1.0, 10.0, 1e-3][:columns] + [3.0, -50.0, 0.01]
    return x.astype("float32")


def adapted(layer_class, x, **kwargs):
    layer = layer_class(**kwargs)
    layer.adapt(x)
    return layer


def wild(rows):
    """20 columns of normal, skewed, heavy-tailed, tied and constant numbers, offsets and units."""
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, 20))
    x[:, 1] = np.exp(2 * x[:, 1])
    x[:, 2] = random.standard_cauchy(rows)
    x[:, 3] = random.integers(0, 5, rows)
    x[:, 4] = np.maximum(x[:, 4], 0)  # half of them 0
    x[:, 5] = x[:, 5] * 1e-6 + 1e-3
    x[:, 6] = x[:, 6] * 1e6
    x[:, 7] = x[:, 7] + 1000
    x[:, 8] = 0.1
    return x.astype("float32").astype("float64")  # numbers that a model can be given


class Batches:
    def __init__(self, x, size):
        self.x, self.size = x, size

    def __iter__(self):
        return (self.x[i : i + self.size] for i in range(0, len(self.x), self.size))


@pytest.mark.slow
@EVERY_PEER
@pytest.mark.parametrize("size", [100_000, 100], ids=["one batch", "1,000 batches"])
def test_gives_the_numbers_of_scikit_learn(name, size):  # in float32, from the weights that stand for float64
    layer_class, kwargs, peer = PEERS[name]
    x = wild(100_000)
    layer = adapted(layer_class, Batches(x, size), **kwargs)
    expected = peer.fit(x).transform(x)
    if layer_class is QUANTILE:
        expected[:, 8] = 0.5 if name == "uniform" else 0.0  # constant: scikit-learn gives the lower end
    if name in ("standard", "robust", "min_max"):
        center, scale, shift = (np.ravel(ops.convert_to_numpy(w)).astype("float64") for w in layer.weights)
        theirs = {
            "standard": lambda: (peer.mean_, peer.scale_),
            "min_max": lambda: (peer.data_min_, 1 / peer.scale_),
            "robust": lambda: (peer.center_, peer.scale_),
        }[name]()
        lower = -1.0 if name == "min_max" else 0.0
        np.testing.assert_allclose((center - (shift - lower) * scale - theirs[0]) / theirs[1], 0, atol=1e-6)
        np.testing.assert_allclose(scale, theirs[1], rtol=1e-6)
    error = np.abs(numpy(layer(x)) - expected) / np.maximum(1, np.abs(expected))
    assert error.max() < 1e-6


@EVERY_PEER
def test_leaves_nan_out_as_scikit_learn_does(name):
    layer_class, kwargs, peer = PEERS[name]
    x = wild(1_200)[:, :8]
    x[np.random.default_rng(1).uniform(size=x.shape) < 0.2] = np.nan
    x[:150, :2] = np.nan  # whole batches
    with pytest.warns(UserWarning, match="NaN were left out"):
        layer = adapted(layer_class, Batches(x, 50), **kwargs)
    expected = peer.fit(x).transform(x)
    np.testing.assert_allclose(numpy(layer(x)), expected, rtol=1e-5, atol=1e-5)


def test_keras_loses_the_deviation_of_a_large_array_and_we_do_not():
    x = (np.random.default_rng(0).normal(size=(300_000, 2)) + 1000).astype("float32")
    theirs = adapted(keras.layers.Normalization, x)
    assert abs(np.sqrt(numpy(theirs.variance)) - 1).max() > 0.1  # their float32 sums
    np.testing.assert_allclose(numpy(adapted(STANDARD, x).scale), x.std(axis=0, dtype="float64")[None], rtol=1e-6)


@EVERY
def test_one_nan_spoils_a_column_in_keras_and_not_here(layer_class):
    x = table()
    x[5, 1] = np.nan
    assert np.isnan(numpy(adapted(keras.layers.Normalization, x)(x))[:, 1]).all()
    kwargs = {"n_quantiles": 50} if layer_class is QUANTILE else {}
    with pytest.warns(UserWarning, match=r"1 NaN were left out.*\{1: 1\}"):
        y = numpy(adapted(layer_class, x, **kwargs)(x))
    assert np.isnan(y[5, 1])
    assert np.isnan(y).sum() == 1
    rest = np.delete(x, 5, axis=0)
    expected = numpy(adapted(layer_class, rest, **kwargs)(rest))[:, 1]
    np.testing.assert_allclose(np.delete(y, 5, axis=0)[:, 1], expected, rtol=1e-5)


def test_an_outlier_squeezes_a_column_in_keras_and_not_where_ranks_decide():
    x = table(columns=1)
    x[0] = 1e6
    assert numpy(adapted(keras.layers.Normalization, x)(x))[1:].std() < 1e-3
    assert numpy(adapted(ROBUST, x)(x))[1:].std() > 0.5
    assert numpy(adapted(QUANTILE, x)(x))[1:].std() > 0.25


@EVERY
def test_constant_columns_go_to_the_center_and_keep_their_scale(layer_class):
    x = table()
    x[:, 2] = 0.1
    layer = adapted(layer_class, x)
    center = 0.5 if layer_class is QUANTILE else 0.0
    assert (numpy(layer(x))[:, 2] == center).all()
    assert numpy(layer(x + 1))[0, 2] == 1.0
    assert numpy(adapted(keras.layers.Normalization, x)(x + 1))[0, 2] > 1e6
    np.testing.assert_allclose(numpy(layer.inverse(layer(x)))[:, 2], 0.1, rtol=1e-6)


@EVERY
def test_rounding_noise_of_float64_is_no_spread(layer_class):
    x = np.full((50, 1), 0.3)
    x[::2] = 0.1 + 0.2
    y = numpy(adapted(layer_class, x)(x.astype("float32")))
    assert np.isin(y, [0.0, 0.5, 1.0]).all()


@AFFINE
def test_a_large_offset_costs_no_digits(layer_class):
    deviates = np.random.default_rng(0).normal(size=(2_000, 2))
    x = (deviates + np.array([1e6 + 0.3, 3e4])).astype("float32")
    layer = adapted(layer_class, Batches(x, 64))
    oracle = {
        STANDARD: lambda x: reference.standard_scaling(x, -1, "keep"),
        MIN_MAX: lambda x: reference.min_max_scaling(x, -1, (0.0, 1.0), False, "keep"),
        ROBUST: lambda x: reference.robust_scaling(x, -1, (25.0, 75.0), "keep"),
    }[layer_class]
    np.testing.assert_allclose(numpy(layer(x)), oracle(x), rtol=1e-6, atol=1e-6)
    assert abs(numpy(layer.inverse(layer(x))) - x).max() <= 0.0625  # the distance of two float32 there


@EVERY
def test_float64_inputs_are_centered_before_they_are_rounded(layer_class):
    if keras.backend.backend() == "jax":
        pytest.skip("JAX has no float64 here")
    deviates = np.random.default_rng(0).normal(size=(2_000, 2))
    far, near = adapted(layer_class, deviates + 1e8), adapted(layer_class, deviates)
    np.testing.assert_allclose(numpy(far(deviates + 1e8)), numpy(near(deviates)), rtol=1e-5, atol=1e-5)


@EVERY
def test_missing_values_are_kept_or_filled_in_or_told(layer_class):
    x = table()
    x[:100, 1] = np.nan
    stand_in = {
        STANDARD: lambda v: v.mean(dtype="float64"),
        MIN_MAX: lambda v: v.mean(dtype="float64"),
        ROBUST: np.median,
        QUANTILE: np.median,
    }
    filled = x.copy()
    filled[:100, 1] = stand_in[layer_class](x[100:, 1])
    with pytest.warns(UserWarning, match="NaN"):
        keep = adapted(layer_class, x)
    impute, indicate = (adapted(layer_class, x, missing=missing) for missing in ("impute", "indicate"))
    expected = numpy(keep(filled))
    np.testing.assert_allclose(numpy(impute(x)), expected, atol=1e-6)
    y = numpy(indicate(x))
    np.testing.assert_allclose(y[:, :3], expected, atol=1e-6)
    np.testing.assert_array_equal(y[:, 3:], np.isnan(x))
    np.testing.assert_allclose(numpy(indicate.inverse(y)), x, rtol=1e-3, atol=1e-4)  # NaN come back
    np.testing.assert_allclose(numpy(impute.inverse(impute(x)))[:, 1], filled[:, 1], rtol=1e-3, atol=1e-4)
    with pytest.raises(ValueError, match="outputs"):
        indicate.inverse(y[:, :3])


@EVERY
def test_the_shape_with_indicators_is_known_before_data(layer_class):
    layer = layer_class(missing="indicate")
    assert layer(keras.KerasTensor((None, 5, 3))).shape == (None, 5, 6)
    with pytest.raises(ValueError, match="missing"):
        layer_class(axis=None, missing="indicate")(keras.KerasTensor((None,)))


def test_gradients_pass_by_missing_values():
    x = table()
    x[0] = np.nan
    for layer_class in (STANDARD, QUANTILE):
        layer = adapted(layer_class, x, missing="impute", **PEERS["normal"][1] if layer_class is QUANTILE else {})
        weight = keras.Variable(np.ones((1, 3), "float32"))
        run = kp.backend.value_and_gradients(lambda x, w=weight, f=layer: ops.sum(ops.square(f(x + w))), [weight])
        value, (gradient,) = run(ops.convert_to_tensor(x))
        assert np.isfinite(numpy(value))
        assert np.isfinite(numpy(gradient)).all()


@EVERY
def test_infinities_are_the_farthest_values_of_a_call(layer_class):
    layer = adapted(layer_class, table())
    y = numpy(layer(np.float32([[np.inf] * 3, [-np.inf] * 3])))
    farthest = 1.0 if layer_class is QUANTILE else np.inf
    assert (y[0] == farthest).all()
    assert (y[1] == (0.0 if layer_class is QUANTILE else -np.inf)).all()


@EVERY
def test_adapt_refuses_what_makes_no_finite_scale_and_keeps_what_it_had(layer_class):
    layer = adapted(layer_class, table())
    before = [numpy(weight) for weight in layer.weights]
    infinite, empty = table(), table()
    infinite[: 300 if layer_class is ROBUST else 1, 1] = np.inf
    empty[:, 1] = np.nan
    huge = table().astype("float64") * 1e45
    for bad in (infinite, empty, table()[:0], huge, [Batches(table(), 10)], np.array([["a"]])):
        with pytest.raises(ValueError, match="data"):
            layer.adapt(bad)
    for weight, value in zip(layer.weights, before, strict=True):
        np.testing.assert_array_equal(numpy(weight), value)


def sources(x):
    class Dataset(keras.utils.PyDataset):
        def __len__(self):
            return 6

        def __getitem__(self, index):
            return x[index * 50 : (index + 1) * 50], np.zeros(50)

    import tensorflow as tf

    yield x.astype("float64")
    yield ops.convert_to_tensor(x)
    yield x.tolist()
    yield [x[:1], x[1:100], x[100:100], x[100:]]
    yield tf.data.Dataset.from_tensor_slices((x, np.zeros(300))).batch(33)
    yield Dataset(workers=1)
    yield Batches(x, 7)


@EVERY
def test_every_source_of_data_gives_the_same(layer_class):
    x = table()
    expected = [numpy(weight) for weight in adapted(layer_class, x).weights]
    for source in sources(x):
        for weight, value in zip(adapted(layer_class, source).weights, expected, strict=True):
            np.testing.assert_allclose(numpy(weight), value, rtol=1e-6, atol=1e-9, err_msg=str(source))


@EVERY
def test_half_precision_data_and_integers_are_numbers(layer_class):
    x = np.random.default_rng(0).integers(0, 100, (200, 2))
    expected = numpy(adapted(layer_class, x.astype("float64"))(x.astype("float32")))
    for dtype in ("uint8", "int64", "float16"):
        np.testing.assert_allclose(numpy(adapted(layer_class, x.astype(dtype))(x)), expected, rtol=1e-6, atol=1e-6)
    half = ops.cast(x, "bfloat16")
    np.testing.assert_allclose(numpy(adapted(layer_class, half)(half)), expected, rtol=1e-6, atol=1e-6)


@EVERY
def test_a_compiled_call_before_adapt_gives_no_number(layer_class):
    if keras.backend.backend() != "jax":
        pytest.skip("other backends raise")
    import jax

    for missing in ("keep", "impute"):
        layer = layer_class(missing=missing)
        layer.build((None, 3))
        with pytest.raises(ValueError, match="adapt"):
            jax.jit(layer)(table())
        weights = [weight.value for weight in layer.weights]  # as `fit` lends them to its step
        y, _ = jax.jit(lambda *inputs, f=layer: f.stateless_call([], *inputs))(weights, table())
        assert np.isnan(numpy(y)).all()


@EVERY
@pytest.mark.parametrize("axis", [None, 1, (2, 1)])
def test_features_lie_on_any_axis(layer_class, axis):
    x = np.random.default_rng(0).gamma(2.0, size=(60, 4, 3)).astype("float32")
    y = numpy(adapted(layer_class, Batches(x, 25), axis=axis)(x))
    rows = {None: (-1, 1), 1: (-1, 4), (2, 1): (-1, 12)}[axis]
    flat = (x.transpose(0, 2, 1) if axis == 1 else x).reshape(rows)
    expected = numpy(adapted(layer_class, flat)(flat))
    np.testing.assert_allclose((y.transpose(0, 2, 1) if axis == 1 else y).reshape(rows), expected, atol=1e-6)


def test_clip_keeps_to_the_range_and_nan_nan():
    layer = adapted(MIN_MAX, table(), feature_range=(-2.0, 3.0), clip=True)
    y = numpy(layer(np.float32([[1e9, -1e9, np.nan], [np.inf, -np.inf, 0.01]])))
    np.testing.assert_array_equal(y[:, :2], [[3.0, -2.0], [3.0, -2.0]])
    assert np.isnan(y[0, 2])
    assert -2.0 < y[1, 2] < 3.0


def test_ties_have_the_mean_of_their_shares():
    x = np.float32([0, 0, 0, 1, 2, 2, 2, 2, 3, 5, 5])[:, None]
    y = numpy(adapted(QUANTILE, x)(np.float32([0, 0.5, 1, 2, 3, 4, 5, -1, 6])[:, None])).ravel()
    np.testing.assert_allclose(y, [0, 0.25, 0.3, 0.55, 0.8, 0.85, 1, 0, 1], rtol=1e-6)


@pytest.mark.parametrize("distribution", ["uniform", "normal"])
def test_ranks_go_back_to_values(distribution):
    x = np.random.default_rng(0).gamma(2.0, size=(5_000, 2)).astype("float32")
    layer = adapted(QUANTILE, x, output_distribution=distribution)
    back = numpy(layer.inverse(layer(x)))
    np.testing.assert_allclose(back, x, atol=1e-3)  # float32 shares, near the longest gap between two quantiles
    assert np.isnan(numpy(layer.inverse(np.float32([[np.nan, 0.0]])))[0, 0])
    ends = numpy(layer.inverse(np.float32([[-100.0] * 2, [100.0] * 2])))
    np.testing.assert_allclose(ends, [x.min(axis=0), x.max(axis=0)], atol=1e-6)


def test_a_normal_output_is_normal():
    x = np.random.default_rng(0).gamma(2.0, size=(20_000, 1)).astype("float32")
    y = numpy(adapted(QUANTILE, x, output_distribution="normal")(x))
    assert abs(y).max() == pytest.approx(5.2, abs=0.01)
    assert y.mean() == pytest.approx(0, abs=0.01)
    assert y.std() == pytest.approx(1, abs=0.01)
    assert ((y**4).mean() - 3) == pytest.approx(0, abs=0.2)
