"""Layers, tried on `inputs`: an array of some rows. A layer with `adapt` is adapted to it first."""

import keras
import numpy as np

from kerasparts.testing.subject import (
    Subject,
    X,
    array,
    arrays,
    check_resumes,
    expect,
    fit,
    is_finite,
    numbers,
    same,
    through_a_file,
)

INPUTS = X


def gives_the_shapes_it_says(subject: Subject):
    x, layer = subject.inputs, ready(subject)
    said = keras.tree.flatten(layer(keras.Input(x.shape[1:], dtype=x.dtype.name)))
    given = keras.tree.flatten(layer(x, training=False))
    for before, after in zip(said, given, strict=True):
        expect(before.shape[0] is None, f"it takes batches of {before.shape[0]} rows only")
        expect(
            tuple(before.shape[1:]) == tuple(after.shape[1:]), f"it says {before.shape}, and gives {tuple(after.shape)}"
        )


def takes_batches_of_any_size(subject: Subject):
    layer = ready(subject)
    for rows in (len(subject.inputs), 1, 0):
        outputs = arrays(layer(subject.inputs[:rows], training=False))
        expect(all(len(one) == rows for one in outputs), f"{rows} rows become {[one.shape for one in outputs]}")
        expect(is_finite(outputs), f"of {rows} rows it makes NaN or infinity")


def gives_the_same_again_at_inference(subject: Subject):
    layer = ready(subject)
    one, other = (arrays(layer(subject.inputs, training=False)) for _ in range(2))
    expect(same(one, other, 0, 0), "two calls with `training=False` differ")


def treats_each_row_by_itself_at_inference(subject: Subject):
    layer = ready(subject)
    together = arrays(layer(subject.inputs, training=False))
    alone = arrays(layer(subject.inputs[:1], training=False))
    expect(same([one[:1] for one in together], alone, 1e-4, 1e-5), "a row gets another answer in a batch than alone")
    if subject.inputs.dtype.kind == "f":
        spoilt = subject.inputs.copy()
        spoilt[-1], spoilt[-2:-1] = np.nan, np.inf
        rest = [one[:-2] for one in arrays(layer(spoilt, training=False))]
        expect(is_finite(rest), "a row of NaN, or of infinity, spoils the answers to others")


def follows_the_precision_it_is_given(subject: Subject):
    for policy, dtype in (("mixed_float16", "float16"), ("mixed_bfloat16", "bfloat16")):
        keras.config.set_dtype_policy(policy)
        layer = ready(subject)
        outputs = keras.tree.flatten(layer(subject.inputs, training=False))
        floats = [one for one in outputs if keras.backend.is_float_dtype(keras.backend.standardize_dtype(one.dtype))]
        given = {keras.backend.standardize_dtype(one.dtype) for one in floats}
        expect(given <= {dtype}, f"under {policy} it gives {', '.join(given)}; compute in `self.compute_dtype`")
        expect(is_finite([array(one) for one in floats]), f"under {policy} it makes NaN or infinity")
        for weight in layer.trainable_weights:
            kept = keras.backend.standardize_dtype(weight.dtype)
            expect(kept == "float32", f"under {policy} `{weight.name}` is {kept}; leave its dtype to `add_weight`")


def trains_in_a_compiled_fit(subject: Subject):
    model = around(subject)
    before = [array(weight) for weight in model.trainable_weights]
    losses = fit(model, *data(subject))
    expect(np.isfinite(losses).all(), f"the loss becomes {losses[-1]}")
    still = [w.path for w, b in zip(model.trainable_weights, before, strict=True) if b.size and (array(w) == b).all()]
    expect(not still, f"{', '.join(still)} did not move: no gradient comes there")


def comes_back_from_a_file_with_its_answers(subject: Subject):
    model = around(subject)
    fit(model, *data(subject))
    again = through_a_file(model)
    one, other = (arrays(m(subject.inputs, training=False)) for m in (model, again))
    expect(same(one, other), "the loaded model gives other answers")


def trains_on_from_a_file_as_if_never_stopped(subject: Subject):
    check_resumes(lambda: around(subject), *data(subject))


def ready(subject):
    layer = subject.build()
    if hasattr(layer, "adapt"):
        layer.adapt(subject.inputs)
    return layer


def data(subject):
    return subject.inputs, numbers((len(subject.inputs), 1), 1)


def around(subject):
    """A compiled model of one output with the layer."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input(subject.inputs.shape[1:], dtype=subject.inputs.dtype.name)
    outputs = keras.tree.flatten(ready(subject)(inputs))
    flat = [keras.layers.Flatten()(keras.layers.Activation("linear", dtype="float32")(one)) for one in outputs]
    together = flat[0] if len(flat) == 1 else keras.layers.Concatenate()(flat)
    model = keras.Model(inputs, keras.layers.Dense(1)(together))
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return model


PROMISES = (
    gives_the_shapes_it_says,
    takes_batches_of_any_size,
    gives_the_same_again_at_inference,
    treats_each_row_by_itself_at_inference,
    follows_the_precision_it_is_given,
    trains_in_a_compiled_fit,
    comes_back_from_a_file_with_its_answers,
    trains_on_from_a_file_as_if_never_stopped,
)
