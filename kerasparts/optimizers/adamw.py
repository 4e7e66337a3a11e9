"""AdamW."""

from kerasparts.core.part import part
from kerasparts.optimizers.adam import Adam


@part
class AdamW(Adam):
    """Adam with decoupled weight decay that moves in half precision and leaves biases alone.

    Keras' AdamW never moves bfloat16 weights, decays biases and normalization scales too, and forgets
    `exclude_from_weight_decay` when a model is saved. With gradient `g` at step `t`, per weight:

        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        w = w - learning_rate * (m_hat / (sqrt(v_hat) + epsilon) + weight_decay * w)

    where `m_hat = m / (1 - beta_1**t)` and `v_hat = v / (1 - beta_2**t)`.

    Args:
        learning_rate: float in [0, inf) or schedule.
        weight_decay: float in [0, inf) or None. Share of the weight taken off a step, times the learning rate.
        beta_1: float in [0, 1). Memory of the mean `m`.
        beta_2: float in [0, 1). Memory of the square `v`.
        epsilon: float in (0, inf). Bounds the step where gradients are tiny.
        weight_decay_exclude: what weight decay leaves alone. "biases_and_scales": variables with fewer than two
            axes, and those named bias, beta, gamma or scale; None: nothing; or a list of regular expressions,
            each searched for in the variable's path.
        **kwargs: as in `Adam`.

    Memory: 2 arrays a weight; in half precision 3, all in float32.

    Example:
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(kerasparts.optimizers.AdamW(1e-3, weight_decay=0.01), loss="mse")

    Reference: Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101, Algorithm 2. Rounding: Kahan 1965,
    https://doi.org/10.1145/363707.363723.
    """

    def __init__(
        self,
        learning_rate=1e-3,
        weight_decay=0.004,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        weight_decay_exclude="biases_and_scales",
        **kwargs,
    ):
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            weight_decay=weight_decay,
            weight_decay_exclude=weight_decay_exclude,
            **kwargs,
        )
