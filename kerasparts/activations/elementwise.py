"""The activations that figures and tables show."""

from kerasparts.activations.elu import ELU
from kerasparts.activations.gelu import GELU
from kerasparts.activations.leaky_relu import LeakyReLU
from kerasparts.activations.linear import Linear
from kerasparts.activations.lisht import LiSHT
from kerasparts.activations.relu import ReLU
from kerasparts.activations.selu import SELU
from kerasparts.activations.sigmoid import Sigmoid
from kerasparts.activations.snake import Snake
from kerasparts.activations.softplus import Softplus
from kerasparts.activations.step import Step
from kerasparts.activations.swish import Swish
from kerasparts.activations.tanh import Tanh

# Without Softmax, which works across classes, and RReLU, which is a LeakyReLU except in training.
ELEMENTWISE = (Linear, Step, Sigmoid, Tanh, ReLU, LeakyReLU, ELU, SELU, Softplus, GELU, Swish, LiSHT, Snake)
