"""Augmentation, splits and cross-validation."""

import functools

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import StratifiedKFold

import kerasparts as kp
from notes import nets
from notes.claim import Finding, claim, percent, pm, surely_less

TIMES = 8  # augmented versions of each row


def augmentations():
    """Keras' layers, by name. A turn of 0.04 is up to 14 degrees, one of 0.5 any."""
    kwargs = {"fill_mode": "constant", "interpolation": "bilinear", "seed": 0}
    moved = [keras.layers.RandomTranslation(0.07, 0.07, **kwargs), keras.layers.RandomRotation(0.04, **kwargs)]
    wild = [keras.layers.RandomTranslation(0.4, 0.4, **kwargs), keras.layers.RandomRotation(0.5, **kwargs)]
    return {
        "none": [],
        "moved": moved,
        "flipped": [keras.layers.RandomFlip("horizontal_and_vertical", seed=0)],
        "wildly moved": wild,
    }


@functools.cache
def augmented(seeds, rows=60, epochs=30):
    """Training and test accuracy of nets of 64 units on 60 digits, each in 8 versions, by augmentation."""
    x, y, x_test, y_test = nets.digits(seeds, rows, 800)
    inputs = []
    for layers in augmentations().values():
        images = np.tile(x, (TIMES, 1, 1)).reshape(-1, 8, 8, 1)
        for layer in layers:
            images = keras.ops.convert_to_numpy(layer(images, training=True))
        inputs.append(images.reshape(TIMES * rows, seeds, 64))
    count = len(inputs)
    x_all, y_all = np.concatenate(inputs, axis=1), np.tile(y, (TIMES, count))
    keras.utils.set_random_seed(1)
    model = nets.stack(count * seeds, [64, 64, 10], "relu", "he_normal")
    nets.train(model, x_all, y_all, keras.optimizers.Adam(0.003), epochs)
    of_training = nets.scores(model, np.tile(x, (1, count, 1)), np.tile(y, (1, count)))[1]
    of_test = nets.scores(model, np.tile(x_test, (1, count, 1)), np.tile(y_test, (1, count)))[1]
    names = list(augmentations())
    return [dict(zip(names, one.reshape(count, seeds), strict=True)) for one in (of_training, of_test)]


@claim(
    "Augmentation reduces overfitting where data are few.",
    "Nets of 64 units on 60 digits, as they are and shifted by half a pixel and turned by 14 degrees (8 versions "
    "of each, the same number of steps): accuracy on 800 others, and on the 60.",
)
def augmentation(seeds):
    training, test = augmented(seeds)
    numbers = "; ".join(f"{name}: {percent(test[name])} ({percent(training[name])})" for name in ("none", "moved"))
    return Finding("holds" if surely_less(test["none"], test["moved"]) else "does not hold here", numbers)


@claim(
    "Flips of digits confuse a model.",
    "The same nets, the digits flipped at random in both directions.",
)
def flips(seeds):
    test = augmented(seeds)[1]
    numbers = f"none {percent(test['none'])}, flipped {percent(test['flipped'])}"
    return Finding("holds" if surely_less(test["flipped"], test["none"]) else "does not hold here", numbers)


@claim(
    "Too much augmentation hurts.",
    "The same nets, the digits shifted by up to 3 pixels and turned by any angle.",
)
def too_much(seeds):
    test = augmented(seeds)[1]
    numbers = ", ".join(f"{name} {percent(test[name])}" for name in ("none", "moved", "wildly moved"))
    return Finding("holds" if surely_less(test["wildly moved"], test["none"]) else "does not hold here", numbers)


@claim(
    "Stratified splits keep the shares of the classes.",
    "60 test rows of 569 tumours, of which 37% are malignant, 100 splits a seed at random and by "
    "`kp.model_selection`: standard deviation of their share in the test rows.",
)
def stratified(seeds):
    x, y = load_breast_cancer(return_X_y=True)
    spread = []
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        plain = [1 - random.permutation(y)[:60].mean() for _ in range(100)]
        sizes = (len(x) - 120, 60, 60)
        split = [kp.model_selection.train_dev_test_split(x, y, sizes=sizes, seed=100 * seed + n) for n in range(10)]
        spread.append([np.std(plain), np.std([1 - one.test[1].mean() for one in split])])
    plain, ours = np.transpose(spread)
    numbers = f"{percent(plain)} at random, {percent(ours)} stratified"
    return Finding("holds" if surely_less(10 * ours, plain) else "does not hold here", numbers)


@functools.cache
def folded(seeds, rows=200, folds=5):
    """Accuracy of nets on each fold of 200 digits, and on 1,500 others; arrays of seeds and folds."""
    x, y = load_digits(return_X_y=True)
    x, train, tests, places = (x / 16).astype("float32"), [], [], []
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(x))
        mine, places = order[:rows], [*places, order[rows : rows + 1500]]
        for chosen, left in StratifiedKFold(folds, shuffle=True, random_state=seed).split(x[mine], y[mine]):
            train.append(mine[chosen])
            tests.append(mine[left])
    train, tests, others = np.array(train).T, np.array(tests).T, np.repeat(places, folds, axis=0).T
    keras.utils.set_random_seed(1)
    model = nets.stack(seeds * folds, [64, 32, 10], "relu", "he_normal")
    nets.train(model, x[train], y[train], keras.optimizers.Adam(0.01), 30)
    return [nets.scores(model, x[of], y[of])[1].reshape(seeds, folds) for of in (tests, others)]


