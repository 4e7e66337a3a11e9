"""Trains parts on one device and on several, and writes what came of it.

`python devices.py FOLDER PART ...` takes rows of `tests/cases.py` and writes `FOLDER/WAY.npz` for each way to train:

- "one": a device;
- "many": devices that share each batch, on TensorFlow two by `tf.distribute.MirroredStrategy`, on JAX four by
  `keras.distribution.DataParallel`;
- "halves": a device that sees the halves of each batch one after the other, and then makes its step.

Arrays are `PART/start` for predictions before the training, `PART/end` after it, `PART/losses` by epoch, `PART/NUMBER`
for weights and what an optimizer saves, and `PART/apart` for how far the copies of the devices are from one another.
"""

import contextlib
import os
import sys
from pathlib import Path

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"  # before JAX starts

import keras
import numpy as np

BACKEND = keras.backend.backend()
if BACKEND == "tensorflow":
    import tensorflow as tf

    (PROCESSOR,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(PROCESSOR, [tf.config.LogicalDeviceConfiguration()] * 2)

import kerasparts as kp  # noqa: E402, only now: the first array that is made starts TensorFlow with its devices
from tests import cases  # noqa: E402
from tests.models import compiled, kind_of, model_with, targets_of, with_layers, with_losses  # noqa: E402

ROWS, BATCH, EPOCHS = 40, 20, 2


class Each(keras.optimizers.Optimizer):
    """Optimizers, each for the layers that have its name: one model, and so one program, for all."""

    def __init__(self, optimizers):
        super().__init__(0.0)
        self.optimizers = optimizers

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        for name, optimizer in self.optimizers.items():
            optimizer.build([variable for variable in variables if part_of(variable) == name])

    def apply(self, grads, trainable_variables=None):
        pairs = list(zip(grads, trainable_variables or self._trainable_variables, strict=True))
        for name, optimizer in self.optimizers.items():
            own = [pair for pair in pairs if part_of(pair[1]) == name]
            optimizer.apply(*map(list, zip(*own, strict=True)))

    def finalize_variable_values(self, var_list):
        for optimizer in self.optimizers.values():
            optimizer.finalize_variable_values(var_list)

    @property
    def variables(self):
        return [*super().variables, *(one for optimizer in self.optimizers.values() for one in optimizer.variables)]


def part_of(variable):
    return variable.path.split("/")[0].removesuffix("_hidden")


def with_optimizers(rows):
    """Compiled model of `(batch, 4, 3)` inputs with a small net for each optimizer or transform."""
    keras.utils.set_random_seed(11)
    inputs, outputs, optimizers = keras.Input((4, 3)), {}, {}
    for case in rows:
        part, name = case.build(), str(case)
        if kind_of(case) == "optimizers.transforms":
            part = kp.optimizers.SGD(0.1, momentum=0.9, gradient_transforms=[part], record_norms=True)
        h = keras.layers.Dense(6, "tanh", name=f"{name}_hidden")(inputs)
        outputs[name], optimizers[name] = keras.layers.Dense(3, name=name)(h), part
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return compiled(keras.Model(inputs, outputs), Each(optimizers), loss)


def with_tasks(rows):
    """Compiled model of `(batch, 4, 3)` inputs with two outputs, whose losses a layer weighs."""
    keras.utils.set_random_seed(11)
    (case,) = rows
    inputs = keras.Input((4, 3))
    outputs = case.build()({name: keras.layers.Dense(3)(inputs) for name in (str(case), "other")})
    loss = {name: kp.losses.UncertainTask(keras.losses.MeanSquaredError()) for name in outputs}
    return compiled(keras.Model(inputs, outputs), keras.optimizers.SGD(0.1), loss)


def models(rows, x, y, way):
    """Rows, a model of them with an output for each, its targets, and how many rows it takes at once."""
    groups = {}
    for case in rows:
        kind = "comparing" if case in cases.METRIC_LOSSES else kind_of(case).split(".")[0]
        kind = "tasks" if case in cases.OF_OUTPUTS else kind
        groups.setdefault("layers" if kind == "regularizers" else kind, []).append(case)
    for kind, some in groups.items():
        labels = {str(case): targets_of(case, y) for case in some}
        if way == "halves" and kind != "comparing":
            continue
        if kind == "optimizers":
            yield some, with_optimizers(some), labels, BATCH
        elif kind == "layers":
            yield some, with_layers(some, x), dict.fromkeys(labels, y[:, 0]), BATCH
        elif kind == "tasks":
            yield some, with_tasks(some), dict.fromkeys((*labels, "other"), np.eye(3)[y]), BATCH
        elif kind == "losses":
            yield some, with_losses(some, reduction="sum_over_batch_size", dtype="float32"), labels, BATCH
        else:  # sums over rows, of which the halves give a step by their mean
            parts, model = 2 if way == "halves" else 1, with_losses(some, dtype="float32")
            optimizer = keras.optimizers.SGD(1e-4 * parts, gradient_accumulation_steps=parts if parts > 1 else None)
            yield some, compiled(model, optimizer, model.loss), labels, BATCH // parts


def weights_of(case, model):
    """The weights of the layers of a part, and what its optimizer saves."""
    names = {str(case), f"{case}_hidden", *(layer.name for layer in model.layers if type(layer) is case.part)}
    weights = [weight for layer in model.layers if layer.name in names for weight in layer.variables]
    weights = [weight for weight in weights if not getattr(weight, "overwrite_with_gradient", False)]
    saved = {}
    if isinstance(model.optimizer, Each):
        optimizer = model.optimizer.optimizers[str(case)]
        getattr(optimizer, "optimizer", optimizer).save_own_variables(saved)
        if hasattr(optimizer, "optimizer"):
            own = {}
            optimizer.save_own_variables(own)
            saved.update({f"wrapper{name}": value for name, value in own.items()})
    return weights, saved


def apart(weights):
    """How far the copies of the devices are from one another; NaN where there are no copies."""
    if BACKEND == "jax":
        copies = [[np.asarray(one.data) for one in weight.value.addressable_shards] for weight in weights]
    else:
        copies = [[one.numpy() for one in getattr(weight.value, "values", [])] for weight in weights]
    if any(len(some) < 2 for some in copies):
        return np.nan
    return max(np.abs(one - some[0]).max(initial=0) for some in copies for one in some)


def scope_of(way):
    if way != "many":
        return contextlib.nullcontext()
    if BACKEND == "jax":
        return keras.distribution.DataParallel().scope()
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope()


def of_quasi_newton(case, x, y):
    """Weights after training with all rows in each step, or why not."""
    try:
        model = model_with(case)
        model.fit(x, y, ROWS, 8, shuffle=False, verbose=0)
    except ValueError as error:
        yield f"{case}/refused", str(error)
        return
    yield from ((f"{case}/{number}", weight) for number, weight in enumerate(model.get_weights()))


def results(rows, way):
    random = np.random.default_rng(0)
    x, y = random.normal(size=(ROWS, 4, 3)).astype("float32"), random.integers(0, 3, (ROWS, 4))
    with scope_of(way):
        for case in cases.QUASI_NEWTON:
            yield from of_quasi_newton(case, x, y) if case in rows else ()
        rows = [case for case in rows if case not in cases.QUASI_NEWTON]
        for some, model, targets, batch in models(rows, x, y, way):
            start = model.predict(x, BATCH, verbose=0)
            history = model.fit(x, targets, batch, EPOCHS, shuffle=False, verbose=0).history
            end = model.predict(x, BATCH, verbose=0)
            for case in some:
                name = str(case)
                weights, saved = weights_of(case, model)
                yield f"{name}/start", start[name]
                yield f"{name}/end", end[name]
                yield f"{name}/losses", history.get(f"{name}_loss", history["loss"])
                yield f"{name}/apart", apart(weights)
                for number, weight in enumerate(weights):
                    yield f"{name}/{number}", keras.ops.convert_to_numpy(weight)
                yield from ((f"{name}/state_{key}", value) for key, value in saved.items() if key != "names")


def main(folder, names):
    rows = [case for case in cases.ALL if str(case) in names]
    for way in ("one", "many", "halves"):
        keras.backend.clear_session()
        np.savez(folder / f"{way}.npz", **dict(results(rows, way)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), set(sys.argv[2:]))
