"""monte_carlo_predict."""

import contextlib
import inspect
import math
import weakref
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from kerasparts import backend
from kerasparts.core.checks import check, check_choice, check_integer
from kerasparts.core.data import batches, is_dataset, row_count, take, to_numpy
from kerasparts.core.layers import replaced
from kerasparts.core.precision import float32_at_least
from kerasparts.diagnostics import EnsembleSpread
from kerasparts.diagnostics.model_facts import loss_name, losses_of
from kerasparts.diagnostics.targets import is_classification_loss
from kerasparts.ensembles.ensemble import ACTIVATIONS
from kerasparts.layers import DropBlock, DropConnect, Dropout, DropPath, ScheduledDropout

# Layers to which training means their dropout, and nothing else. That of the other attention layers is a `Dropout`.
DROPOUT = (
    keras.layers.Dropout,
    keras.layers.SpatialDropout1D,
    keras.layers.SpatialDropout2D,
    keras.layers.SpatialDropout3D,
    keras.layers.AlphaDropout,
    keras.layers.GaussianDropout,
    keras.layers.Attention,
    keras.layers.SimpleRNN,
    keras.layers.SimpleRNNCell,
    keras.layers.LSTM,
    keras.layers.LSTMCell,
    keras.layers.GRU,
    keras.layers.GRUCell,
    keras.layers.ConvLSTM1D,
    keras.layers.ConvLSTM2D,
    keras.layers.ConvLSTM3D,
    Dropout,
    ScheduledDropout,
    DropPath,
    DropBlock,
    DropConnect,
)
TRAINED = "layer classes whose `call` takes `training`"
RATES = ("rate", "dropout", "recurrent_dropout", "schedule")


def monte_carlo_predict(
    model,
    x,
    samples: int = 100,
    batch_size: int = 32,
    activation=None,
    classes: bool | None = None,
    also=(),
    seed: int = 0,
    verbose: int = 1,
):
    """Predicts many times with dropout on: the mean is the answer, the spread is how unsure the model is of it.

    In Keras, `model(x, training=True)` does more than that: BatchNormalization takes the statistics of the batch and
    moves its own, augmentation and noise act, and seeds move on. Here only dropout acts, wherever it is: layers of
    Keras and of this library, the `dropout` of attention and recurrent layers, nested and subclassed models. Nothing in
    the model has changed afterwards, nor have the global random numbers.

    For classes, with `p` the probabilities of one sample, in nats, per row:

        entropy             = H(mean p)
        expected_entropy    = mean H(p)
        mutual_information  = H(mean p) - mean H(p)

    The last is great where the samples disagree, as far from the training data; the second where the data themselves
    are uncertain. Mean and deviation are updated sample by sample, in the memory of one prediction. On TensorFlow and
    JAX all samples of a batch are one compiled program, which is kept for the next call with the same arguments.

    Args:
        model: built `keras.Model` with dropout of a rate above 0.
        x: as in `predict`: array, nest of arrays, `tf.data.Dataset`, `keras.utils.PyDataset` or iterable of batches.
        samples: int of at least 2.
        batch_size: int of at least 1. Rows at a time; a dataset has its own.
        activation: "softmax" or "sigmoid" for outputs that are logits; None for outputs as they are. A nest of these
            for a model of several outputs.
        classes: whether the answers are probabilities of classes. None: with an `activation`, or by the compiled loss.
            Each number of an output is the probability of a yes if `activation` is "sigmoid", the loss is a binary
            one, or there is one number alone.
        also: layer classes that act as in training too: `keras.layers.GaussianNoise`, or a dropout of one's own, which
            must take its random numbers from a `keras.random.SeedGenerator`.
        seed: int. The same one gives the same answers, for the same `batch_size`.
        verbose: int. 1 shows a progress bar; 0 is silent.

    Returns:
        `EnsembleSpread`; for a model of several outputs a nest of them.

    Raises:
        ValueError: no dropout in the model, or none that its `call` reaches unless it trains; logits without an
            activation.

    Example:
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dropout(0.5, seed=1), keras.layers.Dense(3)])
    >>> found = monte_carlo_predict(model, np.ones((4, 2)), samples=20, activation="softmax", verbose=0)
    >>> found.mean.shape, found.mutual_information.shape
    ((4, 3), (4,))

    Reference: Gal and Ghahramani 2016, https://arxiv.org/abs/1506.02142, section 4; the mutual information: Houlsby et
    al. 2011, https://arxiv.org/abs/1112.5745, equation 2.
    """
    check(isinstance(model, keras.Model) and model.built, "model", model, "a built keras.Model")
    check_integer("samples", samples, "[2, inf)")
    check_integer("batch_size", batch_size, "[1, inf)")
    check_integer("seed", seed, "[0, inf)")
    check(classes in (None, True, False), "classes", classes, "True, False or None")
    layers = _dropout_layers(model, also)
    check(layers, "model", model.name, "one with dropout of a rate above 0")

    draws = np.random.default_rng(seed)
    program, parts, size = None, [], 0
    with backend.kept_random_numbers(), backend.many_seeds():
        bar = keras.utils.Progbar(_piece_count(x, batch_size), verbose=verbose, unit_name="batch")
        for batch in _pieces(x, batch_size):
            rows = row_count(batch)
            size = max(size, rows)
            batch = backend.in_floatx(take(batch, np.arange(size) % rows))  # padded, as a new shape is compiled anew
            program = program or _program_of(model, layers, samples, activation, classes, batch)
            backend.set_random_seed(int(draws.integers(2**31)))  # for what draws without a generator
            found = program(draws, batch)
            parts.append(take(found, slice(rows)))
            bar.add(1)
    check(parts, "x", x, "of at least one row")
    return program.result(keras.tree.map_structure(lambda *pieces: np.concatenate(pieces), *parts))


