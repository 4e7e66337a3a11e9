"""What changes the gradients of a step before the optimizer sees them."""

from kerasparts.optimizers.transforms.adaptive_clip import AdaptiveClip as AdaptiveClip
from kerasparts.optimizers.transforms.centralize import Centralize as Centralize
from kerasparts.optimizers.transforms.gradient_noise import GradientNoise as GradientNoise
from kerasparts.optimizers.transforms.normalize import Normalize as Normalize
from kerasparts.optimizers.transforms.skip_non_finite import SkipNonFinite as SkipNonFinite
from kerasparts.optimizers.transforms.transform import GradientTransform as GradientTransform

__all__ = [
    "AdaptiveClip",
    "Centralize",
    "GradientNoise",
    "GradientTransform",
    "Normalize",
    "SkipNonFinite",
]
