"""Schedules: `(step, arguments) -> value`, for one step, in Python floats. Lengths are in steps."""

import math


def step_decay(step, learning_rate, every, factor, minimum, steps_per_epoch=None):
    n = steps_per_epoch or 1
    rate = learning_rate
    for s in range(1, step + 1):
        if s in [time * n for time in every] if isinstance(every, list) else s % (every * n) == 0:
            rate *= factor
    return max(rate, minimum)


def warmup(step, schedule, length, start, steps_per_epoch=None):
    """`schedule` is a number here."""
    length *= steps_per_epoch or 1
    return start + (schedule - start) * (step + 1) / (length + 1) if step < length else schedule


def chain(step, schedules, lengths, steps_per_epoch=None):
    """`schedules` are numbers here."""
    ends = [sum(lengths[: i + 1]) * (steps_per_epoch or 1) for i in range(len(lengths))]
    return schedules[sum(step >= end for end in ends)]


def scaled(step, schedule, factor, minimum):
    """`schedule` is a number here."""
    return schedule if schedule < minimum else max(schedule * factor, minimum)


def inverse_square_root(step, learning_rate, warmup, steps_per_epoch=None):
    """Vaswani et al. 2017, equation 3, with step_num from 1 and the peak in place of the width."""
    warmup *= steps_per_epoch or 1
    t = step + 1
    return learning_rate * warmup**0.5 * min(t**-0.5, t * warmup**-1.5)


def cyclical(step, minimum, maximum, half_cycle, mode, decay, steps_per_epoch=None):
    """Smith 2017: the code line of section 3.1 (there cycles count from 1), and its two variants."""
    half = half_cycle * (steps_per_epoch or 1)
    cycle = math.floor(1 + step / (2 * half))
    x = abs(step / half - 2 * cycle + 1)
    height = (maximum - minimum) * max(0.0, 1 - x)
    if mode == "triangular2":
        height /= 2 ** (cycle - 1)
    if mode == "exponential":
        height *= decay ** (step / (steps_per_epoch or 1))
    return minimum + height


def cosine_warm_restarts(step, learning_rate, length, growth, decay, minimum, warmup, steps_per_epoch=None):
    """Loshchilov and Hutter 2017, equation 5, cycle by cycle."""
    n = steps_per_epoch or 1
    length, warmup, peak, s = length * n, warmup * n, learning_rate, step
    while s >= length:
        s -= length
        length *= growth
        peak *= decay
    peak = max(peak, minimum)
    if s < warmup:
        return minimum + (peak - minimum) * (s + 1) / (warmup + 1)
    return minimum + 0.5 * (peak - minimum) * (1 + math.cos(math.pi * (s - warmup) / (length - warmup)))


def one_cycle(
    step, learning_rate, length, rise, start_divisor, end_divisor, anneal, momentum_range, steps_per_epoch=None
):
    start = learning_rate / start_divisor
    return _cycle(step, length * (steps_per_epoch or 1), rise, anneal, start, learning_rate, start / end_divisor)


def one_cycle_momentum(step, cycle):
    low, high = cycle.momentum_range
    return _cycle(step, cycle.length * (cycle.steps_per_epoch or 1), cycle.rise, cycle.anneal, high, low, high)


def _cycle(step, length, rise, anneal, first, peak, last):
    """Two phases: `rise * length` steps and the rest, the last step of each included."""
    top, end = rise * length - 1, length - 1
    step = min(step, end)
    (a, b), share = ((first, peak), step / top) if step < top else ((peak, last), (step - top) / (end - top))
    return a + (b - a) * share if anneal == "linear" else b + (a - b) / 2 * (1 + math.cos(math.pi * share))
