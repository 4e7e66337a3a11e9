"""Parts that plug into any Keras 3 model, and gauges that tell which part to change.

Importing the package registers every part with Keras, so that `keras.models.load_model` needs no
`custom_objects`.
"""

from kerasparts import activations as activations
from kerasparts import augmentation as augmentation
from kerasparts import callbacks as callbacks
from kerasparts import diagnostics as diagnostics
from kerasparts import ensembles as ensembles
from kerasparts import initializers as initializers
from kerasparts import layers as layers
from kerasparts import losses as losses
from kerasparts import model_selection as model_selection
from kerasparts import optimizers as optimizers
from kerasparts import plots as plots
from kerasparts import regularizers as regularizers
from kerasparts import reports as reports
from kerasparts import testing as testing
from kerasparts.listing import catalog as catalog
from kerasparts.loading import load_model as load_model

__version__ = "0.1.0"

__all__ = [
    "__version__",
    "activations",
    "augmentation",
    "callbacks",
    "catalog",
    "diagnostics",
    "ensembles",
    "initializers",
    "layers",
    "load_model",
    "losses",
    "model_selection",
    "optimizers",
    "plots",
    "regularizers",
    "reports",
    "testing",
]
