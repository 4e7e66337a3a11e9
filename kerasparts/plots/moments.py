"""Signals as figures need them: matrices of full size, the moments on an axis, names that fit beside it."""

import numpy as np

from kerasparts.core.checks import check


def matrix(signals, name, columns):
    """An array of `Signals` as `(moments, columns)`, NaN where it was not measured."""
    values = np.asarray(getattr(signals, name), dtype="float64")
    shape = (signals.moments, columns)
    if values.size == 0:
        return np.full(shape, np.nan)
    check(values.shape == shape, f"signals.{name}", values.shape, f"of shape {shape}")
    return values


def vector(signals, name):
    """An array of `Signals` as `(moments,)`, NaN where it was not measured."""
    values = np.asarray(getattr(signals, name), dtype="float64")
    if values.size == 0:
        return np.full(signals.moments, np.nan)
    check(values.shape == (signals.moments,), f"signals.{name}", values.shape, f"of shape {(signals.moments,)}")
    return values


def kernels(signals):
    """Indices of the kernels among the variables; of all variables where none is a kernel."""
    found = np.flatnonzero(np.asarray(signals.kernels, dtype=bool))
    return found if len(found) else np.arange(len(signals.variables))


def thinned(count, most):
    """Indices of at most `most` of `count` moments, evenly spread, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)) if count else np.arange(0)


def groups(signals, moments):
    """The parts of an axis that has one place a moment: `[(label, first, last, ticks)]`, ticks as (place, text).

    The first part counts the steps up to the end of the first epoch, the second counts epochs.
    """
    ends = np.flatnonzero(np.isin(moments, signals.epoch_ends))
    split = int(ends[0]) if len(ends) else len(moments)
    parts = (
        ("step", 0, split, vector(signals, "step")),
        ("epoch", split, len(moments), vector(signals, "epoch")),
    )
    found = []
    for label, first, last, values in parts:
        if last > first:
            most = max(1, round(5 * (last - first) / len(moments)))
            ticks = _round_ticks(values[moments[first:last]], most) if label == "epoch" else None
            ticks = ticks or [(place, values[moments[first + place]]) for place in thinned(last - first, most)]
            found.append((label, first, last, [(int(first + place), f"{value:.6g}") for place, value in ticks]))
    if len(found) == 2:  # numbers at the seam would run into each other
        (label, first, last, ticks), (*_, others) = found
        found[0] = label, first, last, [tick for tick in ticks if others[0][0] - tick[0] >= 0.08 * len(moments)]
    return found


def _round_ticks(values, most):
    """At most `most` round numbers, each with the place of the value next to it."""
    if not np.isfinite(values).all():
        return []
    low, high = values[0], values[-1]
    step = next(
        s * 10**p for p in range(12) for s in (1, 2, 5) if high / (s * 10**p) - np.ceil(low / (s * 10**p)) < most
    )
    wanted = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    return [(np.abs(values - number).argmin(), number) for number in wanted]


def short_names(paths, width=30):
    """Paths without what all of them share at both ends, the middle left out where they are longer than `width`."""
    split = [path.split("/") for path in paths]
    for end in (0, -1):
        while len(split) > 1 and all(len(parts) > 1 and parts[end] == split[0][end] for parts in split):
            for parts in split:
                del parts[end]
    head = width // 3
    tail = width - head - 1
    names = ["/".join(parts) for parts in split]
    return [name if len(name) <= width else f"{name[:head]}…{name[-tail:]}" for name in names]
