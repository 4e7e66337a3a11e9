"""ScheduledDropout."""

import keras
from keras import ops

from kerasparts.core.checks import check
from kerasparts.core.part import part, revived
from kerasparts.layers.random_layer import RandomLayer
from kerasparts.layers.regularization._masks import check_noise_shape, drawn, mask_shape, masked

STEPS = (0, *(10**power for power in range(7)))


@part
class ScheduledDropout(RandomLayer):
    """Dropout whose rate follows a schedule of the training step; in Keras it is a constant.

        training:   y = kept * x / (1 - rate), kept 0 with probability rate = schedule(step), else 1
        inference:  y = x

    A rate that rises from 0 lets a model learn its first features undisturbed ("curriculum dropout"); with
    `noise_shape=(None, 1, 1, 1)` it is the scheduled drop path of NASNet.

    `step` counts the training calls of this layer, compiled ones too and each of `steps_per_execution`. Under
    `gradient_accumulation_steps=k` it grows by `k` an update, and in a model that calls the layer twice by 2 a batch.
    It is a weight, so that a file holds it and a loaded model goes on from there.

    Args:
        schedule: schedule, ours or Keras', of rates in place of learning rates; or a registered function or object
            that takes a step (scalar tensor) and returns a rate in [0, 1).
        noise_shape: as in `Dropout`.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: any; the same comes out.

    Memory: 1 number, among the weights that are not trained.

    Raises:
        ValueError: a rate outside of [0, 1) at step 0, 1, 10, 100 ... 1,000,000. One that leaves it between these
            drops nothing below 0, and everything from 1 on.

    Example:
    >>> rise = keras.optimizers.schedules.PolynomialDecay(0.0, decay_steps=1000, end_learning_rate=0.5)
    >>> dropout = kerasparts.layers.ScheduledDropout(rise)
    >>> for _ in range(3):
    ...     _ = dropout(np.ones((2, 3)), training=True)
    >>> int(dropout.step)
    3

    Reference: Morerio et al. 2017, Curriculum Dropout, https://arxiv.org/abs/1703.06229; Zoph et al. 2018,
    https://arxiv.org/abs/1707.07012, section 4.
    """

    def __init__(self, schedule, noise_shape=None, seed=None, **kwargs):
        schedule = revived(schedule)
        is_schedule = callable(schedule) and not isinstance(schedule, type)
        check(is_schedule, "schedule", schedule, "a schedule or a function of the step")
        for step in STEPS:
            rate = float(schedule(float(step)))
            check(0 <= rate < 1, "schedule", rate, f"one of rates in [0, 1); this is its rate at step {step}")
        noise_shape = check_noise_shape(noise_shape)
        super().__init__(seed, **kwargs)
        self.schedule = schedule
        self.noise_shape = noise_shape

    def build(self, input_shape):
        self.step = self.add_weight((), "zeros", "int", trainable=False, name="step")

    def call(self, inputs, training=False):
        if not training:
            return inputs
        rate = ops.cast(self.schedule(ops.cast(self.step, "float32")), "float32")
        scale = 1 / ops.where(rate < 1, 1 - ops.relu(rate), ops.ones_like(rate))
        self.step.assign_add(1)
        return masked(inputs, drawn(mask_shape(inputs, self.noise_shape), rate, self.seed_generator), scale)

    def get_config(self):
        return {
            **super().get_config(),
            "schedule": keras.saving.serialize_keras_object(self.schedule),
            "noise_shape": self.noise_shape,
        }
