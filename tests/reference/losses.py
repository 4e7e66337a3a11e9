"""Classification losses, one sample, or one entry, at a time."""

import functools

import numpy as np

FLOOR = 1e-7  # of a probability


def reduced(losses, weights, counted, sample_weight, mask, reduction):
    """Keras' reductions. The last axis is that of the entries of a sample, whose loss is their mean."""

    def along(x):
        return np.broadcast_to(np.reshape(x, np.shape(x) + (1,) * (losses.ndim - np.ndim(x))), losses.shape)

    if sample_weight is not None:
        weights = weights * along(sample_weight)
    if mask is not None:
        counted = counted * along(mask)
    values = (losses * weights * counted).mean(axis=-1)
    if reduction in (None, "none"):
        return values
    if reduction == "sum":
        return values.sum()
    below = (weights * counted if reduction == "mean_with_sample_weight" else counted).mean(axis=-1).sum()
    return values.sum() / below if below else 0.0


def over_classes(formula):
    """A loss from `formula(y, smoothed, z)` of one sample: its target as a row, what smooths a row, and its logits.

    The logarithms of probabilities are one form of logits. Targets are integer labels, or rows.
    """

    @functools.wraps(formula)
    def loss(
        y_true,
        y_pred,
        sample_weight=None,
        from_logits=True,
        class_weight=None,
        label_smoothing=0.0,
        ignore_class=None,
        axis=-1,
        reduction="sum_over_batch_size",
        mask=None,
        multi_label=False,
        **own,
    ):
        y_true, y_pred = np.asarray(y_true), np.moveaxis(np.asarray(y_pred, "float64"), axis, -1)
        *samples, classes = y_pred.shape
        losses, weights, counted = np.zeros(samples), np.ones(samples), np.ones(samples)

        def smoothed(row):
            return (1 - label_smoothing) * row + label_smoothing / classes

        for index in np.ndindex(*samples):
            y, z = y_true[index], y_pred[index]
            by_class = np.ndim(y) and ignore_class in range(classes) and not own.get("targets_from_logits")
            if ignore_class is not None and np.all(y == (np.eye(classes)[ignore_class] if by_class else ignore_class)):
                counted[index] = 0.0
                continue
            y = y if np.ndim(y) else np.eye(classes)[y]
            losses[index] = formula(y, smoothed, z if from_logits else np.log(np.maximum(z, FLOOR)), **own)
            if class_weight is not None:
                share = np.exp(log_softmax(y)) if own.get("targets_from_logits") else y
                weights[index] = (share * class_weight).sum()
        return reduced(losses[..., None], weights[..., None], counted[..., None], sample_weight, mask, reduction)

    return loss


def over_entries(formula):
    """A loss from `formula(log_p, log_q, z, c)` of one entry: the logarithms of the probabilities of a yes and of a no,
    the prediction as it is, and its class, with one output 0 or 1.

    It gives two numbers, the losses if the target is 1 and if it is 0.
    """

    @functools.wraps(formula)
    def loss(
        y_true,
        y_pred,
        sample_weight=None,
        from_logits=True,
        class_weight=None,
        label_smoothing=0.0,
        ignore_class=None,
        axis=-1,
        reduction="sum_over_batch_size",
        mask=None,
        multi_label=True,
        **own,
    ):
        y_pred = np.moveaxis(np.asarray(y_pred, "float64"), axis, -1)
        y_true = np.reshape(y_true, y_pred.shape)
        losses, weights, counted = np.zeros(y_pred.shape), np.ones(y_pred.shape), np.ones(y_pred.shape)
        for index in np.ndindex(*y_pred.shape):
            y, z = y_true[index], y_pred[index]
            if y == ignore_class:
                counted[index] = 0.0
                continue
            y = max(y, 0)  # -1 is another name of 0
            if from_logits:
                log_p, log_q = -np.logaddexp(0, -z), -np.logaddexp(0, z)
            else:
                log_p, log_q = np.log(max(z, FLOOR)), np.log(max(1 - z, FLOOR))
            c = index[-1] if y_pred.shape[-1] > 1 else int(y)
            yes, no = formula(log_p, log_q, z, c, **own)
            t = (1 - label_smoothing) * y + label_smoothing / 2
            losses[index] = t * yes + (1 - t) * no
            weights[index] = 1.0 if class_weight is None else class_weight[c]
        return reduced(losses, weights, counted, sample_weight, mask, reduction)

    return loss


