"""decompose_bias_variance."""

from typing import Any

import numpy as np

from kerasparts.core.checks import check, check_choice, check_number
from kerasparts.diagnostics.experiments.class_shares import output_labels, output_log_shares, target_shares
from kerasparts.diagnostics.experiments.decomposition import NAMES, BiasVarianceDecomposition, ErrorPart
from kerasparts.diagnostics.experiments.error_parts import CrossEntropy, Squared, ZeroOne, by_row
from kerasparts.diagnostics.statistics import batch_mean

HALF_SAMPLES = 100


def decompose_bias_variance(
    predictions: Any,
    y: Any,
    loss: str = "squared",
    *,
    noise: Any = None,
    groups: Any = None,
    from_logits: bool = False,
    multi_label: bool | None = None,
    resample: str | None = None,
    confidence: float = 0.95,
) -> BiasVarianceDecomposition:
    """Bias and variance of any model, from what many fits of it predict.

    With the prediction `f` of a replica, and the mean over the replicas:

        squared        mean (f - y)**2     = (mean f - y)**2 + mean (f - mean f)**2
        zero_one       share of f != y     = (main f != y) + share of f != main f, or less those of f == y
        cross_entropy  mean -log f[y]      = entropy(y) + KL(y, main f) + mean KL(main f, f)

    and the noise apart from the bias where it is known. Few replicas make the variance too small and the bias too
    large, for the squared loss by `variance / replicas`: both are freed of it by the jackknife, which changes nothing
    in their sum. For "zero_one" there is no such correction.

    Each standard error has two sources, which are reported apart: the number of replicas, by the jackknife (by random
    halves for "zero_one", where one replica can turn a majority), and the number of test points, where those of one
    group count as one. What both share is counted twice, to the safe side. Where all replicas come from one training
    set, its luck is in neither.

    Args:
        predictions: `(replicas, rows, ...)`. Values, probabilities, or logits.
        y: targets, a row a test point. Values; for classes, labels from 0, one-hot rows or indicators. For "zero_one"
            and "cross_entropy" they may be the probabilities of the classes: then the noise is known.
        loss: "squared", mean over the outputs (for classes that of the probabilities, known as Brier's), "zero_one" or
            "cross_entropy".
        noise: error of the best possible prediction, a number or one for each test point, in the unit of the loss: the
            variance of the targets, or their entropy. "repeats" estimates it where every group has two test points or
            more. None: from the targets if they are probabilities, otherwise not known, and contained in the bias.
        groups: array that tells which test points have the same inputs.
        from_logits: whether predictions are logits, of one softmax or of sigmoids.
        multi_label: whether targets shaped like several outputs are indicators; None to tell by whether they sum to 1.
        resample: how the replicas differ, for the text.
        confidence: float in (0, 1). Of the intervals in the text.

    Raises:
        ValueError: fewer than two replicas; predictions that are not finite; targets that do not fit them.

    Example:
    >>> bv = decompose_bias_variance([[[1.0]], [[3.0]]], [[1.0]])
    >>> bv.error.value, bv.bias.value, bv.variance.value, bv.plug_in_bias
    (2.0, 0.0, 2.0, 1.0)

    Reference: for each loss, see `diagnostics/experiments/error_parts.py`. Errors: Efron and Tibshirani 1993, An
        Introduction to the Bootstrap, chapter 11; Shao and Wu 1989, https://doi.org/10.1214/aos/1176347263 (halves).
    """
    check_choice("loss", loss, tuple(NAMES))
    check_number("confidence", confidence, "(0, 1)")
    predictions, y = np.asarray(predictions), np.asarray(y)
    replicas, shape = len(predictions), predictions.shape
    check(predictions.ndim >= 2 and replicas >= 2, "predictions", shape, "(replicas, rows, ...), two replicas or more")
    check(y.size > 0 and len(y) == shape[1], "y", y.shape, f"a row for each of the {shape[1]} test points")
    diverged = [r for r in range(replicas) if not np.isfinite(predictions[r]).all()]
    check(not diverged, "predictions", f"NaN or infinity of replicas {diverged[:10]}", "finite")
    groups = np.arange(len(y)) if groups is None else np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(groups)
    if isinstance(noise, str):
        check(noise == "repeats", "noise", noise, "None, a number, one for each test point, or 'repeats'")
        rule = f"known, unless each test input is there twice or more; {(sizes == 1).sum()} are there once"
        check(sizes.min() > 1, "noise", noise, rule)
    elif noise is not None:
        noise = np.broadcast_to(np.asarray(noise, "float64"), len(y))
        check((noise >= 0).all(), "noise", noise.min(), "at least 0")

    setup, noise_source = _setup(loss, predictions, y, from_logits, multi_label, noise, groups)
    total = sum(setup.statistic(r) for r in range(replicas))
    parts = setup.parts(total, replicas)
    plug_in = {name: float(values.mean()) for name, values in parts.items()}
    if setup.is_smooth:
        variance, replica_error = _jackknife(setup, total, replicas, parts["variance"])
        parts["bias"], parts["variance"] = parts["bias"] + parts["variance"] - variance, variance
    else:
        replica_error = _half_samples(setup, replicas)

    def part(name):
        value, point_error = batch_mean(np.bincount(groups, parts[name]) / sizes, sizes)
        return ErrorPart(value, replica_error[name], point_error, replicas)

    is_known = noise_source != "unknown"
    return BiasVarianceDecomposition(
        loss=loss,
        error=part("error"),
        bias=part("bias"),
        variance=part("variance"),
        noise=part("noise") if is_known else None,
        noise_source=noise_source,
        error_by_point=parts["error"],
        bias_by_point=parts["bias"],
        variance_by_point=parts["variance"],
        noise_by_point=parts["noise"] if is_known else None,
        main=setup.main(total, replicas),
        plug_in_bias=plug_in["bias"],
        plug_in_variance=plug_in["variance"],
        unbiased_variance=plug_in.get("unbiased_variance"),
        biased_variance=plug_in.get("biased_variance"),
        replicas=replicas,
        points=len(y),
        resample=resample,
        confidence=confidence,
    )


