"""The training of many models at once."""

import functools
import re
import time

import keras
import numpy as np
from keras import ops

from kerasparts import backend
from kerasparts.core.data import row_count, take
from kerasparts.model_selection.engines._replicas import CannotVectorize, Replicas
from kerasparts.model_selection.engines._stopping import Stopping
from kerasparts.model_selection.engines.fits import FitPlan, FitTask, row_order
from kerasparts.model_selection.engines.sequential import PREDICT_BATCH


class Training:
    """The programs that train and evaluate replicas, and the loop over epochs.

    Args:
        plan: what the fits share.
        replicas: their models.
    """

    def __init__(self, plan: FitPlan, replicas: Replicas):
        pure, fused = replicas.pure, replicas.fused
        self.plan, self.replicas = plan, replicas
        train, test = (_over_batches(step, pure.results) for step in (pure.train_step, pure.test_step))
        self._train = backend.program(train, fused), backend.program(train, fused=False)
        self._test = (backend.program(test, fused=False),) * 2
        self._predict = backend.program(_of_batch(pure.predict_step), fused=False)
        self._score = backend.program(_of_batch(pure.score_step), fused=False)
        self._data = _on_device((plan.x, plan.y, plan.sample_weight))
        self._test_data = self._data if plan.x_test is None else _on_device(plan.test)

    def run(self, tasks: list[FitTask]) -> list[dict]:
        """What comes of the tasks: for each the attributes of its `FitOutcome`, but for engine and seconds."""
        plan, model = self.plan, self.replicas.model
        stoppings = [Stopping(plan.callbacks() if plan.callbacks else [], model, plan.epochs) for _ in tasks]
        values, constants = self.replicas.first_values(tasks)
        histories, values = self._fit(tasks, stoppings, values, constants)

        test_rows = [np.arange(row_count(plan.test[0])) if t.test_rows is None else t.test_rows for t in tasks]
        predictions, scores, values = self._evaluated(plan.test, self._test_data, test_rows, values, constants)
        train_scores = [{}] * len(tasks)
        if plan.score_train:
            data = plan.x, plan.y, plan.sample_weight
            _, train_scores, values = self._evaluated(data, self._data, [t.rows for t in tasks], values, constants)
        weights = [None] * len(tasks)
        if plan.keep_weights:
            states = _OnHost(values)
            weights = [self._weights(states, place) for place in range(len(tasks))]
        columns = zip(tasks, histories, predictions, scores, train_scores, weights, strict=True)
        names = ("history", "predictions", "scores", "train_scores", "weights")
        return [{"name": task.name, **dict(zip(names, column, strict=True))} for task, *column in columns]

    def _fit(self, tasks, stoppings, values, constants):
        """Histories by task, and the values after the fit."""
        plan = self.plan
        histories = [{} for _ in tasks]
        finals = [None] * len(tasks)
        active, kept_constants = list(range(len(tasks))), constants
        slowest = 0.0
        for epoch in range(plan.epochs):
            start = time.perf_counter()
            rows = np.stack([row_order(tasks[i], epoch, plan.shuffle) for i in active])
            values, logs = self._pass(self._train, values, kept_constants, rows, plan.batch_size)
            if tasks[0].validation_rows is not None:
                rows = np.stack([tasks[i].validation_rows for i in active])
                values, found = self._pass(self._test, values, kept_constants, rows, PREDICT_BATCH)
                logs |= {f"val_{name}": column for name, column in found.items()}

            states = _OnHost(values)
            for place, i in enumerate(active):
                if finals[i] is not None:
                    continue
                own = {name: float(column[place]) for name, column in logs.items()}
                for name, value in own.items():
                    histories[i].setdefault(name, []).append(value)
                stoppings[i].end_epoch(epoch, own, functools.partial(self._weights, states, place))
                if stoppings[i].stop_training or epoch == plan.epochs - 1:
                    stoppings[i].end(own)
                    finals[i] = self._with_weights(states[place], stoppings[i].weights)

            seconds = time.perf_counter() - start
            slowest = max(slowest, seconds)  # the first, which compiles
            running = [place for place, i in enumerate(active) if finals[i] is None]
            if not running:
                break
            saving = (1 - len(running) / len(active)) * seconds * (plan.epochs - epoch - 1)
            if saving > slowest:
                active = [active[place] for place in running]
                values, kept_constants = (_taken(x, running) for x in (values, kept_constants))
        return histories, _stacked(finals)

    def _pass(self, programs, values, constants, rows, batch_size):
        """The values after a pass over the rows of each replica, and loss and metrics of it by name."""
        values = self.replicas.with_fresh_metrics(values)
        count = len(rows)
        full = rows.shape[1] // batch_size * batch_size
        batches = rows[:, :full].reshape(count, -1, batch_size).swapaxes(0, 1)
        for program, part in zip(programs, (batches, rows[None, :, full:]), strict=True):
            if part.size:
                values, logs = _run(program, values, constants, self._data, _row_numbers(part))
        return values, {name: ops.convert_to_numpy(column) for name, column in logs.items()}

    def _evaluated(self, data, on_device, rows, values, constants):
        """Predictions and scores of each replica for its rows, and the values after them."""
        most = max(map(len, rows))
        padded = np.stack([np.pad(own, (0, most - len(own))) for own in rows])
        parts = []
        for start in range(0, most, PREDICT_BATCH):
            batch = _row_numbers(padded[:, start : start + PREDICT_BATCH])
            part, values = _run(self._predict, values, constants, on_device[:1], batch)
            parts.append(keras.tree.map_structure(ops.convert_to_numpy, part))
        whole = keras.tree.map_structure(lambda *some: np.concatenate(some, axis=1), *parts)
        predictions = [_at(whole, (i, slice(len(own)))) for i, own in enumerate(rows)]
        if data[1] is None:
            return predictions, [{}] * len(rows), values
        if all(len(own) == most for own in rows):
            fresh = self.replicas.with_fresh_metrics(values)
            scores = _run(self._score, fresh, constants, on_device, _row_numbers(padded), _on_device(whole))
            scores = keras.tree.map_structure(ops.convert_to_numpy, scores)
            scores = [{name: float(column[i]) for name, column in scores.items()} for i in range(len(rows))]
        else:
            scores = [self._scores_of_one(data, *of_one) for of_one in zip(rows, predictions, strict=True)]
        return predictions, scores, values

    def _scores_of_one(self, data, rows, prediction):
        x, y, weight = take(data, rows)
        return backend.model_scores(self.replicas.model, x, y, prediction, weight)

    def _weights(self, states, place):
        state = states[place]
        return [state[i] for i in self.replicas.weight_places]

    def _with_weights(self, state, weights):
        if weights is not None:
            for place, weight in zip(self.replicas.weight_places, weights, strict=True):
                state[place] = weight
        return state


