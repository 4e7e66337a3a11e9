"""What `keras.ops` cannot say, once for each framework, under the same names and signatures."""

from kerasparts.backend.framework import compiled as compiled
from kerasparts.backend.framework import readable as readable
from kerasparts.backend.framework import value_and_gradients as value_and_gradients
from kerasparts.backend.model import model_data_loss as model_data_loss
from kerasparts.backend.model import model_probe as model_probe
from kerasparts.backend.model import model_scores as model_scores
from kerasparts.backend.model import model_value_and_gradients as model_value_and_gradients
from kerasparts.backend.randomness import kept_random_numbers as kept_random_numbers

__all__ = [
    "compiled",
    "readable",
    "value_and_gradients",
    "model_data_loss",
    "model_probe",
    "model_scores",
    "model_value_and_gradients",
    "kept_random_numbers",
]
