"""TrainingDiagnostics."""

import functools
import warnings
from pathlib import Path

import keras
import numpy as np

from kerasparts.backend import is_first_process, kept_random_numbers, sync
from kerasparts.callbacks._fit import check_every, fit_arguments, warn_of_unsynchronized_processes
from kerasparts.callbacks._rows import add_logs, fit_facts, metric_names, sample_fit
from kerasparts.core.checks import check, check_integer
from kerasparts.core.optional import require
from kerasparts.core.part import part
from kerasparts.diagnostics import FAULTS, Probe, RunFacts, Score, Signals, diagnose, diagnose_bias_variance

SCORE_ROWS = 2048


def _careful(what):
    """A gauge that fails warns once of what it could not do, and leaves it; training goes on."""

    def decorate(hook):
        @functools.wraps(hook)
        def careful(self, *args, **kwargs):
            if what in self._failed:
                return
            try:
                hook(self, *args, **kwargs)
            except Exception as error:
                self._failed.add(what)
                note = f"could not {what}: {type(error).__name__}: {error}".split("\n")[0][:300]
                self._notes.append(note)
                warnings.warn(f"TrainingDiagnostics {note}. Training goes on.", UserWarning, stacklevel=2)

        return careful

    return decorate


@part
class TrainingDiagnostics(keras.callbacks.Callback):
    """Names the fault of a training, shows the numbers, and says which part mends it; Keras shows the loss.

    Before the first step, after steps 1, 2, 4, 8, ... of the first epoch and after each epoch it measures, compiled,
    on a fixed probe of the data: data loss and skill on both sides, gradient and weight norms, update-to-weight
    ratios, dead and saturated units, and the scale of every layer; once, the form of the targets against loss and
    output layer, the scale of inputs and targets, and, with the first diagnosis, what simple predictors attain on the
    same rows. The rules of `diagnostics.rules` make findings of it, the cause before the symptom.

    It attaches to any compiled model, and never breaks a `fit`: what cannot be measured is warned of once. Where
    several processes train one model together, each has the diagnosis, and the first one writes the files.

    Args:
        probe: int of at least 16. Rows measured at every moment, half of them from the validation data.
        every: "epoch", or int of at least 1: so many steps, besides the end of each epoch.
        report: path, or None. Of the HTML page written at the end.
        log_dir: path, or None. Where scalars for TensorBoard go; needs the extra `tensorboard`.
        verbose: int. 1 prints the diagnosis at the end.
        stop_on: set of faults. A finding of one of them after an epoch ends the fit, and the weights of the last epoch
            without it are put back, or those before the first step.
        training_data, validation_data: `(x, y)`, `(x, y, sample_weight)` or a dataset; None for what `fit` was given.
        seed: int. Of the sample.

    Attributes:
        diagnosis: `diagnostics.Diagnosis` of the training so far; print it.
        signals: `diagnostics.Signals`, all that was measured; save it.
        bias_variance: `diagnostics.BiasVarianceDiagnosis` by the losses on the probe; None before the first epoch,
            without validation data, and where no constant answer is known to hold the losses against.
            `BiasVarianceDiagnostics` measures more rows, and takes a target.
        stopped_by: the finding that ended the fit, or None.

    Memory: 2,048 rows of either side, two copies of the weights.

    Example:
    >>> gauges = kerasparts.callbacks.TrainingDiagnostics(verbose=0)
    >>> # model.fit(x, y, validation_data=(x_dev, y_dev), epochs=20, callbacks=[gauges])
    >>> # print(gauges.diagnosis)

    Reference: the rules name theirs; see `diagnostics.rules`.
    """

    def __init__(
        self,
        probe=256,
        every="epoch",
        report=None,
        log_dir=None,
        verbose=1,
        stop_on=(),
        training_data=None,
        validation_data=None,
        seed=0,
    ):
        check_integer("probe", probe, "[16, inf)")
        check_every(every)
        check(verbose in (0, 1), "verbose", verbose, "0 or 1")
        check(not isinstance(stop_on, str), "stop_on", stop_on, "a set of faults")
        check(set(stop_on) <= set(FAULTS), "stop_on", stop_on, f"a set of {', '.join(FAULTS)}")
        check_integer("seed", seed, "[0, inf)")
        super().__init__()
        self.probe = probe
        self.every = every
        self.report = report
        self.log_dir = log_dir
        self.verbose = verbose
        self.stop_on = tuple(sorted(stop_on))
        self.training_data = training_data
        self.validation_data = validation_data
        self.seed = seed
        self._resumed = None
        self._reset()

    def _reset(self):
        self._failed, self._notes = set(), []
        self._probe = None
        self._run, self._score, self._curves = {}, None, {}
        self._steps = self._epochs = self._first_epoch = 0
        self._epoch_steps = 0
        self._writer = None
        self._sane = None
        self.stopped_by = None

    @property
    def signals(self) -> Signals:
        if self._probe is None:
            return Signals(notes=tuple(self._notes))
        run = self._run if isinstance(self._run, RunFacts) else RunFacts()
        score = self._score
        if score is None:  # the rest comes at the end
            attainable, error = self._probe.attainable
            score = Score(attainable=attainable, attainable_error=error)
        return self._probe.signals(run, score, self._curves, self._notes)

    @property
    def diagnosis(self):
        return diagnose(self.signals)

    @property
    def bias_variance(self):
        signals = self.signals
        if not len(signals.epoch_ends) or not signals.has_validation:
            return None
        trivial = signals.score.trivial_loss
        trivial = self._probe.trivial_loss if np.isnan(trivial) else trivial  # the score comes at the end
        if not (np.isfinite(trivial) and trivial > 0):
            return None
        return diagnose_bias_variance(signals.error_curves(), trivial)

    def on_train_begin(self, logs=None):
        warn_of_unsynchronized_processes()
        self._reset()
        before, self._resumed = self._resumed, None
        if before is not None:
            self._failed, self._notes = set(before["failed"]), before["notes"]
            self._steps, self._epochs, self._curves = before["steps"], before["epochs"], before["curves"]
            self._epoch_steps, self._sane = before["epoch_steps"], before["sane"]
        self._attach(before)

    @_careful("measure")
    def _attach(self, before):
        model = self.model
        given = fit_arguments(model)
        with kept_random_numbers():
            rows = sample_fit(given, SCORE_ROWS, self.seed, self.training_data, self.validation_data)
        if not model.built:  # on TensorFlow its first batch would build it
            model(keras.tree.map_structure(lambda a: a[:1], rows.train[0]))
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        size = self.probe // 2 if rows.validation is not None else self.probe
        probe = Probe(model, rows.train, rows.validation, size)
        self._known = fit_facts(given, rows.train_count, rows.validation_count)
        self._first_epoch = int(given.get("initial_epoch") or 0)
        self._run = probe.run_facts(**self._known)
        self._probe = probe
        if before is not None and before["probe"] is not None:
            self._first_epoch = before["first_epoch"]
            self._run = probe.run_facts(**self._known, learning_rate=before["learning_rate"])
            probe.set_state(before["probe"])
            if self._epochs:
                self._update_run(before["steps_per_epoch"])
            if before["is_stopped"]:
                self.stopped_by = self._reason_to_stop()
            return
        if self.stop_on:
            self._keep()
        try:
            probe.measure(0, 0.0)
        except Exception:
            probe.read_structure()  # which may tell why
            raise

    def on_train_batch_end(self, batch, logs=None):
        before = self._epoch_steps
        self._epoch_steps = batch + 1
        self._steps += self._epoch_steps - before
        if self._probe is None or "measure" in self._failed:
            return
        is_due = self._epochs == 0 and before.bit_length() != self._epoch_steps.bit_length()
        if self.every != "epoch":
            is_due |= self._steps // self.every != (self._steps - self._epoch_steps + before) // self.every
        is_last = self._epoch_steps == self._run.steps_per_epoch  # measured at the end of the epoch
        if is_due and not is_last:
            self._measure(self._fraction())
        elif self._epochs and self._updates() == self._probe.moments[-1].step + 1:
            self._measure_update()

    def _updates(self):
        """Steps of the optimizer, which may gather the gradients of several batches for one."""
        return self._steps // (getattr(self.model.optimizer, "gradient_accumulation_steps", None) or 1)

    def _fraction(self):
        planned = self._run.steps_per_epoch or 0
        share = self._epoch_steps / planned if planned else 0.5
        return self._epochs + min(share, 0.999)

    @_careful("measure")
    def _measure_update(self):
        sync(self.model)
        self._probe.measure_update()

    @_careful("measure")
    def _measure(self, epoch):
        self._probe.measure(self._updates(), epoch)

    def on_epoch_end(self, epoch, logs=None):
        self._epochs += 1
        add_logs(self._curves, self._epochs, logs)
        steps, self._epoch_steps = self._epoch_steps, 0
        if self._probe is None:
            return
        self._measure(float(self._epochs))
        self._update_run(steps)
        if self.stop_on and "measure" not in self._failed:
            self._stop_or_keep()
        if self.log_dir is not None and is_first_process():
            self._write_scalars(self._first_epoch + self._epochs)

    @_careful("tell what was run")
    def _update_run(self, steps):
        steps = self._run.steps_per_epoch or steps
        known = {**self._known, "steps_per_epoch": steps, "epochs": self._epochs, "metrics": metric_names(self._curves)}
        learning_rate = self._run.learning_rate
        self._run = self._probe.run_facts(**known, learning_rate=learning_rate)

    @_careful("tell whether to stop")
    def _stop_or_keep(self):
        self.stopped_by = self._reason_to_stop()
        if self.stopped_by is None:
            self._keep()
        else:
            self.model.stop_training = True

    def _reason_to_stop(self):
        return next((finding for finding in self.diagnosis.findings if finding.fault in self.stop_on), None)

    def _keep(self):
        self._sane = [np.array(keras.ops.convert_to_numpy(v)) for v in self.model.variables]

    @_careful("write scalars")
    def _write_scalars(self, epoch):
        if self._writer is None:
            summary = require("tensorboard.summary", "tensorboard")
            self._writer = summary.Writer(str(Path(self.log_dir) / "diagnostics"))
        for name, value in self._probe.scalars().items():
            if np.isfinite(value):
                self._writer.add_scalar(name, value, epoch)
        self._writer.flush()

    def on_train_end(self, logs=None):
        if self.stopped_by is not None:
            self._restore()
        if self._probe is not None:
            self._finish()
        if self._writer is not None:
            self._writer.close()
        if self.report is not None and is_first_process():
            self._write_report()
        if self.verbose:
            self._print()

    @_careful("put the weights back")
    def _restore(self):
        for variable, value in zip(self.model.variables, self._sane, strict=True):
            variable.assign(value)

    @_careful("measure")
    def _finish(self):
        self._score = self._probe.score()

    @_careful("write the report")
    def _write_report(self):
        from kerasparts.reports import write_report  # with jinja2, for the few who ask

        write_report(self.signals, self.diagnosis, self.report)

    @_careful("print the diagnosis")
    def _print(self):
        print(self.diagnosis)

    def get_state(self):
        """All that a restart needs, as plain values and arrays."""
        return {
            "failed": sorted(self._failed),
            "notes": list(self._notes),
            "steps": self._steps,
            "epochs": self._epochs,
            "epoch_steps": self._epoch_steps,
            "first_epoch": self._first_epoch,
            "steps_per_epoch": getattr(self._run, "steps_per_epoch", 0),
            "learning_rate": getattr(self._run, "learning_rate", None),
            "curves": {name: list(values) for name, values in self._curves.items()},
            "sane": self._sane,
            "is_stopped": self.stopped_by is not None,
            "probe": None if self._probe is None else self._probe.get_state(),
        }

    def set_state(self, state):
        """Goes on from `get_state()`: the next `fit` adds to what was measured."""
        self._resumed = state

    def get_config(self):
        """The arguments but for the data, which are no part of a configuration."""
        return {
            "probe": self.probe,
            "every": self.every,
            "report": None if self.report is None else str(self.report),
            "log_dir": None if self.log_dir is None else str(self.log_dir),
            "verbose": self.verbose,
            "stop_on": list(self.stop_on),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)
