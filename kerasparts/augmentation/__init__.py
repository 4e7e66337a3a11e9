"""Data sets that augment their rows on the fly."""

from kerasparts.augmentation.augmented_dataset import AugmentedDataset as AugmentedDataset

__all__ = ["AugmentedDataset"]
