"""What all regularizers share."""

import keras
from keras import ops

from kerasparts.core.checks import check, check_number
from kerasparts.core.part import part, revived
from kerasparts.core.precision import float32_at_least


class Regularizer(keras.regularizers.Regularizer):
    """Base class of penalties that can be added and scaled, and hold on kernels of any size and precision.

    A subclass writes `penalty(x)`, which receives the weights in float32 at least: Keras' own regularizers sum
    in the precision of the weights, so in float16 a kernel of 1e5 ones already costs infinity.

    `a + b` and `0.5 * a` are regularizers again (see `PenaltySum`), and are saved with the model.
    """

    def penalty(self, x):
        raise NotImplementedError(f"{type(self).__name__} must implement penalty(x).")

    def start_at(self, weights):
        """Tells the penalty which weights training starts from; `regularize` calls it. Most do not ask."""

    def __call__(self, x):
        x = ops.convert_to_tensor(x)
        x = ops.cast(x, float32_at_least(x.dtype))
        return ops.cast(self.penalty(x), keras.config.floatx())

    def __add__(self, other):
        return PenaltySum.of((self, 1.0), (other, 1.0))

    def __radd__(self, other):
        if isinstance(other, int) and other == 0:  # sum() starts from 0
            return self
        return PenaltySum.of((other, 1.0), (self, 1.0))

    def __mul__(self, factor):
        check_number("factors", factor, "[0, inf)")
        return PenaltySum.of((self, factor))

    __rmul__ = __mul__


class StatefulRegularizer(Regularizer, keras.layers.Layer):
    """Base class of penalties that remember something in variables, or hold others that do.

    A regularizer of Keras has no state. This one is a layer besides: the layer that it is given to takes it for
    a sublayer, so that a compiled `fit` carries its variables on every backend, and `.keras` files hold them as
    arrays beside the weights. It has no `call`, and stands in no model's `layers`.
    """

    def __init__(self):
        super().__init__()
        self.built = True


@part
class PenaltySum(StatefulRegularizer):
    """Several penalties on one weight; Keras takes only one regularizer a weight.

        factors[0] * regularizers[0](w) + factors[1] * regularizers[1](w) + ...

    `L1(1e-5) + 0.5 * GroupLasso(1e-4)` makes one; sums of sums become one flat sum.

    Args:
        regularizers: list of regularizers, ours or Keras'.
        factors: list of floats in [0, inf), one for each; None for all 1.

    Shapes: any; returns a scalar.

    Example:
    >>> penalty = kerasparts.regularizers.L1(1.0) + 0.5 * kerasparts.regularizers.L2(1.0)
    >>> float(penalty([1.0, -2.0]))
    5.5
    """

    def __init__(self, regularizers, factors=None):
        is_list = isinstance(regularizers, list | tuple) and len(regularizers) > 0
        check(is_list, "regularizers", regularizers, "a list of at least one regularizer")
        regularizers = [revived(regularizer) for regularizer in regularizers]
        for regularizer in regularizers:
            known = isinstance(regularizer, keras.regularizers.Regularizer)
            check(known, "regularizers", regularizer, "a list of keras.regularizers.Regularizer")
        if factors is not None:
            fits = isinstance(factors, list | tuple) and len(factors) == len(regularizers)
            check(fits, "factors", factors, f"a list of {len(regularizers)} numbers, one for each regularizer")
            for factor in factors:
                check_number("factors", factor, "[0, inf)")
        super().__init__()
        self.regularizers = regularizers
        self.factors = factors

    @classmethod
    def of(cls, *terms):
        """The sum of pairs of a regularizer and its factor, in which no term is itself a sum."""
        flat = []
        for regularizer, factor in terms:
            if isinstance(regularizer, PenaltySum):
                factors = regularizer.factors or [1.0] * len(regularizer.regularizers)
                flat += [(r, factor * f) for r, f in zip(regularizer.regularizers, factors, strict=True)]
            else:
                flat.append((regularizer, factor))
        return cls([regularizer for regularizer, _ in flat], [factor for _, factor in flat])

    def start_at(self, weights):
        for term in self.regularizers:
            if isinstance(term, Regularizer):
                term.start_at(weights)

    def __call__(self, x):
        # Each term guards its own precision.
        factors = self.factors or [1.0] * len(self.regularizers)
        x, floatx = ops.convert_to_tensor(x), keras.config.floatx()
        return sum(factor * ops.cast(term(x), floatx) for factor, term in zip(factors, self.regularizers, strict=True))

    def get_config(self):
        return {
            "regularizers": [keras.saving.serialize_keras_object(r) for r in self.regularizers],
            "factors": None if self.factors is None else list(self.factors),
        }
