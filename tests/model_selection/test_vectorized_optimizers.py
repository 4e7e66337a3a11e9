"""Optimizers of ours in the vectorized engine: what they keep beside the weights is kept for each replica."""

import keras
import numpy as np
import pytest

import kerasparts as kp
from kerasparts.model_selection.engines import Sequential, Vectorized
from tests.model_selection import small

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(keras.backend.backend() == "torch", reason="Torch has no vectorized engine"),
]
T = kp.optimizers.transforms
CYCLE = kp.optimizers.schedules.OneCycle(0.1, 4)
OPTIMIZERS = {
    "shared state": lambda: kp.optimizers.Nadam(0.02, weight_decay=0.1, record_norms=True),
    "transforms": lambda: kp.optimizers.AdamW(
        0.02,
        0.1,
        gradient_transforms=[T.SkipNonFinite(), T.AdaptiveClip(0.1), T.Normalize()],
        learning_rate_multipliers={"bias": 0.1},
    ),
    "schedules": lambda: kp.optimizers.SGD(CYCLE, momentum=CYCLE.momentum),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_gives_what_fit_gives(name):
    def build_model():
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(2)])
        model.compile(OPTIMIZERS[name](), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        return model

    x = np.array(small.X)
    x[7] = np.nan if name == "transforms" else x[7]
    plan = small.plan(build_model=build_model, x=x, shuffle=False)
    tasks = [task for task in small.tasks(3) if 7 in task.rows][:2]
    small.check_equal(list(Vectorized().run(plan, tasks)), list(Sequential().run(plan, tasks)))
