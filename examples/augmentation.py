"""What does augmentation gain where data are few?

    python examples/augmentation.py

Three data sets, each on five seeds; a seed draws the training rows, the weights and the augmentation:

* scikit-learn's digits with 200 training scans, a small convolutional network, accuracy;
* scikit-learn's tumours with 5% malignant ones in training, balanced accuracy: the mean of the share of malignant
  tumours that are found and the share of benign ones that are left alone;
* the meanings of words in WordNet, if it is installed (the package wordnet-base of Debian): is it an animal, a plant, a
  food or a part of the body? 50 training texts of each, accuracy.

All run through `AugmentedDataset`, which draws anew each time that a row comes.
"""

from pathlib import Path

import numpy as np
from anew import Anew
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import load_breast_cancer, load_digits

import kerasparts as kp

FOLDER = Path(__file__).resolve().parent / "figures"
WORDNET = Path("/usr/share/wordnet")
BATCH, RATE = 100, 6e-3
TOPICS = {"05": "animal", "20": "plant", "13": "food", "08": "body"}  # numbers of WordNet's files of nouns


def often(x, y, times=10):
    """All rows several times in an epoch: the beginning and end of an epoch take time too."""
    return np.tile(x, (times, *[1] * (x.ndim - 1))), np.tile(y, (times, *[1] * (y.ndim - 1)))


def moved():
    """Shifts by a pixel, turns by 15 degrees."""
    return [
        keras.layers.RandomTranslation(0.15, 0.15, fill_mode="constant", interpolation="nearest", seed=1),
        keras.layers.RandomRotation(0.04, fill_mode="constant", seed=2),
    ]


def of_images():
    """Augmentations of digits by name. Flips would make other digits of some, or none."""
    mix_up, cutout = [kp.layers.MixUp(0.4, seed=4)], [kp.layers.Cutout(3, seed=5)]
    return {
        "none": [],
        "moved (Keras' layers)": moved(),
        "MixUp": mix_up,
        "Cutout": cutout,
        "all": [*moved(), *cutout, *mix_up],
    }


def digits(seed, rows=200):
    """Training scans, one-hot labels, test scans, labels."""
    x, y = load_digits(return_X_y=True)
    x = (x / 16).reshape(-1, 8, 8, 1).astype("float32")
    split = kp.model_selection.train_dev_test_split(x, y, sizes=(rows, 97, len(x) - rows - 97), seed=seed)
    (x, y), _, (x_test, y_test) = split
    return x, np.eye(10, dtype="float32")[y], x_test, y_test


def images(seeds, epochs, names=None):
    """Accuracies by augmentation, one a seed."""

    def network():
        layers = keras.layers
        hidden = [layers.Conv2D(16, 3, activation="relu"), layers.Conv2D(32, 3, activation="relu"), layers.Flatten()]
        return keras.Sequential([keras.Input((8, 8, 1)), *hidden, layers.Dense(10)])

    anew = Anew(network, keras.optimizers.Adam(RATE), keras.losses.CategoricalCrossentropy(from_logits=True))
    scores = {}
    for name, augment in of_images().items():
        if names is None or name in names:
            scores[name] = []
            for seed in range(seeds):
                x, y, x_test, y_test = digits(seed)
                data = kp.augmentation.AugmentedDataset(*often(x, y), augment, batch_size=BATCH, seed=seed)
                model = anew(seed)
                model.fit(data, epochs=epochs, verbose=0)
                said = keras.ops.convert_to_numpy(model(x_test)).argmax(axis=-1)
                scores[name].append((said == y_test).mean())
    return scores


def tumours(seed, kept=14):
    """Measured cells and labels; half of the benign tumours and few of the malignant ones are for training."""
    x, y = load_breast_cancer(return_X_y=True)
    y, random = 1 - y, np.random.default_rng(seed)
    malignant, benign = (random.permutation(np.flatnonzero(y == label)) for label in (1, 0))
    half = len(benign) * 3 // 4
    train, test = np.append(benign[:half], malignant[:kept]), np.append(benign[half:], malignant[kept:])
    scaling = kp.layers.RobustScaling()
    scaling.adapt(x[train])
    x = keras.ops.convert_to_numpy(scaling(x))
    return x[train], y[train], x[test], y[test]