def log_softmax(z):
    z = z - z.max()
    return z - np.log(np.exp(z).sum())


@over_classes
def categorical_crossentropy(y, smoothed, z):
    return -(smoothed(y) * log_softmax(z)).sum()


@over_entries
def binary_crossentropy(log_p, log_q, z, c, pos_weight=1.0):
    return -pos_weight * log_p, -log_q


@over_classes
def focal_of_classes(y, smoothed, z, gamma=2.0, alpha=None):
    """Lin et al. 2017, equation 5, for each class under the target."""
    log_p = log_softmax(z)
    p = np.exp(log_p)
    alpha_t = 1.0 if alpha is None else (y * np.asarray(alpha)).sum()
    return -alpha_t * (smoothed(y) * (1 - p) ** gamma * log_p).sum()


@over_entries
def focal_of_entries(log_p, log_q, z, c, gamma=2.0, alpha=None):
    yes, no = -np.exp(gamma * log_q) * log_p, -np.exp(gamma * log_p) * log_q
    if alpha is None:
        return yes, no
    if np.ndim(alpha) == 0:
        return alpha * yes, (1 - alpha) * no
    return alpha[c] * yes, alpha[c] * no


@over_entries
def asymmetric(log_p, log_q, z, c, gamma_positive=1.0, gamma_negative=4.0, margin=0.05):
    """Ridnik et al. 2021, equation 7."""
    p_m = max(np.exp(log_p) - margin, 0.0)
    log_q_m = np.log(1 - p_m) if margin else log_q
    return -np.exp(gamma_positive * log_q) * log_p, -(p_m**gamma_negative) * log_q_m


@over_classes
def logit_adjusted(y, smoothed, z, class_counts, tau=1.0):
    """Menon et al. 2021, equation 10."""
    prior = np.array(class_counts) / np.sum(class_counts)
    return -(smoothed(y) * log_softmax(z + tau * np.log(prior))).sum()


@over_classes
def ldam(y, smoothed, z, class_counts, max_margin=0.5, scale=30.0):
    """Cao et al. 2019, equations 12 and 13."""
    n = np.array(class_counts, "float64")
    margin = n**-0.25 * max_margin / (n**-0.25).max()
    return -(smoothed(y) * log_softmax(scale * (z - margin * y))).sum()


@over_classes
def kl_divergence(y, smoothed, z, temperature=1.0, targets_from_logits=False):
    """Hinton et al. 2015, section 2; the part of the cross-entropy that is not the entropy of the targets."""
    if targets_from_logits or temperature != 1:
        t = y if targets_from_logits else np.log(np.maximum(y, FLOOR))
        y = np.exp(log_softmax(t / temperature))
    soft = smoothed(y)
    information = np.sum(soft[soft > 0] * np.log(soft[soft > 0]))
    return temperature**2 * (information - (soft * log_softmax(z / temperature)).sum())


@over_classes
def hinge_of_classes(y, smoothed, z, squared=False):
    """Crammer and Singer 2001, equation 3."""
    label = y.argmax()
    margin = max(0.0, 1 + np.delete(z, label).max() - z[label])
    return margin**2 if squared else margin


@over_entries
def hinge_of_entries(log_p, log_q, z, c, squared=False):
    yes, no = max(0.0, 1 - z), max(0.0, 1 + z)
    return (yes**2, no**2) if squared else (yes, no)


def _for_all(of_classes, of_entries):
    """The loss of either kind: entries where the row says `multi_label`, or the predictions are of one class."""

    def loss(y_true, y_pred, *args, multi_label=False, axis=-1, **own):
        entries = multi_label or np.shape(y_pred)[axis] == 1
        return (of_entries if entries else of_classes)(y_true, y_pred, *args, axis=axis, **own)

    return loss


focal = _for_all(focal_of_classes, focal_of_entries)
hinge = _for_all(hinge_of_classes, hinge_of_entries)
