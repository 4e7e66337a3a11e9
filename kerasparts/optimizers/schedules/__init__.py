"""Learning rates by step or by epoch."""

from kerasparts.optimizers.schedules.chain import Chain as Chain
from kerasparts.optimizers.schedules.cosine_warm_restarts import CosineWarmRestarts as CosineWarmRestarts
from kerasparts.optimizers.schedules.cyclical import Cyclical as Cyclical
from kerasparts.optimizers.schedules.inverse_square_root import InverseSquareRoot as InverseSquareRoot
from kerasparts.optimizers.schedules.one_cycle import OneCycle as OneCycle
from kerasparts.optimizers.schedules.one_cycle import OneCycleMomentum as OneCycleMomentum
from kerasparts.optimizers.schedules.scaled import Scaled as Scaled
from kerasparts.optimizers.schedules.schedule import Schedule as Schedule
from kerasparts.optimizers.schedules.step_decay import StepDecay as StepDecay
from kerasparts.optimizers.schedules.warmup import Warmup as Warmup

__all__ = [
    "Chain",
    "CosineWarmRestarts",
    "Cyclical",
    "InverseSquareRoot",
    "OneCycle",
    "OneCycleMomentum",
    "Scaled",
    "Schedule",
    "StepDecay",
    "Warmup",
]