@dataclass(frozen=True)
class _Meaning:
    """What the numbers of one output are."""

    activation: str | None
    classes: bool
    binary: bool

    def answer(self, output):
        output = ops.convert_to_tensor(output)
        return ACTIVATIONS[self.activation](ops.cast(output, float32_at_least(output.dtype)))

    def entropy(self, p):
        p = ops.minimum(ops.relu(p), 1.0)
        return _surprise(p) + _surprise(1 - p) if self.binary else ops.sum(_surprise(p), axis=-1)

    def start(self, output, rows):
        nothing = ops.zeros((rows, *output.shape[1:]), float32_at_least(output.dtype))
        moments = {"mean": nothing, "squares": nothing}
        return {**moments, "expected": self.entropy(nothing)} if self.classes else moments

    def update(self, moments, output, count):
        """The moments of `count` samples, by those of all but the last."""
        answer = self.answer(output)
        away = answer - moments["mean"]
        mean = moments["mean"] + away / count
        updated = {"mean": mean, "squares": moments["squares"] + away * (answer - mean)}
        if self.classes:
            expected = moments["expected"]
            updated["expected"] = expected + (self.entropy(answer) - expected) / count
        return updated

    def summary(self, moments, count):
        deviation = ops.sqrt(moments["squares"] / (count - 1))
        found = {"mean": moments["mean"], "standard_deviation": deviation}
        if self.classes:
            entropy, expected = self.entropy(moments["mean"]), moments["expected"]
            shared = ops.relu(entropy - expected)  # never below 0, but for rounding
            parts = {"entropy": entropy, "expected_entropy": expected, "mutual_information": shared}
            is_single = self.binary and entropy.shape[1:] == (1,)
            found |= {name: part[:, 0] if is_single else part for name, part in parts.items()}
        return found


_PROGRAMS = weakref.WeakKeyDictionary()  # the last one of each model, as it takes longer to compile than to run


def _program_of(model, layers, samples, activation, classes, batch):
    inputs = [(array.shape[1:], array.dtype) for array in keras.tree.flatten(batch)]
    rates = [(id(layer), [getattr(layer, name, None) for name in RATES]) for layer in layers]
    key = (
        samples,
        activation,
        classes,
        getattr(model, "loss", None),
        inputs,
        rates,
        [id(variable) for variable in model.variables],
    )
    if model not in _PROGRAMS or _PROGRAMS[model].key != key:
        _PROGRAMS[model] = _Program(model, layers, samples, activation, classes, batch)
        _PROGRAMS[model].key = key
    return _PROGRAMS[model]


