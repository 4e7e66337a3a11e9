"""Which values of the logs are watched, and where they should go."""

from collections.abc import Mapping

from kerasparts.core.checks import check, check_number
from kerasparts.core.direction import direction


class Monitored:
    """One or several numbers out of the logs of `fit`, as errors: what should rise has its sign turned.

    Args:
        monitor: name of a value; a list of several; or a dict from names to weights, for their weighted sum.
        mode: "min", "max" or "auto" to tell from each name; of a sum, where all names with the signs of their weights
            agree.

    Attributes:
        labels: of the numbers; the name, or the sum in words.
        names: of all values that must be in the logs.

    Example:
    >>> monitored = Monitored({"val_loss": 1.0, "val_accuracy": -0.5}, "auto")
    >>> monitored.errors({"val_loss": 0.5, "val_accuracy": 0.5})
    {'1 val_loss -0.5 val_accuracy': 0.25}
    """

    def __init__(self, monitor, mode="auto"):
        self._weights = _weights(monitor)
        self._signs = {label: _sign(weights, mode) for label, weights in self._weights.items()}
        self.labels = list(self._weights)
        self.names = {name for weights in self._weights.values() for name in weights}

    def errors(self, logs: Mapping) -> dict[str, float]:
        return {
            label: self._signs[label] * sum(weight * float(logs[name]) for name, weight in weights.items())
            for label, weights in self._weights.items()
        }

    def values(self, errors: Mapping) -> dict[str, float]:
        """The numbers that errors stand for."""
        return {label: self._signs[label] * error for label, error in errors.items()}

    def thresholds(self, name: str, value) -> dict[str, float]:
        """As errors, an argument that is None, a number, or for several numbers a dict of some by label."""
        if value is None:
            return {}
        if len(self.labels) == 1 and not isinstance(value, dict):
            check_number(name, value)
            value = {self.labels[0]: value}
        rule = f"None or a dict from some of {', '.join(self.labels)} to numbers"
        check(isinstance(value, dict) and set(value) <= set(self.labels), name, value, rule)
        for number in value.values():
            check_number(name, number)
        return {label: self._signs[label] * number for label, number in value.items()}


def _weights(monitor):
    rule = "the name of a value in the logs, a list of names, or a dict from names to weights"
    names = [monitor] if isinstance(monitor, str) else monitor
    check(isinstance(names, list | tuple | dict) and names, "monitor", monitor, rule)
    check(all(isinstance(name, str) and name for name in names), "monitor", monitor, rule)
    if not isinstance(names, dict):
        check(len(set(names)) == len(names), "monitor", monitor, "a list without repetition")
        return {name: {name: 1.0} for name in names}
    for weight in names.values():
        check_number("monitor", weight)
        check(weight != 0, "monitor", monitor, "a dict without zeros")
    return {" ".join(f"{weight:+g} {name}" for name, weight in names.items()).removeprefix("+"): dict(names)}


def _sign(weights, mode):
    goals = {direction(name, mode) for name in weights}
    if mode == "auto":
        falls = {(direction(name) == "min") == (weight > 0) for name, weight in weights.items()}
        rule = "'min' or 'max' where the names and the signs of their weights do not agree on the direction"
        check(len(falls) == 1, "mode", mode, rule)
        goals = {"min"} if falls.pop() else {"max"}
    return 1.0 if goals == {"min"} else -1.0
