"""Initializers, tried on `inputs`: the shape of a weight."""

import inspect

import keras
import numpy as np

from kerasparts.testing.subject import Subject, array, dense, expect, same, through_a_file

INPUTS = (6, 4)


def gives_what_shape_and_precision_are_asked(subject: Subject):
    for dtype in ("float32", "float16", "bfloat16"):
        weights = subject.build()(subject.inputs, dtype=dtype)
        expect(
            tuple(weights.shape) == tuple(subject.inputs), f"asked for {subject.inputs}, gives {tuple(weights.shape)}"
        )
        given = keras.backend.standardize_dtype(weights.dtype)
        expect(given == dtype, f"asked for {dtype}, gives {given}")
        expect(np.isfinite(array(weights)).all(), f"it makes NaN or infinity in {dtype}")


def draws_the_same_from_the_same_seed(subject: Subject):
    if "seed" in inspect.signature(subject.part).parameters:
        one, again, other = (subject.build(seed=seed) for seed in (3, 3, 4))
        first, second, third = ([array(each(subject.inputs)) for _ in range(3)] for each in (one, again, other))
        expect(same(first, second, 0, 0), "two instances of one seed differ")
        expect(not same(first[:1], third[:1]), "two instances of different seeds agree")


def draws_anew_for_every_layer_that_shares_it(subject: Subject):
    if "seed" in inspect.signature(subject.part).parameters:
        shared = subject.build()
        one, other = (array(keras.Layer().add_weight(subject.inputs, shared)) for _ in range(2))
        expect(not same([one], [other]), "two layers that share an instance get equal weights")


def comes_back_from_a_file(subject: Subject):
    model = dense(kernel_initializer=subject.build())
    again = through_a_file(model).layers[-1].kernel_initializer
    expect(type(again) is subject.part, f"the loaded layer has a {type(again).__name__}")
    expect(again.get_config() == model.layers[-1].kernel_initializer.get_config(), "the loaded one has other arguments")


PROMISES = (
    gives_what_shape_and_precision_are_asked,
    draws_the_same_from_the_same_seed,
    draws_anew_for_every_layer_that_shares_it,
    comes_back_from_a_file,
)
