"""Writes the files of this version that every later version must load: `python saved_models/write.py`.

Models with every part that can be saved; beside each its input, its output, its output after five more epochs; and the
versions that made them. Files that are there are never overwritten.
"""

import json
import platform
from itertools import cycle
from pathlib import Path

import keras
import numpy as np

import kerasparts as kp

FOLDER = Path(__file__).parent / kp.__version__


def activations():
    a = kp.activations
    yield from (a.Linear(), a.Step(0.1, "arctan"), a.Sigmoid(), a.Tanh(), a.ReLU(6.0), a.LeakyReLU(0.1), a.ELU(0.7))
    yield from (a.SELU(), a.Softplus(2.0), a.GELU(True), a.Swish(1.5), a.Softmax(temperature=2.0), a.Snake(1.5))
    yield from (a.LiSHT(), a.RReLU(0.2, 0.2, seed=1))  # equal bounds: its noise differs from backend to backend


def initializers():
    i = kp.initializers
    yield from (i.VarianceMatched("tanh", "fan_avg", "uniform", 1), i.ScaledOrthogonal("tanh", 2))
    yield from (i.DeltaOrthogonal("tanh", 3), i.SparseNormal(2, "tanh", None, 4))


def regularizers():
    r = kp.regularizers
    halving = keras.optimizers.schedules.ExponentialDecay(1.0, 2, 0.5)
    yield from (r.L1(1e-3), r.L2(1e-3), r.L1L2(1e-3, 1e-3) + keras.regularizers.L2(5e-4), r.GroupLasso(1e-3))
    yield from (r.SpectralNorm(1e-3), r.L2SP(1e-3, start=0.0), r.Annealed(r.L2(1e-2), halving))


def schedule():
    s = kp.optimizers.schedules
    parts = [s.StepDecay(0.01, 2), s.OneCycle(0.02, 4), s.Cyclical(0.005, 0.01, 2), s.InverseSquareRoot(0.01, 2)]
    return s.Scaled(s.Warmup(s.Chain([*parts, s.CosineWarmRestarts(0.01, 4)], lengths=[1, 2, 1, 1]), length=2), 0.5)


def transforms():
    t = kp.optimizers.transforms
    yield from (t.SkipNonFinite(), t.AdaptiveClip(10.0), t.Centralize(), t.Normalize())
    yield t.GradientNoise(1e-14)  # as good as none: it differs from backend to backend


def parts(x):
    """One branch an activation, each with the next initializer and regularizer, and one for each learned activation."""
    scaling = kp.layers.RobustScaling(quantile_range=(10.0, 90.0))
    scaling.adapt(x)
    inputs = keras.Input((3,))
    h = scaling(inputs)
    branches = [
        keras.layers.Dense(4, activation=f, kernel_initializer=i, kernel_regularizer=r)(h)
        for f, i, r in zip(activations(), cycle(initializers()), cycle(regularizers()), strict=False)
    ]
    branches += [
        layer(h) for layer in (kp.layers.ParametricReLU(), kp.layers.ParametricSwish(), kp.layers.Maxout(4, 3))
    ]
    outputs = keras.layers.Dense(3)(keras.layers.Concatenate()(branches))
    model = keras.Model(inputs, outputs)
    model.compile(
        kp.optimizers.AdamW(
            schedule(), weight_decay=0.02, weight_decay_exclude=["bias$"], gradient_transforms=transforms()
        ),
        kp.losses.SparseCategoricalCrossentropy(
            from_logits=True, class_weight=[1.0, 2.0, 0.5], label_smoothing=0.1, ignore_class=-1
        ),
    )
    return model


def scalings(x):
    k = kp.layers
    for layer in (k.StandardScaling(missing="indicate"), k.MinMaxScaling(clip=True), k.QuantileScaling(n_quantiles=10)):
        layer.adapt(x)
        yield layer


def layers():
    """Those for rows of 12 numbers, then those for maps. Nothing is drawn: it differs from backend to backend."""
    k, dense = kp.layers, keras.layers.Dense
    none = keras.optimizers.schedules.ExponentialDecay(0.0, 2, 0.5)
    rows = [k.Dropout(0.0, "classic"), k.ScheduledDropout(none), k.DropPath(0.0), k.SwapNoise(0.0), k.Jitter(0.0)]
    rows += [
        k.FeatureDropout(0.0),
        k.InputNoise(amount=0.0),
        k.DropConnect(dense(4), 0.0),
        k.WeightNoise(dense(4), 0.0),
    ]
    rows += [k.WeightNormalization(dense(4)), k.NoisyDense(4, 0.0), k.GhostBatchNormalization(8), k.LayerScale(0.5)]
    yield from rows
    yield k.Residual([dense(4, "tanh"), dense(12)], scale_init=0.1, scale_per_channel=True)
    yield from (k.DropBlock(0.0, 1), k.SqueezeExcite(2.0))


def with_layers(x):
    """One branch a layer."""
    inputs = keras.Input((3,))
    h = keras.layers.Concatenate()([scaling(inputs) for scaling in scalings(x)])
    h = keras.layers.Dense(12, "tanh")(h)
    maps, branches = keras.layers.Reshape((2, 2, 3))(h), []
    for layer in layers():
        of_maps = isinstance(layer, kp.layers.DropBlock | kp.layers.SqueezeExcite)
        branches.append(keras.layers.Dense(4)(keras.layers.Flatten()(layer(maps if of_maps else h))))
    empty = keras.layers.Rescaling(0.0)(maps)  # where it cannot be seen what was cut out
    branches.append(keras.layers.Flatten()(kp.layers.Cutout(1)(empty)))
    model = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.Concatenate()(branches)))
    model.compile(kp.optimizers.SGD(0.01), kp.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1))
    return model


