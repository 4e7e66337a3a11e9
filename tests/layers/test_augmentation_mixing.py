"""MixUp and CutMix: targets and weights follow what was done to the inputs, to the last digit."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

import kerasparts as kp
from kerasparts.layers.augmentation._mixing import symmetric_beta
from tests.reference import augmentation as reference

CutMix, MixUp = kp.layers.CutMix, kp.layers.MixUp
ROWS = 24
LABELS = np.arange(ROWS) % 5
KERAS_OWN = pytest.mark.filterwarnings("ignore:Explicitly requested dtype")  # that JAX does not have
BOTH = pytest.mark.parametrize("part", [MixUp, CutMix])


def arrays(data):
    return keras.tree.map_structure(ops.convert_to_numpy, data)


def traces(mixed):
    """Partner and share of each row, where every row was full of ones in a place of its own: `np.eye`, repeated."""
    mixed = np.asarray(mixed, "float64").reshape(ROWS, ROWS, -1).mean(axis=2)
    shares = mixed.diagonal()
    others = mixed - np.diag(shares)
    partners = np.where(others.max(axis=1) > 0, others.argmax(axis=1), np.arange(ROWS))
    np.testing.assert_allclose(mixed.sum(axis=1), 1.0, rtol=1e-6)
    return partners, shares


def marked(part):
    """Rows that tell where each cell of a mix came from: a channel a row for CutMix, so that all its cells do."""
    if part is MixUp:
        return np.eye(ROWS, dtype="float32")
    return np.repeat(np.eye(ROWS, dtype="float32")[:, :, None, None], 63, axis=2).reshape(ROWS, ROWS, 7, 9)


def layer(part, **kwargs):
    channels_first = {} if part is MixUp else {"axes": (2, 3)}
    return part(alpha=0.8, seed=1, **channels_first, **kwargs)


@BOTH
def test_integer_labels_become_the_mix_of_one_hot_rows(part):
    mixed, y = arrays(layer(part, classes=5)((marked(part), LABELS)))
    partners, shares = traces(mixed)
    expected, _ = reference.mixed_rows(np.eye(5)[LABELS], np.ones(ROWS), partners, shares)
    np.testing.assert_allclose(y, expected, atol=1e-6)
    assert np.mean((shares > 0.01) & (shares < 0.99)) > 0.2


@BOTH
def test_a_column_of_labels_is_as_good_as_a_row(part):
    flat, column = (layer(part, classes=5)((marked(part), y)) for y in (LABELS, LABELS[:, None].astype("uint8")))
    np.testing.assert_array_equal(arrays(flat[1]), arrays(column[1]))


@BOTH
@pytest.mark.parametrize(
    "y",
    [np.arange(ROWS) * 1.5, np.eye(5)[LABELS], np.arange(2.0 * ROWS).reshape(ROWS, 2), np.eye(5, dtype=bool)[LABELS]],
    ids=["regression", "one-hot", "several numbers", "several labels"],
)
def test_numbers_and_one_hot_rows_are_mixed_as_they_are(part, y):
    mixed, new = arrays(layer(part)((marked(part), y.astype("float32") if y.dtype != bool else y)))
    expected, _ = reference.mixed_rows(y, np.ones(ROWS), *traces(mixed))
    np.testing.assert_allclose(new, expected, rtol=1e-5, atol=1e-6)


@BOTH
def test_labels_at_every_place_are_mixed_place_by_place(part):
    y = np.random.default_rng(0).integers(0, 5, (ROWS, 4))
    mixed, new = arrays(layer(part, classes=5)((marked(part), y)))
    assert new.shape == (ROWS, 4, 5)
    expected, _ = reference.mixed_rows(np.eye(5)[y], np.ones(ROWS), *traces(mixed))
    np.testing.assert_allclose(new, expected, atol=1e-6)


@BOTH
def test_sample_weights_are_mixed_and_count_in_the_targets(part):
    weight = np.random.default_rng(0).uniform(0.0, 3.0, ROWS).astype("float32")
    mixed, y, new = arrays(layer(part, classes=5)((marked(part), LABELS, weight)))
    expected, weights = reference.mixed_rows(np.eye(5)[LABELS], weight, *traces(mixed))
    np.testing.assert_allclose(y, expected, atol=1e-6)
    np.testing.assert_allclose(new, weights, rtol=1e-5)


def test_the_weighted_loss_of_the_mix_is_the_mix_of_the_weighted_losses():
    weight = np.random.default_rng(0).uniform(0.0, 3.0, ROWS).astype("float32")
    predictions = np.random.default_rng(1).dirichlet(np.ones(5), ROWS)
    mixed, y, new = arrays(layer(MixUp, classes=5)((marked(MixUp), LABELS, weight)))
    partners, shares = traces(mixed)
    loss = -np.log(predictions)
    own, other = loss[np.arange(ROWS), LABELS], loss[np.arange(ROWS), LABELS[partners]]
    expected = shares * weight * own + (1 - shares) * weight[partners] * other
    np.testing.assert_allclose(new * (y * loss).sum(axis=1), expected, rtol=1e-5)


def test_a_row_of_weight_zero_leaves_no_trace_in_the_targets():
    weight, y = np.ones(ROWS, "float32"), np.arange(ROWS, dtype="float32")
    weight[::2], y[::2] = 0.0, np.nan
    _, new, weights = arrays(layer(MixUp)((marked(MixUp), y, weight)))
    assert np.isfinite(new[weights > 0]).all()
    assert (weights > 0).sum() > ROWS // 2


def test_weights_of_each_step_are_mixed_step_by_step():
    random = np.random.default_rng(0)
    y, weight = random.normal(size=(ROWS, 3)).astype("float32"), random.uniform(size=(ROWS, 3)).astype("float32")
    mixed, new, weights = arrays(layer(MixUp)((marked(MixUp), y, weight)))
    partners, shares = traces(mixed)
    for step in range(3):
        expected = reference.mixed_rows(y[:, step], weight[:, step], partners, shares)
        np.testing.assert_allclose(new[:, step], expected[0], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(weights[:, step], expected[1], rtol=1e-5)


def test_every_output_is_mixed_with_its_own_weights():
    y = {"kind": LABELS, "size": np.arange(ROWS, dtype="float32")}
    weight = {"kind": np.linspace(0.0, 1.0, ROWS, dtype="float32"), "size": np.ones(ROWS, "float32")}
    mixed, new, weights = arrays(MixUp(0.8, classes={"kind": 5, "size": None}, seed=1)((marked(MixUp), y, weight)))
    trace = traces(mixed)
    kind, kind_weight = reference.mixed_rows(np.eye(5)[LABELS], weight["kind"], *trace)
    size, _ = reference.mixed_rows(y["size"], np.ones(ROWS), *trace)
    np.testing.assert_allclose(new["kind"], kind, atol=1e-6)
    np.testing.assert_allclose(weights["kind"], kind_weight, atol=1e-6)
    np.testing.assert_allclose(new["size"], size, rtol=1e-5)
    np.testing.assert_allclose(weights["size"], 1.0, rtol=1e-6)


def test_all_inputs_of_a_row_take_the_same_share():
    x = {"table": marked(MixUp), "image": marked(CutMix)}
    mixed, _ = arrays(layer(MixUp, classes=5)((x, LABELS)))
    for one, other in zip(traces(mixed["table"]), traces(mixed["image"]), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_cut_mix_of_several_inputs_is_refused():
    with pytest.raises(ValueError, match="one array, of which a share can be told"):
        CutMix(classes=5)(({"a": marked(MixUp), "b": marked(MixUp)}, LABELS))


@BOTH
def test_integer_targets_without_their_number_of_classes_are_refused(part):
    with pytest.raises(ValueError, match=r"classes[\s\S]*integer labels"):
        layer(part)((marked(part), LABELS))


@BOTH
def test_a_label_out_of_range_is_nan(part):
    y = arrays(layer(part, classes=4)((marked(part), LABELS), training=False))[1]
    np.testing.assert_array_equal(np.isnan(y).any(axis=1), LABELS == 4)


@BOTH
def test_images_of_bytes_keep_their_range(part):
    x = np.random.default_rng(0).integers(0, 256, (ROWS, 6, 6, 3)).astype("uint8")
    mixed, _ = arrays(part(classes=5, seed=0)((x, LABELS)))
    assert mixed.dtype == "float32"
    assert 0 <= mixed.min() < 10
    assert 245 < mixed.max() <= 255


@pytest.mark.parametrize("alpha", [0.01, 0.2, 1.0, 8.0])
def test_shares_follow_the_beta_distribution(alpha):
    shares = ops.convert_to_numpy(symmetric_beta(alpha, (20_000,), keras.random.SeedGenerator(0)))
    assert ((shares >= 0) & (shares <= 1)).all()
    points = np.array([1e-3, 0.05, 0.3, 0.5, 0.8, 0.99])
    below = (shares[:, None] <= points).mean(axis=0)
    np.testing.assert_allclose(below, stats.beta(alpha, alpha).cdf(points), atol=0.015)  # 4 standard errors


def test_every_row_is_a_partner_once():
    partners, shares = traces(arrays(layer(MixUp, classes=5)((marked(MixUp), LABELS)))[0])
    strangers = np.flatnonzero(partners != np.arange(ROWS))
    assert len(set(partners[strangers])) == len(strangers) > ROWS // 2
    assert len(set(shares.round(4))) > ROWS // 2  # and each has a share of its own


def halves(*shape):
    """Rows of zeros and rows of ones, 200 each, so that a mix shows what was pasted into the zeros."""
    labels = np.arange(400) // 200
    return np.ones((400, *shape), "float32") * labels.reshape(400, *[1] * len(shape)), labels


def test_a_cut_is_a_box_around_any_pixel():
    images = arrays(CutMix(classes=2, seed=0)(halves(7, 9, 1))[0])[:200, :, :, 0] == 1
    sides = {(int(7 * side), int(9 * side)) for side in np.linspace(0, 1, 1001)}
    allowed = {box.tobytes() for side in sides for box in reference.boxes(7, 9, side)}
    assert {image.tobytes() for image in images} <= allowed
    assert min(images[:, row, column].sum() for row in (0, -1) for column in (0, -1)) > 3


def test_a_cut_of_a_sequence_is_a_stretch_of_time():
    mixed, y = (part[:200] for part in arrays(CutMix(classes=2, seed=0)(halves(10, 3))))
    pasted = mixed[:, :, 0]
    np.testing.assert_array_equal(mixed, np.repeat(pasted[:, :, None], 3, axis=2))
    assert (np.abs(np.diff(pasted, axis=1)).sum(axis=1) <= 2).all()  # in one piece
    np.testing.assert_allclose(y[:, 1], pasted.mean(axis=1), atol=1e-6)
    assert len(set(pasted.sum(axis=1))) > 6


def test_a_cut_of_a_table_takes_columns_anywhere():
    mixed, y = (part[:200] for part in arrays(CutMix(classes=2, seed=0)(halves(8))))
    np.testing.assert_allclose(y[:, 1], mixed.mean(axis=1), atol=1e-6)
    # A partner of the other half in half of the cases, then half of the columns: 0.25, within 4 standard errors.
    np.testing.assert_allclose(mixed.mean(axis=0), 0.25, atol=0.13)
    assert len({tuple(row) for row in mixed}) > 50


def test_a_missing_cell_is_missing_in_the_mix_and_nowhere_else():
    x = np.ones((ROWS, 3), "float32")
    x[4, 1] = np.nan
    mixed, _ = arrays(MixUp(0.8, classes=5, seed=0)((x, LABELS)))
    assert np.isnan(mixed).sum() <= 2
    assert not np.isnan(mixed[:, [0, 2]]).any()


@KERAS_OWN
def test_keras_mix_up_and_cut_mix_refuse_tables():
    for own in (keras.layers.MixUp(), keras.layers.CutMix()):
        with pytest.raises((ValueError, IndexError)):
            own(np.ones((4, 3), "float32"), training=True)


@KERAS_OWN
def test_keras_cut_mix_gives_labels_that_are_not_the_share_of_the_pixels():
    x, y = np.zeros((64, 9, 9, 1), "float32"), np.eye(2, dtype="float32")[np.arange(64) // 32]
    x[32:] = 1
    theirs = keras.layers.CutMix(seed=0)({"images": x, "labels": y})
    image, label = arrays((theirs["images"], theirs["labels"]))
    assert np.abs(image.mean(axis=(1, 2, 3)) - label[:, 1]).max() > 0.05
    image, label = arrays(CutMix(classes=2, seed=0)((x, np.arange(64) // 32)))
    np.testing.assert_allclose(image.mean(axis=(1, 2, 3)), label[:, 1], atol=1e-6)


@KERAS_OWN
def test_keras_mix_up_forgets_the_sample_weights_and_refuses_integer_labels():
    x, weight = np.ones((4, 3, 3, 1), "float32"), np.arange(4, dtype="float32")
    theirs = keras.layers.MixUp(alpha=1.0, seed=0)(
        {"images": x, "labels": np.eye(4, dtype="float32"), "sample_weights": weight}
    )
    np.testing.assert_array_equal(arrays(theirs["sample_weights"]), weight)
    assert not np.array_equal(arrays(theirs["labels"]), np.eye(4))
    ours = arrays(MixUp(alpha=1.0, classes=4, seed=0)((x, np.arange(4), weight)))
    assert not np.array_equal(ours[2], weight)


@KERAS_OWN
def test_keras_mix_up_in_a_model_mixes_images_and_not_labels():
    model = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.MixUp(alpha=1.0, seed=0)])
    x = np.arange(8, dtype="float32")[:, None, None, None] * np.ones((8, 2, 2, 1), "float32")
    assert not np.allclose(arrays(model(x, training=True)), x)  # and no label was there to be mixed
    with pytest.raises(ValueError, match="not inside a model"):
        keras.Sequential([keras.Input((2, 2, 1)), MixUp()])
