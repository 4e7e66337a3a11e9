"""BiasVarianceDiagnostics."""

import math

import keras
import numpy as np

from kerasparts import backend
from kerasparts.callbacks._fit import fit_arguments, warn_of_unsynchronized_processes
from kerasparts.callbacks._rows import (
    add_logs,
    fit_facts,
    metric_names,
    permutation,
    sample,
    training_rows,
    validation_rows,
)
from kerasparts.core.checks import check, check_choice, check_integer, check_number
from kerasparts.core.data import batches, is_dataset, row_count, take
from kerasparts.core.part import part
from kerasparts.diagnostics import Score, Signals, batch_mean, diagnose_bias_variance, error_rate, is_multi_label
from kerasparts.diagnostics.model_facts import learning_rate, run_facts
from kerasparts.diagnostics.trivial import trivial_error

MIN_BATCHES = 32
MAX_BATCH = 256


@part
class BiasVarianceDiagnostics(keras.callbacks.Callback):
    """Tells high bias from high variance, by errors that are comparable and with their noise.

    The `loss` and `val_loss` of Keras are not: both contain the penalties of the regularizers, and `loss` is a
    running mean over the epoch with dropout on. At the end of each epoch this callback measures the *data loss*,
    without penalties, dropout off, moving statistics in use, on a fixed random sample of the training data and on
    the validation data, and writes into the logs, for `History` and for callbacks later in the list,

        data_loss, val_data_loss, generalization_gap = val_data_loss - data_loss

    and with `error="error_rate"` also `error_rate` and `val_error_rate`.

    The verdict is one of high bias, high variance, both, good fit, too early to say; it weighs the measured errors
    against their sampling error and scatter as `diagnostics.diagnose_bias_variance` describes. Data are those that
    `fit` was given. `class_weight` is left out; sample weights count if both sides have them. A loss that is a sum over
    the batch is taken by the row.

    `TrainingDiagnostics.bias_variance` is the same verdict by the rows of its probe; this one measures more of them,
    all that there are of validation, and knows targets and error rates.

    Args:
        target_error: float or None. What a human or the best possible model reaches, in the unit of `error`. With it
            the bias is the avoidable one; without it 0 is assumed.
        error: "loss", or "error_rate": the share of wrong classes, for a model with one output.
        trivial_error: float or None. Error of a predictor that ignores the input, the scale of what is high; None to
            measure it from the targets, or, for losses where that is unknown, to take the error before the fit.
        tolerance: float in (0, 1). Share of the way from target to trivial error that counts as high.
        confidence: float in (0.5, 1). Of each bound.
        min_epochs: int of at least 3. Before them it is too early to say.
        sample_size: int of at least 2. Rows of training data to measure.
        training_data, validation_data: `(x, y)`, `(x, y, sample_weight)` or a dataset; None for what `fit` was given.
        seed: int. Of the sample.
        verbose: int. 1 prints the verdict at the end.

    Attributes:
        diagnosis: `diagnostics.BiasVarianceDiagnosis` of the epochs so far; print it.
        signals: `diagnostics.Signals`, all that was measured, which the diagnosis is made of; save it.

    Memory: the sample of the training data. Time: an inference pass over the sample and the validation data an epoch.

    Raises:
        ValueError: there are no validation data, or `fit` was given a generator and `training_data` is None.

    Example:
    >>> gauge = kerasparts.callbacks.BiasVarianceDiagnostics(target_error=0.02, error="error_rate")
    >>> # model.fit(x, y, validation_data=(x_dev, y_dev), epochs=20, callbacks=[gauge])
    >>> # print(gauge.diagnosis)

    Reference: Ng 2018, Machine Learning Yearning, chapters 20 to 27.
    """

    def __init__(
        self,
        target_error=None,
        error="loss",
        trivial_error=None,
        tolerance=0.1,
        confidence=0.95,
        min_epochs=5,
        sample_size=1024,
        training_data=None,
        validation_data=None,
        seed=0,
        verbose=0,
    ):
        if target_error is not None:
            check_number("target_error", target_error)
        check_choice("error", error, ("loss", "error_rate"))
        if trivial_error is not None:
            check_number("trivial_error", trivial_error)
            above = trivial_error > (target_error or 0.0)
            check(above, "trivial_error", trivial_error, f"above the target error {target_error or 0.0}")
        check_number("tolerance", tolerance, "(0, 1)")
        check_number("confidence", confidence, "(0.5, 1)")
        check_integer("min_epochs", min_epochs, "[3, inf)")
        check_integer("sample_size", sample_size, "[2, inf)")
        check_integer("seed", seed, "[0, inf)")
        check(verbose in (0, 1), "verbose", verbose, "0 or 1")
        super().__init__()
        self.target_error = target_error
        self.error = error
        self.trivial_error = trivial_error
        self.tolerance = tolerance
        self.confidence = confidence
        self.min_epochs = min_epochs
        self.sample_size = sample_size
        self.training_data = training_data
        self.validation_data = validation_data
        self.seed = seed
        self.verbose = verbose
        self._resumed = None
        self._reset()

    def _reset(self):
        self._moments, self._curves = [], {}
        self._trivial = self.trivial_error
        self._first_step = None
        self._facts = {}

    @property
    def signals(self) -> Signals:
        if not self._moments:
            return Signals(error=self.error)
        columns = {name: np.array([moment[name] for moment in self._moments], "float64") for name in self._moments[0]}
        return Signals(
            run=run_facts(self.model, **self._facts, epochs=len(self._moments), metrics=metric_names(self._curves)),
            score=Score(trivial_loss=float(self._trivial)),
            curves={name: np.array(values) for name, values in self._curves.items()},
            error=self.error,
            **columns,
        )

    @property
    def diagnosis(self):
        if not self._moments:
            return None
        signals = self.signals
        return diagnose_bias_variance(
            signals.error_curves(),
            signals.score.trivial_loss,
            target_error=self.target_error,
            tolerance=self.tolerance,
            confidence=self.confidence,
            min_epochs=self.min_epochs,
            error=signals.error,
        )

    def on_train_begin(self, logs=None):
        warn_of_unsynchronized_processes()
        self._reset()
        before, self._resumed = self._resumed, None
        given = fit_arguments(self.model)
        rows = self._read_data(given)
        sums = {loss.reduction == "sum" if isinstance(loss, keras.losses.Loss) else False for loss in self._losses()}
        check(len(sums) < 2, "loss", self.model.loss, "a sum over the batch in all outputs or in none")
        self._sums = True in sums
        if not self.model.built:  # on TensorFlow its first batch would build it
            self.model(next(self._sample_batches())[0])
        self._facts = {
            **fit_facts(given, *rows),
            "learning_rate": learning_rate(self.model),
            "has_batch_statistics": any(
                isinstance(layer, keras.layers.BatchNormalization) for layer in self.model._flatten_layers()
            ),
        }
        self._first_step = self._step()
        if before is not None and before["first_step"] is not None:
            self._moments, self._curves = before["moments"], before["curves"]
            self._first_step, self._trivial = before["first_step"], before["trivial"]
            self._facts["learning_rate"] = before["learning_rate"]
        self._data_loss = backend.model_data_loss(self.model)
        if self._trivial is None:
            self._trivial = self._measure_trivial()

    def on_epoch_end(self, epoch, logs=None):
        train = self._measure(self._sample_batches())
        validation = self._measure(self._validation_batches())
        moment = {"step": self._step() - self._first_step, "epoch": epoch + 1}
        moment["train_loss"], moment["train_loss_error"] = train[self.error]
        moment["validation_loss"], moment["validation_loss_error"] = validation[self.error]
        moment["learning_rate"] = learning_rate(self.model)
        self._moments.append(moment)
        if logs is not None:
            logs["data_loss"], logs["val_data_loss"] = train["loss"][0], validation["loss"][0]
            logs["generalization_gap"] = validation["loss"][0] - train["loss"][0]
            if self.error == "error_rate":
                logs["error_rate"], logs["val_error_rate"] = train["error_rate"][0], validation["error_rate"][0]
        add_logs(self._curves, len(self._moments), logs)

    def on_train_end(self, logs=None):
        if self.verbose and self._moments:
            print(self.diagnosis)

    def get_state(self):
        """All that a restart needs, as plain values."""
        return {
            "moments": [dict(moment) for moment in self._moments],
            "curves": {name: list(values) for name, values in self._curves.items()},
            "trivial": self._trivial,
            "first_step": self._first_step,
            "learning_rate": self._facts.get("learning_rate"),
        }

    def set_state(self, state):
        """Goes on from `get_state()`: the next `fit` adds to what was measured."""
        self._resumed = state

    def get_config(self):
        """The arguments but for the data, which are no part of a configuration."""
        return {
            "target_error": self.target_error,
            "error": self.error,
            "trivial_error": self.trivial_error,
            "tolerance": self.tolerance,
            "confidence": self.confidence,
            "min_epochs": self.min_epochs,
            "sample_size": self.sample_size,
            "seed": self.seed,
            "verbose": self.verbose,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def _read_data(self, given):
        """Returns the numbers of training rows, 0 for unknown, and of validation rows."""
        train, limit = training_rows(given, self.training_data)
        rows, count = sample(train, self.sample_size, self.seed, "training_data", limit)

        validation, limit = validation_rows(given, self.validation_data)
        check(validation is not None, "validation_data", None, "given to fit, or to BiasVarianceDiagnostics")
        if is_dataset(validation):
            size, weighted = 0, False
            for batch in batches(validation, "validation_data", limit):
                size, weighted = size + row_count(batch), batch[2] is not None
            check(size > 0, "validation_data", validation, "of at least one batch")
        else:
            validation = take(validation, slice(None))
            self._validation_order = permutation(validation, self.seed)
            size, weighted = row_count(validation), validation[2] is not None
        self._validation_data, self._validation_limit = validation, limit
        self._validation_size = min(MAX_BATCH, math.ceil(size / MIN_BATCHES))

        self._weighted = weighted and rows[2] is not None
        self._sample = self._with_weights(rows)
        # Told by all rows: in a small piece, indicators can all be one-hot by chance.
        self._multi_label = isinstance(rows[1], np.ndarray) and is_multi_label(rows[1])
        return count, size

    def _step(self):
        """Steps of the optimizer so far."""
        iterations = getattr(self.model.optimizer, "iterations", None)
        return 0 if iterations is None else int(keras.ops.convert_to_numpy(iterations))

    def _with_weights(self, rows):
        return rows if self._weighted else (*rows[:2], None)

    def _sample_batches(self):
        return _pieces(self._sample, math.ceil(row_count(self._sample) / MIN_BATCHES))

    def _validation_batches(self):
        if is_dataset(self._validation_data):
            for batch in batches(self._validation_data, "validation_data", self._validation_limit):
                yield from _pieces(self._with_weights(batch), self._validation_size)
        else:
            rows = self._with_weights(self._validation_data)
            yield from _pieces(rows, self._validation_size, self._validation_order)

    def _loss(self, x, y, weight, y_pred=None):
        loss, y_pred = self._data_loss(x, y, weight, y_pred)
        return float(keras.ops.convert_to_numpy(loss)) / (row_count(y) if self._sums else 1), y_pred

    def _measure(self, pieces):
        """Mean and standard error of every error: `{"loss": (mean, error), ...}`."""
        losses, sizes, wrong = [], [], []
        for x, y, weight in pieces:
            loss, y_pred = self._loss(x, y, weight)
            losses.append(loss)
            sizes.append(row_count(x))
            if self.error == "error_rate":
                wrong.append(error_rate(y, self._single(y_pred), self._from_logits(), self._multi_label))
        measured = {"loss": batch_mean(losses, sizes)}
        if wrong:
            wrong = np.concatenate(wrong)
            # One more right and one more wrong answer: a sample without a mistake does not prove that there are none.
            share = (wrong.sum() + 1) / (len(wrong) + 2)
            measured["error_rate"] = float(wrong.mean()), math.sqrt(share * (1 - share) / len(wrong))
        return measured

    def _measure_trivial(self):
        """The least error of a constant prediction, or the error before the fit where there is no telling."""
        _, y_pred = self._loss(*next(self._sample_batches()))
        x, y, weight = self._sample

        def measure(constant):
            if self.error == "error_rate":
                return float(error_rate(y, constant, False, self._multi_label).mean())
            return self._loss(x, y, weight, constant)[0]

        ignored = [getattr(loss, "ignore_class", None) for loss in self._losses()]
        trivial = trivial_error(
            measure,
            y,
            tuple(getattr(y_pred, "shape", ()))[1:],
            self._from_logits() and self.error == "loss",
            [label for label in ignored if label is not None],
        )
        if math.isnan(trivial):
            trivial = self._measure(self._sample_batches())[self.error][0]
        target = self.target_error or 0.0
        rule = f"given for this loss, finite and above the target error {target}; measured was {trivial}"
        check(math.isfinite(trivial) and trivial > target, "trivial_error", None, rule)
        return trivial

    def _losses(self):
        return [loss for loss in keras.tree.flatten(self.model.loss) if loss is not None]

    def _from_logits(self):
        losses = self._losses()
        return len(losses) == 1 and bool(getattr(losses[0], "from_logits", False))

    def _single(self, y_pred):
        check(hasattr(y_pred, "shape"), "error", self.error, "'loss' for a model with several outputs")
        return keras.ops.convert_to_numpy(y_pred)


def _pieces(rows, size, order=None):
    """Consecutive pieces of at most `size` rows, in the given order."""
    for start in range(0, row_count(rows), size):
        piece = slice(start, start + size)
        yield take(rows, piece if order is None else order[piece])
