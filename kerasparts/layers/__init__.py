"""Layers."""

from kerasparts.layers.augmentation.cut_mix import CutMix as CutMix
from kerasparts.layers.augmentation.cutout import Cutout as Cutout
from kerasparts.layers.augmentation.feature_dropout import FeatureDropout as FeatureDropout
from kerasparts.layers.augmentation.input_noise import InputNoise as InputNoise
from kerasparts.layers.augmentation.jitter import Jitter as Jitter
from kerasparts.layers.augmentation.mix_up import MixUp as MixUp
from kerasparts.layers.augmentation.smote import SMOTE as SMOTE
from kerasparts.layers.augmentation.swap_noise import SwapNoise as SwapNoise
from kerasparts.layers.augmentation.text.back_translation import BackTranslation as BackTranslation
from kerasparts.layers.augmentation.text.character_noise import CharacterNoise as CharacterNoise
from kerasparts.layers.augmentation.text.paraphrase import Paraphrase as Paraphrase
from kerasparts.layers.augmentation.text.random_deletion import RandomDeletion as RandomDeletion
from kerasparts.layers.augmentation.text.random_insertion import RandomInsertion as RandomInsertion
from kerasparts.layers.augmentation.text.random_swap import RandomSwap as RandomSwap
from kerasparts.layers.augmentation.text.synonym_replacement import SynonymReplacement as SynonymReplacement
from kerasparts.layers.blocks.layer_scale import LayerScale as LayerScale
from kerasparts.layers.blocks.maxout import Maxout as Maxout
from kerasparts.layers.blocks.parametric_relu import ParametricReLU as ParametricReLU
from kerasparts.layers.blocks.parametric_swish import ParametricSwish as ParametricSwish
from kerasparts.layers.blocks.residual import Residual as Residual
from kerasparts.layers.blocks.squeeze_excite import SqueezeExcite as SqueezeExcite
from kerasparts.layers.heads.sparse_softmax_head import SparseSoftmaxHead as SparseSoftmaxHead
from kerasparts.layers.heads.uncertainty_weighted import UncertaintyWeighted as UncertaintyWeighted
from kerasparts.layers.regularization.drop_block import DropBlock as DropBlock
from kerasparts.layers.regularization.drop_connect import DropConnect as DropConnect
from kerasparts.layers.regularization.drop_path import DropPath as DropPath
from kerasparts.layers.regularization.dropout import Dropout as Dropout
from kerasparts.layers.regularization.ghost_batch_normalization import (
    GhostBatchNormalization as GhostBatchNormalization,
)
from kerasparts.layers.regularization.noisy_dense import NoisyDense as NoisyDense
from kerasparts.layers.regularization.scheduled_dropout import ScheduledDropout as ScheduledDropout
from kerasparts.layers.regularization.weight_noise import WeightNoise as WeightNoise
from kerasparts.layers.regularization.weight_normalization import WeightNormalization as WeightNormalization
from kerasparts.layers.scaling.min_max_scaling import MinMaxScaling as MinMaxScaling
from kerasparts.layers.scaling.quantile_scaling import QuantileScaling as QuantileScaling
from kerasparts.layers.scaling.robust_scaling import RobustScaling as RobustScaling
from kerasparts.layers.scaling.standard_scaling import StandardScaling as StandardScaling

__all__ = [
    "BackTranslation",
    "CharacterNoise",
    "CutMix",
    "Cutout",
    "DropBlock",
    "DropConnect",
    "DropPath",
    "Dropout",
    "FeatureDropout",
    "GhostBatchNormalization",
    "InputNoise",
    "Jitter",
    "LayerScale",
    "Maxout",
    "MinMaxScaling",
    "MixUp",
    "NoisyDense",
    "ParametricReLU",
    "ParametricSwish",
    "Paraphrase",
    "QuantileScaling",
    "RandomDeletion",
    "RandomInsertion",
    "RandomSwap",
    "Residual",
    "RobustScaling",
    "SMOTE",
    "ScheduledDropout",
    "SparseSoftmaxHead",
    "SqueezeExcite",
    "StandardScaling",
    "SwapNoise",
    "SynonymReplacement",
    "UncertaintyWeighted",
    "WeightNoise",
    "WeightNormalization",
]