def _jackknife(setup, total, replicas, variance):
    """The variance at each point freed of the bias of few replicas, and the standard errors of the totals."""
    variance_of_fewer = np.zeros(len(variance))
    totals = []
    for r in range(replicas):
        parts = setup.parts(total - setup.statistic(r), replicas - 1)
        variance_of_fewer += parts["variance"] / replicas
        totals.append({name: values.mean() for name, values in parts.items()})
    return replicas * variance - (replicas - 1) * variance_of_fewer, _spread(totals, np.sqrt(replicas - 1))


def _half_samples(setup, replicas):
    """The standard errors of the totals, from random halves of the replicas."""
    random, kept = np.random.default_rng(0), (replicas + 1) // 2
    totals = []
    for _ in range(HALF_SAMPLES):
        half = random.choice(replicas, kept, replace=False)
        parts = setup.parts(sum(setup.statistic(r) for r in half), kept)
        totals.append({name: values.mean() for name, values in parts.items()})
    return _spread(totals, np.sqrt(kept / (replicas - kept)))


def _spread(totals, factor):
    return {name: float(factor * np.std([total[name] for total in totals])) for name in totals[0]}


def _setup(loss, predictions, y, from_logits, multi_label, noise, groups):
    """The loss with its data, and where the noise is known from."""
    shape = predictions.shape[1:] if predictions.ndim > 2 else (*predictions.shape[1:], 1)
    predictions = predictions.reshape(-1, *shape)
    by_repeats = isinstance(noise, str)
    source = "unknown" if noise is None else "repeats" if by_repeats else "given"
    known = np.zeros(len(y)) if noise is None or by_repeats else noise
    if loss == "squared":
        values, y = _values(predictions, y, from_logits, multi_label)
        if by_repeats:
            squares = by_row((y - _group_mean(y, groups)) ** 2)
            known = (np.bincount(groups, squares) / (np.bincount(groups) - 1))[groups]
        return Squared(values, y, known), source
    shares, binary = _shares(predictions, y, multi_label)
    if by_repeats:
        shares = _group_mean(shares, groups)
    elif ((shares > 0) & (shares < 1)).any():
        check(noise is None, "noise", noise, "None where the targets are probabilities, which tell it")
        source = "targets"
    if loss == "zero_one":
        rule = "None for 'zero_one': give the probabilities of the classes as `y`, which tell it"
        check(source != "given", "noise", noise, rule)
        return ZeroOne([output_labels(f, from_logits, binary) for f in predictions], shares), source
    entropy = by_row(-(shares * np.log(np.where(shares > 0, shares, 1))).sum(axis=-1))
    log_shares = [output_log_shares(f, from_logits, binary) for f in predictions]
    return CrossEntropy(log_shares, shares, known + entropy), source


def _values(predictions, y, from_logits, multi_label):
    """Outputs and targets as numbers to be subtracted, `(rows, outputs)`."""
    if from_logits or (y.size != predictions[0].size and predictions.shape[-1] > 1):
        shares, binary = _shares(predictions, y, multi_label)
        values = [np.exp(output_log_shares(f, from_logits, binary)) for f in predictions]
        return [p.reshape(len(y), -1) for p in values], shares.reshape(len(y), -1)
    check(y.size == predictions[0].size, "y", y.shape, f"a value for each of the outputs {predictions.shape[1:]}")
    return predictions.reshape(len(predictions), len(y), -1), y.reshape(len(y), -1).astype("float64")


def _shares(predictions, y, multi_label):
    shares = target_shares(y, predictions.shape[1:], multi_label)
    return shares, shares.size != predictions[0].size


def _group_mean(values, groups):
    sums = np.zeros((groups.max() + 1, *values.shape[1:]))
    np.add.at(sums, groups, values)
    return sums[groups] / np.bincount(groups)[groups].reshape(-1, *[1] * (values.ndim - 1))
