"""A claim of the notes: its sentence, the experiment that tries it, and what came out."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow

VERDICTS = ("holds", "holds if", "does not hold here")


@dataclass(frozen=True)
class Finding:
    """What came out. `why`: after "holds if" the condition, after "does not hold here" what is so instead."""

    verdict: str
    numbers: str
    why: str = ""


@dataclass(frozen=True)
class Claim:
    theme: str
    name: str
    sentence: str
    experiment: str
    measure: Callable[[int], Finding]

    def __call__(self, seeds=10) -> Finding:
        keras.utils.set_random_seed(0)
        finding = self.measure(seeds)
        assert finding.verdict in VERDICTS, finding
        return finding


CLAIMS = {}  # by name, in the order of the files and in the files that of the functions


def claim(sentence, experiment):
    """Registers a function of the number of seeds that returns its `Finding`, under its own name."""

    def register(function):
        theme, name = function.__module__.rpartition(".")[2], function.__name__
        assert name not in CLAIMS, name
        CLAIMS[name] = Claim(theme, name, sentence, experiment, function)
        return function

    return register


def number(value, form):
    """With "g" the zeros are written out: 350, not 3.5e+02."""
    text = f"{value:{form}}"
    return f"{float(text):g}" if form.endswith("g") else text


def pm(values, form=".2g"):
    """Mean and standard deviation: "0.61 ± 0.02"."""
    values = np.asarray(values, "float64")
    if values.size == 1:
        return number(values.mean(), form)
    return f"{number(values.mean(), form)} ± {number(values.std(ddof=1), form)}"


def percent(shares, form=".1f"):
    """`pm` of shares, in percent: "97.2 ± 0.4%"."""
    return pm(100 * np.asarray(shares, "float64"), form) + "%"


def span(values, form=".2g"):
    """Median with the least and the greatest, for what spreads over decades: "2e-05 (9e-06 to 4e-05)"."""
    values = np.asarray(values, "float64")
    if values.size == 1:
        return number(values.mean(), form)
    return f"{number(np.median(values), form)} ({number(values.min(), form)} to {number(values.max(), form)})"


def surely_less(one, other):
    """Is `one` less than `other`, seed by seed, by more than two standard errors of the difference?"""
    difference = np.asarray(other, "float64") - np.asarray(one, "float64")
    error = difference.std(ddof=1) / np.sqrt(difference.size) if difference.size > 1 else 0.0
    return bool(difference.mean() > 2 * error)


def seconds(function, times):
    """The least time of some calls of a function that returns a tensor."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        keras.ops.convert_to_numpy(function())
        found.append(time.perf_counter() - start)
    return min(found[1:])
