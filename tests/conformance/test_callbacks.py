"""What every callback promises."""

import keras
import numpy as np
import pytest

from kerasparts.core.state_file import read_state, write_state
from tests.cases import CALLBACKS, OF_ENSEMBLES, OF_WEIGHTS

EVERY = pytest.mark.parametrize("case", [*CALLBACKS, *OF_ENSEMBLES, *OF_WEIGHTS], ids=str)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    """Some callbacks write files."""
    monkeypatch.chdir(tmp_path)


def classifier():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def data(rows=40):
    x = np.random.default_rng(0).normal(size=(rows, 3)).astype("float32")
    return x, (x[:, 0] > 0).astype("int64")


@EVERY
def test_takes_part_in_a_second_fit_as_in_the_first(case):
    def outcome(callback):
        keras.utils.set_random_seed(3)
        history = classifier().fit(*data(), validation_data=data(20), epochs=6, callbacks=[callback], verbose=0).history
        return dict(history)

    callback = case.build(verbose=0)
    once, again = outcome(callback), outcome(callback)
    assert once == again


@pytest.mark.parametrize("case", [*CALLBACKS, *OF_ENSEMBLES], ids=str)
def test_leaves_the_training_as_it_is(case):
    """With or without the callback, the weights after the same number of epochs are the same."""

    def weights(callbacks):
        keras.utils.set_random_seed(3)
        model = classifier()
        history = model.fit(*data(), validation_data=data(20), epochs=2, callbacks=callbacks, verbose=0)
        return model.get_weights() if len(history.epoch) == 2 else None

    for one, other in zip(weights([]), weights([case.build(verbose=0)]), strict=True):
        np.testing.assert_array_equal(one, other)


@EVERY
def test_is_silent_unless_told_otherwise(case, capsys):
    classifier().fit(*data(), validation_data=data(20), epochs=2, callbacks=[case.build(verbose=0)], verbose=0)
    assert capsys.readouterr().out == ""


@pytest.mark.slow
@EVERY
def test_can_be_used_by_two_fits_one_after_another_with_different_models(case):
    callback = case.build(verbose=0)
    for _ in range(2):
        classifier().fit(*data(), validation_data=data(20), epochs=1, callbacks=[callback], verbose=0)


@EVERY
def test_its_state_goes_through_a_file_to_another_like_it(case):
    model, callback, other = classifier(), case.build(verbose=0), case.build(verbose=0)
    model.run_eagerly = True
    for one in (callback, other):
        write_state("state", one.get_state())  # before any fit
    model.fit(*data(), validation_data=data(20), epochs=1, callbacks=[callback], verbose=0)
    write_state("state", callback.get_state())
    other.set_state(read_state("state"))
    model.fit(*data(), validation_data=data(20), epochs=2, initial_epoch=1, callbacks=[other], verbose=0)
