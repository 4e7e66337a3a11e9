"""What `fit` makes small. Each loss is a class and, beside it, its function of one value a sample."""

from kerasparts.losses.classification import ClassificationLoss as ClassificationLoss
from kerasparts.losses.loss import Loss as Loss
from kerasparts.losses.sparse_categorical_crossentropy import (
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
)
from kerasparts.losses.sparse_categorical_crossentropy import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)

__all__ = ["ClassificationLoss", "Loss", "SparseCategoricalCrossentropy", "sparse_categorical_crossentropy"]
