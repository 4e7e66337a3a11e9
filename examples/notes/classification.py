"""Softmax and the losses for classification."""

import numpy as np
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import make_blobs, make_classification, make_moons
from sklearn.metrics import average_precision_score, balanced_accuracy_score
from sklearn.svm import SVC

from kerasparts import backend
from notes.claim import Finding, claim, percent, pm, surely_less
from notes.nets import digits, scores, stack, train

ops = keras.ops
TINY = 1e-5  # what float32 may be off


def softmax(logits):
    return ops.convert_to_numpy(ops.softmax(ops.convert_to_tensor(np.asarray(logits, "float32"))))


def loss_and_gradient(loss, y, logits):
    """Sum over the rows, and the gradient by the logits."""
    variable = keras.Variable(np.asarray(logits, "float32"))
    value, (gradient,) = backend.value_and_gradients(lambda: ops.sum(loss(y, variable.value)), [variable])()
    return float(value), ops.convert_to_numpy(gradient).astype("float64")


def distributions(random, rows, classes):
    return random.dirichlet(np.ones(classes), rows).astype("float32")


def stacked(draws):
    """One set of rows for each network."""
    return [np.stack(parts, axis=1) for parts in zip(*draws, strict=True)]


@claim(
    "Softmax gives probabilities: all in (0, 1), with the sum 1.",
    "10,000 rows of 10 logits of size 1, 10, 100 in float32: largest distance of a sum from 1, share of exact zeros.",
)
def softmax_sums_to_one(seeds):
    random = np.random.default_rng(0)
    found = {size: softmax(size * random.normal(size=(10_000, 10))) for size in (1, 10, 100)}
    off = max(np.abs(p.astype("float64").sum(axis=1) - 1).max() for p in found.values())
    zeros = {size: (p == 0).mean() for size, p in found.items()}
    numbers = f"{off:.1e}; zeros " + ", ".join(f"{share:.1%} at {size}" for size, share in zeros.items()) + "."
    if off > TINY:
        return Finding("does not hold here", numbers)
    if zeros[1] == 0 and zeros[100] > 0:
        return Finding("holds if", numbers, "logits differ by less than about 100; beyond, float32 has exact zeros")
    return Finding("holds", numbers)


@claim(
    "softmax([4.2, 1.1, -3.5]) = [0.92, 0.07, 0.001].",
    "Computed.",
)
def worked_example(seeds):
    p = softmax([[4.2, 1.1, -3.5]])[0]
    holds = np.abs(p - [0.92, 0.07, 0.001]).max() < 0.005
    return Finding("holds" if holds else "does not hold here", ", ".join(f"{value:.4f}" for value in p) + ".")


@claim(
    "Softmax amplifies small differences between logits.",
    "Two logits that differ by d = 0.1, 1, 3: difference of their probabilities.",
)
def amplified(seeds):
    differences = (0.1, 1.0, 3.0)
    found = [float(np.diff(softmax([[0.0, d]])[0])[0]) for d in differences]
    numbers = ", ".join(f"{value:.3f}" for value in found) + "."
    amplifies = all(value > d for value, d in zip(found, differences, strict=True))
    why = "" if amplifies else "Differences shrink to less than half of d; it is ratios that are exp(d)."
    return Finding("holds" if amplifies else "does not hold here", numbers, why)


@claim(
    "For the class alone no softmax is needed: the largest logit has the largest probability.",
    "100,000 rows of 10 logits of size 1, 10, 100 in float32: share of rows whose largest logit is not the first of "
    "the largest probabilities.",
)
def argmax(seeds):
    random = np.random.default_rng(0)
    differ = []
    for size in (1, 10, 100):
        logits = (size * random.normal(size=(100_000, 10))).astype("float32")
        differ.append((softmax(logits).argmax(axis=1) != logits.argmax(axis=1)).mean())
    numbers = ", ".join(f"{share:.2g}" for share in differ)
    rounding = "Where they differ, two probabilities round to the same number." if 0 < max(differ) < 1e-3 else ""
    return Finding("holds" if max(differ) < 1e-3 else "does not hold here", numbers + ".", rounding)


