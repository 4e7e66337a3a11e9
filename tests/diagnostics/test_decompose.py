"""Bias and variance from given predictions, against the papers written out point by point, and against the truth."""

import json

import numpy as np
import pytest

from kerasparts.diagnostics import decompose_bias_variance
from tests.reference import decomposition as reference

SEEDS = pytest.mark.parametrize("seed", range(10))


def random_case(seed, classes=None):
    """Replicas, rows, outputs or classes, and numbers of widely different sizes."""
    random = np.random.default_rng(seed)
    replicas, rows, outputs = random.integers(2, 9), random.integers(1, 12), classes or random.integers(1, 12)
    return random, random.normal(scale=10.0 ** random.integers(-3, 3), size=(replicas, rows, outputs))


def softmax(z):
    p = np.exp(z - z.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)


def assert_adds_up(bv):
    noise = 0.0 if bv.noise is None else bv.noise.value
    assert noise + bv.bias.value + bv.variance.value == pytest.approx(bv.error.value, abs=1e-9, rel=1e-9)
    noise = 0.0 if bv.noise is None else bv.noise_by_point
    np.testing.assert_allclose(noise + bv.bias_by_point + bv.variance_by_point, bv.error_by_point, rtol=1e-9, atol=1e-9)
    for part in (bv.error, bv.bias, bv.variance):
        assert part.replicas == bv.replicas


@SEEDS
def test_squared_follows_the_formula(seed):
    random, f = random_case(seed)
    y = random.normal(size=f.shape[1:])
    bv = decompose_bias_variance(f, y)
    error, bias, variance = reference.squared(f, y)
    scale = np.abs(f).max() ** 2 + 1
    np.testing.assert_allclose(bv.error_by_point, error, atol=1e-12 * scale)
    np.testing.assert_allclose(bv.bias_by_point, bias, atol=1e-12 * scale)
    np.testing.assert_allclose(bv.variance_by_point, variance, atol=1e-12 * scale)
    np.testing.assert_allclose(bv.main, f.mean(axis=0))
    assert bv.plug_in_bias + bv.plug_in_variance == pytest.approx(bv.error.value)
    assert bv.plug_in_variance == pytest.approx(f.var(axis=0).mean())
    assert_adds_up(bv)


@SEEDS
@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("soft", [False, True])
def test_zero_one_follows_the_theorem(seed, classes, soft):
    random, z = random_case(seed, classes)
    p = random.dirichlet(np.ones(classes), z.shape[1])
    y = p if soft else random.integers(0, classes, z.shape[1])
    bv = decompose_bias_variance(softmax(z), y, "zero_one")
    error, noise, bias, unbiased, biased = reference.zero_one(z.argmax(axis=-1), p if soft else np.eye(classes)[y])
    np.testing.assert_allclose(bv.error_by_point, error, atol=1e-12)
    np.testing.assert_allclose(bv.bias_by_point, bias, atol=1e-12)
    np.testing.assert_allclose(bv.variance_by_point, unbiased - biased, atol=1e-12)
    assert (bv.unbiased_variance, bv.biased_variance) == pytest.approx((unbiased.mean(), biased.mean()))
    if soft:
        np.testing.assert_allclose(bv.noise_by_point, noise, atol=1e-12)
    else:
        assert bv.noise is None
    assert_adds_up(bv)


@SEEDS
@pytest.mark.parametrize("classes", [2, 10])
@pytest.mark.parametrize("soft", [False, True])
def test_cross_entropy_follows_the_formula(seed, classes, soft):
    random, z = random_case(seed, classes)
    z = np.clip(z, -9, 9)  # within what an output of probabilities can hold
    p = random.dirichlet(np.ones(classes), z.shape[1])
    labels = random.integers(0, classes, z.shape[1])
    y, p = (p, p) if soft else (labels, np.eye(classes)[labels])
    bv = decompose_bias_variance(z, y, "cross_entropy", from_logits=True)
    error, noise, bias, variance = reference.cross_entropy(softmax(z), p)
    np.testing.assert_allclose(bv.error_by_point, error, atol=1e-9)
    assert bv.plug_in_bias == pytest.approx(bias.mean(), abs=1e-9)
    assert bv.plug_in_variance == pytest.approx(variance.mean(), abs=1e-9)
    assert (0.0 if bv.noise is None else bv.noise.value) == pytest.approx(noise.mean() if soft else 0.0)
    assert_adds_up(bv)


