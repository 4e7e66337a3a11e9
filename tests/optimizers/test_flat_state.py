"""Small variables that are updated together, and large ones in blocks, are as if each were updated by itself."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from kerasparts.optimizers import _together
from tests.cases import OPTIMIZERS

ELEMENTWISE = [case for case in OPTIMIZERS if case.part.elementwise]
SHAPES = [(3, 4), (5,), (), (60, 50), (2, 3), (7,), (4, 2), (2,)]
DTYPES = ["float32"] * 4 + ["bfloat16"] + ["float32"] * 3
NAMES = ["kernel", "bias", "scale", "kernel", "kernel", "slow", "kernel", "slow"]


@pytest.fixture
def together(monkeypatch):
    """Says up to which size variables are updated together."""
    return lambda size: monkeypatch.setattr(_together, "largest_grouped", lambda: size)


def numpy(x):
    return np.asarray(ops.convert_to_numpy(ops.cast(x, "float32")))


def trained(optimizer, steps=4, missing=()):
    """Weights after some steps; in the second of them some have no gradient."""
    random = np.random.default_rng(0)
    rows = list(zip(SHAPES, DTYPES, NAMES, strict=True))
    weights = [keras.Variable(random.normal(size=shape), dtype=dtype, name=name) for shape, dtype, name in rows]
    for step in range(steps):
        gradients = [ops.cast(random.normal(size=shape).astype("float32"), dtype) for shape, dtype, _ in rows]
        found = [i for i in range(len(weights)) if step != 1 or i not in missing]
        if not optimizer.built:
            optimizer.build(weights)
        optimizer.apply([gradients[i] for i in found], [weights[i] for i in found])
    return weights


def saved(optimizer):
    store = {}
    optimizer.save_own_variables(store)
    return store


def check_equal(ones, others):
    for one, other in zip(ones, others, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)  # XLA may contract a product and a sum


@pytest.mark.parametrize("missing", [(), (0, 1, 5)], ids=["all", "some without gradient"])
@pytest.mark.parametrize("case", ELEMENTWISE, ids=str)
def test_together_is_as_alone(case, missing, together):
    rules = {"learning_rate_multipliers": {"slow": 0.1}, "record_norms": True, "weight_decay": 0.1}
    pair = []
    for size in (0, 100):
        together(size)
        optimizer = case.build(**rules)
        pair.append((trained(optimizer, missing=missing), optimizer))
    (alone, one), (grouped, other) = pair
    assert len(other.variables) < len(one.variables)
    check_equal(map(numpy, alone), map(numpy, grouped))
    check_equal(one.norms().values(), other.norms().values())
    assert saved(one).keys() == saved(other).keys()
    check_equal(saved(one).values(), saved(other).values())


def test_a_file_has_the_state_of_each_weight_and_loads_either_way(together):
    together(0)
    alone = kp.optimizers.Adam(0.1)
    trained(alone)
    store = saved(alone)
    together(100)
    other = kp.optimizers.Adam(0.1)
    trained(other, steps=1)
    other.load_own_variables(store)
    for key, value in saved(other).items():
        np.testing.assert_array_equal(value, store[key])
    shapes = [value.shape for key, value in store.items() if key != "names"]
    assert shapes[2:] == [SHAPES[4], *SHAPES, *SHAPES]  # after steps and rate: rounding, m, v


def test_what_is_large_or_in_half_precision_stays_alone(together):
    together(100)
    optimizer = kp.optimizers.SGD(0.1, momentum=0.9)
    trained(optimizer)
    assert sorted(tuple(v.shape) for v in optimizer.variables[2:]) == [(2, 3), (2, 3), (35,), (60, 50)]


def test_what_is_not_elementwise_stays_alone(together):
    together(100)
    optimizer = kp.optimizers.NovoGrad(0.1)
    trained(optimizer)
    assert len(optimizer.variables) == 2 + 1 + 2 * len(SHAPES)


def test_large_groups_are_split(together, monkeypatch):
    together(100)
    monkeypatch.setattr(_together, "MOST", 10)
    optimizer = kp.optimizers.SGD(0.1, momentum=0.9)
    weights = trained(optimizer)
    assert sorted(tuple(v.shape) for v in optimizer.variables[2:]) == [(2, 3), (2, 3), (3, 4), (10,), (13,), (60, 50)]
    together(0)
    check_equal(map(numpy, weights), map(numpy, trained(kp.optimizers.SGD(0.1, momentum=0.9))))


def test_a_fit_with_embeddings_and_accumulated_gradients_is_the_same(together):
    x = np.random.default_rng(0).integers(0, 10, (32, 4))
    weights = []
    for size in (0, 100):
        together(size)
        keras.utils.set_random_seed(0)
        layers = [keras.layers.Embedding(10, 3), keras.layers.Flatten(), keras.layers.Dense(4), keras.layers.Dense(4)]
        model = keras.Sequential([keras.Input((4,)), *layers])
        optimizer = kp.optimizers.Adam(0.01, gradient_accumulation_steps=2, use_ema=True)
        model.compile(optimizer, "mse", jit_compile=False)  # by XLA in the conformance tests
        model.fit(x, np.ones((32, 4)), batch_size=8, epochs=2, shuffle=False, verbose=0)
        weights.append(model.get_weights())
    check_equal(*weights)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the strategies are TensorFlow's")
def test_under_a_strategy_all_stay_alone():
    import tensorflow as tf

    with tf.distribute.OneDeviceStrategy("cpu:0").scope():
        optimizer = kp.optimizers.SGD(0.1, momentum=0.9)
        optimizer.build([keras.Variable(np.ones(3)) for _ in range(2)])
    assert len(optimizer.variables) == 4


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="the others need no blocks")
class TestBlocks:
    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch, together):
        together(0)
        self.size = lambda size: monkeypatch.setattr("kerasparts.backend.torch.BLOCK", size)

    @pytest.mark.parametrize("case", ELEMENTWISE, ids=str)
    def test_blocks_are_as_the_whole(self, case):
        whole = trained(case.build(weight_decay=0.1))
        self.size(2)
        check_equal(map(numpy, whole), map(numpy, trained(case.build(weight_decay=0.1))))

    def test_a_step_that_is_not_finite_changes_nothing(self):
        self.size(2)
        optimizer = kp.optimizers.Adam(0.1, gradient_transforms=[kp.optimizers.transforms.SkipNonFinite()])
        w = keras.Variable(np.ones(9))
        optimizer.apply([ops.ones(9)], [w])
        before = [numpy(v) for v in (w, optimizer._m[0], optimizer._v[0])]
        optimizer.apply([ops.ones(9) * float("nan")], [w])
        check_equal(before, [numpy(v) for v in (w, optimizer._m[0], optimizer._v[0])])

    def test_a_pure_step_leaves_its_arguments_as_they_are(self):
        self.size(2)
        optimizer, w = kp.optimizers.Adam(0.1), keras.Variable(np.ones(9))
        optimizer.build([w])
        state = [v.value for v in optimizer.variables]
        (new,), _ = optimizer.stateless_apply(state, [ops.ones(9)], [w.value])
        np.testing.assert_array_equal(numpy(w), np.ones(9))
        np.testing.assert_allclose(numpy(new), np.full(9, 0.9), rtol=1e-5)