@claim(
    "Softmax probabilities tell how confident one may be.",
    "Two half moons that overlap, 200 points, two hidden layers of 64, Adam: mean of the larger probability on new "
    "points, less the share that is right, after 100 steps and after 1,500.",
)
def confidence(seeds):
    x, y = stacked(make_moons(1200, noise=0.4, random_state=seed) for seed in range(seeds))
    x, x_test, y, y_test = x[:200].astype("float32"), x[200:].astype("float32"), y[:200], y[200:]
    net = stack(seeds, (2, 64, 64, 2))
    gaps, accuracy = [], []
    for steps in (100, 1400):
        times = steps // 4
        train(net, np.concatenate([x] * times), np.concatenate([y] * times), keras.optimizers.Adam(0.01), 1, 50)
        gaps.append(softmax(net(x_test)).max(axis=-1).mean(axis=0))
        accuracy.append(scores(net, x_test, y_test)[1])
        gaps[-1] = gaps[-1] - accuracy[-1]
    numbers = (
        f"{percent(gaps[0])} early, {percent(gaps[1])} late (right: {percent(accuracy[0])} and {percent(accuracy[1])})."
    )
    good = [abs(gap.mean()) < 0.05 for gap in gaps]
    if good[0] and not good[1]:
        return Finding("holds if", numbers, "the network has not learned its rows by heart")
    return Finding("holds" if all(good) else "does not hold here", numbers)


@claim(
    "Categorical cross-entropy is Kullback-Leibler divergence up to a constant, so that minimizing one minimizes the "
    "other.",
    "1,000 rows of any two distributions of 10 classes: largest distance of cross-entropy from divergence plus "
    "entropy, and of the gradients by the logits.",
)
def cross_entropy_is_divergence(seeds):
    random = np.random.default_rng(0)
    p, logits = distributions(random, 1000, 10), random.normal(size=(1000, 10))
    q = softmax(logits)
    entropy = -(p * np.log(p)).sum(axis=1)
    both = (ops.convert_to_numpy(f(p, q)) for f in (keras.losses.categorical_crossentropy, keras.losses.kl_divergence))
    cross, divergence = both
    off = np.abs(cross - divergence - entropy).max()
    gradients = [
        loss_and_gradient(lambda y, z, f=f: f(y, ops.softmax(z)), p, logits)[1]
        for f in (keras.losses.categorical_crossentropy, keras.losses.kl_divergence)
    ]
    apart = np.abs(gradients[0] - gradients[1]).max()
    return Finding("holds" if max(off, apart) < 1e-4 else "does not hold here", f"{off:.1e} and {apart:.1e}.")


@claim(
    "Categorical cross-entropy requires one-hot targets.",
    "The same rows: largest distance of the gradient by the logits from q - p, p being the targets, not one-hot.",
)
def needs_one_hot(seeds):
    random = np.random.default_rng(0)
    p, logits = distributions(random, 1000, 10), 3 * random.normal(size=(1000, 10))
    _, gradient = loss_and_gradient(
        lambda y, z: keras.losses.categorical_crossentropy(y, z, from_logits=True), p, logits
    )
    off = np.abs(gradient - (softmax(logits) - p)).max()
    why = "Any distribution will do, as in label smoothing." if off < TINY else ""
    return Finding("does not hold here" if off < TINY else "holds", f"{off:.1e}.", why)


@claim(
    "Sparse categorical cross-entropy is the same loss, without the memory of one-hot rows.",
    "1,000 rows, 1,000 classes: largest difference of the losses, and bytes of the targets.",
)
def sparse(seeds):
    random = np.random.default_rng(0)
    labels, logits = random.integers(0, 1000, 1000).astype("int32"), random.normal(size=(1000, 1000)).astype("float32")
    one_hot = np.eye(1000, dtype="float32")[labels]
    losses = (
        ops.convert_to_numpy(keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)),
        ops.convert_to_numpy(keras.losses.categorical_crossentropy(one_hot, logits, from_logits=True)),
    )
    off = np.abs(losses[0] - losses[1]).max()
    numbers = f"{off:.1e}; {labels.nbytes:,} against {one_hot.nbytes:,} bytes."
    return Finding("holds" if off < TINY and labels.nbytes < one_hot.nbytes else "does not hold here", numbers)


