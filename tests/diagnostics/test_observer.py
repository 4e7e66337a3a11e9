"""What is seen of the layers, against NumPy; how they hang together."""

import keras
import numpy as np
import pytest

import kerasparts as kp
from kerasparts.diagnostics.observer import NAMES, Observer

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(50, 3)).astype("float32")


def observe(model, x=X):
    """Facts by the last part of the path, and numbers by name."""
    observer = Observer(model)
    with observer.watching() as seen:
        table = keras.ops.convert_to_numpy(seen(model(x, training=False)))
    facts = {layer.name.split("/")[-1]: layer for layer in observer.layers}
    assert len(facts) == len(observer.layers)
    return observer, facts, dict(zip(NAMES, table, strict=True))


def dense(units, activation, kernel, bias):
    layer = keras.layers.Dense(units, activation)
    layer.build((None, len(kernel)))
    layer.set_weights([np.asarray(kernel, "float32"), np.asarray(bias, "float32")])
    return layer


def test_dead_saturated_and_scale_are_those_of_numpy():
    kernel, head = RANDOM.normal(size=(3, 4)), 3 * RANDOM.normal(size=(4, 5))
    bias = [0.0, -100.0, 0.0, -50.0]  # two units that never fire
    last = RANDOM.normal(size=(5, 1))
    layers = [dense(4, "relu", kernel, bias), dense(5, "sigmoid", head, np.zeros(5)), dense(1, None, last, [0.5])]
    _, _, found = observe(keras.Sequential([keras.Input((3,)), *layers]))
    first = np.maximum(X @ kernel + bias, 0)
    second = 1 / (1 + np.exp(-first @ head))
    third = second @ last + 0.5
    outputs = [first, second, third]
    slope = second * (1 - second)
    np.testing.assert_allclose(found["scale"], [np.sqrt(np.mean(a**2)) for a in outputs], rtol=1e-5)
    np.testing.assert_allclose(found["input_scale"], [np.sqrt(np.mean(a**2)) for a in [X, *outputs[:2]]], rtol=1e-5)
    variation = [np.mean((a - a.mean(axis=0)) ** 2) / np.mean(a**2) for a in outputs]
    np.testing.assert_allclose(found["variation"], variation, rtol=1e-4)
    np.testing.assert_array_equal(found["finite"], 1.0)
    np.testing.assert_allclose(found["dead"], [0.5, 0.0, np.nan])
    np.testing.assert_allclose(found["saturated"], [np.nan, np.mean(slope <= 0.05 * 0.25), np.nan], rtol=1e-6)
    assert 0 < found["saturated"][1] < 1


def test_a_unit_that_fires_on_one_row_is_alive():
    x = np.array([[1.0], [-1.0], [-2.0]], "float32")
    layer = dense(3, "relu", [[1.0, -1.0, 0.0]], [0.0, -1.5, -1.0])
    _, _, found = observe(keras.Sequential([keras.Input((1,)), layer]), x)
    np.testing.assert_allclose(found["dead"], [1 / 3], rtol=1e-6)


def test_a_feature_map_is_dead_where_it_is_zero_at_every_place():
    layer = keras.layers.Conv2D(4, 1, activation="relu")
    layer.build((None, 5, 5, 1))
    layer.set_weights([np.ones((1, 1, 1, 4)), np.array([0.0, 0.0, -100.0, 0.0])])
    x = RANDOM.normal(size=(6, 5, 5, 1)).astype("float32")
    _, _, found = observe(keras.Sequential([keras.Input((5, 5, 1)), layer]), x)
    assert found["dead"] == [0.25]


ACTIVATIONS = {
    "tanh": ("tanh", lambda z: 1 - np.tanh(z) ** 2, 1.0),
    "ours": (kp.activations.Tanh(), lambda z: 1 - np.tanh(z) ** 2, 1.0),
    "a function": (lambda z: keras.ops.tanh(2 * z), lambda z: 2 - 2 * np.tanh(2 * z) ** 2, 2.0),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_saturation_is_by_the_slope_of_the_activation(name):
    activation, slope, steepest = ACTIVATIONS[name]
    kernel = 3 * RANDOM.normal(size=(3, 8))
    _, _, found = observe(keras.Sequential([keras.Input((3,)), dense(8, activation, kernel, np.zeros(8))]))
    # A number on the edge may fall to either side: 2 of 400.
    assert found["saturated"][0] == pytest.approx(np.mean(slope(X @ kernel) <= 0.05 * steepest), abs=0.005)


def test_activations_that_are_layers_are_measured_there():
    layers = [
        dense(4, None, -np.ones((3, 4)), [-100.0, 0, 0, 0]),
        keras.layers.ReLU(name="relu"),
        dense(2, None, np.ones((4, 2)), [0, 0]),
        keras.layers.Activation("tanh", name="tanh"),
    ]
    _, facts, found = observe(keras.Sequential([keras.Input((3,)), *layers]))
    assert facts["relu"].activation == "relu"
    assert facts["tanh"].activation == "tanh"
    np.testing.assert_allclose(found["dead"], [np.nan, 0.25, np.nan, 0.0])
    assert np.isfinite(found["saturated"][3])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_counted(bad):
    x = X.copy()
    x[0, 0] = bad
    _, _, found = observe(keras.Sequential([keras.Input((3,)), dense(2, None, np.ones((3, 2)), [0, 0])]), x)
    np.testing.assert_allclose(found["finite"], [49 / 50], rtol=1e-6)


def test_branches_know_their_sources():
    inputs = keras.Input((3,))
    left = keras.layers.Dense(4, "relu", name="left")(inputs)
    right = keras.layers.Dense(4, name="right")(inputs)
    joined = keras.layers.Add(name="joined")([left, right])
    outputs = keras.layers.Dense(1, "sigmoid", name="head")(joined)
    observer, facts, _ = observe(keras.Model(inputs, outputs))
    index = {layer.name.split("/")[-1]: i for i, layer in enumerate(observer.layers)}
    assert facts["left"].sources == facts["right"].sources == (-1,)
    assert set(facts["joined"].sources) == {index["left"], index["right"]}
    assert facts["head"].sources == (index["joined"],)
    assert [name for name, layer in facts.items() if layer.is_output] == ["head"]
    assert {name: layer.is_linear for name, layer in facts.items()} == {
        "left": False, "right": True, "joined": True, "head": False,
    }  # fmt: skip
    assert facts["left"].fan_in == 3
    assert facts["head"].fan_in == 4
    assert facts["head"].units == 1
    assert facts["joined"].kernel is None


def test_kernels_are_indices_into_the_trainable_variables():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(2), keras.layers.Dense(1)])
    model.layers[1].trainable = False
    observer = observe(model)[0]
    paths = [
        None if layer.kernel is None else model.trainable_variables[layer.kernel].path for layer in observer.layers
    ]
    assert paths == [model.layers[0].kernel.path, None, model.layers[2].kernel.path]
    assert [layer.fan_in for layer in observer.layers] == [3, 4, 2]


