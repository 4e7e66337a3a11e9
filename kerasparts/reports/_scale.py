"""From numbers to places on an axis."""

import math
from dataclasses import dataclass

import numpy as np

MINUS, DASH = "\u2212", "\u2013"
HUGE = 1e300  # beyond it even a difference overflows


@dataclass(frozen=True)
class Scale:
    """An axis from `low` to `high`, linear or logarithmic; places run from 0 to 1.

    On a logarithmic axis numbers that have no place there, 0 and less, lie on its lower edge.
    """

    low: float
    high: float
    log: bool = False

    @classmethod
    def over(cls, *values, log=False, low=None, high=None, pad=0.03):
        """The axis that holds all finite numbers of `values`, those of a logarithmic axis down to a 1e-12th of the
        greatest; `low` and `high` set an end."""
        known = np.concatenate([np.zeros(0), *(np.ravel(np.asarray(v, dtype="float64")) for v in values)])
        known = known[np.isfinite(known) & ((known > 0) if log else True)].clip(-HUGE, HUGE)
        if log:
            most = math.log10(known.max()) if known.size else 0.0
            least = max(math.log10(known.min()), most - 12) if known.size else -1.0
            room = max(0.0, 0.6 - most + least) / 2
            least, most = least - room, most + room
        else:
            least = low if low is not None else known.min() if known.size else 0.0
            most = high if high is not None else known.max() if known.size else 1.0
            if most - least <= 1e-9 * max(abs(least), abs(most)):
                room = max(abs(most), 1.0) / 2
                least, most = least - room * (low is None), most + room
        room = pad * (most - least)
        return cls(float(least - room), float(most + room), log)

    def places(self, values):
        """Places of numbers, NaN for what is not finite; far outside they stay near enough to be drawn."""
        values = np.asarray(values, dtype="float64")
        known = np.where(np.isfinite(values), values, np.nan).clip(-HUGE, HUGE)
        if self.log:
            with np.errstate(divide="ignore", invalid="ignore"):
                known = np.where(
                    known > 0, np.log10(np.where(known > 0, known, 1.0)), np.where(known <= 0, self.low, np.nan)
                )
        return ((known - self.low) / (self.high - self.low)).clip(-3, 4)

    def ticks(self, most=5):
        """Round numbers on the axis as (place, text)."""
        values = self._powers(most) if self.log else self._steps(most)
        return [(float(self.places(value)), text) for value, text in values]

    def _steps(self, most):
        raw = (self.high - self.low) / most
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * (1 - 1e-9))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        is_plain = decimals <= 4 and max(abs(self.low), abs(self.high)) < 1e5
        for count in range(first, last + 1):
            value = count * step
            yield value, f"{value:.{decimals}f}".replace("-", MINUS) if is_plain else number(value)

    def _powers(self, most):
        first, last = math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9)
        if last - first < 2:
            exponents = range(math.floor(self.low), math.ceil(self.high) + 1)
            fine = [(factor * 10.0**power) for power in exponents for factor in (1, 2, 5)]
            return [(v, number(v)) for v in fine if self.low <= math.log10(v) <= self.high]
        stride = math.ceil((last - first + 1) / most)
        return [(10.0**power, number(10.0**power)) for power in range(first, last + 1) if power % stride == 0]


def number(value, digits=3):
    """A number as text, short: 0.00012 is 1.2e-4; a dash for NaN.

    Example:
    >>> number(0.00012), number(2.0), number(65226), number(1234567)
    ('1.2e-4', '2', '65,226', '1.23e6')
    """
    if math.isnan(value):
        return DASH
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}".replace("-", MINUS)
    if 1e-3 <= abs(value) < 1e4:
        return f"{float(f'{value:.{digits}g}'):g}".replace("-", MINUS)
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa.replace('-', MINUS)}e{int(exponent)}"
