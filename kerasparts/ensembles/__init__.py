"""Many models as one."""

from kerasparts.ensembles.bagging import bagging as bagging
from kerasparts.ensembles.deep_ensemble import deep_ensemble as deep_ensemble
from kerasparts.ensembles.ensemble import Ensemble as Ensemble
from kerasparts.ensembles.monte_carlo import monte_carlo_predict as monte_carlo_predict
from kerasparts.ensembles.snapshot_ensemble import SnapshotEnsemble as SnapshotEnsemble

__all__ = ["bagging", "deep_ensemble", "Ensemble", "monte_carlo_predict", "SnapshotEnsemble"]
