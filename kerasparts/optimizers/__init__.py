"""Optimizers that are right in half precision and keep their rules in the file."""

from kerasparts.optimizers import schedules as schedules
from kerasparts.optimizers import transforms as transforms
from kerasparts.optimizers.adabelief import AdaBelief as AdaBelief
from kerasparts.optimizers.adadelta import Adadelta as Adadelta
from kerasparts.optimizers.adagrad import Adagrad as Adagrad
from kerasparts.optimizers.adam import Adam as Adam
from kerasparts.optimizers.adamw import AdamW as AdamW
from kerasparts.optimizers.lbfgs import LBFGS as LBFGS
from kerasparts.optimizers.lookahead import Lookahead as Lookahead
from kerasparts.optimizers.nadam import Nadam as Nadam
from kerasparts.optimizers.novograd import NovoGrad as NovoGrad
from kerasparts.optimizers.optimizer import Optimizer as Optimizer
from kerasparts.optimizers.prodigy import Prodigy as Prodigy
from kerasparts.optimizers.proximal import Proximal as Proximal
from kerasparts.optimizers.rectified_adam import RectifiedAdam as RectifiedAdam
from kerasparts.optimizers.rmsprop import RMSprop as RMSprop
from kerasparts.optimizers.schedule_free import ScheduleFree as ScheduleFree
from kerasparts.optimizers.sgd import SGD as SGD
from kerasparts.optimizers.wrapper import Wrapper as Wrapper
from kerasparts.optimizers.yogi import Yogi as Yogi

__all__ = [
    "AdaBelief",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "LBFGS",
    "Lookahead",
    "Nadam",
    "NovoGrad",
    "Optimizer",
    "Prodigy",
    "Proximal",
    "RMSprop",
    "RectifiedAdam",
    "SGD",
    "ScheduleFree",
    "Wrapper",
    "Yogi",
    "schedules",
    "transforms",
]
