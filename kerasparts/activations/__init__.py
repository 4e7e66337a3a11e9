"""Callable objects for `activation=` of any layer, that know their derivative, gain, range and where they fail."""

from kerasparts.activations.activation import Activation as Activation
from kerasparts.activations.describe import describe as describe
from kerasparts.activations.elu import ELU as ELU
from kerasparts.activations.gelu import GELU as GELU
from kerasparts.activations.leaky_relu import LeakyReLU as LeakyReLU
from kerasparts.activations.linear import Linear as Linear
from kerasparts.activations.lisht import LiSHT as LiSHT
from kerasparts.activations.relu import ReLU as ReLU
from kerasparts.activations.rrelu import RReLU as RReLU
from kerasparts.activations.selu import SELU as SELU
from kerasparts.activations.sigmoid import Sigmoid as Sigmoid
from kerasparts.activations.snake import Snake as Snake
from kerasparts.activations.softmax import Softmax as Softmax
from kerasparts.activations.softplus import Softplus as Softplus
from kerasparts.activations.step import Step as Step
from kerasparts.activations.swish import Swish as Swish
from kerasparts.activations.tanh import Tanh as Tanh

__all__ = [
    "Activation",
    "describe",
    "ELU",
    "GELU",
    "LeakyReLU",
    "Linear",
    "LiSHT",
    "ReLU",
    "RReLU",
    "SELU",
    "Sigmoid",
    "Snake",
    "Softmax",
    "Softplus",
    "Step",
    "Swish",
    "Tanh",
]
