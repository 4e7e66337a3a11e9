"""RobustScaling against scikit-learn, against Keras, and on awkward data."""

import keras
import numpy as np
import pytest
from keras import ops
from sklearn.preprocessing import RobustScaler

import kerasparts as kp

RobustScaling = kp.layers.RobustScaling


def numpy(x):
    return ops.convert_to_numpy(ops.cast(x, "float32"))


def table(rows=200, columns=4, seed=0):
    x = np.random.default_rng(seed).normal(size=(rows, columns)) * [1.0, 10.0, 1e3, 1e-3][:columns] + 3.0
    return x.astype("float32")


@pytest.mark.parametrize("quantile_range", [(25.0, 75.0), (5.0, 90.0)])
def test_gives_the_numbers_of_scikit_learn(quantile_range):
    x = table(1001)
    layer = RobustScaling(quantile_range=quantile_range)
    layer.adapt(x)
    expected = RobustScaler(quantile_range=quantile_range).fit(x.astype("float64")).transform(x.astype("float64"))
    np.testing.assert_allclose(numpy(layer(x)), expected, rtol=1e-4, atol=1e-4)  # float32: offsets of 3,000 spreads


def test_one_nan_spoils_a_column_in_keras_and_not_here():
    x = table()
    x[5, 1] = np.nan
    theirs = keras.layers.Normalization()
    theirs.adapt(x)
    assert np.isnan(numpy(theirs(x))[:, 1]).all()

    ours = RobustScaling()
    with pytest.warns(UserWarning, match=r"1 NaN were left out.*\{1: 1\}"):
        ours.adapt(x)
    y = numpy(ours(x))
    assert np.isnan(y[5, 1])
    assert np.isnan(y).sum() == 1
    without = RobustScaling()
    without.adapt(np.delete(x, 5, axis=0))
    np.testing.assert_allclose(y[:, 1], numpy(without(x))[:, 1], rtol=1e-5)


def test_an_outlier_does_not_squeeze_a_column():
    x = table(columns=1)
    spoilt = x.copy()
    spoilt[0] = 1e6
    layers = RobustScaling(), keras.layers.Normalization()
    spreads = []
    for layer in layers:
        layer.adapt(spoilt)
        spreads.append(numpy(layer(x)).std())
    assert spreads[0] > 0.5
    assert spreads[1] < 1e-3


def test_a_column_that_is_constant_in_its_middle_keeps_its_scale():
    x = np.zeros((100, 1), "float32")
    x[:10] = 5.0
    layer = RobustScaling()
    layer.adapt(x)
    np.testing.assert_array_equal(numpy(layer(x)), x)


def test_inverse_gives_the_inputs_back():
    x = table()
    layer = RobustScaling()
    layer.adapt(x)
    np.testing.assert_allclose(numpy(layer.inverse(layer(x))), x, rtol=1e-4)


@pytest.mark.parametrize(
    ("axis", "features"), [(-1, (1, 1, 3)), (1, (1, 4, 1)), ((1, 2), (1, 4, 3)), ([1, 2], (1, 4, 3)), (None, (1, 1, 1))]
)
def test_features_lie_on_any_axis(axis, features):
    x = np.random.default_rng(0).normal(size=(50, 4, 3)).astype("float32")
    layer = RobustScaling(axis=axis)
    layer.adapt(x)
    assert tuple(layer.median.shape) == features
    others = tuple(a for a in range(3) if features[a] == 1)
    np.testing.assert_allclose(np.median(numpy(layer(x)), axis=others), 0, atol=1e-6)


def test_adapting_again_forgets_the_first_data():
    layer = RobustScaling()
    layer.adapt(table())
    layer.adapt(table() * 2)
    fresh = RobustScaling()
    fresh.adapt(table() * 2)
    np.testing.assert_array_equal(numpy(layer.iqr), numpy(fresh.iqr))


def test_large_values_survive_mixed_precision_as_they_do_not_in_keras():
    x = (np.random.default_rng(0).normal(size=(100, 1)) * 1e4 + 1e6).astype("float32")
    ours, theirs = RobustScaling(dtype="mixed_float16"), keras.layers.Normalization(dtype="mixed_float16")
    for layer in (ours, theirs):
        layer.adapt(x)
    assert np.isfinite(numpy(ours(x))).all()
    assert not np.isfinite(numpy(theirs(x))).all()


def model(layer):
    return keras.Sequential([keras.Input((4,)), layer, keras.layers.Dense(1)])


def test_a_call_before_adapt_is_refused():
    with pytest.raises(ValueError, match="adapt"):
        RobustScaling()(table())
    net = model(RobustScaling())
    with pytest.raises(ValueError, match="adapt"):
        net(table())
    with pytest.raises(ValueError, match="adapt"):
        RobustScaling().inverse(table())


def test_an_unadapted_layer_never_trains_in_silence():
    net = model(RobustScaling())
    net.compile("sgd", "mse")
    with pytest.raises(ValueError, match="adapt"):
        net.fit(table(), np.ones(200), verbose=0)


def test_the_layer_can_be_adapted_inside_a_built_model():
    net = model(RobustScaling())
    net.layers[0].adapt(table())
    assert np.isfinite(numpy(net(table()))).all()


def test_copied_weights_count_as_adapted():
    source = model(RobustScaling())
    source.layers[0].adapt(table())
    copy = keras.models.clone_model(source)
    copy.set_weights(source.get_weights())
    np.testing.assert_array_equal(copy.predict(table(), verbose=0), source.predict(table(), verbose=0))


def test_loading_weights_that_were_never_adapted_is_noticed(tmp_path):
    unadapted, adapted = model(RobustScaling()), model(RobustScaling())
    adapted.layers[0].adapt(table())
    unadapted.save_weights(tmp_path / "raw.weights.h5")
    adapted.load_weights(tmp_path / "raw.weights.h5")
    with pytest.raises(ValueError, match="adapt"):
        adapted(table())


@pytest.mark.parametrize(
    "data",
    [
        np.zeros((0, 4)),
        np.full((5, 4), np.nan),
        np.full((5, 4), np.inf),
        np.zeros((5, 3)),
        "text",
        5,
        {"x": np.zeros((5, 4))},
    ],
    ids=["no rows", "all NaN", "all infinite", "other width", "text", "a number", "a dict"],
)
def test_bad_data_are_refused(data):
    layer = RobustScaling()
    layer.build((None, 4))
    with pytest.raises(ValueError, match="data"):
        layer.adapt(data)


def test_the_axis_of_the_batch_is_no_feature():
    for axis in (0, -2, 2):
        with pytest.raises(ValueError, match="axis"):
            RobustScaling(axis=axis).adapt(table())


def test_a_tf_data_pipeline_can_run_it():
    if keras.backend.backend() != "tensorflow":
        pytest.skip("tf.data runs TensorFlow")
    import tensorflow as tf

    layer = RobustScaling()
    layer.adapt(table())
    batches = tf.data.Dataset.from_tensor_slices(table()).batch(50).map(layer)
    np.testing.assert_allclose(np.concatenate(list(batches.as_numpy_iterator())), numpy(layer(table())), rtol=1e-6)
