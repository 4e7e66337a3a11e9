"""Vectorized: many fits in one compiled program."""

import math
import time
from collections.abc import Iterator

import keras

from kerasparts import backend
from kerasparts.core.checks import check_number
from kerasparts.model_selection.engines._replicas import CannotVectorize as CannotVectorize
from kerasparts.model_selection.engines._replicas import Replicas
from kerasparts.model_selection.engines._training import Training
from kerasparts.model_selection.engines.fits import FitOutcome, FitPlan, FitTask, alike
from kerasparts.model_selection.engines.sequential import PREDICT_BATCH

GIGABYTE = 2**30


class Vectorized:
    """Trains many models as one: a step of all is a step of one compiled program, whose tensors have one more axis.

    What it gives is what `Sequential` gives, to rounding: first weights, order of rows, batches, dropout, history and
    early stopping are the same. A loop around `fit` spends most of its time on tracing and on calls, here made once.

    One difference: the loss of each output of several is weighted by rows in the history, as in Keras on JAX; on
    TensorFlow `fit` counts a smaller last batch as a whole one there. The total loss is the same.

    Tasks of the same arguments and numbers of rows run together, in chunks that fit `max_memory`.

    Args:
        max_memory: number in (0, inf), in bytes. Bound on an estimate of what a chunk takes beyond the data.

    Raises:
        CannotVectorize: by `run`, where the result might not be that of `fit`: a `train_step` of the model's own,
            callbacks other than `EarlyStopping`, averaged weights, an operation that cannot be mapped (on TensorFlow
            recurrent layers), and always on Torch.
    """

    name = "vectorized"

    def __init__(self, max_memory=2 * GIGABYTE):
        check_number("max_memory", max_memory, "(0, inf)")
        self.max_memory = max_memory

    def run(self, plan: FitPlan, tasks: list[FitTask]) -> Iterator[FitOutcome]:
        """Yields the outcome of each task, a chunk at a time."""
        for group in alike(tasks):
            start = time.perf_counter()
            with backend.kept_random_numbers():
                training = Training(plan, Replicas(plan, group))
            for chunk in self._chunks(plan, training.replicas.model, group):
                with backend.kept_random_numbers():
                    found = training.run(chunk)
                seconds = (time.perf_counter() - start) / len(chunk)
                for outcome in found:
                    yield FitOutcome(**outcome, engine=self.name, seconds=seconds)
                start = time.perf_counter()

    def _chunks(self, plan, model, tasks):
        fitting = max(1, int(self.max_memory / _bytes_of_replica(plan, model)))
        count = math.ceil(len(tasks) / fitting)
        size = math.ceil(len(tasks) / count)
        return [tasks[start : start + size] for start in range(0, len(tasks), size)]


def _bytes_of_replica(plan, model):
    """An estimate: old and new values, gradients and a copy; what layers put out, forward and backward."""
    values = sum(math.prod(v.shape) for v in [*model.variables, *model.optimizer.variables])
    outputs = [_output_size(layer) for layer in model._flatten_layers(include_self=False)]
    training = 4 * values + 3 * plan.batch_size * sum(outputs)
    inference = values + 2 * PREDICT_BATCH * max(outputs, default=0)
    return 4 * max(training, inference)


def _output_size(layer):
    try:
        outputs = keras.tree.flatten(layer.output)
    except (AttributeError, ValueError):  # of a layer that is called inside another
        return sum(math.prod(v.shape) for v in layer.variables)
    return sum(math.prod(size or 1 for size in output.shape[1:]) for output in outputs)