@claim(
    "K-fold cross-validation estimates with less variance than one split.",
    "200 digits, 5 folds, nets of 32 units: distance of the estimate from the accuracy of the same nets on 1,500 "
    "others, by all folds and by the first alone.",
)
def folds_vary_less(seeds):
    tested, others = folded(seeds)
    single, mean = np.abs(tested - others), np.abs(tested.mean(axis=1) - others.mean(axis=1))
    numbers = f"one split {percent(single.mean(axis=1))}, five folds {percent(mean)}"
    return Finding("holds" if surely_less(mean, single.mean(axis=1)) else "does not hold here", numbers)


@claim(
    "In a time series a random split flatters: test on the future.",
    "A random walk of 400 points, a net of 32 units that sees the time: squared error on 50 test points drawn at "
    "random or the last 50 before the present, and on the 50 that then come; in variances of the series.",
)
def time_split(seeds, known=350, future=50):
    t = np.linspace(-1, 1, known + future)
    waves = np.concatenate([[np.sin(k * np.pi * t), np.cos(k * np.pi * t)] for k in range(1, 9)])
    inputs = np.concatenate([[t], waves]).T.astype("float32")
    series = np.random.default_rng(0).normal(size=(seeds, known + future)).cumsum(axis=1)
    series = (series - series[:, :known].mean(axis=1, keepdims=True)) / series[:, :known].std(axis=1, keepdims=True)
    train, tests, targets = [], [], []
    for way in ("random", "last"):
        for seed in range(seeds):
            order = np.random.default_rng(seed).permutation(known) if way == "random" else np.arange(known)
            train.append(order[: known - future])
            tests.append(order[known - future :])
            targets.append(series[seed])
    train, tests, targets = np.array(train).T, np.array(tests).T, np.array(targets).T.astype("float32")
    keras.utils.set_random_seed(1)
    model = nets.stack(2 * seeds, [inputs.shape[1], 32, 1], "tanh")
    nets.train(model, inputs[train], np.take_along_axis(targets, train, axis=0), keras.optimizers.Adam(0.01), 60)

    def error(rows):
        outputs = model.predict_on_batch(inputs[rows])
        return nets.losses(outputs, np.take_along_axis(targets, rows, axis=0)).mean(axis=0).reshape(2, seeds)

    said = error(tests)
    came = error(np.repeat(np.arange(known, known + future)[:, None], 2 * seeds, axis=1))
    numbers = f"random rows say {pm(said[0])}, the last rows {pm(said[1])}; what came: {pm(came[0])} and {pm(came[1])}"
    flatters, is_fair = surely_less(said[0], came[0]), not surely_less(said[1], came[1])
    if flatters and is_fair:
        return Finding("holds", numbers)
    if flatters and surely_less(said[0], said[1]):
        return Finding("holds if", numbers, "less is meant, not nothing: the last rows flatter too")
    return Finding("does not hold here", numbers)


@functools.cache
def many_nets(count=40, rows=100):
    """Whether each of 40 nets, trained on draws of 100 digits, is right, for each of 1,600 other digits."""
    x, y = load_digits(return_X_y=True)
    x, order = (x / 16).astype("float32"), np.random.default_rng(0).permutation(len(x))
    train, others = order[:rows], order[rows:1700]
    drawn = np.random.default_rng(1).choice(train, (rows, count))
    keras.utils.set_random_seed(1)
    model = nets.stack(count, [64, 32, 10], "relu", "he_normal")
    nets.train(model, x[drawn], y[drawn], keras.optimizers.Adam(0.01), 30)
    outputs = keras.ops.convert_to_numpy(model.predict_on_batch(nets.each(x[others], count)))
    return outputs.argmax(axis=-1) == y[others][:, None]


@claim(
    "A test set that was used to choose is no longer fair: keep it untouched.",
    "40 nets on draws of 100 digits; the best on 100 test digits is chosen: its accuracy there and on 1,500 "
    "others; 20 test sets a seed.",
)
def chosen_by_test(seeds):
    right, gaps, said = many_nets(), [], []
    for seed in range(seeds):
        random, found = np.random.default_rng(seed), []
        for _ in range(20):
            order = random.permutation(len(right))
            test, others = right[order[:100]].mean(axis=0), right[order[100:]].mean(axis=0)
            found.append((test.max(), others[test.argmax()]))
        said.append(np.mean(found, axis=0))
        gaps.append(said[-1][0] - said[-1][1])
    test, others = np.transpose(said)
    numbers = f"{percent(test)} on the rows it was chosen by, {percent(others)} on others"
    return Finding("holds" if surely_less(others + 0.005, test) else "does not hold here", numbers)


@claim(
    "A few thousand test rows give a reliable estimate.",
    "Those 40 nets: standard deviation of the accuracy over 50 draws of 50, 200 and 800 test rows, with "
    "replacement; times the root of the rows it is one number, which says that of 3,000.",
)
def test_rows(seeds):
    right, sizes = many_nets(), (50, 200, 800)
    spread = []
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        draws = [[right[random.choice(len(right), size)].mean(axis=0) for _ in range(50)] for size in sizes]
        spread.append([np.std(of, axis=0).mean() for of in draws])
    spread = np.transpose(spread)
    scale = (spread * np.sqrt(sizes)[:, None]).mean(axis=0)
    at = scale / 3000**0.5
    numbers = ", ".join(f"{size}: {percent(of)}" for size, of in zip(sizes, spread, strict=True))
    numbers += f"; 3,000: {percent(at, '.2f')}"
    holds = at.mean() < 0.01 and abs(spread[0].mean() / spread[2].mean() - 4) < 1
    return Finding("holds" if holds else "does not hold here", numbers)
