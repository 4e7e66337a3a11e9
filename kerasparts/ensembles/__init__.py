"""Many models as one."""

from kerasparts.ensembles.bagging import bagging as bagging
from kerasparts.ensembles.deep_ensemble import deep_ensemble as deep_ensemble
from kerasparts.ensembles.ensemble import Ensemble as Ensemble

__all__ = ["bagging", "deep_ensemble", "Ensemble"]
