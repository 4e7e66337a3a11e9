"""The figures of a report: `Signals` in, charts and heatmaps out, without a drawing library."""

import numpy as np

from kerasparts.plots.moments import kernels, matrix, short_names, thinned, vector
from kerasparts.reports._chart import Canvas, Entry
from kerasparts.reports._heatmap import heatmap
from kerasparts.reports._scale import Scale, number

MOST_POINTS, MOST_COLUMNS, MOST_NAMED, MOST_CURVES = 600, 120, 8, 40
DEPTHS = 9  # colours of curves by depth
USUAL_RATIO = (1e-4, 1e-1)


@np.errstate(all="ignore")  # what is not finite is a gap
def figures(signals):
    """All figures, in the order of the page."""
    found = [loss(signals), skill(signals), gradient_flow(signals), *shares(signals)]
    found += [update_ratio(signals), weight_norm(signals)]
    rates = vector(signals, "learning_rate")
    return found + [learning_rate(signals)] * (len(np.unique(rates[np.isfinite(rates)])) > 1)


def loss(signals):
    keep = thinned(signals.moments, MOST_POINTS)
    train, validation, penalty = (vector(signals, n)[keep] for n in ("train_loss", "validation_loss", "penalty"))
    errors = [vector(signals, f"{side}_loss_error")[keep] for side in ("train", "validation")]
    trivial = signals.score.trivial_loss
    known = np.concatenate([train, validation])
    known = known[np.isfinite(known)]
    positive = known[known > 0]
    log = bool(positive.size and (known >= 0).all() and positive.max() > 100 * positive.min())
    matters = bool(known.size and np.nanmax(np.nan_to_num(penalty), initial=0) > 0.01 * known.max())
    bands = [
        values + sign * error for values, error in zip((train, validation), errors, strict=True) for sign in (-1, 1)
    ]
    drawn = [train, validation, trivial, *([penalty] * matters), *(bands if not log else bands[1::2])]
    low = 0.0 if known.size and known.min() >= 0 and not log else None
    canvas = Canvas(signals.epoch[keep], Scale.over(*drawn, log=log, low=low))
    canvas.band(train, validation, "gap", "generalization gap")
    for side, values, error in zip(("train", "validation"), (train, validation), errors, strict=True):
        canvas.band(values - error, values + error, side)
    canvas.line(train, "train", "training")
    canvas.line(validation, "validation", "validation")
    if any(np.isfinite(error).any() for error in errors):
        canvas.legend.append(Entry("area", "train", "± one standard error"))
    if matters:
        canvas.line(penalty, "penalty", "penalty of regularizers", dots=False)
    canvas.level(trivial, "mark", "ignoring the input")
    name = signals.outputs[0].loss if len(signals.outputs) == 1 else None
    scale = ", logarithmic" if log else ""
    return canvas.finish(
        name="loss",
        title="Data loss",
        y_label=f"data loss ({name.replace('_', ' ')}){scale}" if name else f"data loss{scale}",
        description=_course("Data loss", training=train, validation=validation),
        how="Lower is better. Measured on fixed rows, without penalties and dropout, so that the shaded gap is what "
        "the model knows of training rows and not of new ones.",
    )


def skill(signals):
    keep = thinned(signals.moments, MOST_POINTS)
    train, validation = (vector(signals, f"{side}_skill")[keep] for side in ("train", "validation"))
    score = signals.score
    known = np.concatenate([train, validation, [score.attainable]])
    lowest = np.min(known[np.isfinite(known)], initial=0.0)
    canvas = Canvas(signals.epoch[keep], Scale.over(low=max(lowest, -1.0), high=1.0))
    if np.isfinite(score.attainable) and np.isfinite(score.attainable_error):
        canvas.band(score.attainable - score.attainable_error, score.attainable + score.attainable_error, "mark")
    canvas.band(train, validation, "gap", "generalization gap")
    canvas.level(score.attainable, "mark", "attainable")
    canvas.line(train, "train", "training")
    canvas.line(validation, "validation", "validation")
    how = "1 is perfect, 0 is the best answer that ignores the input, below 0 is worse than that."
    if np.isfinite(score.attainable):
        how += " Attainable is what simple predictors reach on these rows, so at the least what a good model should."
    ends = [
        f"{side} {number(value)}{f' ± {number(error, 1)}' if np.isfinite(error) else ''}"
        for side, value, error in (
            ("training", score.train_skill, score.train_skill_error),
            ("validation", score.validation_skill, score.validation_skill_error),
            ("attainable", score.attainable, score.attainable_error),
        )
        if np.isfinite(value)
    ]
    if ends:
        how += f" At the end, on more rows: {', '.join(ends)}."
    if lowest < -1:
        how += f" The lowest, {number(lowest)}, is below the figure."
    return canvas.finish(
        name="skill",
        title="Skill",
        y_label="skill (share of the trivial error removed)",
        description=_course("Skill", training=train, validation=validation),
        how=how,
    )