@SEEDS
@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
def test_the_number_of_replicas_is_corrected_and_its_error_told_by_the_jackknife(seed, loss):
    random, z = random_case(seed, classes=3)
    z, labels = np.clip(z, -9, 9), random.integers(0, 3, z.shape[1])
    if len(z) == 2:
        z = np.concatenate([z, z[:1] + 0.1])
    bv = decompose_bias_variance(z, labels, loss, from_logits=True)
    p, y = softmax(z), np.eye(3)[labels]

    def plug_in(kept):
        if loss == "squared":
            return p[kept].var(axis=0).mean()
        return reference.cross_entropy(p[kept], y)[3].mean()

    value, error = reference.jackknife(plug_in, len(z))
    assert bv.variance.value == pytest.approx(value, rel=1e-6, abs=1e-12)
    assert bv.variance.replica_error == pytest.approx(error, rel=1e-6, abs=1e-12)


def test_the_truth_is_within_its_errors_and_the_errors_are_no_wider_than_needed():
    random = np.random.default_rng(0)
    rows, noise = 200, 0.5
    bias, spread = random.normal(size=(rows, 1)), random.uniform(0.5, 2.0, size=(rows, 1))
    found, truth = [], [(bias**2).mean(), (spread**2).mean()]
    for _ in range(200):
        common = random.normal(size=(8, 1, 1))  # replicas differ alike at all points: the harder case
        f = bias + spread * (0.6 * common + 0.8 * random.normal(size=(8, rows, 1)))
        y = np.sqrt(noise) * random.normal(size=(rows, 1))
        bv = decompose_bias_variance(f, y, noise=noise)
        found.append([[part.value, part.standard_error] for part in (bv.bias, bv.variance)])
        assert bv.noise.value == noise
        assert bv.noise_source == "given"
    values, errors = np.moveaxis(found, -1, 0)
    assert (np.abs(values.mean(axis=0) - truth) < 3 * values.std(axis=0) / np.sqrt(200)).all()
    # These test points are the same each time and no sample: their part of the error is to the safe side.
    scatter = np.sqrt((errors**2).mean(axis=0)) / values.std(axis=0)
    assert ((scatter > 0.9) & (scatter < 2)).all()


def test_the_error_of_zero_one_is_that_of_repetition():
    random = np.random.default_rng(0)
    z, y = 1.5 * random.normal(size=(100, 3)), random.integers(0, 3, 100)
    found = []
    for _ in range(60):
        f = z + random.normal(size=(20, 100, 3)) + random.normal(size=(20, 1, 3))
        bv = decompose_bias_variance(f, y, "zero_one", from_logits=True)
        found.append([[part.value, part.replica_error] for part in (bv.error, bv.bias, bv.variance)])
    values, errors = np.moveaxis(found, -1, 0)
    np.testing.assert_allclose(np.sqrt((errors**2).mean(axis=0)), values.std(axis=0), rtol=0.35)  # of 60: 0.1 each


def test_repeated_inputs_tell_the_noise():
    random = np.random.default_rng(0)
    truth, groups = random.normal(size=300), np.repeat(np.arange(300), 4)
    y = truth[groups] + 0.7 * random.normal(size=1200)
    f = (truth + 0.2 + 0.5 * random.normal(size=(30, 300)))[:, groups]
    bv = decompose_bias_variance(f, y, noise="repeats", groups=groups)
    for part, value in ((bv.noise, 0.49), (bv.bias, 0.04), (bv.variance, 0.25)):
        assert abs(part.value - value) < 3 * part.standard_error
        assert part.standard_error < 0.05
    assert bv.noise_source == "repeats"
    assert_adds_up(bv)
    apart = decompose_bias_variance(f, y, noise="repeats", groups=np.char.add("row", groups.astype(str)))
    assert apart.noise.value == pytest.approx(bv.noise.value)


