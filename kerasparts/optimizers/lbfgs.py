"""L-BFGS."""

import math
import warnings
from typing import Any, NamedTuple

import keras
from keras import ops

from kerasparts import backend
from kerasparts.core.checks import check, check_integer, check_number
from kerasparts.core.part import part
from kerasparts.core.precision import float32_at_least
from kerasparts.optimizers._by_name import SavedByName
from kerasparts.optimizers._curvature import Curvature, direction, forgotten, is_empty, remembered
from kerasparts.optimizers._line_search import INFINITE, LineSearch, advanced, begun

EPSILON = 1.2e-7  # of float32: a product of step and change below its share of the slope is rounding
NEW, CHECK, SEARCH, CONVERGED, STALLED = range(5)
NOT_DETERMINISTIC = (
    "The gradient at the same weights came out differently: L-BFGS needs one and the same loss in every step. "
    "Give fit batch_size=len(x), or gradient_accumulation_steps=len(x) // batch_size for a batch_size that divides it, "
    "and leave out dropout, noise and augmentation; or take an optimizer for mini-batches, such as AdamW."
)


class Point(NamedTuple):
    """Where L-BFGS stands: vectors of all weights, and scalars.

    Attributes:
        base: the accepted weights.
        gradient: of the loss there.
        direction: of the search.
        trial: the weights that the gradient is wanted at.
        phase: NEW: no gradient has come; CHECK: it is asked for once more at `base`; SEARCH; CONVERGED; STALLED.
        shown: 1 where the model holds `base`, though `trial` is being searched.
        noisy: 1 once two gradients at the same weights differed.
        scale: norm of the first gradient.
        accepted: count of accepted steps.
    """

    base: Any
    gradient: Any
    direction: Any
    trial: Any
    phase: Any
    shown: Any
    noisy: Any
    scale: Any
    accepted: Any


