"""SMOTE: between a row and its neighbors, in the distribution of imbalanced-learn's, on the fly."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from tests.reference import augmentation as reference

SMOTE = kp.layers.SMOTE
K = 3


def table(rows=60, seed=0):
    """Numbers in three columns and the classes 0, 1, 2 of some 60, 25 and 15 %."""
    random = np.random.default_rng(seed)
    y = np.sort(random.choice(3, rows, p=[0.6, 0.25, 0.15]))
    return (random.normal(size=(rows, 3)) + y[:, None]).astype("float32"), y


def moved(layer, *data):
    return [ops.convert_to_numpy(part) for part in layer(data)]


def between(new, row, others, columns=slice(None)):
    """By other row, how far along the way to it `new` lies, NaN where it does not lie on the way."""
    gaps = (others - row)[:, columns]
    way = ((new - row)[columns] * gaps).sum(axis=1) / (gaps**2).sum(axis=1)
    on_the_way = np.abs(row[columns] + way[:, None] * gaps - new[columns]).max(axis=1) < 1e-5
    return np.where(on_the_way & (way >= -1e-6) & (way <= 1 + 1e-6), way, np.nan)


@pytest.mark.parametrize("adapted", [False, True])
def test_rare_rows_move_towards_one_of_their_nearest_and_others_stay(adapted):
    x, y = table()
    layer = SMOTE(K, seed=0)
    if adapted:
        layer.adapt(x, y)
    ways, partners = [], set()
    for _ in range(20):
        new, labels = moved(layer, x, y)
        np.testing.assert_array_equal(labels, y)
        np.testing.assert_array_equal(new[y == 0], x[y == 0])
        for i in np.flatnonzero(y != 0):
            same = np.flatnonzero((y == y[i]) & (np.arange(len(y)) != i))
            nearest = same[reference.neighbors(x[i], x[same], K)]
            way = between(new[i], x[i], x[nearest])
            assert np.isfinite(way).any()
            ways.append(np.nanmin(way))
            partners.add((i, nearest[np.nanargmin(way)]))
    assert len(partners) == K * (y != 0).sum()  # each of them in its turn
    np.testing.assert_allclose(np.quantile(ways, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.08)


def test_names_are_voted_for_and_count_in_the_distance():
    random = np.random.default_rng(0)
    x = np.hstack([random.normal(size=(40, 3)), random.integers(0, 3, (40, 2))]).astype("float32")
    y = np.repeat([0, 1], [25, 15])
    batch, labels = np.repeat(x[25:], 8, axis=0), np.ones(15 * 8, int)
    layer = SMOTE(K, categorical=(3, 4), seed=0)
    layer.adapt(x, y)
    new, _ = moved(layer, batch, labels)
    for row, original in zip(new, batch, strict=True):
        others = x[25:][(x[25:] != original).any(axis=1)]
        # The spread is that of the whole class, the row itself with it.
        distances = reference.neighbors(original, others, K, (3, 4), spread_of=x[25:])
        nearest = others[distances]
        assert np.isfinite(between(row, original, nearest, slice(0, 3))).any()
        for column in (3, 4):
            values = nearest[:, column].tolist()
            assert row[column] == max(values, key=lambda value: (values.count(value), -values.index(value)))


def test_keras_has_no_smote_and_noise_would_make_names_up():
    assert not hasattr(keras.layers, "SMOTE")
    names = np.repeat([[0.0], [2.0]], 10, axis=0)
    noisy = ops.convert_to_numpy(keras.layers.GaussianNoise(0.1, seed=0)(names, training=True))
    assert not set(noisy.ravel()) <= {0.0, 2.0}
    new, _ = moved(SMOTE(categorical=(0,), minority=1, seed=0), names, np.ones(20, int))
    assert set(new.ravel()) <= {0.0, 2.0}


def test_missing_cells_stay_missing_and_count_for_nothing():
    x, y = table()
    x[-1, 0], x[-2, 1], x[-3, 2] = np.nan, np.inf, -np.inf
    for _ in range(5):
        new, _ = moved(SMOTE(K, seed=0), x, y)
        np.testing.assert_array_equal(np.isfinite(new), np.isfinite(x))
        assert (new[-3:] != x[-3:]).any(axis=1).all()
    # The nearest by the cells that both have.
    x = np.array([[0.0, 0.0], [np.nan, 1.0], [5.0, 5.0]] + [[9.0, 9.0]] * 4, "float32")
    new, _ = moved(SMOTE(1, seed=0), x, np.array([1, 1, 1, 0, 0, 0, 0]))
    assert new[0, 0] == 0
    assert 0 < new[0, 1] < 1
    # What is known of 1.2 counts for both columns, so that 1.1 twice is nearer.
    x = np.array([[0.0, 0.0], [np.nan, 1.2], [1.1, 1.1]] + [[9.0, 9.0]] * 4, "float32")
    new, _ = moved(SMOTE(1, seed=0), x, np.array([1, 1, 1, 0, 0, 0, 0]))
    assert 0 < new[0, 0] == pytest.approx(new[0, 1])


def test_rows_close_together_far_from_the_mean_are_told_apart():
    x = np.repeat([[1000.0] * 20, [-1000.0] * 20], 20, axis=0)
    x += np.random.default_rng(0).normal(0.0, 0.05, x.shape)
    x, y = x.astype("float32"), np.ones(40, int)
    new, _ = moved(SMOTE(1, minority=1, seed=0), x, y)
    for i in range(40):
        same = np.delete(np.arange(40), i)
        (nearest,) = same[reference.neighbors(x[i].astype("float64"), x[same].astype("float64"), 1)]
        gap = x[nearest] - x[i]
        way = np.dot(new[i] - x[i], gap) / np.dot(gap, gap)
        assert np.abs(new[i] - x[i] - way * gap).max() < 5e-4  # the rounding of 1000 in float32


def test_few_rows_have_few_neighbors_and_one_stays():
    x, y = np.arange(9.0, dtype="float32")[:, None], np.array([0, 0, 0, 0, 1, 2, 2, 3, 3])
    x[8] = x[7]
    new, _ = moved(SMOTE(5, seed=0), x, y)
    np.testing.assert_array_equal(new[:5], x[:5])
    assert ((new[5:7] > 5) & (new[5:7] < 6)).all()
    np.testing.assert_array_equal(new[7:], x[7:])


def test_a_row_is_no_neighbor_of_itself_and_its_twins_are():
    x, y = np.array([[0.0], [0.0], [1.0], [1.0], [1.0]], "float32"), np.array([1, 1, 1, 0, 0])
    layer = SMOTE(1, minority=1, seed=0)
    layer.adapt(x, y)
    new, _ = moved(layer, x[:1].repeat(20, axis=0), y[:1].repeat(20))
    assert (new == 0).all()  # between the twins
    layer.adapt(x[1:], y[1:])
    new, _ = moved(layer, x[:1].repeat(20, axis=0), y[:1].repeat(20))
    assert (new > 0).all()  # its only twin in the bank is itself


def test_targets_may_be_labels_a_column_or_one_hot_rows():
    x, y = table()
    expected, _ = moved(SMOTE(K, seed=0), x, y)
    for form in (y[:, None], y.astype("float32"), np.eye(3, dtype="float32")[y], np.eye(3)[y].astype("uint8")):
        new, targets = moved(SMOTE(K, seed=0), x, form)
        np.testing.assert_array_equal(new, expected)
        np.testing.assert_array_equal(targets, form)
        adapted = SMOTE(K, seed=0)
        adapted.adapt(x, form)
        np.testing.assert_allclose(moved(adapted, x, form)[0], expected, atol=1e-5)


def test_sample_weights_stay():
    x, y = table()
    weight = np.linspace(0.0, 1.0, len(y), dtype="float32")
    np.testing.assert_array_equal(moved(SMOTE(seed=0), x, y, weight)[2], weight)


@pytest.mark.parametrize(("minority", "rare"), [(2, {2}), ([0, 2], {0, 2}), (None, {1, 2})])
def test_the_rare_classes_are_the_named_ones_or_all_but_the_most_frequent(minority, rare):
    x, y = table()
    new, _ = moved(SMOTE(K, minority=minority, seed=0), x, y)
    assert set(y[(new != x).any(axis=1)]) == rare


def test_adapt_remembers_the_most_frequent_class_for_batches_drawn_evenly():
    x, y = table()
    even = np.concatenate([np.flatnonzero(y == c)[:5] for c in range(3)])
    np.testing.assert_array_equal(moved(SMOTE(K, seed=0), x[even], y[even])[0], x[even])  # it cannot tell
    layer = SMOTE(K, seed=0)
    layer.adapt(x, y)
    new, _ = moved(layer, x[even], y[even])
    np.testing.assert_array_equal((new != x[even]).any(axis=1), y[even] != 0)


def test_a_fraction_of_the_rare_rows_moves():
    x, y = np.random.default_rng(0).normal(size=(600, 2)).astype("float32"), np.repeat([0, 1], [100, 500])
    new, _ = moved(SMOTE(fraction=0.3, minority=1, seed=0), x, y)
    changed = (new != x).any(axis=1)
    assert not changed[:100].any()
    assert changed[100:].mean() == pytest.approx(0.3, abs=0.1)


def test_adapt_reads_data_sets_and_forgets_what_was_there():
    x, y = table()
    whole, parted = SMOTE(K, seed=0), SMOTE(K, seed=0)
    whole.adapt(x, y)
    parted.adapt(x + 100, y)
    parted.adapt(dict(enumerate([(x[:7], y[:7]), (x[7:], y[7:])])).values())
    np.testing.assert_array_equal(moved(whole, x, y)[0], moved(parted, x, y)[0])


def test_what_is_no_table_with_one_target_is_refused():
    x, y = table()
    with pytest.raises(ValueError, match="a table"):
        SMOTE()((np.ones((4, 2, 2, 1)), np.ones(4, int)))
    with pytest.raises(ValueError, match="of one output"):
        SMOTE()((x, {"a": y, "b": y}))
    with pytest.raises(ValueError, match="a row for each of 59 targets"):
        SMOTE().adapt(x, y[:-1])


def strangers(one, other, neighbors=3, permutations=200):
    """Two-sample test by nearest neighbors: how likely so many of them, or more, come from their own sample.

    Reference: Schilling 1986, https://doi.org/10.1080/01621459.1986.10478337.
    """
    pooled = np.concatenate([one, other])
    squares = ((pooled[:, None] - pooled[None]) ** 2).sum(axis=-1)
    np.fill_diagonal(squares, np.inf)
    nearest = np.argsort(squares, axis=1)[:, :neighbors]
    labels = np.repeat([0, 1], [len(one), len(other)])
    random = np.random.default_rng(0)

    def statistic(labels):
        return (labels[nearest] == labels[:, None]).mean()

    drawn = [statistic(random.permutation(labels)) for _ in range(permutations)]
    return np.mean(np.array(drawn) >= statistic(labels))


def energy(one, other, permutations=200):
    """Two-sample test by energy distance: how likely one as large, or larger.

    Reference: Szekely and Rizzo 2004, Testing for equal distributions in high dimension, InterStat 5.
    """
    pooled = np.concatenate([one, other])
    distances = np.sqrt(np.maximum(((pooled[:, None] - pooled[None]) ** 2).sum(axis=-1), 0.0))
    random = np.random.default_rng(0)

    def statistic(order):
        a, b = order[: len(one)], order[len(one) :]
        within = distances[np.ix_(a, a)].mean() + distances[np.ix_(b, b)].mean()
        return 2 * distances[np.ix_(a, b)].mean() - within

    drawn = [statistic(random.permutation(len(pooled))) for _ in range(permutations)]
    return np.mean(np.array(drawn) >= statistic(np.arange(len(pooled))))


def test_has_the_distribution_of_imbalanced_learn():
    over_sampling = pytest.importorskip("imblearn.over_sampling")
    from sklearn.datasets import load_breast_cancer

    x, y = load_breast_cancer(return_X_y=True)
    x = ((x - x.mean(axis=0)) / x.std(axis=0))[:, :6].astype("float32")
    y = 1 - y  # malignant tumours are rare, and rarer here
    kept = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:60]])
    x, y = x[kept], y[kept]
    count = 300
    theirs = over_sampling.SMOTE(sampling_strategy={1: 60 + count}, random_state=0).fit_resample(x, y)[0][len(x) :]
    drawn = np.random.default_rng(0).choice(np.flatnonzero(y == 1), count)  # as class-balanced batches draw them
    layer = SMOTE(seed=0)
    layer.adapt(x, y)
    ours, _ = moved(layer, x[drawn], y[drawn])
    jitter = kp.layers.Jitter(0.3, seed=0)
    jitter.adapt(x[y == 1])
    others = {"copies": x[drawn], "jitter": ops.convert_to_numpy(jitter(x[drawn], training=True))}
    wide = SMOTE(neighbors=40, seed=0)
    wide.adapt(x, y)
    others["far neighbors"] = moved(wide, x[drawn], y[drawn])[0]

    assert strangers(ours, theirs) > 0.01
    assert energy(ours, theirs) > 0.01
    for name, sample in others.items():
        assert strangers(sample, theirs) == 0, name