def test_repeated_inputs_make_the_labels_probabilities():
    groups, y = np.array([0, 0, 0, 0, 1, 1]), np.array([2, 2, 2, 1, 0, 0])
    f = np.random.default_rng(0).dirichlet(np.ones(3), (5, 2))[:, groups]
    shares = np.array([[0, 0.25, 0.75], [1, 0, 0]])[groups]
    for loss in ("zero_one", "cross_entropy"):
        by_repeats = decompose_bias_variance(f, y, loss, noise="repeats", groups=groups)
        by_shares = decompose_bias_variance(f, shares, loss)
        assert by_repeats.bias.value == pytest.approx(by_shares.bias.value)
        assert by_repeats.noise.value == pytest.approx(by_shares.noise.value)
        assert (by_repeats.noise_source, by_shares.noise_source) == ("repeats", "targets")


def test_points_of_one_group_count_as_one():
    random = np.random.default_rng(0)
    f, y = random.normal(size=(6, 50, 1)), random.normal(size=(50, 1))
    once = decompose_bias_variance(f, y)
    groups = np.tile(np.arange(50), 4)
    often = decompose_bias_variance(f[:, groups], y[groups], groups=groups)
    assert often.bias.value == pytest.approx(once.bias.value)
    assert often.bias.point_error == pytest.approx(once.bias.point_error)
    assert decompose_bias_variance(f[:, groups], y[groups]).bias.point_error < 0.6 * once.bias.point_error


@pytest.mark.parametrize("loss", ["squared", "zero_one", "cross_entropy"])
def test_all_forms_of_targets_and_outputs_give_the_same(loss):
    random = np.random.default_rng(0)
    z, labels = random.normal(size=(7, 20, 2)), random.integers(0, 2, 20)
    one = z[..., 1:] - z[..., :1]  # the same probabilities from one output
    forms = [
        (z, labels, True),
        (z, labels[:, None], True),
        (z, np.eye(2)[labels], True),
        (softmax(z), labels, False),
        (one, labels, True),
        (one, labels[:, None].astype("float32"), True),
        (one[..., 0], labels == 1, True),
        (softmax(z)[..., 1:], labels, False),
    ]
    values = [
        [part.value for part in decompose_bias_variance(f, y, loss, from_logits=logits).parts().values()]
        for f, y, logits in forms
    ]
    np.testing.assert_allclose(values, [values[0]] * len(forms), rtol=1e-9, atol=1e-12)


def test_many_labels_are_one_question_each():
    random = np.random.default_rng(0)
    z, y = random.normal(size=(5, 12, 4)), random.integers(0, 2, (12, 4))
    y[:, 0] = 1 - y[:, 1:].max(axis=1)
    y[0] = [0, 1, 1, 0]
    for loss in ("zero_one", "cross_entropy"):
        bv = decompose_bias_variance(z, y, loss, from_logits=True)
        each = [decompose_bias_variance(z[..., [k]], y[:, [k]], loss, from_logits=True) for k in range(4)]
        assert bv.error.value == pytest.approx(np.mean([one.error.value for one in each]))
        assert bv.bias.value == pytest.approx(np.mean([one.bias.value for one in each]))
    one_hot = np.eye(4)[[0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]]
    asked = decompose_bias_variance(z, one_hot, "zero_one", from_logits=True, multi_label=True)
    assert asked.main.shape == (12, 4)