def small(optimizer):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(3)])
    model.compile(optimizer, kp.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1))
    return model


def losses(labels):
    """Each loss with the number of its predictions for a row, and its targets."""
    kind, logits = kp.losses, {"from_logits": True}
    labels = np.maximum(labels, 0)
    rows, column = np.eye(3, dtype="float32")[labels], labels[:, None].astype("float32")
    counts = [9, 5, 2]
    for loss in (kind.Focal(**logits), kind.Hinge(), kind.LogitAdjusted(counts, **logits), kind.LDAM(counts, **logits)):
        yield loss, 3, labels
    for name in ("CategoricalCrossentropy", "KLDivergence", "BinaryCrossentropy", "Asymmetric"):
        yield getattr(kind, name)(**logits), 3, rows
    for loss in (kind.MeanSquaredError(0.5), kind.MeanAbsoluteError(), kind.Huber("auto"), kind.LogCosh()):
        yield loss, 1, column
    both = [("squared", 1.0, kind.MeanSquaredError()), ("absolute", 0.5, kind.MeanAbsoluteError())]
    yield from ((kind.AdaptiveRobust(0.0), 1, column), (kind.WeightedSum(both), 1, column))
    yield from ((kind.GaussianNLL(), 2, column), (kind.Quantile([0.1, 0.9]), 2, column))
    yield kind.Contrastive(), 1, np.minimum(column, 1.0)
    for loss in (kind.TripletSemiHard(), kind.TripletHard(), kind.NPairs(), kind.SupervisedContrastive()):
        yield loss, 3, labels


def with_losses(labels):
    """One output a loss, the last of them a head of its own; and their targets."""
    inputs = keras.Input((3,))
    h = keras.layers.Dense(8, "tanh")(keras.layers.Rescaling(0.2)(inputs))
    rows = list(losses(labels))
    outputs = [keras.layers.Dense(units)(h) for _, units, _ in rows] + [kp.layers.SparseSoftmaxHead(3)(h)]
    model = keras.Model(inputs, outputs)
    last = kp.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    model.compile(kp.optimizers.SGD(0.01), [*(loss for loss, _, _ in rows), last])
    return model, [*(targets for _, _, targets in rows), labels]


def models(x):
    """Each model by the name of its file."""
    yield "parts", parts(x)
    yield "layers", with_layers(x)
    o, cycle_of_ten = kp.optimizers, kp.optimizers.schedules.OneCycle(0.02, 10)
    yield "sgd", small(o.SGD(cycle_of_ten, momentum=cycle_of_ten.momentum, nesterov=True))
    for optimizer in (o.Adagrad(), o.RMSprop(), o.Adadelta(), o.Adam(amsgrad=True), o.Nadam(), o.RectifiedAdam()):
        yield type(optimizer).__name__.lower(), small(optimizer)
    for optimizer in (o.AdaBelief(), o.Yogi(), o.NovoGrad(weight_decay=0.01), o.Prodigy(d0=1e-4), o.LBFGS()):
        yield type(optimizer).__name__.lower(), small(optimizer)
    yield "lookahead", small(o.Lookahead(o.Adam(0.01)))
    yield "schedulefree", small(o.ScheduleFree(o.Adam(0.01, beta_1=0.0)))
    yield "proximal", small(o.Proximal(o.Adam(0.01), l1=0.1))
    ensemble = kp.ensembles.Ensemble([small("sgd") for _ in range(2)])
    ensemble.compile(o.Adam(0.01), kp.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1))
    yield "ensemble", ensemble


def write(name, model, x, y):
    """Trains, saves and trains on. `y` is an array, or a list of one for each output."""
    model.fit(x, y, epochs=3, shuffle=False, verbose=0)
    model.save(FOLDER / f"{name}.keras")
    loss = model.evaluate(x, y, verbose=0, return_dict=True)["loss"]
    predictions = together(model.predict(x, verbose=0))
    model.fit(x, y, epochs=5, shuffle=False, verbose=0)
    later = together(model.predict(x, verbose=0))
    targets = {f"y{i}": one for i, one in enumerate(y)} if isinstance(y, list) else {"y": y}
    np.savez(FOLDER / f"{name}.npz", x=x, **targets, predictions=predictions, loss=loss, later=later)


def together(predictions):
    """One array of the predictions of one or several outputs."""
    return np.concatenate(predictions, axis=-1) if isinstance(predictions, list) else predictions


def main():
    if FOLDER.exists():
        raise SystemExit(f"{FOLDER} is there already, and what a version has written is never overwritten.")
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    x, y = random.normal(5.0, 3.0, (32, 3)).astype("float32"), random.integers(-1, 3, 32)
    FOLDER.mkdir()
    for name, model in models(x):
        write(name, model, x, y)
    model, targets = with_losses(y)
    write("losses", model, x, targets)
    versions = {
        "kerasparts": kp.__version__,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
    (FOLDER / "versions.json").write_text(json.dumps(versions, indent=2) + "\n")


if __name__ == "__main__":
    main()
