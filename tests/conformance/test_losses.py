"""What every classification loss promises, on every kind of targets that its row names."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasparts import backend
from kerasparts.testing.promises import loss as promises
from tests.cases import LOSSES

PLAIN = dict(axis=-1, dtype="float32", reduction="sum_over_batch_size")
REDUCTIONS = ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", None]
SHAPES = {"vector": (8,), "sequence": (4, 5), "pixels": (3, 4, 2)}
CLASSES = 3
ENTRIES = {"multi_label", "binary", "signs"}
# JAX computes in float32 unless told otherwise.
PRECISE = "float32" if keras.backend.backend() == "jax" else "float64"
EACH = [(case, kind) for case in LOSSES for kind in case.targets]


def each(rows=EACH):
    return pytest.mark.parametrize(("case", "kind"), rows, ids=[f"{case}-{kind}" for case, kind in rows])


WITH_LOGITS = [(case, kind) for case, kind in EACH if "from_logits" in case.kwargs]
WITH_LABELS = [(case, kind) for case, kind in EACH if kind == "labels"]
WITHOUT_SCORES = [(case, kind) for case, kind in EACH if kind != "logits"]


def targets_of(kind, labels, random):
    """Targets of a kind for the same labels; entries have gaps, and one output asks for the last class."""
    rows = np.eye(CLASSES, dtype=int)[labels]
    gaps = random.uniform(size=rows.shape) < 0.3
    return {
        "labels": labels,
        "one_hot": rows,
        "logits": random.normal(size=rows.shape),
        "multi_label": np.where(gaps, -1, rows),
        "binary": np.where(gaps, -1, rows)[..., -1],
        "signs": 2 * rows[..., -1] - 1,
    }[kind]


def data(kind, shape=(8,), seed=0):
    random = np.random.default_rng(seed)
    labels = random.integers(0, CLASSES, shape)
    z = random.normal(size=(*shape, 1 if kind in ("binary", "signs") else CLASSES)) * 3
    return targets_of(kind, labels, random), z


def probabilities(kind, z):
    return 1 / (1 + np.exp(-z)) if kind in ENTRIES else np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)


def build(case, kind, **changes):
    return case.build(**{**case.targets[kind], **PLAIN, **changes})


def expected(case, kind, y, z, sample_weight=None, mask=None, **changes):
    arguments = {**case.kwargs, **case.targets[kind], **PLAIN, **changes}
    arguments = {name: value for name, value in arguments.items() if name not in ("name", "dtype")}
    return case.oracle(y, z, sample_weight, mask=mask, **arguments)


def value(loss, y, z, *weights):
    return ops.convert_to_numpy(ops.cast(loss(y, np.asarray(z, "float32"), *weights), "float32"))


@each()
@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
def test_follows_the_formula(case, kind, shape):
    y, z = data(kind, shape)
    for reduction in REDUCTIONS:
        for w in (None, np.random.default_rng(1).uniform(size=shape)):
            result = value(build(case, kind, reduction=reduction), y, z, w)
            by_hand = expected(case, kind, y, z, w, reduction=reduction)
            np.testing.assert_allclose(result, by_hand, rtol=1e-5, atol=1e-6)


@each(WITH_LOGITS)
def test_probabilities_give_the_same_as_their_logits(case, kind):
    y, z = data(kind)
    p = probabilities(kind, z)
    from_p = value(build(case, kind, from_logits=False), y, p)
    assert from_p == pytest.approx(value(build(case, kind), y, z), rel=1e-4)
    assert from_p == pytest.approx(expected(case, kind, y, p, from_logits=False), rel=1e-4)


@each()
def test_the_axis_of_the_classes_can_be_any(case, kind):
    y, z = data(kind, (3, 4, 2))
    y_first = np.moveaxis(y, -1, 1) if y.ndim == z.ndim else y
    loss = build(case, kind, axis=1)
    by_hand = expected(case, kind, y, z)
    assert value(loss, y_first, np.moveaxis(z, -1, 1)) == pytest.approx(by_hand, rel=1e-5)


@each([(case, kind) for case, kind in EACH if kind in ("labels", "binary", "signs")])
def test_targets_may_have_a_last_axis_of_one(case, kind):
    y, z = data(kind)
    loss = build(case, kind)
    assert value(loss, y[:, None], z) == pytest.approx(float(value(loss, y, z)))


@each()
def test_a_sample_weight_with_fewer_axes_weighs_whole_samples(case, kind):
    y, z = data(kind, (4, 4))  # square: broadcast from the wrong side, nothing would be noticed
    w = np.array([0.0, 1.0, 2.0, 5.0])
    for reduction in ("sum_over_batch_size", "mean_with_sample_weight"):
        loss = build(case, kind, reduction=reduction)
        by_hand = expected(case, kind, y, z, w, reduction=reduction)
        assert value(loss, y, z, w) == pytest.approx(by_hand, rel=1e-5)
        assert value(loss, y, z, w[:, None]) == pytest.approx(by_hand, rel=1e-5)


@each()
def test_zero_weight_removes_a_sample(case, kind):
    y, z = data(kind)
    promises.forgets_rows_of_weight_zero(case.subject((y, z), **case.targets[kind], **PLAIN))
    for reduction in ("sum_over_batch_size", "mean_with_sample_weight", "sum"):
        assert value(build(case, kind, reduction=reduction), y, z, np.zeros(8)) == 0.0


@each()
def test_a_class_without_weight_counts_for_nothing(case, kind):
    y, z = data(kind)
    number = 2 if z.shape[-1] == 1 else CLASSES
    assert value(build(case, kind, class_weight=[0.0] * number), y, z) == 0.0
    some = [0.0] * (number - 1) + [3.0]
    by_hand = expected(case, kind, y, z, class_weight=some)
    assert value(build(case, kind, class_weight=np.array(some)), y, z) == pytest.approx(by_hand, rel=1e-5)


@each()
def test_a_keras_mask_and_gaps_leave_the_same_average(case, kind):
    y, z = data(kind, (4, 5))
    mask = np.arange(5) < np.array([[5], [3], [1], [4]])
    masked = keras.layers.Masking(mask_value=-1e3)(np.where(mask[..., None], z, -1e3).astype("float32"))
    result = float(build(case, kind)(y, masked))
    assert result == pytest.approx(expected(case, kind, y, z, mask=mask), rel=1e-5)


@each()
def test_a_reduction_set_later_is_that_of_the_loss(case, kind):
    y, z = data(kind)
    loss = build(case, kind)
    loss.reduction = "sum"
    assert value(loss, y, z) == value(build(case, kind, reduction="sum"), y, z)


def extremes(case, kind):
    random = np.random.default_rng(0)
    width = 1 if kind in ("binary", "signs") else CLASSES
    far = np.array([[1e4, -1e4, 0.0], [1e4, -1e4, 0.0], [-1e4, 1e4, 1e4]])[:, :width]
    ignored = {**case.kwargs, **case.targets[kind]}["ignore_class"]
    if kind == "one_hot" and ignored in range(CLASSES):
        gaps = np.eye(CLASSES)[[ignored, ignored]]
    else:
        gaps = np.full((2,) if kind == "labels" else (2, width), ignored)
    return {
        "large logits": (targets_of(kind, np.array([0, 1, 1]), random), far),
        "equal logits": (targets_of(kind, np.array([0, 1]), random), np.zeros((2, width))),
        "all left out": (gaps, far[:2]),
        "empty batch": (targets_of(kind, np.zeros((0,), int), random), np.zeros((0, width))),
    }


@each()
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_is_finite_at_the_extremes(case, kind, dtype):
    tolerance = {"float32": 1e-5, "bfloat16": 1e-2, "float16": 2e-3}[dtype]
    for name, (y, z) in extremes(case, kind).items():
        result = build(case, kind, dtype=dtype)(y, ops.cast(z, dtype))
        assert result.shape == ()
        assert keras.backend.standardize_dtype(result.dtype) == dtype
        rounded = ops.convert_to_numpy(ops.cast(ops.cast(z, dtype), "float32"))
        by_hand = expected(case, kind, y, rounded)
        by_hand = min(by_hand, 65504.0) if dtype == "float16" else by_hand
        assert float(ops.cast(result, "float32")) == pytest.approx(by_hand, rel=tolerance, abs=1e-6), name


@each(WITH_LOGITS)
def test_probabilities_of_exactly_zero_and_one_are_finite(case, kind):
    y, z = data(kind)
    p = np.eye(z.shape[-1])[np.arange(8) % z.shape[-1]] if z.shape[-1] > 1 else (np.arange(8) % 2)[:, None] * 1.0
    by_hand = expected(case, kind, y, p, from_logits=False)
    assert value(build(case, kind, from_logits=False), y, p) == pytest.approx(by_hand, rel=1e-4)
    assert np.isfinite(gradient(build(case, kind, from_logits=False), y, p)).all()


def gradient(loss, y, z, w=None, dtype="float32"):
    """In a compiled program, as in `fit`, with targets that it cannot look at."""
    predictions = keras.Variable(np.asarray(z, dtype), dtype=dtype)
    y, w = ops.convert_to_tensor(y), None if w is None else ops.convert_to_tensor(np.asarray(w, dtype))
    _, (found,) = backend.value_and_gradients(lambda: loss(y, predictions.value, w), [predictions])()
    return ops.convert_to_numpy(found)


@each()
@pytest.mark.parametrize("from_logits", [True, False])
def test_gradient_agrees_with_finite_differences(case, kind, from_logits):
    form = {"from_logits": from_logits} if "from_logits" in case.kwargs else {}
    y, z = data(kind, (6,))
    z = z if from_logits or not form else probabilities(kind, z)
    w = np.linspace(0.5, 1.5, 6)
    step = 1e-6
    numeric = np.zeros_like(z)
    for index in np.ndindex(*z.shape):
        up, down = z.copy(), z.copy()
        up[index] += step
        down[index] -= step
        rise = expected(case, kind, y, up, w, **form) - expected(case, kind, y, down, w, **form)
        numeric[index] = rise / (2 * step)
    found = gradient(build(case, kind, dtype=PRECISE, **form), y, z, w, PRECISE)
    tolerance = dict(rtol=1e-6, atol=1e-8) if PRECISE == "float64" else dict(rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(found, numeric, **tolerance)


@each()
def test_gradient_is_finite_at_the_extremes(case, kind):
    for name, (y, z) in extremes(case, kind).items():
        if name != "empty batch":
            assert np.isfinite(gradient(build(case, kind), y, z)).all(), name


@each(WITHOUT_SCORES)
def test_a_target_that_is_none_is_refused_or_nan(case, kind):
    y, z = data(kind)
    loss = build(case, kind)
    for wrong in (CLASSES, -2):
        y = np.array(y)
        y.flat[0] = wrong
        with pytest.raises(ValueError, match="y_true"):
            value(loss, y, z)
        if kind != "one_hot":
            assert np.isnan(value(loss, ops.convert_to_tensor(y), z))


@each()
def test_shapes_that_do_not_fit_are_refused(case, kind):
    y, z = data(kind, (4, 5))
    loss = build(case, kind)
    with pytest.raises(ValueError, match="y_true"):
        value(loss, y[:, :2], z)
    with pytest.raises(ValueError, match="class_weight"):
        value(build(case, kind, class_weight=[1.0] * 4), y, z)
    with pytest.raises(ValueError, match="sample_weight"):
        value(loss, y, z, np.ones(3))


@each(WITH_LABELS)
def test_many_labels_survive_half_precision(case, kind):
    """In bfloat16 the label 257 is 256: labels must never become floats."""
    z = np.zeros((2, 300), "float32")
    z[:, 257] = 20.0
    plain = dict(class_weight=None, label_smoothing=0.0, class_counts=np.ones(300), alpha=None)
    plain = {name: value for name, value in plain.items() if name in case.kwargs}
    loss = build(case, kind, dtype="bfloat16", **plain)
    assert value(loss, np.array([257, 257]), z) < 1e-3


def test_all_train_in_one_compiled_fit_with_as_many_outputs():
    inputs = keras.Input((4,))
    random = np.random.default_rng(0)
    x, labels = random.normal(size=(32, 4)), random.integers(0, CLASSES, 32)
    outputs, losses, targets = [], {}, {}
    for index, (case, kind) in enumerate(EACH):
        units = data(kind)[1].shape[-1]
        outputs.append(keras.layers.Dense(units, name=f"output_{index}")(inputs))
        losses[f"output_{index}"] = build(case, kind, **{"from_logits": True} if "from_logits" in case.kwargs else {})
        targets[f"output_{index}"] = targets_of(kind, labels, random)
    model = keras.Model(inputs, {f"output_{index}": output for index, output in enumerate(outputs)})
    model.compile("sgd", losses)
    history = model.fit(x, targets, epochs=8, batch_size=32, verbose=0).history
    for name in losses:
        assert history[f"{name}_loss"][-1] < history[f"{name}_loss"][0], name