def test_each_place_of_an_image_has_its_class():
    random = np.random.default_rng(0)
    p, y = random.dirichlet(np.ones(3), (4, 6, 5, 5)), random.integers(0, 3, (6, 5, 5))
    for loss in ("squared", "zero_one", "cross_entropy"):
        whole = decompose_bias_variance(p, y, loss)
        flat = decompose_bias_variance(p.reshape(4, 150, 3), y.reshape(150), loss)
        assert whole.variance.value == pytest.approx(flat.variance.value)
        assert whole.error_by_point.shape == (6,)


def test_outputs_that_are_no_probabilities_still_name_a_class():
    f = np.array([[[-3.0, -1.0]], [[-0.5, -2.0]]])
    bv = decompose_bias_variance(f, [1], "zero_one")
    assert (bv.error.value, bv.main.tolist()) == (0.5, [[0]])


def test_large_values_keep_their_digits():
    random = np.random.default_rng(0)
    f = random.normal(size=(10, 50, 1))
    near, far = (decompose_bias_variance(f + shift, np.full((50, 1), shift)) for shift in (0.0, 1e7))
    assert far.variance.value == pytest.approx(near.variance.value, rel=1e-6)


def test_certain_and_wrong_is_finite():
    for f, logits in (([[[1.0, 0.0]], [[1.0, 0.0]]], False), ([[[1e4, -1e4]], [[1e4, -1e4]]], True)):
        bv = decompose_bias_variance(f, [1], "cross_entropy", from_logits=logits)
        assert np.isfinite(bv.error.value)
        assert bv.variance.value == pytest.approx(0.0, abs=1e-6)


def test_the_text_says_what_the_numbers_are():
    f, y = np.random.default_rng(0).normal(size=(5, 9, 1)), np.zeros((9, 1))
    bv = decompose_bias_variance(f, y, resample="bootstrap")
    text = str(bv)
    assert "squared error: 5 replicas (bootstrap), 9 test points" in text
    assert "bias² and noise" in text
    assert "noise: not known, it counts as bias" in text
    assert "noise: as given" in str(decompose_bias_variance(f, y, noise=0.1))
    assert "mends" in str(decompose_bias_variance(f, y, "zero_one", from_logits=True))
    saved = json.loads(json.dumps(bv.to_dict()))
    assert saved["bias"]["value"] == bv.bias.value
    assert saved["noise"] is None
    assert len(saved["error_by_point"]) == 9
    assert "<table>" in bv._repr_html_()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(loss="hinge"), "`loss` must be one of"),
        (dict(predictions=np.zeros((1, 3, 2))), "two replicas or more"),
        (dict(predictions=np.full((2, 3, 2), np.nan)), r"`predictions` must be finite.*replicas \[0, 1\]"),
        (dict(y=[0, 1]), "a row for each of the 3 test points"),
        (dict(y=[0, 1, 2]), "labels from 0 to 1"),
        (dict(y=[0.5, 1, 0], loss="squared"), "labels from 0 to 1"),
        (dict(y=np.full((3, 2), 0.7), multi_label=False), "sum to 1"),
        (dict(noise="some"), "'repeats'"),
        (dict(noise="repeats"), "`noise` must be known, unless each .* 3 are there once"),
        (dict(noise=-1.0), "`noise` must be at least 0"),
        (dict(noise=0.1, loss="zero_one"), "give the probabilities of the classes"),
        (dict(noise=0.1, y=np.full((3, 2), 0.5)), "`noise` must be None where the targets are probabilities"),
        (dict(predictions=np.full((2, 3, 2), -0.5), from_logits=False), "probabilities, or logits"),
        (dict(confidence=1.0), "`confidence` must be a number in"),
    ],
)
def test_what_cannot_be_decomposed_is_refused(change, message):
    arguments = dict(predictions=np.zeros((2, 3, 2)), y=[0, 1, 0], loss="cross_entropy", from_logits=True)
    with pytest.raises(ValueError, match=message):
        decompose_bias_variance(**{**arguments, **change})
