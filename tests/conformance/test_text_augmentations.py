"""What every augmentation of texts promises."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kerasparts as kp
from tests.cases import TEXT_AUGMENTATIONS

EVERY = pytest.mark.parametrize("case", TEXT_AUGMENTATIONS, ids=str)
TEXTS = [
    "the quick brown fox jumps over the lazy dog",
    "  Two lines,\n\tquick and\r\nslow!  ",
    "",
    " \n ",
    "fox",
    "Über 日本語 naïve 👩‍👩‍👧 quick",
    "a-b_c 1,234.5 (quick); 'fox'?",
] * 4


@EVERY
def test_texts_change_in_training_and_not_otherwise(case):
    layer = case.build()
    assert layer(TEXTS) is TEXTS
    assert layer(TEXTS, training=True) != TEXTS


@EVERY
def test_no_text_becomes_empty_and_an_empty_one_stays(case):
    changes = {"rate": 1.0} | ({"kinds": ("delete",)} if "kinds" in case.kwargs else {})
    for changed in (case.build()(TEXTS, training=True), case.build(**changes)(TEXTS, training=True)):
        for old, new in zip(TEXTS, changed, strict=True):
            assert bool(new.strip()) == bool(old.strip())
            assert old.strip() or new == old


@EVERY
def test_a_rate_of_zero_changes_nothing(case):
    assert case.build(rate=0.0)(TEXTS, training=True) == TEXTS


@EVERY
def test_texts_come_back_in_the_form_they_came_in(case):
    expected = case.build()(TEXTS, training=True)
    shape = (7, 4)
    for make in (
        list,
        tuple,
        np.array,
        lambda texts: np.array(texts, object),
        lambda texts: np.array(texts, object).reshape(shape),
        lambda texts: tf.reshape(tf.constant(texts), shape),
    ):
        given = make(TEXTS)
        out = case.build()(given, training=True)
        assert type(out) is type(given)
        values = np.array(out.numpy() if hasattr(out, "numpy") else out)
        assert values.shape == np.shape(given)
        if not isinstance(given, list | tuple):
            assert out.dtype == given.dtype or out.dtype.kind == given.dtype.kind == "U"
        texts = [value.decode() if isinstance(value, bytes) else value for value in values.ravel().tolist()]
        assert texts == expected
    assert case.build()(np.array(TEXTS[0]), training=True).shape == ()
    assert isinstance(case.build()(TEXTS[0], training=True), str)


@EVERY
def test_bytes_that_are_no_utf8_are_kept(case):
    given = np.array([b"\xff\xfe fox quick", b"fox", "über".encode()])
    out = case.build()(given, training=True)
    assert out.dtype.kind == "S"
    assert case.build(rate=0.0)(given, training=True).tolist() == given.tolist()


@EVERY
def test_takes_no_texts(case):
    assert case.build()([], training=True) == []
    assert case.build()(np.zeros((0, 2), "U5"), training=True).shape == (0, 2)


@EVERY
def test_the_same_seed_gives_the_same_texts_and_another_does_not(case):
    one, two, other = case.build(), case.build(), case.build(seed=case.kwargs["seed"] + 1)
    first = one(TEXTS, training=True)
    assert two(TEXTS, training=True) == first
    assert one(TEXTS, training=True) != first
    assert other(TEXTS, training=True) != first


@EVERY
def test_draws_on_after_its_state_is_loaded(case):
    layer, store = case.build(), {}
    layer(TEXTS, training=True)
    layer.save_own_variables(store)
    again = case.build(seed=99)
    again.load_own_variables(store)
    assert again(TEXTS, training=True) == layer(TEXTS, training=True)


@EVERY
def test_what_is_no_text_is_refused(case):
    for wrong in ([1, 2], np.zeros(3), ["a", None], np.array(["a", float("nan")], object), 3, keras.ops.zeros(3)):
        with pytest.raises(ValueError, match="`texts` must be"):
            case.build()(wrong, training=True)


@EVERY
def test_inside_a_model_it_says_where_it_belongs(case):
    with pytest.raises(ValueError, match="AugmentedDataset"):
        case.build()(keras.KerasTensor((None,), "string"))
    with pytest.raises(ValueError, match=r"tf\.numpy_function"):
        tf.data.Dataset.from_tensors(TEXTS).map(lambda texts: case.build()(texts, training=True))


@EVERY
def test_works_in_tf_data_as_the_error_says(case):
    layer = case.build()
    dataset = tf.data.Dataset.from_tensors(TEXTS).map(
        lambda text: tf.numpy_function(lambda t: layer(t, training=True), [text], tf.string)
    )
    (out,) = dataset
    assert [text.decode() for text in out.numpy()] == case.build()(TEXTS, training=True)


def test_the_texts_are_the_same_on_every_backend():
    layer = kp.layers.RandomSwap(rate=0.3, seed=7)
    drawn = [layer("one two three four five six", training=True) for _ in range(3)]
    assert drawn == ["one two three five four six", "one two three five four six", "one three two four five six"]
