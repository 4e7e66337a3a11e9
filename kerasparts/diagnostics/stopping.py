"""When to stop: what the course of an error says.

Errors should fall; what should rise is given with its sign turned. Courses are lists with a number for each
measurement so far. NaN and infinity are as bad as can be, and never the best.

Reference: Prechelt 1998, Early Stopping - But When?, https://doi.org/10.1007/3-540-49430-8_3, section 2.1.
"""

import math
import re
from collections.abc import Sequence

from kerasparts.core.checks import check


def smoothed(error: float, before: Sequence[float], smoothing: float) -> float:
    """`smoothing * last + (1 - smoothing) * error`, of the last finite one before; where there is none, the error.

    Example:
    >>> smoothed(1.0, [2.0, float("nan")], 0.75)
    1.75
    """
    last = next((value for value in reversed(before) if math.isfinite(value)), None)
    if last is None or not math.isfinite(error):
        return error
    return smoothing * last + (1 - smoothing) * error


def generalization_loss(errors: Sequence[float]) -> float:
    """By how many percent the last error is above the lowest; 0 as long as there was no finite one.

    Example:
    >>> generalization_loss([2.0, 1.0, 1.5])
    50.0
    """
    lowest = min(filter(math.isfinite, errors), default=None)
    if lowest is None:
        return 0.0
    return 100 * _share(errors[-1] - lowest, abs(lowest)) if math.isfinite(errors[-1]) else math.inf


def training_progress(errors: Sequence[float], strip: int = 5) -> float:
    """By how many per mille the mean of the last `strip` errors is above the lowest of them.

    Example:
    >>> training_progress([9.0, 3.0, 1.0, 2.0], strip=3)
    1000.0
    """
    last = errors[-strip:]
    lowest = min(last)
    return 1000 * _share(sum(last) / len(last) - lowest, abs(lowest))


def rising_strips(errors: Sequence[float], strip: int = 5) -> int:
    """How many strips in a row, up to the last, ended with a higher error than the one before.

    Example:
    >>> rising_strips([1.0, 5.0, 3.0, 6.0, 4.0, 7.0], strip=2)
    2
    """
    ends = [error if math.isfinite(error) else math.inf for error in errors[strip - 1 :: strip]]
    count = 0
    for before, after in zip(reversed(ends[:-1]), reversed(ends), strict=False):
        if not (after > before or after == math.inf):
            break
        count += 1
    return count


def parse_criterion(criterion: str) -> tuple[str, float]:
    """Kind and threshold of a criterion in Prechelt's notation.

    Example:
    >>> parse_criterion("PQ_0.75")
    ('PQ', 0.75)
    """
    rule = "None, or one of Prechelt's such as 'GL_2', 'PQ_0.75', 'UP_3'"
    match = re.fullmatch(r"(GL|PQ)_(\d+(?:\.\d+)?)|(UP)_([1-9]\d*)", criterion) if isinstance(criterion, str) else None
    check(match, "criterion", criterion, rule)
    kind, threshold = filter(None, match.groups())
    return kind, float(threshold)


def is_met(criterion: str, errors: Sequence[float], training: Sequence[float], strip: int = 5) -> bool | None:
    """Whether a criterion says stop; None where it is no time to ask, which is but for GL the end of a strip.

        GL_a: generalization_loss > a
        PQ_a: generalization_loss / training_progress > a
        UP_s: rising_strips >= s

    Args:
        criterion: in that notation.
        errors: of validation.
        training: of the training data, for PQ alone.
        strip: int of at least 1. Length of a strip.

    Example:
    >>> is_met("GL_40", [2.0, 1.0, 1.5], []), is_met("UP_1", [2.0, 1.0, 1.5], [], strip=2)
    (True, None)
    """
    kind, threshold = parse_criterion(criterion)
    if kind == "GL":
        return generalization_loss(errors) > threshold
    if len(errors) % strip:
        return None
    if kind == "PQ":
        quotient = _share(generalization_loss(errors), training_progress(training, strip))
        return not quotient <= threshold  # NaN is as bad as can be
    return rising_strips(errors, strip) >= threshold


def _share(part, whole):
    if part == 0:
        return 0.0
    return math.inf if whole == 0 else part / whole