class _OnHost:
    """The values of single replicas as arrays, fetched from the device when first asked for."""

    def __init__(self, values):
        self._values = values
        self._arrays = None

    def __getitem__(self, place):
        if self._arrays is None:
            self._arrays = [ops.convert_to_numpy(value) for value in self._values]
        return [array[place].copy() for array in self._arrays]


def _over_batches(step, results):
    """Values and results after a step of every replica on each of its batches."""

    def run(values, constants, data, rows):
        def step_of_one(values, constants, rows):
            return step(values, constants, *_gathered(data, rows))

        def step_of_all(values, rows):
            return backend.vectorized(step_of_one)(values, constants, rows)

        values = backend.repeated(step_of_all, values, rows)
        return values, backend.vectorized(results)(values, constants)

    return run


def _of_batch(step):
    """What a step of every replica gives for one batch of data that all have, and of its own."""

    def run(values, constants, data, rows, *own):
        def step_of_one(values, constants, rows, *own):
            return step(values, constants, *_gathered(data, rows), *own)

        return backend.vectorized(step_of_one)(values, constants, rows, *own)

    return run


def _run(program, *arguments):
    try:
        return program(*arguments)
    except Exception as error:
        raise CannotVectorize(f"The program of many models fails: {type(error).__name__}: {_reason(error)}") from error


def _reason(error):
    """The text of an error without the stack that TensorFlow and Keras write into it."""
    lines = [line.strip() for line in re.sub(r"\x1b\[\d+m", "", str(error)).splitlines()]
    stack = ("File ", "in user code:", "Arguments received", "•")
    return " ".join(line for line in lines if line and not line.startswith(stack))[-300:]


def _at(tree, index):
    return keras.tree.map_structure(lambda a: a[index], tree)


def _gathered(data, rows):
    return keras.tree.map_structure(lambda a: None if a is None else ops.take(a, rows, axis=0), data)


def _on_device(data):
    return keras.tree.map_structure(lambda a: None if a is None else ops.convert_to_tensor(a), backend.in_floatx(data))


def _row_numbers(rows):
    return ops.convert_to_tensor(rows.astype("int32"))


def _taken(values, places):
    return [ops.take(value, places, axis=0) for value in values]


def _stacked(states):
    return [ops.convert_to_tensor(np.stack(column)) for column in zip(*states, strict=True)]
