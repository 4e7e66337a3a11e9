"""What is trained, on what and how: the facts that do not change from step to step."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LayerFacts:
    """A layer that ran, in the order of the first call.

    Attributes:
        name: its path in the model.
        kind: name of its class.
        activation: name of its activation; None where it has none of its own, "linear" included where it has.
        sources: indices of the layers whose outputs it takes; -1 for an input of the model or what is unknown.
        kernel: index of its kernel among the variables, or None.
        fan_in: numbers that one unit of its kernel takes in; 0 without a kernel.
        units: size of the last axis of its output.
        is_output: whether its output is, but for a change of shape, an output of the model.
        is_linear: whether it is known to be affine in its input.
        rate: share of a dropout layer, else 0.
    """

    name: str
    kind: str
    activation: str | None = None
    sources: tuple[int, ...] = ()
    kernel: int | None = None
    fan_in: int = 0
    units: int = 0
    is_output: bool = False
    is_linear: bool = False
    rate: float = 0.0


@dataclass(frozen=True)
class InputFacts:
    """An input of the model over the sampled rows. Of integers that an embedding looks up, only the name counts.

    Attributes:
        rms: root of the mean square of all numbers.
        largest: greatest absolute value.
        offset: median over the features of |mean| / standard deviation; constant features left out.
        spread: greatest standard deviation of a feature over the least that is not zero.
        is_embedded: whether the input goes into an embedding.
        finite: share of numbers that are finite.
    """

    name: str
    rms: float = 1.0
    largest: float = 1.0
    offset: float = 0.0
    spread: float = 1.0
    is_embedded: bool = False
    finite: float = 1.0


@dataclass(frozen=True)
class OutputFacts:
    """An output of the model with its loss and its targets.

    Attributes:
        units: size of the last axis of the output.
        activation: of the last layer; None if it could not be told.
        low, high: bounds of the output, by the activation.
        loss: name of the loss in snake case, such as "mean_squared_error"; None without one.
        from_logits: as the loss has it.
        form: of the targets, one of "binary", "signs" (-1 and 1), "one_hot", "multi_label", "index" (whole numbers
            that name classes), "values", "constant", "other".
        classes: distinct labels seen of "binary", "signs" and "index", columns of "one_hot" and "multi_label", else 0.
        counts: rows of each class, in order of the class; for "multi_label" the ones in each column.
        target_low, target_high, target_mean, target_std: over the training targets; the last two of the column
            with the greatest standard deviation.
        outside: share of targets that the activation cannot reach.
        finite: share of the targets that are finite.
        is_whole: whether all targets are whole numbers.
        not_one: of rows of several columns, the share whose sum is not 1.
        layer: path of the layer that the output leaves by.
    """

    name: str
    units: int
    activation: str | None
    low: float
    high: float
    loss: str | None
    from_logits: bool
    form: str
    classes: int
    counts: tuple[int, ...]
    target_low: float
    target_high: float
    target_mean: float
    target_std: float
    outside: float
    finite: float = 1.0
    is_whole: bool = False
    not_one: float = 0.0
    layer: str | None = None

    @property
    def is_classification(self) -> bool:
        return self.form in ("binary", "signs", "one_hot", "multi_label", "index")


@dataclass(frozen=True)
class RunFacts:
    """How the model is trained.

    Attributes:
        rows, validation_rows: training and validation rows; 0 for unknown.
        batch_size, steps_per_epoch, planned_epochs: of `fit`; 0 for unknown.
        epochs: that were finished.
        optimizer: name of its class.
        learning_rate: at the first step.
        momentum: of the optimizer, 0 without.
        clips: whether gradients are clipped.
        weight_decay: of the optimizer, 0 without.
        parameters: trainable numbers of the model.
        has_batch_statistics: whether a layer normalizes by the batch.
        metrics: names of the compiled metrics.
        backend: framework that Keras ran on.
    """

    rows: int = 0
    validation_rows: int = 0
    batch_size: int = 0
    steps_per_epoch: int = 0
    planned_epochs: int = 0
    epochs: int = 0
    optimizer: str = ""
    learning_rate: float = float("nan")
    momentum: float = 0.0
    clips: bool = False
    weight_decay: float = 0.0
    parameters: int = 0
    has_batch_statistics: bool = False
    metrics: tuple[str, ...] = ()
    backend: str = ""


@dataclass(frozen=True)
class Score:
    """How good the model is at the end, on up to some thousand rows of either side; NaN for what is unknown.

    `*_skill` is 1 for perfect and 0 for the best answer that ignores the input: 1 - error / trivial error, with the
    share of wrong classes for labels and the squared error for values. `*_error` is its standard error.

    Attributes:
        recall: share of the validation rows of each class that are found; empty for values.
        attainable: skill of the best of some simple predictors (nearest neighbours, ridge regression), each row left
            out of its own prediction: what these data let one reach at the least. `attainable_error` as above.
        predicted: share of rows that the model gives to each class.
    """

    train_skill: float = float("nan")
    train_skill_error: float = float("nan")
    validation_skill: float = float("nan")
    validation_skill_error: float = float("nan")
    train_loss: float = float("nan")
    train_loss_error: float = float("nan")
    validation_loss: float = float("nan")
    validation_loss_error: float = float("nan")
    trivial_loss: float = float("nan")
    attainable: float = float("nan")
    attainable_error: float = float("nan")
    recall: tuple[float, ...] = ()
    predicted: tuple[float, ...] = ()
