"""Whether a value should fall or rise."""

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
