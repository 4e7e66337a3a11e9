"""Layers side by side with what a user would pick instead, in turn in one process.

    python benchmarks/layers.py [SECTION] [ROUNDS]

`adapt`: how long each scaling takes to measure 1,000,000 rows of 20 features, in one array and in 1,000 batches,
against scikit-learn's `fit`, or `partial_fit` where it has one, and against Keras' `Normalization.adapt`. `scaling`:
the compiled forward pass over 1,000 such rows against Keras' `Normalization`, with and without XLA on TensorFlow.
`dataset`: an epoch of images that are flipped, rotated and mixed, by `AugmentedDataset` against the same layers in a
`PyDataset` as one writes it, and on TensorFlow in `tf.data`; and an epoch of `fit` with it against one with arrays.
`text`: how many texts a second each augmentation of texts takes.

Prints the median time and the median ratio of ours to theirs over the rounds.
"""

import logging
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import ops
from rows import Row, compared
from sklearn import preprocessing

import kerasparts as kp
from kerasparts import backend
from kerasparts.layers.augmentation.text import synonyms

ROWS, FEATURES, BATCHES = 1_000_000, 20, 1_000
SCALINGS = {
    "StandardScaling": (kp.layers.StandardScaling, preprocessing.StandardScaler),
    "MinMaxScaling": (kp.layers.MinMaxScaling, preprocessing.MinMaxScaler),
    "RobustScaling": (kp.layers.RobustScaling, preprocessing.RobustScaler),
    "QuantileScaling": (kp.layers.QuantileScaling, lambda: preprocessing.QuantileTransformer(subsample=None)),
}


def seconds(run):
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def compare(name, runs, rounds, what):
    """Prints a line: the time of the first run, and of each other run with the ratio of the first to it; their rows."""
    for run in runs.values():
        run()
    times = np.array([[seconds(run) for run in runs.values()] for _ in range(rounds)])
    ours, *others = 1e3 * np.median(times, axis=0)
    ratios = np.median(times[:, :1] / times[:, 1:], axis=0)
    peers = [
        f"{peer} {ms:8.2f} ms, ratio {ratio:5.2f}"
        for peer, ms, ratio in zip(list(runs)[1:], others, ratios, strict=True)
    ]
    print(f"{name:26} {ours:8.2f} ms   " + "   ".join(peers), flush=True)
    ours, *others = times.T
    return [compared(f"{what}: {name}", peer, ours, times) for peer, times in zip(list(runs)[1:], others, strict=True)]


