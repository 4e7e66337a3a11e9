"""What a file holds of an optimizer is restored by name, or refused; Keras' optimizers leave all of it and warn."""

import json
import warnings

import keras
import numpy as np
import pytest
from keras import ops

from kerasparts.optimizers import LBFGS, SGD, Adam, AdamW, Lookahead, NovoGrad, Prodigy, ScheduleFree
from kerasparts.optimizers.transforms import SkipNonFinite

SHAPES = [(3, 4), (4,), (4, 2), (2,)]
OPTIMIZERS = {
    "Adam": lambda: Adam(0.1, gradient_transforms=[SkipNonFinite()], record_norms=True),
    "AdamW": lambda: AdamW(0.1, use_ema=True, gradient_accumulation_steps=2),
    "NovoGrad": lambda: NovoGrad(0.1),
    "Prodigy": lambda: Prodigy(),
    "LBFGS": lambda: LBFGS(),
    "Lookahead": lambda: Lookahead(Adam(0.1)),
    "ScheduleFree": lambda: ScheduleFree(Adam(0.1, beta_1=0.0)),
}
EVERY = pytest.mark.parametrize("name", OPTIMIZERS)


def built(optimizer, prefix="dense"):
    optimizer.build([keras.Variable(np.ones(shape), name=f"{prefix}_{i}") for i, shape in enumerate(SHAPES)])
    return optimizer


def trained(optimizer):
    """Every number of its state is another one, as after many steps."""
    for i, variable in enumerate(built(optimizer).variables):
        numbers = 2 + i + np.arange(np.prod(variable.shape)).reshape(variable.shape)
        variable.assign(ops.cast(ops.convert_to_tensor(numbers), variable.dtype))
    return optimizer


def file_of(optimizer):
    store = {}
    optimizer.save_own_variables(store)
    return store


def names(store):
    return json.loads(bytes(store["names"]))


def without(store, kinds):
    """The same file without the arrays of some names."""
    kept = [(name, store[str(i)]) for i, name in enumerate(names(store)) if name not in kinds]
    text = json.dumps([name for name, _ in kept])
    return {**{str(i): a for i, (_, a) in enumerate(kept)}, "names": np.frombuffer(text.encode(), "uint8")}


def check_equal(one, other):
    assert one.keys() == other.keys()
    for key, value in one.items():
        np.testing.assert_array_equal(value, other[key])


@EVERY
def test_is_restored_whatever_the_weights_are_called(name):
    store = file_of(trained(OPTIMIZERS[name]()))
    other = built(OPTIMIZERS[name](), prefix="other_model_dense")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        other.load_own_variables(store)
    check_equal(file_of(other), store)


@EVERY
def test_each_array_has_the_name_of_what_it_is(name):
    kinds = names(file_of(built(OPTIMIZERS[name]())))
    assert kinds[:2] == ["iteration", "learning_rate"]
    assert not any("dense" in kind or "small" in kind for kind in kinds)
    assert all(kinds.count(kind) in (1, len(SHAPES)) for kind in kinds)


@EVERY
def test_a_file_without_names_is_restored_by_number(name):
    store = file_of(trained(OPTIMIZERS[name]()))
    del store["names"]
    other = built(OPTIMIZERS[name]())
    other.load_own_variables(store)
    check_equal({key: value for key, value in file_of(other).items() if key != "names"}, store)


@EVERY
def test_state_that_has_no_place_is_refused_and_nothing_is_changed(name):
    store = file_of(trained(OPTIMIZERS[name]()))
    other = trained(SGD(0.1))
    before = file_of(other)
    kind = names(store)[2]
    with pytest.raises(ValueError, match=f"optimizer '{other.name}': the file holds '{kind}'"):
        other.load_own_variables(store)
    check_equal(file_of(other), before)


def test_new_state_starts_anew_and_the_old_is_restored():
    store = without(file_of(trained(Adam(0.1, amsgrad=True))), ["top"])  # as from a version that had no such state
    other = built(Adam(0.1, amsgrad=True))
    with pytest.warns(UserWarning, match=r"starts anew what the file lacks: \['top'\]"):
        other.load_own_variables(store)
    check_equal(without(file_of(other), ["top"]), store)
    assert not np.any(file_of(other)[str(names(file_of(other)).index("top"))])


