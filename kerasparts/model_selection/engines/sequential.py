"""Sequential: one fit after the other, by `keras.Model.fit`."""

import math
import time
from collections.abc import Iterator

import keras

from kerasparts import backend
from kerasparts.core.data import row_count, take
from kerasparts.model_selection.engines.fits import FitOutcome, FitPlan, FitTask, named, row_order
from kerasparts.model_selection.engines.prepare import prepared_model

PREDICT_BATCH = 256


class Sequential:
    """Fits one after the other in this process, by `fit`: runs anything that Keras runs.

    Every model is built, compiled and traced anew, so that nothing leaks from one fit to the next.
    """

    name = "sequential"

    def run(self, plan: FitPlan, tasks: list[FitTask]) -> Iterator[FitOutcome]:
        """Yields the outcome of each task as it is done."""
        for task in tasks:
            yield fit_one(plan, task, self.name)


def fit_one(plan: FitPlan, task: FitTask, engine: str) -> FitOutcome:
    """Runs one task by `fit`."""
    start = time.perf_counter()
    with named(task), backend.kept_random_numbers(), backend.many_models():
        model = prepared_model(plan, task)
        validation = None
        if task.validation_rows is not None:
            validation = _without_none(take((plan.x, plan.y, plan.sample_weight), task.validation_rows))
        data = OrderedRows(plan, task)
        history = model.fit(
            data,
            epochs=plan.epochs,
            shuffle=False,  # of batches, by Keras
            callbacks=[data.order_by_epoch(), *(plan.callbacks() if plan.callbacks else ())],
            validation_data=validation,
            validation_batch_size=PREDICT_BATCH if validation else None,
            verbose=0,
        ).history
        predictions, scores = _predicted(model, plan.test, task.test_rows)
        train_scores = {}
        if plan.score_train:
            _, train_scores = _predicted(model, (plan.x, plan.y, plan.sample_weight), task.rows)
    return FitOutcome(
        name=task.name,
        history={name: [float(value) for value in values] for name, values in history.items()},
        predictions=predictions,
        scores=scores,
        train_scores=train_scores,
        weights=model.get_weights() if plan.keep_weights else None,
        engine=engine,
        seconds=time.perf_counter() - start,
    )


class OrderedRows(keras.utils.PyDataset):
    """The training rows of a task in the order that every engine takes them in."""

    def __init__(self, plan: FitPlan, task: FitTask):
        super().__init__()
        self.plan, self.task = plan, task
        self.order = row_order(task, 0, plan.shuffle)

    def order_by_epoch(self) -> keras.callbacks.Callback:
        """A callback for the same `fit`, for `on_epoch_end` of a dataset is called before the first epoch too."""

        def begin(epoch, logs):
            self.order = row_order(self.task, epoch, self.plan.shuffle)

        return keras.callbacks.LambdaCallback(on_epoch_begin=begin)

    def __len__(self):
        return math.ceil(len(self.task.rows) / self.plan.batch_size)

    def __getitem__(self, index):
        rows = self.order[index * self.plan.batch_size : (index + 1) * self.plan.batch_size]
        return _without_none(take((self.plan.x, self.plan.y, self.plan.sample_weight), rows))


def _predicted(model, data, rows):
    rows = slice(None) if rows is None else rows
    x, y, weight = take(data, rows)
    predictions = model.predict(x, batch_size=PREDICT_BATCH, verbose=0)
    if y is None or row_count(x) == 0:
        return predictions, {}
    return predictions, backend.model_scores(model, x, y, predictions, weight)


def _without_none(data):
    x, y, weight = data
    return (x, y) if weight is None else (x, y, weight)