def tables(seeds, epochs):
    """Balanced accuracies by augmentation, one a seed."""

    def network():
        return keras.Sequential([keras.Input((30,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(2)])

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    anew, scores = Anew(network, keras.optimizers.Adam(RATE), loss), {}
    for name in ("none", "class-balanced", "class-balanced, SMOTE"):
        scores[name] = []
        for seed in range(seeds):
            x, y, x_test, y_test = tumours(seed)
            augment = []
            if "SMOTE" in name:
                augment = [kp.layers.SMOTE(seed=seed)]
                augment[0].adapt(x, y)
            data = kp.augmentation.AugmentedDataset(
                *often(x, y), augment, batch_size=BATCH, balanced=name != "none", seed=seed
            )
            model = anew(seed)
            model.fit(data, epochs=epochs, verbose=0)
            said = keras.ops.convert_to_numpy(model(x_test)).argmax(axis=-1)
            scores[name].append(np.mean([(said[y_test == label] == label).mean() for label in (0, 1)]))
    return scores


def meanings():
    """WordNet's definitions of nouns, without examples of their use, and the number of their topic."""
    texts, labels = [], []
    for line in (WORDNET / "data.noun").read_text().splitlines():
        fields, bar, text = line.partition(" | ")
        topic = fields.split(" ")[1:2]
        if bar and topic and topic[0] in TOPICS:
            texts.append(text.partition('; "')[0].strip())
            labels.append(list(TOPICS).index(topic[0]))
    return np.array(texts), np.array(labels)


def texts(seeds, epochs, rows=50, test_rows=500):
    """Accuracies by augmentation, one a seed."""
    x, y = meanings()
    words = keras.layers.TextVectorization(4000, output_mode="multi_hot")
    words.adapt(x)  # words alone, without labels: synonyms bring words that the training texts do not have

    def network():
        size = words.vocabulary_size()
        return keras.Sequential([keras.Input((size,)), keras.layers.Dense(64, "relu"), keras.layers.Dense(len(TOPICS))])

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    anew = Anew(network, keras.optimizers.Adam(RATE), loss)
    noise = [kp.layers.SynonymReplacement(0.2, str(WORDNET), seed=1), kp.layers.RandomDeletion(0.2, seed=2)]
    scores = {"none": [], "word noise": []}
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        order = [random.permutation(np.flatnonzero(y == topic)) for topic in range(len(TOPICS))]
        train = np.concatenate([of[:rows] for of in order])
        test = np.concatenate([of[rows : rows + test_rows] for of in order])
        x_test = keras.ops.convert_to_numpy(words(x[test]))
        for name in scores:
            augment = [*(noise if name == "word noise" else []), words]
            data = kp.augmentation.AugmentedDataset(*often(x[train], y[train]), augment, batch_size=BATCH, seed=seed)
            model = anew(seed)
            model.fit(data, epochs=epochs, verbose=0)
            said = keras.ops.convert_to_numpy(model(x_test)).argmax(axis=-1)
            scores[name].append((said == y[test]).mean())
    return scores


def show(title, scores):
    print(f"\n{title:38} {'mean':>7} {'std':>7}   against none")
    none = np.array(scores["none"])
    for name, score in scores.items():
        gain = np.array(score) - none
        against = "" if name == "none" else f"{gain.mean():+.3f}, better in {(gain > 0).sum()} of {len(gain)}"
        print(f"{name:38} {np.mean(score):7.3f} {np.std(score):7.3f}   {against}", flush=True)


def draw(picture):
    """Six scans as they are and as each augmentation makes them."""
    import matplotlib.pyplot as plt

    x, y, _, _ = digits(0)
    x, y = x[:6], y[:6]
    kinds = of_images()
    figure, rows = plt.subplots(len(kinds), len(x), figsize=(7, 6.6), layout="constrained")
    for row, (name, augment) in zip(rows, kinds.items(), strict=True):
        data = kp.augmentation.AugmentedDataset(x, y, augment, batch_size=len(x), shuffle=False, seed=3)
        scans, labels = data[0]
        for ax, scan, label in zip(row, scans, labels, strict=True):
            ax.imshow(np.asarray(scan)[..., 0], cmap="gray_r", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
            parts = [f"{digit}: {share:.0%}" for digit, share in enumerate(label) if share > 0.005]
            ax.set_title(", ".join(parts) if len(parts) > 1 else str(np.argmax(label)), fontsize=8)
        row[0].set_ylabel(name.replace(" (", "\n("), fontsize=9)
    figure.savefig(picture, dpi=150)
    plt.close(figure)


def main(folder=FOLDER, seeds=5, epochs=(8, 3, 2), names=None):
    """Runs the example; returns the scores of each data set by augmentation.

    Args:
        epochs: of images, tables and texts, each with every row ten times.
        names: of the augmentations of images; None for all.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    scores = {"images": images(seeds, epochs[0], names)}
    show("200 scans of digits: accuracy", scores["images"])
    scores["tables"] = tables(seeds, epochs[1])
    show("14 malignant tumours: balanced acc.", scores["tables"])
    if (WORDNET / "data.noun").exists():
        scores["texts"] = texts(seeds, epochs[2])
        show("200 meanings of words: accuracy", scores["texts"])
    else:
        print(f"\nNo texts: WordNet is not in {WORDNET}.")
    picture = folder / "augmentation.png"
    draw(picture)
    print(f"\nFigure: {picture}")
    return scores


if __name__ == "__main__":
    main()
