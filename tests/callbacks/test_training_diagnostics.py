"""TrainingDiagnostics: it changes no training and breaks none; what it measures, stops, keeps and writes."""

import json
import warnings

import keras
import numpy as np
import pytest

import kerasparts as kp
from kerasparts.diagnostics import Probe, Signals
from tests.callbacks import awkward
from tests.callbacks.awkward import PROGRAMS, LABELS, ROWS, X, Y, arrays, classifier, compiled, network, regression

BACKEND = keras.backend.backend()


def gauge(**kwargs):
    return kp.callbacks.TrainingDiagnostics(**{"verbose": 0, **kwargs})


def run(model, fit, *callbacks):
    """Fits for two epochs unless told otherwise; returns the history and the weights."""
    arguments = {"epochs": 2, "verbose": 0, **fit}
    others = arguments.pop("callbacks", [])
    keras.utils.set_random_seed(1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The model does not have any trainable weights")
        warnings.filterwarnings("ignore", "The .grad attribute of a Tensor")  # Torch's compiler looks at all of them
        history = model.fit(callbacks=[*others, *callbacks], **arguments).history
    return history, [np.array(keras.ops.convert_to_numpy(v)) for v in model.variables]


def twice(build, *callbacks):
    """The same program without and with callbacks."""
    results = []
    for some in ((), callbacks):
        keras.utils.set_random_seed(0)
        results.append(run(*build(), *some))
    return results


def assert_same_training(first, second):
    assert first[0].keys() == second[0].keys()
    for name in first[0]:
        np.testing.assert_array_equal(first[0][name], second[0][name], err_msg=name)
    assert len(first[1]) == len(second[1])
    for one, other in zip(first[1], second[1], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_training_is_the_same_bit_for_bit_and_nothing_is_warned_of(name):
    gauges = gauge()
    assert_same_training(*twice(PROGRAMS[name], gauges))
    assert gauges.signals.notes == ()
    assert_sound(gauges.signals)
    str(gauges.diagnosis)


def assert_sound(signals):
    assert signals.moments > 0