def learning_rate(signals):
    rates = vector(signals, "learning_rate")[keep := thinned(signals.moments, MOST_POINTS)]
    canvas = Canvas(signals.epoch[keep], Scale.over(rates, log=True))
    canvas.line(rates, "train", "learning rate")
    return canvas.finish(
        name="learning-rate",
        title="Learning rate",
        y_label="learning rate, logarithmic",
        description=_course("Learning rate", schedule=rates),
        how="What the optimizer multiplied its step by.",
    )


def gradient_flow(signals):
    rows, keep = kernels(signals), thinned(signals.moments, MOST_COLUMNS)
    norms = matrix(signals, "gradient_norm", len(signals.variables))[np.ix_(keep, rows)]
    return heatmap(
        signals,
        keep,
        norms,
        [signals.variables[row] for row in rows],
        palette="flow",
        unit="",
        scale=Scale.over(norms, log=True, pad=0.0),
        zeros=True,
        name="gradient-flow",
        title="Gradient flow",
        y_label="kernel, from input to output",
        scale_label="gradient norm, logarithmic",
        description=_extremes("Gradient norm by kernel and moment", norms),
        how="Read a column from bottom to top, the way of the gradient: darker towards the top is a gradient that "
        "vanishes, brighter one that explodes. All rows darker towards the right is what a run does that has learned.",
    )


def shares(signals):
    keep = thinned(signals.moments, MOST_COLUMNS)
    hows = {
        "dead": "Share of a layer's units whose activation has no slope on any row: they do not learn. The less "
        "colour, the better.",
        "saturated": "Share of a layer's numbers on a part of the activation that is almost flat, where little "
        "gradient passes. The less colour, the better, but for an output layer, which may be sure of its answer.",
    }
    for name, how in hows.items():
        values = matrix(signals, name, len(signals.layers))[keep]
        rows = np.flatnonzero(np.isfinite(values).any(axis=0))
        yield heatmap(
            signals,
            keep,
            100 * values[:, rows],
            [signals.layers[row].name for row in rows],
            palette="share",
            unit=" %",
            scale=Scale(0.0, 100.0),
            name=name,
            title="Dead units" if name == "dead" else "Saturated activations",
            y_label="layer with an activation, from input to output",
            scale_label="% of units" if name == "dead" else "% of numbers",
            description=_extremes(f"Share of {name} units by layer and moment, in percent", 100 * values[:, rows]),
            how=how,
        )


def update_ratio(signals):
    update, weight = (matrix(signals, f"{name}_norm", len(signals.variables)) for name in ("update", "weight"))
    return _by_kernel(
        signals,
        update / weight,
        USUAL_RATIO,
        name="update-ratio",
        title="Update to weight",
        y_label="norm of one update / norm of the weights, logarithmic",
        how="How much of itself a kernel changes in one step; about 1e-3 is common. Above the band steps are so large "
        "that they overwrite what was learned, below it the kernel hardly moves.",
    )


def weight_norm(signals):
    return _by_kernel(
        signals,
        matrix(signals, "weight_norm", len(signals.variables)),
        None,
        name="weight-norm",
        title="Weight norm",
        y_label="norm of the weights, logarithmic",
        how="Slow growth is usual. A curve that shoots up diverges, one that falls to nothing is regularized away, one "
        "that stays exactly level does not learn.",
    )


def _by_kernel(signals, values, usual, how, title, **texts):
    found, keep = kernels(signals), thinned(signals.moments, MOST_COLUMNS)
    rows = found[thinned(len(found), MOST_CURVES)]
    values = values[np.ix_(keep, rows)]
    canvas = Canvas(signals.epoch[keep], Scale.over(values, *([usual] if usual else []), log=True))
    if usual:
        canvas.band(*usual, "usual", f"usual: {number(usual[0])} to {number(usual[1])}")
    names = [signals.variables[row] for row in rows]
    many = len(rows) > MOST_NAMED
    for index, (short, full) in enumerate(zip(short_names(names), names, strict=True)):
        depth = round(index * (DEPTHS - 1) / max(1, len(rows) - 1))
        canvas.line(values[:, index], f"depth{depth}", short, full, dots=not many, legend=not many)
    if (values <= 0).any():
        how += " A curve on the lower edge is exactly 0."
    some = f", {len(rows)} drawn" * (len(rows) < len(found))
    ramp = ("first", f"last of {len(found)} kernels{some}") if many else ()
    return canvas.finish(how=how, title=title, ramp=ramp, description=_extremes(title, values), **texts)


def _course(what, **curves):
    parts = []
    for name, values in curves.items():
        known = values[np.isfinite(values)]
        if known.size:
            parts.append(f"{name} from {number(known[0])} to {number(known[-1])}")
    return f"{what} by epoch: {', '.join(parts) or 'not measured'}"


def _extremes(what, values):
    known = values[np.isfinite(values)]
    return f"{what}: " + (f"from {number(known.min())} to {number(known.max())}" if known.size else "not measured")