@claim(
    "Binary cross-entropy is categorical cross-entropy of two classes.",
    "1,000 logits z: largest difference of the loss of sigmoid(z) from that of softmax([0, z]).",
)
def binary(seeds):
    random = np.random.default_rng(0)
    z, y = 3 * random.normal(size=(1000, 1)).astype("float32"), random.integers(0, 2, (1000, 1)).astype("float32")
    one = ops.convert_to_numpy(keras.losses.binary_crossentropy(y, z, from_logits=True))
    pairs = np.concatenate([0 * z, z], axis=1)
    two = ops.convert_to_numpy(keras.losses.sparse_categorical_crossentropy(y[:, 0], pairs, from_logits=True))
    off = np.abs(one - two).max()
    return Finding("holds" if off < TINY else "does not hold here", f"{off:.1e}.")


@claim(
    "Cross-entropy heavily penalizes what is confidently wrong.",
    "Loss of the probabilities 0.5, 0.1, 0.001 for the true class, with the squared error beside.",
)
def confidently_wrong(seeds):
    found = {}
    for name, loss in (
        ("cross-entropy", keras.losses.binary_crossentropy),
        ("squared", keras.losses.mean_squared_error),
    ):
        values = loss(np.ones((3, 1), "float32"), np.array([[0.5], [0.1], [0.001]], "float32"))
        found[name] = [float(value) for value in ops.convert_to_numpy(values)]
    numbers = "; ".join(f"{name} " + ", ".join(f"{value:.2f}" for value in values) for name, values in found.items())
    growth = {name: values[2] / values[0] for name, values in found.items()}
    return Finding("holds" if growth["cross-entropy"] > 2 * growth["squared"] else "does not hold here", numbers + ".")


@claim(
    "Numbers as labels make an order of the classes that is not there; one-hot vectors do not.",
    "Digits, a hidden layer of 32, 15 epochs of Adam: test accuracy with the digit as the target of MSE, rounded, and "
    "with a softmax.",
)
def one_hot(seeds):
    x, y, x_test, y_test = digits(seeds, 800)
    number = train(stack(seeds, (64, 32, 1)), x, y.astype("float32"), keras.optimizers.Adam(0.01), epochs=15)
    rounded = ops.convert_to_numpy(number(x_test))[..., 0].round().clip(0, 9)
    by_number = (rounded == y_test).mean(axis=0)
    classes = train(stack(seeds, (64, 32, 10)), x, y, keras.optimizers.Adam(0.01), epochs=15)
    by_class = scores(classes, x_test, y_test)[1]
    numbers = f"Numbers {percent(by_number)}, one-hot {percent(by_class)}."
    return Finding("holds" if surely_less(by_number, by_class) else "does not hold here", numbers)


