"""AdamW: half precision and the rule of weight decay, against Keras."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp

AdamW = kp.optimizers.AdamW


def numpy(x):
    return np.asarray(ops.convert_to_numpy(ops.cast(x, "float32")), "float64")


def test_bfloat16_weights_stand_still_in_keras_and_move_here():
    moved = []
    for optimizer in (keras.optimizers.AdamW(1e-3, weight_decay=0.0), AdamW(1e-3, weight_decay=None)):
        w = keras.Variable(np.ones((2, 2)), dtype="bfloat16", name="kernel")
        for _ in range(100):
            optimizer.apply([ops.ones((2, 2), "bfloat16")], [w])
        moved.append(float((1 - numpy(w)).mean()))
    assert moved[0] == 0.0
    assert moved[1] == pytest.approx(0.1, rel=0.1)


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="the peer is Torch")
def test_gives_the_numbers_of_torch():
    import torch

    start, gradients = np.ones((3, 2)), np.random.default_rng(0).normal(size=(60, 3, 2))
    ours = keras.Variable(start, dtype="float32", name="kernel")
    theirs = torch.nn.Parameter(torch.tensor(start, dtype=torch.float32, device="cpu"))
    optimizer = AdamW(0.01, weight_decay=0.1, epsilon=1e-8)
    peer = torch.optim.AdamW([theirs], lr=0.01, weight_decay=0.1, eps=1e-8)
    for gradient in gradients:
        optimizer.apply([ops.convert_to_tensor(gradient, "float32")], [ours])
        theirs.grad = torch.tensor(gradient, dtype=torch.float32)
        peer.step()
    np.testing.assert_allclose(numpy(ours), theirs.detach().numpy(), rtol=2e-6, atol=2e-6)


def network():
    inputs = keras.Input((6,), dtype="int32")
    h = keras.layers.Embedding(5, 4, name="words")(inputs)
    h = keras.layers.MultiHeadAttention(2, 2, name="attention")(h, h)
    h = keras.layers.LayerNormalization(axis=(1, 2), name="norm")(h)
    h = keras.layers.GRU(3, name="recurrent")(h)
    return keras.Model(inputs, keras.layers.Dense(2, name="head")(h))


def decayed(rule, model):
    """Paths of the variables that weight decay alone moves."""
    optimizer = AdamW(1.0, weight_decay=0.5, weight_decay_exclude=rule)
    for variable in model.trainable_variables:
        variable.assign(ops.ones(variable.shape))
    before = [numpy(v) for v in model.trainable_variables]
    optimizer.apply([ops.zeros(v.shape) for v in model.trainable_variables], model.trainable_variables)
    after = [numpy(v) for v in model.trainable_variables]
    for old, new in zip(before, after, strict=True):
        assert np.array_equal(old, new) or np.allclose(new, 0.5 * old)
    moved = zip(model.trainable_variables, before, after, strict=True)
    return {v.path for v, old, new in moved if not np.array_equal(old, new)}


def test_biases_and_scales_are_left_alone_whatever_their_shape():
    model = network()
    paths = decayed("biases_and_scales", model)
    everything = {v.path for v in model.trainable_variables}
    left = {path.split("/")[-1] for path in everything - paths}
    assert left == {"bias", "gamma", "beta"}
    assert {path.split("/")[-1] for path in paths} == {"kernel", "recurrent_kernel", "embeddings"}


def test_the_rule_can_be_nothing_or_patterns():
    model = network()
    everything = {v.path for v in model.trainable_variables}
    assert decayed(None, model) == everything
    assert decayed(["^words/", "bias$"], model) == {
        path for path in everything if not path.startswith("words/") and not path.endswith("bias")
    }
    assert decayed([".*"], model) == set()


def test_the_rule_survives_save_and_load_as_that_of_keras_does_not(tmp_path):
    def kernel_after(optimizer):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, kernel_initializer="ones")])
        model.compile(optimizer, "mse")
        optimizer.build(model.trainable_variables)
        model.save(tmp_path / "model.keras")
        model = keras.models.load_model(tmp_path / "model.keras")
        model.optimizer.apply([ops.zeros(v.shape) for v in model.trainable_variables], model.trainable_variables)
        return numpy(model.layers[0].kernel)

    theirs = keras.optimizers.AdamW(0.1, weight_decay=0.5)
    theirs.exclude_from_weight_decay(var_names=["kernel"])
    assert (kernel_after(theirs) < 1).all()
    assert (kernel_after(AdamW(0.1, weight_decay=0.5, weight_decay_exclude=["kernel$"])) == 1).all()


def test_half_precision_state_is_saved_with_the_rounding(tmp_path):
    def model():
        keras.utils.set_random_seed(0)
        net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, dtype="bfloat16")])
        net.compile(AdamW(1e-3), "mse")
        return net

    x = np.random.default_rng(0).normal(size=(16, 3))
    whole, half = model(), model()
    whole.fit(x, x, epochs=8, shuffle=False, verbose=0)
    half.fit(x, x, epochs=4, shuffle=False, verbose=0)
    half.save(tmp_path / "half.keras")
    loaded = keras.models.load_model(tmp_path / "half.keras")
    loaded.fit(x, x, epochs=4, shuffle=False, verbose=0)
    for one, other in zip(whole.variables, loaded.variables, strict=True):
        np.testing.assert_array_equal(numpy(one), numpy(other))


def test_a_residual_never_outlives_the_weights_it_belongs_to():
    """After weights are set from outside, at most half a unit in the last place is left over from before."""
    w = keras.Variable(np.full((2, 2), 100.0), dtype="bfloat16", name="kernel")
    optimizer = AdamW(0.01, weight_decay=None)
    for _ in range(10):
        optimizer.apply([ops.ones((2, 2), "bfloat16")], [w])
    w.assign(ops.ones((2, 2)))
    optimizer.apply([ops.zeros((2, 2), "bfloat16")], [w])
    assert np.abs(numpy(w) - 1).max() < 0.3  # bfloat16 steps by 0.5 at 100


def test_constraints_hold():
    layer = keras.layers.Dense(2, kernel_constraint="non_neg")
    layer.build((None, 2))
    optimizer = AdamW(0.5)
    for _ in range(5):
        optimizer.apply([ops.ones(v.shape) for v in layer.trainable_variables], layer.trainable_variables)
    assert (numpy(layer.kernel) >= 0).all()
