"""Annealed."""

import keras
from keras import ops

from kerasparts.core.checks import check
from kerasparts.core.part import part, revived
from kerasparts.regularizers.regularizer import Regularizer, StatefulRegularizer

_LOADED = {}  # key to count, of what was loaded last under that key


@part
class Annealed(StatefulRegularizer):
    """A penalty whose price follows a schedule of the training step; in Keras the price is a constant.

        schedule(step) * regularizer(w)

    `step` counts the updates that an optimizer made to this weight's layer since the penalty was created: 0 in
    the first. Evaluation does not count, nor do steps that are skipped for infinite gradients, and `k` batches
    under `gradient_accumulation_steps=k` are one. It is saved with the model and goes on from there.

    It works wherever a regularizer goes, with no callback: the counter is a variable that the optimizer
    overwrites with its gradient (`overwrite_with_gradient`, made for float8 scales), and that gradient is the
    next count. So it stands among the layer's trainable weights, with a "gradient" that is no slope. Keras cannot
    average such variables: with `use_ema=True` the optimizer stops with an error (TensorFlow, and JAX with
    `ema_overwrite_frequency`).

    Args:
        regularizer: regularizer, ours or Keras'.
        schedule: `keras.optimizers.schedules.LearningRateSchedule`, or a registered function or object that takes
            a step (scalar tensor) and returns a scalar in [0, inf).
        key: str or None. Layers that share one object are told by it to belong together when a file is loaded.

    Shapes: any; returns a scalar.

    Memory: 2 numbers a layer, among its trainable weights. `model.set_weights` and weight files must have them
        too: load pretrained weights first, then call `regularize`.

    Raises:
        ValueError: the optimizer already trained without the counter; compile with a new one.

    Example:
    >>> rise = keras.optimizers.schedules.PolynomialDecay(0.0, decay_steps=1000, end_learning_rate=1.0)
    >>> penalty = kerasparts.regularizers.Annealed(kerasparts.regularizers.L1(1e-4), rise)
    >>> layer = keras.layers.Dense(64, kernel_regularizer=penalty)
    >>> penalty.step
    0

    Reference: for variational networks, where the weight of the penalty rises from 0: Bowman et al. 2016,
    https://arxiv.org/abs/1511.06349, section 3.1.
    """

    def __init__(self, regularizer, schedule, key=None):
        regularizer, schedule = revived(regularizer), revived(schedule)
        known = isinstance(regularizer, keras.regularizers.Regularizer)
        check(known, "regularizer", regularizer, "a keras.regularizers.Regularizer")
        check(key is None or isinstance(key, str), "key", key, "text or None")
        callable_object = callable(schedule) and not isinstance(schedule, type)
        check(callable_object, "schedule", schedule, "a LearningRateSchedule or a function of the step")
        super().__init__()
        self.regularizer = regularizer
        self.schedule = schedule
        self.key = self.name if key is None else key
        # Their ratio is the step. A gradient arrives multiplied by the loss scale of mixed precision, and by the
        # number of weights that share this object; the ratio does not.
        self._count = self.add_weight(
            shape=(2,),
            initializer=keras.initializers.Zeros(),
            dtype="float32",
            autocast=False,
            overwrite_with_gradient=True,
            name="step",
        )

    @property
    def step(self):
        """The number of updates so far."""
        return int(ops.convert_to_numpy(_ratio(ops.convert_to_tensor(self._count))))

    def start_at(self, weights):
        if isinstance(self.regularizer, Regularizer):
            self.regularizer.start_at(weights)

    def __call__(self, x):
        floatx = keras.config.floatx()
        count = ops.convert_to_tensor(self._count)
        now = ops.stop_gradient(count)
        step = _ratio(now)
        following = ops.stack([step + 1.0, ops.ones_like(step)])
        nothing = ops.sum(following * (count - now))  # value 0, gradient `following`
        price = ops.cast(self.schedule(step), floatx)
        return price * ops.cast(self.regularizer(x), floatx) + ops.cast(nothing, floatx)

    def load_own_variables(self, store):
        # Layers that share this object each get a copy of their own from a file, which holds the count once.
        if not store.keys() and self.key in _LOADED:
            self._count.assign(_LOADED[self.key])
            return
        super().load_own_variables(store)
        _LOADED[self.key] = ops.convert_to_numpy(self._count).copy()

    def get_config(self):
        return {
            "regularizer": keras.saving.serialize_keras_object(self.regularizer),
            "schedule": keras.saving.serialize_keras_object(self.schedule),
            "key": self.key,
        }


def _ratio(count):
    updated = count[1] > 0.0
    return ops.where(updated, ops.round(count[0] / ops.where(updated, count[1], 1.0)), 0.0)