@part
class LBFGS(SavedByName, keras.optimizers.Optimizer):
    """Limited-memory BFGS with a line search, in `compile` and `fit`: for small models and all the data in one batch.

    Keras has no second-order optimizer. From the last `memory` steps `s` and changes of the gradient `y`, L-BFGS
    builds an inverse Hessian `H` that it never stores, and follows

        d = -H g
        w = w + length * d     where (2 * c1 - 1) * slope(0) >= slope(length) >= c2 * slope(0)

    with the slope of the loss along `d`: the test of Hager and Zhang, which needs no values of the loss. One train
    step of `fit` is one gradient; a length that fails is bracketed by secant and bisection. A first step of `fit`
    goes to show that the gradient is the same when it is asked for again: with mini-batches, dropout or
    augmentation it is not, and L-BFGS is wrong.

    While a search is on, the model holds the weights that are tried. At the end of `fit`, they are the accepted
    ones. With `callbacks.EvaluatedWeights()` validation, checkpoints and saving see the accepted ones too, gradients
    that are not the same are an error at once, and training stops where L-BFGS does: at a gradient of
    `gradient_tolerance`, or where no length makes the loss smaller within the precision of the weights. Without it,
    validation sees what is being tried, another `fit` begins with a gradient that is known already, a warning comes
    after `fit`, and what is left of the epochs changes nothing.

    Clipping, weight decay, moving averages of weights and constraints would make steps that are not those of the
    loss, so there are none; take a kernel regularizer for decay. Half-precision weights stop early, at what they
    resolve.

    Args:
        learning_rate: float in (0, inf). First length to be tried in every search. 1 is right but for the first
            search, where it is divided by the norm of the gradient, if that is above 1.
        memory: int in [1, inf). Count of pairs.
        c1: float in (0, 0.5). Smaller takes lengths further beyond the lowest point.
        c2: float in [c1, 1). Greater takes shorter lengths.
        max_evaluations: int in [2, inf). Of the gradient in one search, before the pairs are forgotten.
        gradient_tolerance: float in [0, inf). Largest element of the gradient at which to stop.
        **kwargs: `gradient_accumulation_steps`, the batches whose mean gradient counts as one evaluation;
            `loss_scale_factor` and `name` as in Keras.

    Memory: `2 * memory + 4` arrays a weight, in float32.

    Example:
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(kerasparts.optimizers.LBFGS(), loss="mse")
    >>> x, y = np.array([[1.0], [2.0], [3.0]]), np.array([[3.0], [5.0], [7.0]])
    >>> history = model.fit(x, y, batch_size=len(x), epochs=15, verbose=0)
    >>> round(float(model.get_weights()[0][0, 0]), 3), model.optimizer.converged
    (2.0, True)

    Reference: Liu and Nocedal 1989, https://doi.org/10.1007/BF01589116; Byrd, Nocedal and Schnabel 1994,
    https://doi.org/10.1007/BF01582063, equation 3.1; Hager and Zhang 2005, https://doi.org/10.1137/030601880,
    equation 4.4.
    """

    def __init__(
        self,
        learning_rate=1.0,
        memory=10,
        c1=0.1,
        c2=0.9,
        max_evaluations=20,
        gradient_tolerance=1e-5,
        **kwargs,
    ):
        check_number("learning_rate", learning_rate, "(0, inf)")
        check_integer("memory", memory, "[1, inf)")
        check_number("c1", c1, "(0, 0.5)")
        check_number("c2", c2, f"[{c1}, 1)")
        check_integer("max_evaluations", max_evaluations, "[2, inf)")
        check_number("gradient_tolerance", gradient_tolerance, "[0, inf)")
        for other in ("weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema"):
            check(not kwargs.get(other), other, kwargs.get(other), "left out: steps would not be those of the loss")
        super().__init__(float(learning_rate), **kwargs)
        self.memory = memory
        self.c1 = c1
        self.c2 = c2
        self.max_evaluations = max_evaluations
        self.gradient_tolerance = gradient_tolerance

    def build(self, variables):
        if self.built:
            return
        variables = list(variables)
        for variable in variables:
            check(variable.constraint is None, "variables", variable.path, "without constraints for L-BFGS")
        replicas = getattr(getattr(self, "_distribution_strategy", None), "num_replicas_in_sync", 1)
        check(replicas == 1, "replicas", replicas, "1 for L-BFGS")
        super().build(variables)
        self._dtype = "float64" if any(v.dtype == "float64" for v in self._optimized) else "float32"
        size = sum(_size(v) for v in self._optimized)
        many, pairs = (self.memory, size), (self.memory, self.memory)
        self._curvature = Curvature(
            self._state("steps", many),
            self._state("changes", many),
            self._state("products", pairs),
            self._state("squares", pairs),
        )
        self._search = self._state("search", (len(LineSearch._fields),))
        vectors = {"base", "gradient", "direction", "trial"}
        floats = {*vectors, "scale"}
        self._point = Point(
            *(
                self._state(name, (size,) if name in vectors else (), None if name in floats else "int32")
                for name in Point._fields
            )
        )

    @property
    def _optimized(self):  # a list of the model's variables as an attribute would be saved with the optimizer
        return [v for v in self._trainable_variables if not getattr(v, "overwrite_with_gradient", False)]

    @property
    def _noise(self):
        return 0.05 if self._is_half else 0.01  # share of the gradient that other orders of the same rows may change

    @property
    def _is_half(self):
        return any(float32_at_least(v.dtype) != v.dtype for v in self._optimized)

    def _state(self, name, shape=(), dtype=None):
        return self.add_variable(shape, initializer="zeros", dtype=dtype or self._dtype, name=name)

    @property
    def converged(self) -> bool:
        """Whether no further step will change the weights."""
        return self._read("phase") in (CONVERGED, STALLED)

    @property
    def fault(self) -> str | None:
        """What makes L-BFGS wrong here and what to do, once it has shown."""
        return NOT_DETERMINISTIC if self._read("noisy") else None

    def show_evaluated_weights(self):
        """Puts the accepted weights into the model, between two steps."""
        if self._read("phase") == SEARCH and not self._read("shown"):
            self._put(ops.copy(self._point.base))
            self._point.shown.assign(1)

    def show_trained_weights(self):
        """Puts the weights that are being tried back into the model, after `show_evaluated_weights`."""
        if self._read("phase") == SEARCH and self._read("shown"):
            self._put(ops.copy(self._point.trial))
            self._point.shown.assign(0)

    def finalize_variable_values(self, var_list):
        self.show_evaluated_weights()
        if self.fault:
            warnings.warn(self.fault, stacklevel=2)

    def _read(self, name):
        value = backend.readable(getattr(self._point, name)) if self.built else None
        return 0 if value is None else int(value)

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        given = {self._get_variable_index(v): g for g, v in zip(grads, trainable_variables, strict=True)}
        zeros = (ops.zeros(_size(v), self._dtype) for v in self._optimized)
        g = [given.get(self._get_variable_index(v)) for v in self._optimized]
        g = self._flat([zero if one is None else one for one, zero in zip(g, zeros, strict=True)])
        w = self._flat(self._optimized)
        curvature = Curvature(*map(ops.convert_to_tensor, self._curvature))
        search = LineSearch(*ops.unstack(ops.convert_to_tensor(self._search)))
        point = Point(*map(ops.convert_to_tensor, self._point))
        w, curvature, search, point = self._next(w, g, curvature, search, point, ops.cast(learning_rate, self._dtype))
        self._put(w)
        self.assign(self._search, ops.stack(search))
        for state, value in zip((*self._curvature, *self._point), (*curvature, *point), strict=True):
            self.assign(state, value)

    def _next(self, w, g, curvature, search, point, learning_rate):
        """The weights to ask for next, and the state, after the gradient at `w` has come."""
        is_finite = ops.all(ops.isfinite(g))
        g = ops.where(is_finite, g, ops.zeros_like(g))
        is_new, is_check, is_search = (point.phase == phase for phase in (NEW, CHECK, SEARCH))
        is_shown = point.shown == 1

        # Where are we: at new weights, at the accepted ones once more, or at those to be tried?
        expected = ops.where(is_search & ~is_shown, point.trial, point.base)
        was_moved = ~is_new & (ops.norm(w - expected) > 1e-6 * ops.norm(expected))
        is_again = ~is_new & ~was_moved & (~is_search | is_shown)
        tolerance = self._noise * ops.norm(point.gradient) + 1e-5 * point.scale
        differs = is_again & (~is_finite | (ops.norm(g - point.gradient) > tolerance))
        starts_anew = is_new | was_moved | (differs & ~is_check)
        begins = starts_anew & is_finite
        is_trial = is_search & ~is_shown & ~was_moved

        slope = ops.where(is_finite, ops.sum(g * point.direction), INFINITE)
        tried, taken, failed = advanced(search, slope, self.c1, self.c2, self.max_evaluations)
        taken, failed = taken & is_trial, failed & is_trial

        # What is accepted, and the pairs.
        step, change = w - point.base, g - point.gradient
        is_convex = ops.sum(step * change) > EPSILON * ops.abs(search.length * search.slope)
        has_stalled = failed & is_empty(curvature)
        curvature = remembered(curvature, step, change, taken & is_convex)
        moves = begins | taken
        base, gradient = ops.where(moves, w, point.base), ops.where(moves, g, point.gradient)
        has_converged = moves & (ops.max(ops.abs(g)) <= self.gradient_tolerance)

        # The next search, or the next trial of this one.
        searches = (is_again & is_check) | (taken & ~has_converged) | (failed & ~has_stalled)
        down = direction(curvature, gradient)
        slope = ops.sum(down * gradient)
        forgets = begins | failed | (searches & ~(slope < 0))
        curvature = forgotten(curvature, forgets)
        norm = ops.norm(gradient)
        is_steepest = is_empty(curvature)
        down, slope = ops.where(is_steepest, -gradient, down), ops.where(is_steepest, -(norm**2), slope)
        length = learning_rate * ops.where(is_steepest & (norm > 1), 1 / norm, 1.0)
        search = _chosen(searches, begun(slope, length), _chosen(is_trial, tried, search))
        down = ops.where(searches, down, point.direction)
        tries = searches | is_trial
        trial = ops.where(tries, self._rounded(base + search.length * down), point.trial)
        has_stalled = has_stalled | (tries & ops.all(trial == base))

        phase = ops.where(searches, SEARCH, point.phase)
        phase = ops.where(starts_anew, NEW, phase)
        phase = ops.where(begins, CHECK, phase)
        phase = ops.where(has_stalled, STALLED, phase)
        phase = ops.where(has_converged, CONVERGED, phase)
        w = ops.where(starts_anew, w, ops.where(phase == SEARCH, trial, base))
        point = Point(
            base,
            gradient,
            down,
            trial,
            phase,
            ops.zeros_like(point.shown),
            ops.where(differs & is_check, 1, point.noisy),
            ops.where(begins, ops.norm(g), point.scale),
            point.accepted + ops.cast(taken, "int32"),
        )
        return w, curvature, search, point

    def _flat(self, tensors):
        return ops.concatenate([ops.cast(ops.reshape(x, (-1,)), self._dtype) for x in tensors])

    def _pieces(self, vector):
        start = 0
        for variable in self._optimized:
            piece = ops.reshape(vector[start : start + _size(variable)], variable.shape)
            yield variable, ops.cast(piece, variable.dtype)
            start += _size(variable)

    def _put(self, vector):
        for variable, piece in self._pieces(ops.convert_to_tensor(vector)):
            self.assign(variable, piece)

    def _rounded(self, vector):
        """What is left of a vector once the weights have held it."""
        return self._flat([piece for _, piece in self._pieces(vector)]) if self._is_half else vector

    def get_config(self):
        return {
            **super().get_config(),
            "memory": self.memory,
            "c1": self.c1,
            "c2": self.c2,
            "max_evaluations": self.max_evaluations,
            "gradient_tolerance": self.gradient_tolerance,
        }


def _size(variable):
    return math.prod(variable.shape)


def _chosen(condition, one, other):
    return LineSearch(*ops.unstack(ops.where(condition, ops.stack(one), ops.stack(other))))
