"""Results as plain text and numbers."""

import math
from typing import Any


def plain(value: Any) -> Any:
    """The same nest without tuples, NaN and infinity, which JSON does not have: lists, and None.

    Example:
    >>> plain({"errors": (0.5, float("nan"))})
    {'errors': [0.5, None]}
    """
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
