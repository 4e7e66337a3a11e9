"""What `keras.ops` cannot say, once for each framework, under the same names and signatures."""

from kerasparts.backend.framework import compiled as compiled
from kerasparts.backend.framework import readable as readable
from kerasparts.backend.framework import value_and_gradients as value_and_gradients
from kerasparts.backend.model import model_data_loss as model_data_loss
from kerasparts.backend.model import model_value_and_gradients as model_value_and_gradients

__all__ = ["compiled", "readable", "value_and_gradients", "model_data_loss", "model_value_and_gradients"]
