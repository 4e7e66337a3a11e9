"""One row a part: the class, arguments off their defaults, bad values, and what it is held against.

A new part needs one row here; the suites in `tests/conformance/` do the rest. A row that leaves an argument at its
default, or names no bad value for it, fails.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

import kerasparts as kp
from kerasparts.testing.subject import Subject
from tests.reference import (
    activations,
    augmentation,
    blocks,
    layers,
    losses,
    metric_losses,
    optimizers,
    regression_losses,
    regularization,
    regularizers,
    scaling,
    schedules,
)


@dataclass(frozen=True, eq=False)
class Case:
    """A part and all that the shared tests must know of it.

    Attributes:
        part: the class.
        kwargs: every argument, off its default.
        bad: one value for each argument that must be refused with a ValueError naming it.
        free: arguments that take anything of their type.
        unsaved: arguments that are no part of the configuration.
        oracle: function of `tests/reference/` with the formula; its arguments are named like the part's.
        gradient: the same for the derivative.
        name: of the row, where a part has several.
        shapes: of weights, that an initializer takes.
        kinks: where the derivative of an activation jumps.
        elementwise: whether an activation maps each number by itself.
        learned: whether a layer's oracle takes its weights, a list, after the inputs.
        roundings: of a layer's numbers to half precision, one after another; several where it multiplies matrices.
        random: whether a layer draws random numbers while training; its oracle is then of inference.
        shape: of a layer's inputs without the batch, of twelve numbers.
        moving: arguments without which an optimizer is too slow at first to be seen in half precision.
        outputs: that a model needs for a loss.
        targets: kinds of targets that a loss takes, each with what changes in its arguments; the first as they are.
        saved: whether models with the part are saved, loaded in a fresh process and trained on.
    """

    part: type
    kwargs: dict[str, Any]
    bad: dict[str, Any] = field(default_factory=dict)
    free: tuple[str, ...] = ()
    unsaved: tuple[str, ...] = ()
    oracle: Callable | None = None
    gradient: Callable | None = None
    name: str = ""
    shapes: tuple[tuple[int, ...], ...] = ((4, 5), (3, 3, 4, 5), (0, 4))
    targets: dict[str, dict[str, Any]] = field(default_factory=lambda: {"labels": {}})
    saved: bool = True
    kinks: tuple[float, ...] = ()
    elementwise: bool = True
    learned: bool = False
    roundings: int = 1
    random: bool = False
    shape: tuple[int, ...] = (4, 3)
    outputs: int = 3
    moving: dict[str, Any] = field(default_factory=dict)

    def build(self, **changes):
        return self.subject().build(**changes)

    def subject(self, inputs=None, **changes):
        """What the promises of `kerasparts.testing` are tried on."""
        return Subject(self.part, {**self.kwargs, **changes}, inputs)

    def __str__(self):
        return f"{self.part.__name__}{'-' + self.name if self.name else ''}"


ACTIVATIONS = [
    Case(
        kp.activations.Swish,
        dict(beta=1.5),
        bad=dict(beta=-0.1),
        oracle=activations.swish,
        gradient=activations.swish_derivative,
    ),
    *(
        Case(
            kp.activations.Step,
            dict(threshold=0.5, surrogate=surrogate),
            bad=dict(threshold=float("nan"), surrogate="cosine"),
            oracle=activations.step,
            gradient=activations.step_derivative,
            kinks=(-0.5, 0.5, 1.5),
            name=surrogate,
        )
        for surrogate in ("arctan", "hard_tanh", "straight_through")
    ),
    Case(kp.activations.Linear, {}, oracle=activations.linear, gradient=activations.linear_derivative),
    Case(kp.activations.Sigmoid, {}, oracle=activations.sigmoid, gradient=activations.sigmoid_derivative),
    Case(kp.activations.Tanh, {}, oracle=activations.tanh, gradient=activations.tanh_derivative),
    Case(
        kp.activations.ReLU,
        dict(max_value=6.0),
        bad=dict(max_value=0.0),
        oracle=activations.relu,
        gradient=activations.relu_derivative,
        kinks=(0.0, 6.0),
    ),
    Case(
        kp.activations.LeakyReLU,
        dict(negative_slope=0.1),
        bad=dict(negative_slope=1.0),
        oracle=activations.leaky_relu,
        gradient=activations.leaky_relu_derivative,
        kinks=(0.0,),
    ),
    Case(
        kp.activations.ELU,
        dict(alpha=0.7),
        bad=dict(alpha=0.0),
        oracle=activations.elu,
        gradient=activations.elu_derivative,
        kinks=(0.0,),
    ),
    Case(kp.activations.SELU, {}, oracle=activations.selu, gradient=activations.selu_derivative, kinks=(0.0,)),
    Case(
        kp.activations.Softplus,
        dict(beta=2.0),
        bad=dict(beta=0.0),
        oracle=activations.softplus,
        gradient=activations.softplus_derivative,
    ),
    Case(
        kp.activations.GELU,
        dict(approximate=True),
        bad=dict(approximate="tanh"),
        oracle=activations.gelu,
        gradient=activations.gelu_derivative,
    ),
    Case(
        kp.activations.Softmax,
        dict(axis=1, temperature=2.0),
        bad=dict(axis=1.5, temperature=0.0),
        oracle=activations.softmax,
        gradient=activations.softmax_derivative,
        elementwise=False,
    ),
    Case(
        kp.activations.Snake,
        dict(frequency=1.5),
        bad=dict(frequency=0.0),
        oracle=activations.snake,
        gradient=activations.snake_derivative,
    ),
    Case(kp.activations.LiSHT, {}, oracle=activations.lisht, gradient=activations.lisht_derivative),
    Case(
        kp.activations.RReLU,
        dict(lower=0.1, upper=0.3, seed=5),
        bad=dict(lower=-0.1, upper=1.0, seed=0.5),
        oracle=activations.rrelu,
        gradient=activations.rrelu_derivative,
        kinks=(0.0,),
    ),
]

INITIALIZERS = [
    Case(
        kp.initializers.DeltaOrthogonal,
        dict(activation="tanh", seed=7),
        bad=dict(activation="softmax", seed=-1),
    ),
    Case(
        kp.initializers.ScaledOrthogonal,
        dict(activation="tanh", seed=7),
        bad=dict(activation="softmax", seed=True),
        shapes=((4, 5), (5, 4), (3, 3, 4, 5), (0, 4)),
    ),
    Case(
        kp.initializers.SparseNormal,
        dict(connections=3, activation="tanh", stddev=0.5, seed=7),
        bad=dict(connections=0, activation="softmax", stddev=0.0, seed="7"),
        shapes=((4, 5), (2, 5), (3, 3, 4, 5), (0, 4), (4, 0)),
    ),
    Case(
        kp.initializers.VarianceMatched,
        dict(activation="tanh", mode="fan_avg", distribution="uniform", seed=7),
        bad=dict(activation="softmax", mode="fan", distribution="normal", seed=1.5),
        shapes=((4, 5), (3, 3, 4, 5), (7,), (0, 4)),
    ),
]

REGULARIZERS = [
    Case(
        kp.regularizers.L1L2,
        dict(l1=0.03, l2=0.02),
        bad=dict(l1=-1.0, l2=float("nan")),
        oracle=regularizers.l1_l2,
        gradient=regularizers.l1_l2_gradient,
    ),
    Case(
        kp.regularizers.PenaltySum,
        dict(regularizers=[kp.regularizers.L1L2(l1=0.1), keras.regularizers.L1L2(l2=0.2)], factors=[0.5, 2.0]),
        bad=dict(regularizers=["l1"], factors=[1.0]),
        oracle=regularizers.penalty_sum,
        gradient=regularizers.penalty_sum_gradient,
    ),
    Case(
        kp.regularizers.L1,
        dict(l1=0.03),
        bad=dict(l1=-1.0),
        oracle=regularizers.l1,
        gradient=regularizers.l1_gradient,
    ),
    Case(
        kp.regularizers.L2,
        dict(l2=0.02),
        bad=dict(l2=float("inf")),
        oracle=regularizers.l2,
        gradient=regularizers.l2_gradient,
    ),
    Case(
        kp.regularizers.GroupLasso,
        dict(rate=0.3, axis=0),
        bad=dict(rate=-1.0, axis=(0, 0)),
        oracle=regularizers.group_lasso,
        gradient=regularizers.group_lasso_gradient,
    ),
    Case(
        kp.regularizers.SpectralNorm,
        dict(rate=0.3, iterations=20),
        bad=dict(rate=-1.0, iterations=0),
        oracle=regularizers.spectral_norm,
        gradient=regularizers.spectral_norm_gradient,
    ),
    Case(
        kp.regularizers.L2SP,
        dict(rate=0.3, start=0.0),
        bad=dict(rate=-1.0, start="zeros"),
        oracle=regularizers.l2_sp,
        gradient=regularizers.l2_sp_gradient,
    ),
    Case(
        kp.regularizers.Annealed,
        dict(
            regularizer=kp.regularizers.L1L2(l1=0.1, l2=0.2),
            schedule=keras.optimizers.schedules.PolynomialDecay(0.5, decay_steps=10, end_learning_rate=2.0),
            key="rising",
        ),
        bad=dict(regularizer="l1", schedule=0.5, key=1),
        oracle=regularizers.annealed,
        gradient=regularizers.annealed_gradient,
    ),
]

CLASSES = dict(
    from_logits=True,
    class_weight=[1.0, 2.0, 0.5],
    label_smoothing=0.1,
    ignore_class=2,
    axis=1,
    reduction="sum",
    name="xent",
    dtype="bfloat16",
)
ENTRIES = {**CLASSES, "ignore_class": -1}
SCORES = {name: value for name, value in ENTRIES.items() if name not in ("from_logits", "label_smoothing")}
BAD_CLASSES = dict(
    from_logits="yes",
    class_weight=[1.0, -1.0],
    label_smoothing=1.0,
    ignore_class=0.5,
    axis=0,
    reduction="all",
)

LOSSES = [
    Case(
        kp.losses.SparseCategoricalCrossentropy,
        CLASSES,
        bad=BAD_CLASSES,
        free=("name", "dtype"),
        oracle=losses.categorical_crossentropy,
    ),
    Case(
        kp.losses.CategoricalCrossentropy,
        CLASSES,
        bad=BAD_CLASSES,
        free=("name", "dtype"),
        oracle=losses.categorical_crossentropy,
        targets={"one_hot": {}},
    ),
    Case(
        kp.losses.BinaryCrossentropy,
        dict(pos_weight=2.5, **ENTRIES),
        bad=dict(pos_weight=-0.1),
        oracle=losses.binary_crossentropy,
        targets={"multi_label": {}, "binary": dict(class_weight=[1.0, 3.0])},
    ),
    Case(
        kp.losses.Focal,
        dict(gamma=0.5, alpha=[0.2, 0.3, 0.5], multi_label=True, **ENTRIES),
        bad=dict(gamma=-0.1, alpha=1.5, multi_label="yes"),
        oracle=losses.focal,
        targets={
            "multi_label": {},
            "binary": dict(alpha=0.25, class_weight=[1.0, 3.0]),
            "labels": dict(multi_label=False, ignore_class=2),
            "one_hot": dict(multi_label=False, gamma=2.0, alpha=0.25),
        },
    ),
    Case(
        kp.losses.Hinge,
        dict(squared=True, multi_label=True, **SCORES),
        bad=dict(squared="yes", multi_label="yes"),
        oracle=losses.hinge,
        targets={
            "multi_label": {},
            "binary": dict(class_weight=[1.0, 3.0]),
            "signs": dict(class_weight=[1.0, 3.0], squared=False, ignore_class=7),
            "labels": dict(multi_label=False, ignore_class=2),
            "one_hot": dict(multi_label=False, squared=False),
        },
    ),
    Case(
        kp.losses.KLDivergence,
        dict(temperature=2.0, targets_from_logits=True, **ENTRIES),
        bad=dict(temperature=0.0, targets_from_logits="yes"),
        oracle=losses.kl_divergence,
        targets={"logits": {}, "one_hot": dict(targets_from_logits=False)},
    ),
    Case(
        kp.losses.LogitAdjusted,
        dict(class_counts=[80.0, 15.0, 5.0], tau=0.7, **CLASSES),
        bad=dict(class_counts=[1.0, 0.0], tau=-0.1),
        oracle=losses.logit_adjusted,
        targets={"labels": {}, "one_hot": {}},
    ),
    Case(
        kp.losses.LDAM,
        dict(class_counts=[80.0, 15.0, 5.0], max_margin=0.4, scale=3.0, **CLASSES),
        bad=dict(class_counts=[1.0, 0.0], max_margin=-0.1, scale=0.0),
        oracle=losses.ldam,
        targets={"labels": {}, "one_hot": {}},
    ),
    Case(
        kp.losses.Asymmetric,
        dict(gamma_positive=0.5, gamma_negative=2.0, margin=0.1, **ENTRIES),
        bad=dict(gamma_positive=-0.1, gamma_negative=-0.1, margin=1.0),
        oracle=losses.asymmetric,
        targets={"multi_label": {}, "binary": dict(class_weight=[1.0, 3.0], margin=0.0, gamma_negative=0.5)},
    ),
]

REDUCED = dict(reduction="sum", name="error", dtype="float16")
BAD_REDUCED = dict(reduction="all")
FREE_REDUCED = ("name", "dtype")

REGRESSION_LOSSES = [
    Case(
        kp.losses.MeanSquaredError,
        dict(scale=0.5, **REDUCED),
        bad=dict(scale=0.0, **BAD_REDUCED),
        free=FREE_REDUCED,
        oracle=regression_losses.mean_squared_error,
        outputs=1,
    ),
    Case(
        kp.losses.MeanAbsoluteError,
        REDUCED,
        bad=BAD_REDUCED,
        free=FREE_REDUCED,
        oracle=regression_losses.mean_absolute_error,
        outputs=1,
    ),
    Case(
        kp.losses.LogCosh,
        REDUCED,
        bad=BAD_REDUCED,
        free=FREE_REDUCED,
        oracle=regression_losses.log_cosh,
        outputs=1,
    ),
    Case(
        kp.losses.Huber,
        dict(delta=0.7, quantile=0.6, **REDUCED),
        bad=dict(delta=0.0, quantile=1.0, **BAD_REDUCED),
        free=FREE_REDUCED,
        oracle=regression_losses.huber,
        outputs=1,
        saved=False,  # the next row is, with its state
    ),
    Case(
        kp.losses.Huber,
        dict(delta="auto", quantile=0.6, **REDUCED),
        bad=dict(delta="median", quantile=0.0, **BAD_REDUCED),
        free=FREE_REDUCED,
        oracle=regression_losses.auto_huber,
        gradient=regression_losses.auto_huber_gradient,
        outputs=1,
        name="auto",
    ),
    *(
        Case(
            kp.losses.AdaptiveRobust,
            dict(alpha=alpha, scale=0.7, **REDUCED),
            bad=dict(alpha=2.1, scale=0.0, **BAD_REDUCED),
            free=FREE_REDUCED,
            oracle=regression_losses.adaptive_robust,
            outputs=1,
            name=name,
            saved=name == "general",  # they differ by a number
        )
        for name, alpha in {
            "squared": 2.0,
            "general": 0.5,
            "Cauchy": 0.0,
            "Geman-McClure": -2.0,
            "Welsch": -float("inf"),
        }.items()
    ),
    Case(
        kp.losses.Quantile,
        dict(q=0.9, **REDUCED),
        bad=dict(q=1.0, **BAD_REDUCED),
        free=FREE_REDUCED,
        oracle=regression_losses.quantile,
        outputs=1,
        saved=False,  # the next row is
    ),
    Case(
        kp.losses.Quantile,
        dict(q=[0.1, 0.5, 0.8], **REDUCED),
        bad=dict(q=[], **BAD_REDUCED),
        free=FREE_REDUCED,
        oracle=regression_losses.quantile,
        outputs=3,
        name="list",
    ),
    Case(
        kp.losses.GaussianNLL,
        dict(min_variance=1e-4, beta=0.5, **REDUCED),
        bad=dict(min_variance=0.0, beta=1.5, **BAD_REDUCED),
        free=FREE_REDUCED,
        oracle=regression_losses.gaussian_nll,
        gradient=regression_losses.gaussian_nll_gradient,
        outputs=2,
    ),
]

METRIC_LOSSES = [
    Case(
        kp.losses.TripletSemiHard,
        dict(margin=0.7, distance="cosine", **REDUCED),
        bad=dict(margin=-1.0, distance="manhattan", **BAD_REDUCED),
        free=FREE_REDUCED,
        oracle=metric_losses.triplet_semi_hard,
    ),
    *(
        Case(
            kp.losses.TripletHard,
            dict(margin=margin, distance="squared", **REDUCED),
            bad=dict(margin="hard", distance="manhattan", **BAD_REDUCED),
            free=FREE_REDUCED,
            oracle=metric_losses.triplet_hard,
            name=name,
            saved=margin != "soft",  # they differ by a number
        )
        for name, margin in {"": 0.7, "soft": "soft"}.items()
    ),
    Case(kp.losses.NPairs, REDUCED, bad=BAD_REDUCED, free=FREE_REDUCED, oracle=metric_losses.n_pairs),
    Case(
        kp.losses.SupervisedContrastive,
        dict(temperature=0.3, **REDUCED),
        bad=dict(temperature=0.0, **BAD_REDUCED),
        free=FREE_REDUCED,
        oracle=metric_losses.supervised_contrastive,
    ),
]

PAIR_LOSSES = [
    Case(
        kp.losses.Contrastive,
        dict(margin=0.7, **REDUCED),
        bad=dict(margin=0.0, **BAD_REDUCED),
        free=FREE_REDUCED,
        oracle=metric_losses.contrastive,
        targets={"pairs": {}},
        outputs=1,
    ),
]

BETAS = dict(learning_rate=0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-5)
BAD_BETAS = dict(learning_rate=-1.0, beta_1=1.0, beta_2=-0.1, epsilon=0.0)

OPTIMIZERS = [
    Case(
        kp.optimizers.SGD,
        dict(learning_rate=0.02, momentum=0.8, nesterov=True, momentum_form="average"),
        bad=dict(learning_rate=-1.0, momentum=1.0, nesterov=1, momentum_form="ema"),
        oracle=optimizers.sgd,
    ),
    Case(
        kp.optimizers.Adagrad,
        dict(learning_rate=0.02, epsilon=1e-5, initial_accumulator_value=0.2),
        bad=dict(learning_rate=-1.0, epsilon=0.0, initial_accumulator_value=-0.1),
        oracle=optimizers.adagrad,
    ),
    Case(
        kp.optimizers.RMSprop,
        dict(learning_rate=0.02, rho=0.8, epsilon=1e-5, epsilon_inside=True, centered=True, momentum=0.7),
        bad=dict(learning_rate=-1.0, rho=1.0, epsilon=0.0, epsilon_inside="in", centered=0, momentum=1.0),
        oracle=optimizers.rmsprop,
    ),
    Case(
        kp.optimizers.Adadelta,
        dict(learning_rate=0.7, rho=0.8, epsilon=1e-5),
        bad=dict(learning_rate=-1.0, rho=1.0, epsilon=0.0),
        oracle=optimizers.adadelta,
    ),
    Case(
        kp.optimizers.Adam,
        dict(**BETAS, bias_correction=False, amsgrad=True),
        bad=dict(**BAD_BETAS, bias_correction=1, amsgrad="yes"),
        oracle=optimizers.adam,
    ),
    Case(
        kp.optimizers.AdamW,
        dict(**BETAS, weight_decay=0.1, weight_decay_exclude=["embedding", "bias$"]),
        bad=dict(**BAD_BETAS, weight_decay=-0.1, weight_decay_exclude="bias"),
        oracle=optimizers.adam,
    ),
    Case(kp.optimizers.Nadam, BETAS, bad=BAD_BETAS, oracle=optimizers.nadam),
    Case(
        kp.optimizers.RectifiedAdam,
        dict(**BETAS, threshold=4.5),
        bad=dict(**BAD_BETAS | {"beta_2": 0.5}, threshold=3.0),
        oracle=optimizers.rectified_adam,
    ),
    Case(kp.optimizers.AdaBelief, BETAS, bad=BAD_BETAS, oracle=optimizers.adabelief),
    Case(
        kp.optimizers.Yogi,
        dict(**BETAS | {"learning_rate": 0.03}, initial_accumulator_value=0.01),
        bad=dict(**BAD_BETAS, initial_accumulator_value=-1.0),
        oracle=optimizers.yogi,
    ),
    Case(kp.optimizers.NovoGrad, BETAS, bad=BAD_BETAS, oracle=optimizers.novograd),
    Case(
        kp.optimizers.Prodigy,
        dict(
            **BETAS | {"learning_rate": 0.7},
            beta_3=0.9,
            d0=0.01,
            d_coef=0.8,
            growth_rate=1.3,
            safeguard_warmup=True,
            bias_correction=True,
        ),
        bad=dict(
            **BAD_BETAS,
            beta_3=1.0,
            d0=0.0,
            d_coef=0.0,
            growth_rate=1.0,
            safeguard_warmup=1,
            bias_correction="yes",
        ),
        oracle=optimizers.prodigy,
        moving=dict(d0=1e-3),
    ),
]

WRAPPED = dict(**BETAS, weight_decay=0.1)

WRAPPERS = [
    Case(
        kp.optimizers.Lookahead,
        dict(optimizer=kp.optimizers.AdamW(**WRAPPED), sync_period=4, slow_step_size=0.7),
        bad=dict(optimizer="adam", sync_period=0, slow_step_size=0.0),
        oracle=optimizers.lookahead,
    ),
    Case(
        kp.optimizers.ScheduleFree,
        dict(optimizer=kp.optimizers.AdamW(**WRAPPED), beta=0.8, weight_lr_power=1.5, weight_step_power=0.5),
        bad=dict(optimizer="adam", beta=1.0, weight_lr_power=-1.0, weight_step_power=-0.5),
        oracle=optimizers.schedule_free,
    ),
    Case(
        kp.optimizers.Proximal,
        dict(optimizer=kp.optimizers.AdamW(**WRAPPED), l1=0.3, group=0.2, axis=0, exclude=["embedding", "bias$"]),
        bad=dict(optimizer="adam", l1=-1.0, group=-1.0, axis=(0, 0), exclude="bias"),
        oracle=optimizers.proximal,
    ),
]

QUASI_NEWTON = [  # trained on all the data at once in tests of its own
    Case(
        kp.optimizers.LBFGS,
        dict(learning_rate=0.5, memory=4, c1=0.2, c2=0.7, max_evaluations=5, gradient_tolerance=1e-3),
        bad=dict(learning_rate=0.0, memory=0, c1=0.5, c2=0.05, max_evaluations=1, gradient_tolerance=-1.0),
        saved=False,
    ),
]

TRANSFORMS = [
    Case(
        kp.optimizers.transforms.AdaptiveClip,
        dict(factor=0.1, epsilon=0.01, exclude=["head"]),
        bad=dict(factor=0.0, epsilon=-1.0, exclude="head"),
        oracle=optimizers.adaptive_clip,
    ),
    Case(kp.optimizers.transforms.Centralize, {}, oracle=optimizers.centralize),
    Case(
        kp.optimizers.transforms.Normalize,
        dict(scope="variable", epsilon=1e-4),
        bad=dict(scope="unit", epsilon=0.0),
        oracle=optimizers.normalize,
    ),
    Case(
        kp.optimizers.transforms.GradientNoise,
        dict(eta=0.1, gamma=0.7, seed=3),
        bad=dict(eta=0.0, gamma=-1.0, seed=0.5),
    ),
    Case(kp.optimizers.transforms.SkipNonFinite, {}),
]

SCHEDULES = [
    Case(
        kp.optimizers.schedules.StepDecay,
        dict(learning_rate=0.3, every=3, factor=0.5, minimum=0.03, steps_per_epoch=7),
        bad=dict(learning_rate=0.0, every=[3, 2], factor=1.0, minimum=0.4, steps_per_epoch=0),
        oracle=schedules.step_decay,
    ),
    Case(
        kp.optimizers.schedules.StepDecay,
        dict(learning_rate=0.3, every=[2, 3, 10], factor=0.5, minimum=0.03, steps_per_epoch=7),
        bad=dict(learning_rate=0.0, every=[], factor=1.0, minimum=0.4, steps_per_epoch=0),
        oracle=schedules.step_decay,
        name="given times",
    ),
    Case(
        kp.optimizers.schedules.Warmup,
        dict(schedule=0.3, length=2.5, start=0.01, steps_per_epoch=8),
        bad=dict(schedule="0.3", length=-1, start=-0.1, steps_per_epoch=1.5),
        oracle=schedules.warmup,
    ),
    Case(
        kp.optimizers.schedules.Chain,
        dict(schedules=[0.3, 0.2, 0.1], lengths=[2, 5], steps_per_epoch=7),
        bad=dict(schedules=[], lengths=[2], steps_per_epoch=-1),
        oracle=schedules.chain,
    ),
    Case(
        kp.optimizers.schedules.Scaled,
        dict(schedule=0.3, factor=0.5, minimum=0.2),
        bad=dict(schedule=-0.3, factor=0.0, minimum=-0.1),
        oracle=schedules.scaled,
    ),
    Case(
        kp.optimizers.schedules.Scaled,
        dict(schedule=0.1, factor=0.5, minimum=0.2),
        bad=dict(schedule=-0.3, factor=0.0, minimum=-0.1),
        oracle=schedules.scaled,
        name="below the minimum",
    ),
    Case(
        kp.optimizers.schedules.InverseSquareRoot,
        dict(learning_rate=0.3, warmup=2, steps_per_epoch=7),
        bad=dict(learning_rate=-1.0, warmup=0, steps_per_epoch=0),
        oracle=schedules.inverse_square_root,
    ),
    Case(
        kp.optimizers.schedules.Cyclical,
        dict(minimum=0.1, maximum=0.4, half_cycle=2, mode="exponential", decay=0.8, steps_per_epoch=7),
        bad=dict(minimum=0.5, maximum=0.0, half_cycle=0, mode="sawtooth", decay=1.5, steps_per_epoch=0),
        oracle=schedules.cyclical,
    ),
    Case(
        kp.optimizers.schedules.Cyclical,
        dict(minimum=0.1, maximum=0.4, half_cycle=2, mode="triangular2", decay=0.8, steps_per_epoch=7),
        bad=dict(minimum=0.5, maximum=0.0, half_cycle=0, mode="sawtooth", decay=1.5, steps_per_epoch=0),
        oracle=schedules.cyclical,
        name="triangular2",
    ),
    Case(
        kp.optimizers.schedules.CosineWarmRestarts,
        dict(learning_rate=0.3, length=3, growth=2.0, decay=0.7, minimum=0.01, warmup=1, steps_per_epoch=7),
        bad=dict(learning_rate=0.0, length=0, growth=0.5, decay=0.0, minimum=0.3, warmup=3, steps_per_epoch=0),
        oracle=schedules.cosine_warm_restarts,
    ),
    Case(
        kp.optimizers.schedules.OneCycle,
        dict(
            learning_rate=0.3,
            length=10,
            rise=0.4,
            start_divisor=10.0,
            end_divisor=100.0,
            anneal="linear",
            momentum_range=(0.8, 0.9),
            steps_per_epoch=7,
        ),
        bad=dict(
            learning_rate=0.0,
            length=0.2,
            rise=1.0,
            start_divisor=0.5,
            end_divisor=0.5,
            anneal="exponential",
            momentum_range=(0.9, 0.8),
            steps_per_epoch=0,
        ),
        oracle=schedules.one_cycle,
    ),
    Case(
        kp.optimizers.schedules.OneCycleMomentum,
        dict(cycle=kp.optimizers.schedules.OneCycle(0.1, 50, momentum_range=(0.7, 0.9))),
        bad=dict(cycle=0.9),
        oracle=schedules.one_cycle_momentum,
    ),
]

LAYERS = [
    Case(
        kp.layers.RobustScaling,
        dict(axis=(1, -1), quantile_range=(10.0, 80.0), missing="impute"),
        bad=dict(axis="features", quantile_range=(75.0, 25.0), missing="drop"),
        oracle=scaling.robust_scaling,
    ),
    Case(
        kp.layers.StandardScaling,
        dict(axis=(1, -1), missing="indicate"),
        bad=dict(axis=1.0, missing=None),
        oracle=scaling.standard_scaling,
    ),
    Case(
        kp.layers.MinMaxScaling,
        dict(axis=None, feature_range=(-1.0, 2.0), clip=True, missing="impute"),
        bad=dict(axis=(1, "2"), feature_range=(1.0, 1.0), clip=1, missing="mean"),
        oracle=scaling.min_max_scaling,
    ),
    Case(
        kp.layers.QuantileScaling,
        dict(axis=1, n_quantiles=30, output_distribution="normal", missing="impute"),
        bad=dict(axis=True, n_quantiles=1, output_distribution="gaussian", missing=""),
        oracle=scaling.quantile_scaling,
    ),
    Case(
        kp.layers.ParametricReLU,
        dict(negative_slope=0.4, shared_axes=(2,)),
        bad=dict(negative_slope=float("inf"), shared_axes=(0,)),
        oracle=layers.parametric_relu,
        learned=True,
    ),
    Case(
        kp.layers.ParametricSwish,
        dict(beta=1.5, per_channel=False),
        bad=dict(beta=None, per_channel="yes"),
        oracle=layers.parametric_swish,
        learned=True,
    ),
    Case(
        kp.layers.Maxout,
        dict(
            units=5,
            pieces=3,
            use_bias=False,
            kernel_initializer=keras.initializers.RandomNormal(seed=3),
            kernel_regularizer=keras.regularizers.L2(0.01),
        ),
        bad=dict(units=0, pieces=1, use_bias=1),
        free=("kernel_initializer", "kernel_regularizer"),
        oracle=layers.maxout,
        learned=True,
    ),
    Case(
        kp.layers.SparseSoftmaxHead,
        dict(
            classes=5,
            use_bias=False,
            rows=3,
            kernel_initializer=keras.initializers.RandomNormal(seed=3),
            bias_initializer=keras.initializers.Ones(),
            kernel_regularizer=keras.regularizers.L2(0.01),
        ),
        bad=dict(classes=1, use_bias=1, rows=0),
        free=("kernel_initializer", "bias_initializer", "kernel_regularizer"),
        oracle=layers.dense,
        learned=True,
    ),
    Case(
        kp.layers.Dropout,
        dict(rate=0.4, mode="classic", noise_shape=(None, 1, 3), seed=3),
        bad=dict(rate=1.0, mode="inverse", noise_shape=(None, 0), seed=0.5),
        oracle=regularization.classic_dropout,
        random=True,
    ),
    Case(
        kp.layers.ScheduledDropout,
        dict(schedule=kp.optimizers.schedules.StepDecay(0.5, every=3, factor=0.5), noise_shape=(None, 1, 3), seed=3),
        bad=dict(schedule=0.5, noise_shape=(None, 0), seed=0.5),
        oracle=regularization.identity,
        random=True,
    ),
    Case(
        kp.layers.DropBlock,
        dict(rate=0.4, block_size=2, seed=3, data_format="channels_first"),
        bad=dict(rate=1.0, block_size=0, seed=0.5, data_format="channels"),
        oracle=regularization.identity,
        random=True,
        shape=(3, 2, 2),
    ),
    Case(
        kp.layers.DropPath,
        dict(rate=0.4, seed=3),
        bad=dict(rate=1.0, seed=0.5),
        oracle=regularization.identity,
        random=True,
    ),
    Case(
        kp.layers.Cutout,
        dict(size=(1, 2), fill_value=0.5, axes=(1, 2), seed=3),
        bad=dict(size=0, fill_value=None, axes=(0, 1), seed="3"),
        oracle=augmentation.unchanged,
        random=True,
        shape=(2, 2, 3),
    ),
    Case(
        kp.layers.SwapNoise,
        dict(rate=0.3, columns=(0, 2), seed=3),
        bad=dict(rate=1.5, columns=0, seed="3"),
        oracle=augmentation.unchanged,
        random=True,
    ),
    Case(
        kp.layers.FeatureDropout,
        dict(rate=0.3, fill_value="mean", columns=(0, 2), seed=3),
        bad=dict(rate=-0.1, fill_value="median", columns=(0.5,), seed="3"),
        oracle=augmentation.unchanged,
        random=True,
    ),
    Case(
        kp.layers.Jitter,
        dict(stddev=0.3, columns=(0, 2), seed=3),
        bad=dict(stddev=-0.1, columns=[True], seed="3"),
        oracle=augmentation.unchanged,
        random=True,
    ),
    Case(
        kp.layers.InputNoise,
        dict(kind="salt_and_pepper", amount=0.3, value_range=(0, 20), seed=3),
        bad=dict(kind="poisson", amount=1.5, value_range=(0,), seed="3"),
        oracle=augmentation.unchanged,
        random=True,
    ),
    Case(
        kp.layers.DropConnect,
        dict(
            layer=keras.layers.Dense(5, kernel_initializer=keras.initializers.RandomNormal(seed=3), name="dropped"),
            rate=0.2,
            seed=3,
        ),
        bad=dict(layer=keras.layers.Embedding(2, 3), rate=1.0, seed=0.5),
        oracle=blocks.dense,
        learned=True,
        random=True,
    ),
    Case(
        kp.layers.WeightNoise,
        dict(
            layer=keras.layers.EinsumDense(
                "abc,cd->abd",
                (4, 5),
                bias_axes="d",
                kernel_initializer=keras.initializers.RandomNormal(seed=3),
                name="noisy",
            ),
            stddev=0.1,
            mode="multiplicative",
            seed=3,
        ),
        bad=dict(layer="dense", stddev=-0.1, mode="gaussian", seed=0.5),
        oracle=blocks.dense,
        learned=True,
        random=True,
    ),
    Case(
        kp.layers.WeightNormalization,
        dict(layer=keras.layers.Dense(5, kernel_initializer=keras.initializers.RandomNormal(seed=3), name="normal")),
        bad=dict(layer=keras.layers.LSTM(3)),
        oracle=blocks.weight_normalization,
        learned=True,
    ),
    Case(
        kp.layers.NoisyDense,
        dict(
            units=5,
            sigma_0=0.3,
            factorized=False,
            use_bias=False,
            activation=kp.activations.LeakyReLU(0.1),
            seed=3,
        ),
        bad=dict(units=0, sigma_0=-0.1, factorized=1, use_bias=1, seed=0.5),
        free=("activation",),
        oracle=blocks.noisy_dense,
        learned=True,
        roundings=12,
        random=True,
    ),
    Case(
        kp.layers.GhostBatchNormalization,
        dict(virtual_batch_size=5, axis=1, momentum=0.9, epsilon=0.01, center=False, scale=False),
        bad=dict(virtual_batch_size=0, axis=0, momentum=1.5, epsilon=0.0, center=1, scale=1),
        oracle=blocks.batch_normalization,
        learned=True,
    ),
    Case(
        kp.layers.LayerScale,
        dict(init=0.3, per_channel=False, axis=1),
        bad=dict(init=None, per_channel=1, axis=0),
        oracle=blocks.layer_scale,
        learned=True,
    ),
    Case(
        kp.layers.SqueezeExcite,
        dict(
            ratio=2.0,
            activation=kp.activations.LeakyReLU(0.1),
            gate=kp.activations.Tanh(),
            kernel_initializer=keras.initializers.RandomNormal(seed=3),
            axis=1,
        ),
        bad=dict(ratio=0.5, axis=0),
        free=("activation", "gate", "kernel_initializer"),
        oracle=blocks.squeeze_excite,
        learned=True,
    ),
    Case(
        kp.layers.Residual,
        dict(
            block=[keras.layers.Dense(4, "tanh", name="first"), keras.layers.Dense(5, name="second")],
            projection=keras.layers.Dense(
                5, use_bias=False, kernel_initializer=keras.initializers.RandomNormal(seed=3), name="shortcut"
            ),
            drop_path=0.4,
            scale_init=0.5,
            scale_per_channel=True,
            activation=kp.activations.LeakyReLU(0.1),
            seed=3,
        ),
        bad=dict(block=[], projection="dense", drop_path=1.0, scale_init="0", scale_per_channel=1, seed=0.5),
        free=("activation",),
        oracle=blocks.residual,
        learned=True,
        roundings=4,
        random=True,
    ),
]

# Layers that change the targets with the inputs, and so are in no model.
AUGMENTATIONS = [
    Case(
        kp.layers.MixUp,
        dict(alpha=0.4, classes=3, seed=3),
        bad=dict(alpha=0.0, classes=1, seed=1.5),
        saved=False,
    ),
    Case(
        kp.layers.CutMix,
        dict(alpha=0.4, classes=3, axes=(1,), seed=3),
        bad=dict(alpha=float("inf"), classes=2.5, axes="columns", seed=1.5),
        saved=False,
    ),
    Case(
        kp.layers.SMOTE,
        dict(neighbors=3, fraction=0.5, categorical=(2,), minority=(1, 2), seed=3),
        bad=dict(neighbors=0, fraction=1.5, categorical=0, minority="rare", seed="3"),
        saved=False,
    ),
]


@keras.saving.register_keras_serializable(package="tests")
def _louder(texts):
    return [text.upper() for text in texts]


@keras.saving.register_keras_serializable(package="tests")
def _reversed(texts):
    return [" ".join(reversed(text.split())) for text in texts]


_SYNONYMS = {"quick": ["fast", "rapid"], "fox": ["vixen"], "über": ["on top of"]}

TEXT_AUGMENTATIONS = [
    Case(kp.layers.RandomDeletion, dict(rate=0.4, seed=3), bad=dict(rate=1.5, seed=1.5), saved=False),
    Case(kp.layers.RandomSwap, dict(rate=0.4, seed=3), bad=dict(rate=-0.1, seed="no"), saved=False),
    *(
        Case(
            part,
            dict(rate=0.4, synonyms=_SYNONYMS, seed=3),
            bad=dict(rate=float("nan"), synonyms={"quick": "fast"}, seed=1.5),
            saved=False,
        )
        for part in (kp.layers.RandomInsertion, kp.layers.SynonymReplacement)
    ),
    Case(
        kp.layers.CharacterNoise,
        dict(rate=0.4, kinds=("insert", "substitute", "transpose"), keyboard=False, seed=3),
        bad=dict(rate=2.0, kinds=("swap",), keyboard=1, seed=1.5),
        saved=False,
    ),
    Case(
        kp.layers.BackTranslation,
        dict(to=_louder, back=_reversed, rate=0.6, batch_size=3, cache_size=5, on_error="raise", seed=3),
        bad=dict(to="en", back=None, rate=1.5, batch_size=0, cache_size=-1, on_error="ignore", seed=1.5),
        saved=False,
    ),
    Case(
        kp.layers.Paraphrase,
        dict(generate=_louder, rate=0.6, batch_size=3, cache_size=5, on_error="raise", seed=3),
        bad=dict(generate=["a"], rate=1.5, batch_size=0.5, cache_size=-1, on_error=None, seed=1.5),
        saved=False,
    ),
]

CALLBACKS = [
    Case(
        kp.callbacks.Checkpoint,
        dict(directory="checkpoints", every=3, keep=3, on_error="raise", verbose=0),
        bad=dict(directory="", every=0, keep=0, on_error="stop", verbose=2),
        saved=False,
    ),
    Case(
        kp.callbacks.EarlyStopping,
        dict(
            monitor="val_accuracy",
            min_delta=0.01,
            relative_min_delta=0.05,
            patience=3,
            mode="max",
            restore_best_weights=False,
            verbose=1,
            improves="all",
            smoothing=0.25,
            criterion="PQ_500.0",
            strip=2,
            target=2.0,
            divergence=-1.0,
            min_epochs=1,
            max_seconds=1000.0,
            every=3,
        ),
        bad=dict(
            monitor="",
            min_delta=-1.0,
            relative_min_delta=1.0,
            patience=1.5,
            mode="up",
            restore_best_weights=None,
            verbose=3,
            improves="some",
            smoothing=1.0,
            criterion="PQ",
            strip=0,
            target=float("nan"),
            divergence="far",
            min_epochs=-1,
            max_seconds=0.0,
            every=0,
        ),
        saved=False,
    ),
    Case(
        kp.callbacks.TimeLimit,
        dict(seconds=1000.0, verbose=1),
        bad=dict(seconds=0.0, verbose=2),
        saved=False,
    ),
    Case(
        kp.callbacks.UnfreezeSchedule,
        dict(schedule={0: ["^dense"]}, verbose=1),
        bad=dict(schedule={-1: "dense"}, verbose=2),
        saved=False,
    ),
    Case(
        kp.callbacks.TrainingDiagnostics,
        dict(
            probe=32,
            every=5,
            report="report.html",
            log_dir="logs",
            verbose=0,
            stop_on=["exploding_gradient"],
            training_data=(np.zeros((4, 3), "float32"), np.array([0, 1, 0, 1])),
            validation_data=(np.zeros((4, 3), "float32"), np.array([0, 1, 0, 1])),
            seed=3,
        ),
        bad=dict(probe=8, every=0, verbose=2, stop_on=["no_fault"], seed=-1),
        free=("training_data", "validation_data", "report", "log_dir"),
        unsaved=("training_data", "validation_data"),
        saved=False,
    ),
    Case(
        kp.callbacks.BiasVarianceDiagnostics,
        dict(
            target_error=0.1,
            error="error_rate",
            trivial_error=0.9,
            tolerance=0.2,
            confidence=0.9,
            min_epochs=3,
            sample_size=64,
            training_data=(np.zeros((4, 3), "float32"), np.array([0, 1, 0, 1])),
            validation_data=(np.zeros((4, 3), "float32"), np.array([0, 1, 0, 1])),
            seed=3,
            verbose=1,
        ),
        bad=dict(
            target_error="low",
            error="accuracy",
            trivial_error="high",
            tolerance=0.0,
            confidence=0.5,
            min_epochs=2,
            sample_size=1,
            seed=-1,
            verbose=2,
        ),
        free=("training_data", "validation_data"),
        unsaved=("training_data", "validation_data"),
        saved=False,
    ),
]

CALLBACKS += [
    Case(
        kp.callbacks.LearningRateFinder,
        dict(
            start=1e-3,
            end=1.0,
            steps=12,
            smoothing=1.5,
            divergence=3.0,
            apply=None,
            training_data=(np.ones((4, 3), "float32"), np.array([0, 1, 0, 1])),
            seed=3,
            verbose=1,
        ),
        bad=dict(start=0.0, end=1e-4, steps=9, smoothing=-1.0, divergence=0.0, apply="best", seed=-1, verbose=2),
        free=("training_data",),
        unsaved=("training_data",),
        saved=False,
    ),
    Case(
        kp.callbacks.ReduceLROnPlateau,
        dict(
            monitor="val_accuracy",
            factor=0.5,
            patience=3,
            mode="max",
            min_delta=0.01,
            relative_min_delta=0.05,
            cooldown=2,
            min_lr=1e-3,
            verbose=1,
        ),
        bad=dict(
            monitor="",
            factor=1.0,
            patience=-1,
            mode="up",
            min_delta=-1.0,
            relative_min_delta=1.0,
            cooldown=0.5,
            min_lr=-1.0,
            verbose=2,
        ),
        saved=False,
    ),
]

# Callbacks that end with other weights than training alone.
OF_WEIGHTS = [
    Case(
        kp.callbacks.StochasticWeightAveraging,
        dict(
            start=0,
            frequency=2,
            unit="step",
            learning_rate=0.02,
            training_data=(np.ones((4, 3), "float32"), np.array([0, 1, 0, 1])),
            verbose=1,
        ),
        bad=dict(start=1.5, frequency=0, unit="batch", learning_rate=0.0, verbose=2),
        free=("training_data",),
        unsaved=("training_data",),
        saved=False,
    ),
]

# Callbacks in another package.
OF_ENSEMBLES = [
    Case(
        kp.ensembles.SnapshotEnsemble,
        dict(every=1, members=2, verbose=1),
        bad=dict(every=0, members=0.5, verbose=2),
        saved=False,
    ),
]

# Callbacks that need an optimizer of ours, and are tested with it.
OF_OPTIMIZERS = [Case(kp.callbacks.EvaluatedWeights, {}, saved=False)]

COMPOSED_LOSSES = [
    Case(
        kp.losses.WeightedSum,
        dict(
            parts=[
                ("plain", 0.7, kp.losses.SparseCategoricalCrossentropy(from_logits=True)),
                ("smooth", 0.3, kp.losses.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.2)),
            ],
            name="both",
        ),
        bad=dict(parts=[("plain", 0.7, "mse")]),
        free=("name",),
    ),
    Case(
        kp.losses.UncertainTask,
        dict(loss=keras.losses.MeanSquaredError(), kind="classification", name="task"),
        bad=dict(loss="mse", kind="ranking"),
        free=("name",),
        saved=False,
    ),
]

OF_OUTPUTS = [
    Case(
        kp.layers.UncertaintyWeighted,
        dict(log_variance=0.5),
        bad=dict(log_variance=float("nan")),
        saved=False,
    ),
]

KINDS = {
    "activations": ACTIVATIONS,
    "initializers": INITIALIZERS,
    "regularizers": REGULARIZERS,
    "losses": [*LOSSES, *REGRESSION_LOSSES, *METRIC_LOSSES, *PAIR_LOSSES, *COMPOSED_LOSSES],
    "optimizers": [*OPTIMIZERS, *WRAPPERS, *QUASI_NEWTON],
    "optimizers.schedules": SCHEDULES,
    "optimizers.transforms": TRANSFORMS,
    "layers": [*LAYERS, *AUGMENTATIONS, *TEXT_AUGMENTATIONS, *OF_OUTPUTS],
    "callbacks": [*CALLBACKS, *OF_WEIGHTS, *OF_OPTIMIZERS],
}

ALL = [*(case for cases in KINDS.values() for case in cases), *OF_ENSEMBLES]