def adapt(rounds, short):
    count, batches = (ROWS // 5, BATCHES // 5) if short else (ROWS, BATCHES)
    x = np.random.default_rng(0).normal(size=(count, FEATURES)).astype("float32")
    pieces = np.split(x, batches)
    rows = []

    def keras_adapt(data):
        return lambda: keras.layers.Normalization().adapt(data)

    def partial_fits(make):
        peer = make()
        for piece in pieces:
            peer.partial_fit(piece)

    what = f"adapt to {count:,} rows of {FEATURES} features"
    print(f"{what}, one array")
    for name, (layer, peer) in SCALINGS.items():
        rows += compare(
            name,
            {
                "ours": lambda f=layer: f().adapt(x),
                "scikit-learn": lambda f=peer: f().fit(x),
                "Keras' Normalization": keras_adapt(x),
            },
            rounds,
            what,
        )
    print(f"the same in {batches:,} batches; scikit-learn's robust and quantile ones in one array")
    for name, (layer, peer) in SCALINGS.items():
        in_batches = hasattr(peer, "partial_fit")
        runs = {
            "ours": lambda f=layer: f().adapt(pieces),
            "scikit-learn": (lambda f=peer: partial_fits(f)) if in_batches else (lambda f=peer: f().fit(x)),
            "Keras' Normalization": keras_adapt(pieces),
        }
        rows += compare(name, runs, rounds, f"{what} in {batches:,} batches")
    return rows


def scaling(rounds, short):
    x = np.random.default_rng(0).normal(size=(10_000, FEATURES)).astype("float32")
    rows = x[:1_000]
    tensor = ops.convert_to_tensor(rows)
    what = f"forward pass over {len(rows):,} rows of {FEATURES} features"
    print(f"compiled {what}")
    results = []
    for fused in (False, True) if keras.backend.backend() == "tensorflow" else (True,):
        runs = {}
        for name, layer in {
            **{name: layer() for name, (layer, _) in SCALINGS.items()},
            "QuantileScaling, normal": kp.layers.QuantileScaling(output_distribution="normal"),
            "Normalization": keras.layers.Normalization(),
        }.items():
            layer.adapt(x)
            program = backend.program(lambda x, f=layer: f(x), fused)
            runs[name] = lambda run=program: ops.convert_to_numpy(run(tensor)[0])
        theirs = runs.pop("Normalization")
        for name, run in runs.items():
            label = f"{name}{', fused' if fused else ''}"
            results += compare(label, {"ours": run, "Keras' Normalization": theirs}, 20 * rounds, what)
        peer = preprocessing.QuantileTransformer(subsample=None).fit(x)
        pair = {"ours": runs["QuantileScaling"], "scikit-learn's": lambda f=peer: f.transform(rows)}
        results += compare(f"QuantileScaling{', fused' if fused else ''}", pair, 20 * rounds, what)
    return results


IMAGES, BATCH = 1024, 32


def image_layers():
    return keras.layers.RandomFlip("horizontal"), keras.layers.RandomRotation(0.1), keras.layers.MixUp(0.2)


class PlainDataset(keras.utils.PyDataset):
    """What one writes without a library."""

    def __init__(self, x, y):
        super().__init__()
        self.x, self.y, self.layers = x, y, image_layers()
        self.order = np.random.default_rng(0).permutation(len(x))

    def __len__(self):
        return len(self.x) // BATCH

    def __getitem__(self, index):
        rows = self.order[index * BATCH : (index + 1) * BATCH]
        flip, rotate, mix = self.layers
        images = rotate(flip(self.x[rows], training=True), training=True)
        mixed = mix({"images": images, "labels": self.y[rows]}, training=True)
        return ops.convert_to_numpy(mixed["images"]), ops.convert_to_numpy(mixed["labels"])


def tf_dataset(x, y):
    import tensorflow as tf

    flip, rotate, mix = image_layers()

    def augmented(x, y):
        mixed = mix({"images": rotate(flip(x, training=True), training=True), "labels": y}, training=True)
        return mixed["images"], mixed["labels"]

    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x)).batch(BATCH)
    return data.map(augmented, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def dataset(rounds, short):
    random = np.random.default_rng(0)
    x = random.random((IMAGES, 32, 32, 3)).astype("float32")
    y = np.eye(10, dtype="float32")[random.integers(0, 10, IMAGES)]
    peers = {"a PyDataset": PlainDataset(x, y)}
    if keras.backend.backend() == "tensorflow":
        peers["tf.data"] = tf_dataset(x, y)
    runs = {name: lambda data=data: sum(1 for _ in data) for name, data in peers.items()}
    ours = {n: kp.augmentation.AugmentedDataset(x, y, image_layers(), BATCH, workers=n) for n in (1, 2)}
    what = f"{IMAGES:,} images of 32 x 32 x 3, flipped, rotated and mixed"
    print(f"{what} in batches of {BATCH}")
    rows = []
    for workers, data in ours.items():
        run = {"ours": lambda data=data: sum(1 for _ in data)}
        rows += compare(f"AugmentedDataset, workers={workers}", run | runs, rounds, what)

    layers = [keras.layers.Conv2D(32, 3, strides=2, activation="relu") for _ in range(3)]
    model = keras.Sequential([keras.Input((32, 32, 3)), *layers, keras.layers.Flatten(), keras.layers.Dense(10)])
    model.compile(keras.optimizers.Adam(), keras.losses.CategoricalCrossentropy(from_logits=True))
    fits = {"arrays, as they are": lambda: model.fit(x, y, batch_size=BATCH, verbose=0)}
    for workers, data in ours.items():
        run = {"ours": lambda data=data: model.fit(data, verbose=0)}
        rows += compare(f"fit, workers={workers}", run | fits, rounds, what)
    plain = kp.augmentation.AugmentedDataset(x, y, batch_size=BATCH)
    run = {"ours": lambda: model.fit(plain, verbose=0)}
    return rows + compare("fit, nothing augmented", run | fits, rounds, f"{IMAGES:,} images of 32 x 32 x 3")


def text(rounds, short):
    random = np.random.default_rng(0)
    words = list(synonyms.OWN_SYNONYMS) + [f"word{i}" for i in range(1000)]
    texts = [" ".join(random.choice(words, 12)) for _ in range(10_000)]
    print(f"{len(texts):,} texts of 12 words, rate 0.1")
    rows = []
    for layer in (
        kp.layers.RandomDeletion(0.1),
        kp.layers.RandomSwap(0.1),
        kp.layers.RandomInsertion(0.1),
        kp.layers.SynonymReplacement(0.1),
        kp.layers.CharacterNoise(0.1),
    ):
        times = [seconds(lambda layer=layer: layer(texts, training=True)) for _ in range(rounds + 1)][1:]
        name = type(layer).__name__
        print(f"{name:20} {len(texts) / np.median(times):10,.0f} texts/s", flush=True)
        what = f"{len(texts):,} texts of 12 words: {name}"
        rows.append(Row(what, "", ours=float(np.median(times)), note="nothing to compare with"))
    return rows


SECTIONS = {"adapt": adapt, "scaling": scaling, "dataset": dataset, "text": text}


def main(section="all", rounds=5, short=False):
    """`short`: fewer rows to adapt to, fewer rounds."""
    rounds = 2 if short else int(rounds)
    logging.getLogger("tensorflow").setLevel("ERROR")
    print(f"{keras.backend.backend()}, {rounds} rounds")
    sections = [run for name, run in SECTIONS.items() if section in ("all", name)]
    return [row for run in sections for row in run(rounds, short)]


if __name__ == "__main__":
    main(*sys.argv[1:])