@claim(
    "Hinge loss maximizes the margin between the classes.",
    "Two blobs that a line divides, 60 points, a linear unit, 2,000 steps of Adam: least distance of a point from the "
    "line, over that of a support vector machine; hinge alone, hinge with a little L2 (0.001), cross-entropy.",
)
def margin(seeds):
    x, y = stacked(
        make_blobs(60, centers=[[-2, -1], [2, 1]], cluster_std=0.7, random_state=seed) for seed in range(seeds)
    )
    x, sign = x.astype("float32"), 2 * y - 1
    best = []
    for seed in range(seeds):
        machine = SVC(kernel="linear", C=1e6).fit(x[:, seed], y[:, seed])
        best.append(1 / np.linalg.norm(machine.coef_))
    hinge, entropy = keras.losses.Hinge(), keras.losses.BinaryCrossentropy(from_logits=True)
    found = {}
    for name, loss, l2 in (("hinge", hinge, 0.0), ("with L2", hinge, 1e-3), ("cross-entropy", entropy, 0.0)):
        net = stack(seeds, (2, 1), of_outputs={"kernel_regularizer": keras.regularizers.L2(l2)})
        rate = keras.optimizers.schedules.CosineDecay(0.3, 2000)
        many = np.concatenate([x] * 1000), np.concatenate([y] * 1000).astype("float32")
        train(net, *many, keras.optimizers.Adam(rate), 1, 30, loss)
        weights, bias = net.get_weights()
        distance = (
            sign * (np.einsum("bsi,si->bs", x, weights[..., 0]) + bias[:, 0]) / np.linalg.norm(weights[..., 0], axis=1)
        )
        found[name] = distance.min(axis=0) / best
    numbers = ", ".join(f"{name} {pm(value)}" for name, value in found.items()) + "."
    good = {name: value.mean() > 0.95 for name, value in found.items()}
    if good["with L2"] and not good["hinge"]:
        return Finding("holds if", numbers, "L2 is added: alone it stops as soon as no point is within its margin of 1")
    return Finding("holds" if good["hinge"] else "does not hold here", numbers)


def focal_data(seeds):
    draws = (
        make_classification(
            4000, n_informative=8, n_clusters_per_class=3, weights=[0.97], class_sep=1.2, flip_y=0, random_state=seed
        )
        for seed in range(seeds)
    )
    x, y = stacked(draws)
    return x[:2000].astype("float32"), y[:2000].astype("float32"), x[2000:].astype("float32"), y[2000:]


@claim(
    "Focal loss puts less weight on what is easy.",
    "Gradient by the logit of a row whose class has probability 0.6 and 0.95, over that of cross-entropy; gamma 2.",
)
def focal_weights(seeds):
    logits = np.log([[0.6 / 0.4], [0.95 / 0.05]])
    plain, focal = (
        loss_and_gradient(lambda y, z, f=f: f(y, z, from_logits=True), np.ones((2, 1), "float32"), logits)[1][:, 0]
        for f in (keras.losses.binary_crossentropy, keras.losses.binary_focal_crossentropy)
    )
    hard, easy = focal / plain
    return Finding("holds" if easy < hard else "does not hold here", f"{hard:.3f} and {easy:.3f}.")


@claim(
    "Focal loss helps with imbalanced classes.",
    "Made-up data of 20 features, 3% of 2,000 rows positive, a hidden layer of 32, 20 epochs of Adam: average "
    "precision and balanced accuracy on 2,000 new rows; cross-entropy, focal (gamma 2), cross-entropy with weights.",
)
def focal_helps(seeds):
    x, y, x_test, y_test = focal_data(seeds)
    plain = keras.losses.BinaryCrossentropy(from_logits=True)
    share = y.mean()

    def weighted(target, logit):
        weight = ops.where(target > 0.5, 0.5 / share, 0.5 / (1 - share))
        return weight[..., 0] * keras.losses.binary_crossentropy(target, logit, from_logits=True)

    found = {}
    for name, loss in (
        ("plain", plain),
        ("focal", keras.losses.BinaryFocalCrossentropy(from_logits=True)),
        ("weights", weighted),
    ):
        net = train(stack(seeds, (20, 32, 1)), x, y, keras.optimizers.Adam(0.005), 20, 64, loss)
        logits = ops.convert_to_numpy(net(x_test))[..., 0]
        found[name] = (
            [average_precision_score(y_test[:, i], logits[:, i]) for i in range(seeds)],
            [balanced_accuracy_score(y_test[:, i], logits[:, i] > 0) for i in range(seeds)],
        )
    numbers = "; ".join(f"{name} {pm(ap)} and {percent(ba)}" for name, (ap, ba) in found.items()) + "."
    gains = [surely_less(one, other) for one, other in zip(found["plain"], found["focal"], strict=True)]
    if all(gains):
        return Finding("holds", numbers)
    if gains[0]:
        return Finding("holds if", numbers, "rows are ranked; the threshold of 0.5 needs another")
    return Finding("does not hold here", numbers)
