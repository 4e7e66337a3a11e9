"""What all classification losses share."""

import numpy as np
from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.losses._targets import ENTRIES, LABELS_OR_ONE_HOT, Targets
from kerasparts.losses.loss import Loss, nonzero


class ClassificationLoss(Loss):
    """Base class of losses over classes: class weights and what is to be left out.

    A subclass writes

        call(y_true, y_pred)      the loss of every sample, unweighted, zero where left out

    and says in `kinds` which targets it takes; see `Targets`. Where these are entries, `call` gives the loss of every
    entry, and the loss of a sample is their mean.

    A class weight acts as a sample weight does, and what is left out counts for nothing; see `Loss`. For several
    entries a sample, that is so for each entry.

    Args:
        class_weight: array of one number in [0, inf) for each class, or None. With entries, the weight of each
            column; one column takes two, for 0 and for 1.
        ignore_class: int or None. What to leave out: samples with this label or this class, entries with this value.
        axis: int. Axis of the classes in the predictions.
        **kwargs: as in `Loss`.
    """

    def __init__(self, class_weight=None, ignore_class=None, axis=-1, **kwargs):
        is_label = isinstance(ignore_class, int) and not isinstance(ignore_class, bool)
        check(ignore_class is None or is_label, "ignore_class", ignore_class, "an integer or None")
        is_axis = isinstance(axis, int) and not isinstance(axis, bool) and axis != 0
        check(is_axis, "axis", axis, "an integer other than 0, the axis of the batch")
        super().__init__(**kwargs)
        self.class_weight = numbers_of_classes("class_weight", class_weight)
        self.ignore_class = ignore_class
        self.axis = axis

    def kinds(self, y_pred):
        return LABELS_OR_ONE_HOT

    def weights(self, y_true, y_pred):
        """The class weight and the share kept of every sample, or of every entry; None where all are 1."""
        y_true = ops.convert_to_tensor(y_true)  # `call` has looked at its values
        targets = Targets(y_true, y_pred, self.axis, self.kinds(y_pred), self.ignore_class)
        weight = None if self.class_weight is None else targets.weight(self.class_weight)
        kept = targets.kept()
        return weight, None if kept is None else ops.cast(kept, targets.dtype)

    def terms(self, y_true, y_pred):
        losses = self.call(y_true, y_pred)
        weight, kept = self.weights(y_true, y_pred)
        if self.kinds(y_pred) != ENTRIES:
            return losses, weight, kept
        if kept is None and weight is None:
            return ops.mean(losses, axis=-1), None, None
        share = None if kept is None else ops.mean(kept, axis=-1)
        both = kept if weight is None else weight if kept is None else weight * kept
        total = ops.mean(both, axis=-1)
        losses = ops.mean(losses * both, axis=-1) / nonzero(total)
        return losses, total if share is None else total / nonzero(share), share

    def get_config(self):
        return {
            **super().get_config(),
            "class_weight": self.class_weight,
            "ignore_class": self.ignore_class,
            "axis": self.axis,
        }


class LikelihoodLoss(ClassificationLoss):
    """Base class of losses of probabilities, which may be given as logits.

    Args:
        from_logits: bool. Whether the predictions are unnormalized, or probabilities.
        label_smoothing: float in [0, 1). Share of the target spread evenly over all classes, or over 0 and 1.
        **kwargs: as in `ClassificationLoss`.
    """

    def __init__(
        self,
        from_logits=False,
        class_weight=None,
        label_smoothing=0.0,
        ignore_class=None,
        axis=-1,
        reduction="sum_over_batch_size",
        name=None,
        dtype=None,
    ):
        check(isinstance(from_logits, bool), "from_logits", from_logits, "True or False")
        check_number("label_smoothing", label_smoothing, "[0, 1)")
        super().__init__(class_weight, ignore_class, axis, reduction=reduction, name=name, dtype=dtype)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing

    @property
    def shared(self):
        """Arguments of the function of every such loss."""
        return {
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "ignore_class": self.ignore_class,
            "axis": self.axis,
        }

    def get_config(self):
        return {**super().get_config(), "from_logits": self.from_logits, "label_smoothing": self.label_smoothing}


def numbers_of_classes(name, values, positive=False):
    """Checks one number of at least 0, or above, for each class, and gives them as a list of floats, or None."""
    if values is None:
        return None
    try:
        numbers = np.asarray(values, dtype="float64")
    except (TypeError, ValueError):
        numbers = np.full((), np.nan)
    ok = numbers.ndim == 1 and numbers.size > 0 and np.isfinite(numbers).all() and (numbers >= 0).all()
    ok = ok and not (positive and (numbers == 0).any())
    check(ok, name, values, f"one finite number {'above' if positive else 'of at least'} 0 for each class")
    return [float(number) for number in numbers]


def number_or_numbers(name, values, interval="[0, inf)"):
    """Checks one number in `interval`, or one of at least 0 for each class."""
    if isinstance(values, list | tuple | np.ndarray):
        return numbers_of_classes(name, values)
    check_number(name, values, interval)
    return float(values)