def test_a_shared_layer_is_seen_once_and_feeds_both():
    inputs = [keras.Input((3,)), keras.Input((3,))]
    tower = keras.layers.Dense(4, "relu", name="tower")
    outputs = keras.layers.Dense(1, name="head")(keras.layers.Subtract(name="gap")([tower(one) for one in inputs]))
    _, facts, _ = observe(keras.Model(inputs, outputs), [X, 2 * X])
    assert list(facts) == ["tower", "gap", "head"]
    assert facts["gap"].sources[0] == 0


def test_nested_models_are_opened():
    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "relu", name="deep")], name="inner")
    outer = keras.Sequential([keras.Input((3,)), inner, keras.layers.Dense(1, name="head")], name="outer")
    _, facts, _ = observe(outer)
    assert list(facts) == ["deep", "head"]
    assert facts["head"].sources == (0,)


def test_each_output_knows_its_way_out():
    inputs = keras.Input((3,))
    last = keras.layers.Dense(2, "softmax", name="last")(inputs)
    first = keras.layers.Dense(4, "sigmoid", name="first")(inputs)
    shaped = keras.layers.Reshape((2, 2), name="shaped")(first)
    observer, facts, _ = observe(keras.Model(inputs, [shaped, last]))
    ways = [[observer.layers[i].name.split("/")[-1] for i in way] for way in observer.ways_out]
    assert ways == [["shaped", "first"], ["last"]]
    assert all(facts[name].is_output for name in ("shaped", "first", "last"))


def test_outputs_in_a_dict_keep_their_activations():
    inputs = keras.Input((3,))
    outputs = {
        "value": keras.layers.Dense(1, name="value")(inputs),
        "kind": keras.layers.Dense(3, "softmax", name="kind")(inputs),
    }
    model = keras.Model(inputs, outputs)
    model.compile(loss={"value": "mse", "kind": "sparse_categorical_crossentropy"})
    y = {"value": X[:, 0], "kind": np.arange(50) % 3}
    probe = kp.diagnostics.Probe(model, (X, y, None), None, 32)
    probe.measure(0, 0.0)
    facts = probe.signals(kp.diagnostics.RunFacts(), kp.diagnostics.Score(), {}).outputs
    found = {one.name: (one.activation, one.loss, one.form, one.units) for one in facts}
    assert found == {
        "value": ("linear", "mean_squared_error", "values", 1),
        "kind": ("softmax", "sparse_categorical_crossentropy", "index", 3),
    }


def test_dropout_has_its_rate_and_is_linear():
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dropout(0.3), keras.layers.Dense(1)]
    )
    observer = observe(model)[0]
    assert [layer.rate for layer in observer.layers] == [0.0, 0.3, 0.0]
    assert all(layer.is_linear for layer in observer.layers)
    assert [layer.is_output for layer in observer.layers] == [False, False, True]
    assert observer.layers[0].sources == (-1,)


def test_layers_of_ours_say_whether_they_are_linear():
    ours, scaling = kp.layers, kp.layers.StandardScaling()
    scaling.adapt(X)
    layers = [scaling, ours.Dropout(0.3), ours.DropPath(0.1), ours.Jitter(0.1), ours.LayerScale()]
    layers += [ours.GhostBatchNormalization()]
    layers += [ours.NoisyDense(2, activation="relu"), ours.Maxout(2)]
    observer, _, _ = observe(keras.Sequential([keras.Input((3,)), *layers]))
    assert [layer.is_linear for layer in observer.layers] == [True] * 6 + [False] * 2
    assert [layer.rate for layer in observer.layers] == [0, pytest.approx(0.3), pytest.approx(0.1), *[0] * 5]


def test_the_layers_are_as_before():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "relu"), keras.layers.Dense(1)])
    before = [{**vars(layer)} for layer in model.layers]
    observe(model)
    for layer, attributes in zip(model.layers, before, strict=True):
        assert vars(layer).keys() == attributes.keys()
        assert "call" not in vars(layer)
        assert layer.activation is attributes["activation"]


def test_a_failing_pass_leaves_the_layers_as_before():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "relu")])
    with pytest.raises(Exception, match="nothing"), Observer(model).watching():
        raise ValueError("nothing")
    assert "call" not in vars(model.layers[0])