class _Program:
    """All samples of a batch in one program."""

    def __init__(self, model, layers, samples, activation, classes, batch):
        self.model, self.layers, self.samples = weakref.ref(model), layers, samples
        self.spec = model.compute_output_spec(keras.tree.map_structure(_symbol, batch))
        self.outputs = keras.tree.flatten(self.spec)
        self.meanings = _meanings(model, self.outputs, activation, classes)
        self.weights = list(model.weights)
        known = {id(variable) for variable in self.weights}
        self.seeds = [backend.global_generator(), *(v for v in model.variables if id(v) not in known)]
        self.has_dropped = False
        self.run = backend.compiled(self._run, [*self.weights, *self.seeds])

    def __call__(self, draws, batch):
        seeds = draws.integers(2**31, size=(self.samples, len(self.seeds), 2), dtype="int32")
        found = to_numpy(self.run(seeds, batch))
        check(self.has_dropped, "model", self.model().name, "one that calls its dropout at inference too")
        return found

    def result(self, found):
        return keras.tree.pack_sequence_as(self.spec, [EnsembleSpread(**values) for values in found])

    def _run(self, seeds, x):
        weights = [(variable, variable.value) for variable in self.weights]

        def step(state, seeds):
            count, moments = state
            count = count + 1
            drawn = [(variable, ops.cast(seeds[i], variable.dtype)) for i, variable in enumerate(self.seeds)]
            with keras.StatelessScope([*weights, *drawn], collect_losses=True), self._dropping():
                outputs = keras.tree.flatten(self.model()(x, training=False))
            triples = zip(self.meanings, moments, outputs, strict=True)
            return count, [meaning.update(before, output, count) for meaning, before, output in triples]

        rows = ops.shape(keras.tree.flatten(x)[0])[0]
        start = [meaning.start(output, rows) for meaning, output in zip(self.meanings, self.outputs, strict=True)]
        _, moments = backend.repeated(step, (ops.zeros((), "float32"), start), seeds)
        return [meaning.summary(one, self.samples) for meaning, one in zip(self.meanings, moments, strict=True)]

    @contextlib.contextmanager
    def _dropping(self):
        with contextlib.ExitStack() as stack:
            for layer in self.layers:
                stack.enter_context(replaced(layer, "call", self._trained(layer.call)))
            yield

    def _trained(self, call):
        """The `call` of a layer in training, whatever it is told."""

        def trained(*args, **kwargs):
            self.has_dropped = True
            return call(*args, **{**kwargs, "training": True})

        return trained


def _surprise(p):
    return -p * ops.log(ops.maximum(p, 1e-30))


def _symbol(array):
    return keras.KerasTensor(array.shape, keras.backend.standardize_dtype(array.dtype))


def _dropout_layers(model, also):
    also = tuple(also) if isinstance(also, list | tuple) else (also,)
    for kind in also:
        is_layer = isinstance(kind, type) and issubclass(kind, keras.layers.Layer)
        check(is_layer and "training" in inspect.signature(kind.call).parameters, "also", also, TRAINED)
    layers = model._flatten_layers(include_self=False)
    return [
        layer
        for layer in layers
        if isinstance(layer, also) or (isinstance(layer, DROPOUT) and any(getattr(layer, name, None) for name in RATES))
    ]


def _meanings(model, outputs, activation, classes):
    count = len(outputs)
    activations = [activation] * count if isinstance(activation, str | None) else keras.tree.flatten(activation)
    check(len(activations) == count, "activation", activation, f"one for each of the {count} outputs")
    losses = losses_of(model, count) if model.compiled else [None] * count
    return [_meaning(*one, classes) for one in zip(outputs, activations, losses, strict=True)]


def _meaning(output, activation, loss, classes):
    check_choice("activation", activation, tuple(ACTIVATIONS))
    name = loss_name(loss) or ""
    if classes is None:
        classes = activation is not None or (is_classification_loss(name) and "hinge" not in name)
        is_logit = activation is None and getattr(loss, "from_logits", False)
        check(not is_logit, "activation", activation, "'softmax' or 'sigmoid' for a model whose loss takes logits")
    binary = activation == "sigmoid" or (activation is None and (name.startswith("binary") or output.shape[-1] == 1))
    return _Meaning(activation, classes, binary)


def _pieces(x, batch_size):
    if is_dataset(x):
        yield from (batch for batch, _, _ in batches(x, "x"))
        return
    x = to_numpy(x)
    for start in range(0, row_count(x), batch_size):
        yield take(x, slice(start, start + batch_size))


def _piece_count(x, batch_size):
    return None if is_dataset(x) else math.ceil(row_count(x) / batch_size)
