"""Groups of weights that are counted by some axes of an array."""

from typing import Any

from kerasparts.core.checks import check


def check_group_axes(axis: Any) -> None:
    """Checks the axes whose index counts the groups: an integer or a tuple of different ones.

    Example:
    >>> check_group_axes((0, 0))
    Traceback (most recent call last):
    ValueError: `axis` must be an integer or a tuple of different integers. Received: axis=(0, 0)
    """
    axes = _listed(axis)
    integers = len(axes) > 0 and all(isinstance(a, int) and not isinstance(a, bool) for a in axes)
    check(integers and len(set(axes)) == len(axes), "axis", axis, "an integer or a tuple of different integers")


def axes_inside_groups(axis: Any, rank: int) -> list[int]:
    """The axes that lead through one group: all but those whose index counts the groups.

    Raises:
        ValueError: an array of that rank lacks such an axis.

    Example:
    >>> axes_inside_groups(-1, rank=4)  # the filters of a convolution
    [0, 1, 2]
    """
    axes = _listed(axis)
    check(all(-rank <= a < rank for a in axes), "axis", axis, f"inside the {rank} axes of the weights")
    groups = {a % rank for a in axes}
    return [a for a in range(rank) if a not in groups]


def _listed(axis):
    return axis if isinstance(axis, list | tuple) else [axis]
