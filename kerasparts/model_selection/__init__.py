"""How to choose a model: splits, and loops around `fit`."""

from kerasparts.model_selection.split import DataSplit as DataSplit
from kerasparts.model_selection.split import train_dev_test_split as train_dev_test_split

__all__ = ["DataSplit", "train_dev_test_split"]
