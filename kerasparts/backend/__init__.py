"""What `keras.ops` cannot say, once for each framework, under the same names and signatures."""

from kerasparts.backend.deferred import deferred as deferred
from kerasparts.backend.deferred import source_of as source_of
from kerasparts.backend.framework import Memory as Memory
from kerasparts.backend.framework import assign_sub_all as assign_sub_all
from kerasparts.backend.framework import compiled as compiled
from kerasparts.backend.framework import in_blocks as in_blocks
from kerasparts.backend.framework import is_first_process as is_first_process
from kerasparts.backend.framework import joined as joined
from kerasparts.backend.framework import largest_grouped as largest_grouped
from kerasparts.backend.framework import many_models as many_models
from kerasparts.backend.framework import many_seeds as many_seeds
from kerasparts.backend.framework import mean_over_replicas as mean_over_replicas
from kerasparts.backend.framework import mixed as mixed
from kerasparts.backend.framework import parted as parted
from kerasparts.backend.framework import program as program
from kerasparts.backend.framework import readable as readable
from kerasparts.backend.framework import repeated as repeated
from kerasparts.backend.framework import replicas as replicas
from kerasparts.backend.framework import summed_over_replicas as summed_over_replicas
from kerasparts.backend.framework import unsynchronized_processes as unsynchronized_processes
from kerasparts.backend.framework import value_and_gradients as value_and_gradients
from kerasparts.backend.framework import vectorized as vectorized
from kerasparts.backend.model import compute_loss as compute_loss
from kerasparts.backend.model import in_floatx as in_floatx
from kerasparts.backend.model import model_data_loss as model_data_loss
from kerasparts.backend.model import model_probe as model_probe
from kerasparts.backend.model import model_scores as model_scores
from kerasparts.backend.model import model_value_and_gradients as model_value_and_gradients
from kerasparts.backend.model import strategy_scope as strategy_scope
from kerasparts.backend.model import sync as sync
from kerasparts.backend.pure_model import PureModel as PureModel
from kerasparts.backend.randomness import get_random_numbers as get_random_numbers
from kerasparts.backend.randomness import global_generator as global_generator
from kerasparts.backend.randomness import kept_random_numbers as kept_random_numbers
from kerasparts.backend.randomness import put_random_numbers as put_random_numbers
from kerasparts.backend.randomness import set_random_seed as set_random_seed

__all__ = [
    "Memory",
    "assign_sub_all",
    "compiled",
    "in_blocks",
    "is_first_process",
    "joined",
    "largest_grouped",
    "deferred",
    "source_of",
    "program",
    "many_models",
    "many_seeds",
    "mean_over_replicas",
    "mixed",
    "parted",
    "readable",
    "repeated",
    "replicas",
    "summed_over_replicas",
    "unsynchronized_processes",
    "value_and_gradients",
    "vectorized",
    "compute_loss",
    "in_floatx",
    "model_data_loss",
    "model_probe",
    "model_scores",
    "model_value_and_gradients",
    "strategy_scope",
    "sync",
    "PureModel",
    "get_random_numbers",
    "global_generator",
    "kept_random_numbers",
    "put_random_numbers",
    "set_random_seed",
]
