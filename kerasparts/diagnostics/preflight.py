"""preflight."""

import dataclasses

import keras
import numpy as np

from kerasparts.backend import kept_random_numbers
from kerasparts.core.checks import check, check_integer
from kerasparts.core.data import is_dataset, row_count, sample_rows, take, to_numpy
from kerasparts.diagnostics.diagnose import diagnose
from kerasparts.diagnostics.facts import Score
from kerasparts.diagnostics.findings import FAULTS, Diagnosis, Evidence, Finding
from kerasparts.diagnostics.probe import Probe

ENOUGH = 0.9  # skill on one batch that any sound model reaches


def preflight(model, x, y=None, sample_weight=None, rows=256, overfit_steps=0, seed=0) -> Diagnosis:
    """What can be told of a model and its data before training: seconds here, for a night on the cluster.

    Judged are the output layer against loss and labels, the scale of inputs and targets, the draw of the weights, dead
    and saturated units, and the gradient that reaches each layer; the loss is held against that of a constant answer.
    With `overfit_steps` the model is also trained on one batch, which any sound model learns by heart; its weights,
    its optimizer and its random numbers are put back.

    Args:
        model: compiled `keras.Model`.
        x: inputs, as `fit` takes them, or a dataset.
        y: targets; None with a dataset.
        sample_weight: array, or None.
        rows: int of at least 16. Rows to measure.
        overfit_steps: int. Steps on one batch of up to 32 rows; 0 for none, 300 is usual.
        seed: int. Of the sample.

    Returns:
        `Diagnosis`. There is no harm to see yet, so what may well go right is found too, such as inputs that Adam copes
        with.

    Raises:
        ValueError: the model is not compiled, or there are no targets.

    Example:
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, "tanh")])
    >>> model.compile("adam", "binary_crossentropy")
    >>> x, y = np.random.default_rng(0).normal(size=(64, 4)), np.arange(64) % 2
    >>> kerasparts.diagnostics.preflight(model, x, y).faults
    ('wrong_output_activation',)

    Reference: overfitting one batch: Karpathy 2019, A recipe for training neural networks.
    """
    is_compiled = isinstance(model, keras.Model) and model.compiled
    check(is_compiled, "model", model, "a compiled keras.Model")
    check_integer("rows", rows, "[16, inf)")
    check_integer("overfit_steps", overfit_steps, "[0, inf)")
    if is_dataset(x):
        sample = sample_rows(x, rows, seed, "x", limit=64)
    else:
        check(y is not None, "y", y, "given, unless `x` is a dataset")
        order = np.random.default_rng(seed).permutation(row_count(x))[:rows]
        sample = take((to_numpy(x), to_numpy(y), to_numpy(sample_weight)), order)
    if not model.built:
        model(keras.tree.map_structure(lambda a: a[:1], sample[0]))
    probe = Probe(model, sample, None, rows)
    run = probe.run_facts(rows=row_count(sample[0]))
    try:
        values = probe.measure(0, 0.0)
    except Exception as error:  # as Torch does of labels beyond the loss
        probe.read_structure()
        diagnosis = diagnose(probe.signals(run, Score(), {}, [f"The loss cannot be computed: {error}"]))
        if not diagnosis.findings:
            raise
        return diagnosis
    score = probe.score()
    diagnosis = diagnose(probe.signals(run, score, {}))
    numbers = {**diagnosis.numbers, "loss now": f"{values['train_loss']:.4g}"}
    if np.isfinite(score.trivial_loss):
        numbers["loss of a constant answer"] = f"{score.trivial_loss:.4g}"
    findings = diagnosis.findings
    if overfit_steps:
        skill, steps = _overfit(model, probe, take(sample, slice(32)), overfit_steps)
        numbers["skill on one batch"] = f"{skill:.3f} after {steps} steps on {min(32, row_count(sample[0]))} rows"
        if skill < ENOUGH:  # NaN where there is no telling, as with one class only
            findings = _in_order([*findings, _cannot_overfit(skill, steps, diagnosis.faults)])
    verdict = (
        diagnosis.verdict if findings == diagnosis.findings or diagnosis.findings else "It cannot learn one batch."
    )
    return dataclasses.replace(diagnosis, findings=tuple(findings), numbers=numbers, verdict=verdict)


@kept_random_numbers()
def _overfit(model, probe, batch, steps):
    """Skill on one batch after so many steps on it; everything is as it was afterwards."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    variables = list({id(v): v for v in variables}.values())
    before = [np.array(keras.ops.convert_to_numpy(v)) for v in variables]
    x, y, sample_weight = batch
    try:
        for step in range(1, steps + 1):
            model.train_on_batch(x, y, sample_weight=sample_weight)
            if step % 25 == 0 or step == steps:
                skill = probe.skill_of(batch)
                if skill >= ENOUGH:
                    break
        weights = [keras.ops.convert_to_numpy(v) for v in model.trainable_variables]
        if np.isnan(skill) and not all(np.isfinite(weight).all() for weight in weights):
            skill = -np.inf
    finally:
        model.reset_metrics()  # those that were not there before, too
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
    return skill, step


def _cannot_overfit(skill, steps, causes):
    text = f"After {steps} steps on one batch the model has a skill of {skill:.2f} on that batch."
    remedy = "Something keeps it from learning anything: mend what stands above; else check the loss and the labels."
    evidence = {"skill on one batch": Evidence(float(skill), ENOUGH)}
    return Finding("high_bias", text, remedy, evidence, epoch=0.0, explained_by=tuple(causes))


def _in_order(findings):
    return tuple(sorted(findings, key=lambda finding: FAULTS.index(finding.fault)))