def test_state_of_other_shapes_is_refused():
    store = file_of(trained(LBFGS(memory=5)))
    with pytest.raises(ValueError, match=r"'steps' has the shapes \[\(10, 26\)\], in the file \[\(5, 26\)\]"):
        built(LBFGS(memory=10)).load_own_variables(store)


def test_state_of_other_weights_of_the_same_size_is_refused():
    store = file_of(trained(Adam(0.1)))
    m = names(store).index("m")
    store[str(m)] = store[str(m)].T
    with pytest.raises(ValueError, match="'m' has the shapes"):
        built(Adam(0.1)).load_own_variables(store)


@EVERY
def test_what_is_loaded_before_build_waits_for_it(name):
    optimizer = trained(OPTIMIZERS[name]())
    store = file_of(optimizer)
    waiting = OPTIMIZERS[name]()
    waiting.load_own_variables(store)
    check_equal(file_of(waiting), store)
    check_equal(file_of(built(waiting, prefix="other_model_dense")), store)


def test_what_waits_for_build_is_refused_there_where_it_has_no_place():
    optimizer = SGD(0.1)
    optimizer.load_own_variables(file_of(trained(Adam(0.1))))
    with pytest.raises(ValueError, match="the file holds 'm'"):
        built(optimizer)


def test_a_file_of_an_optimizer_that_was_not_built_leaves_no_warning():
    store = file_of(Adam(0.3))
    optimizer = built(Adam(0.1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizer.load_own_variables(store)
        optimizer.load_own_variables({})
    assert float(ops.convert_to_numpy(optimizer.learning_rate)) == pytest.approx(0.3)


@pytest.mark.parametrize("around", [lambda inner: inner, Lookahead], ids=["alone", "wrapped"])
def test_keras_raises_what_is_refused_and_leaves_it_when_told(around, tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])
    model.compile(around(Adam(0.1)), "mse")
    model.optimizer.build(model.trainable_variables)
    model.save_weights(tmp_path / "adam.weights.h5")
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])
    other.compile(around(SGD(0.1)), "mse")
    other.optimizer.build(other.trainable_variables)
    with pytest.raises(ValueError, match=r"the file holds 'm' \(2\), for which there is no place"):
        other.load_weights(tmp_path / "adam.weights.h5")
    other.load_weights(tmp_path / "adam.weights.h5", objects_to_skip=[other.optimizer])
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])


@EVERY
def test_an_h5_file_is_refused_with_the_reason_and_gives_its_weights(name, tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])
    model.compile(OPTIMIZERS[name](), keras.losses.MeanSquaredError())
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "model.h5")
    with pytest.raises(NotImplementedError, match=r"An \.h5 file cannot give an optimizer its state back"):
        keras.models.load_model(tmp_path / "model.h5")
    loaded = keras.models.load_model(tmp_path / "model.h5", compile=False)
    np.testing.assert_array_equal(loaded.get_weights()[0], model.get_weights()[0])


@EVERY
def test_set_weights_takes_all_arrays_or_none(name):
    optimizer = trained(OPTIMIZERS[name]())
    weights = [variable.numpy() for variable in optimizer.variables]
    other = built(OPTIMIZERS[name]())
    other.set_weights(weights)
    check_equal(file_of(other), file_of(optimizer))
    with pytest.raises(ValueError, match="`weights` must be arrays of the shapes"):
        other.set_weights(weights[:-1])


def test_keras_own_drops_all_with_a_warning():
    store = {}
    trained(keras.optimizers.Adam(0.1)).save_own_variables(store)
    other = built(keras.optimizers.Adam(0.1, amsgrad=True))
    with pytest.warns(UserWarning, match="Skipping variable loading"):
        other.load_own_variables(store)
    assert int(ops.convert_to_numpy(other.iterations)) == 0
