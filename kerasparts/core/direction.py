"""Whether a value should fall or rise, and whether it has."""

import math

from kerasparts.core.checks import check, check_choice

UP = ("acc", "auc", "precision", "recall", "score", "f1", "iou", "r2", "similarity", "psnr", "ssim")
DOWN = ("loss", "error", "mse", "mae", "rmse", "divergence", "entropy", "perplexity", "gap")


def direction(name: str, mode: str = "auto") -> str:
    """ "min" or "max": what is best of the value with this name.

    Args:
        name: as it stands in the logs of `fit`.
        mode: "min", "max", or "auto" to tell from the name.

    Raises:
        ValueError: "auto" cannot tell.

    Example:
    >>> direction("val_loss"), direction("accuracy")
    ('min', 'max')
    """
    check_choice("mode", mode, ("auto", "min", "max"))
    if mode != "auto":
        return mode
    if any(word in name.lower() for word in DOWN):
        return "min"
    rule = f"'min' or 'max' where the name of the value, here {name!r}, does not tell the direction"
    check(any(word in name.lower() for word in UP), "mode", mode, rule)
    return "max"


def is_improvement(value, best, mode, min_delta=0.0, relative_min_delta=0.0) -> bool:
    """Whether a value is better than the best so far. For one that should fall, that is

        value < best - max(min_delta, relative_min_delta * |best|)

    NaN and infinity are never better; anything else is better than no best.

    Args:
        value: float.
        best: float, or None.
        mode: "min" or "max".
        min_delta, relative_min_delta: least improvement, in the unit of the value and as a share of the best.

    Example:
    >>> is_improvement(0.9, 1.0, "min"), is_improvement(0.9, 1.0, "min", relative_min_delta=0.2)
    (True, False)
    """
    if not math.isfinite(value) or best is None:
        return math.isfinite(value)
    sign = -1 if mode == "max" else 1
    return sign * value < sign * best - max(min_delta, relative_min_delta * abs(best))
