"""What the examples are built on; that each runs is tested in `test_docs.py`."""

from pathlib import Path

import keras
import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(autouse=True)
def _examples(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))


def test_backpropagation_by_hand_gives_the_weights_of_keras():
    import backpropagation_by_hand as example

    by_hand, by_keras = example.linear_unit(steps=20)
    np.testing.assert_allclose(by_hand, by_keras, atol=1e-6)
    (first, last, losses, _), (weights, keras_losses) = example.two_layers(steps=100)
    assert example.apart(first, weights[1]) < 1e-6
    assert example.apart(last, weights[-1]) < 1e-5
    np.testing.assert_allclose(losses, keras_losses, atol=1e-5)


def test_only_a_net_with_a_hidden_layer_learns_exclusive_or():
    import backpropagation_by_hand as example

    right = {hidden: example.exclusive_or(hidden, starts=3, steps=300)[1] for hidden in (0, 8)}
    assert (right[0] < 4).all()
    assert (right[8] == 4).all()


def test_networks_side_by_side_learn_as_each_would_alone():
    import side_by_side

    optimizer = keras.optimizers.Adam

    random, rates = np.random.default_rng(0), [0.1, 0.01]
    x, labels = random.normal(size=(20, 2, 3)).astype("float32"), random.integers(0, 4, (20, 2))
    settings = dict(batch_size=5, epochs=2, shuffle=False, verbose=0)
    together = keras.Sequential([keras.Input((2, 3)), side_by_side.dense(2, 4, "tanh"), side_by_side.dense(2, 4)])
    start = together.get_weights()
    together.compile(side_by_side.with_rates(optimizer, rates), side_by_side.crossentropy, jit_compile=False)
    together.fit(x, labels, **settings)
    losses = side_by_side.losses(side_by_side.answers(together, x), labels)
    for network, rate in enumerate(rates):
        alone = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(4)])
        alone.set_weights([weight[network] for weight in start])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        alone.compile(optimizer(rate), loss, jit_compile=False)
        alone.fit(x[:, network], labels[:, network], **settings)
        for ours, expected in zip(together.get_weights(), alone.get_weights(), strict=True):
            np.testing.assert_allclose(ours[network], expected, atol=1e-5)
        expected = alone.evaluate(x[:, network], labels[:, network], verbose=0)
        assert losses[network] == pytest.approx(expected, abs=1e-5)


def test_cross_entropy_by_hand_is_that_of_the_framework():
    import cross_entropy_by_hand as example

    for what, (of_losses, of_gradients) in example.compare(rows=50, classes=4).items():
        assert of_losses < 1e-5, what
        assert of_gradients < 1e-5, what
    assert example.step_of_a_layer() < 1e-5
    table = example.extremes(np.array([-100.0, 0.0, 100.0]))
    for found, expected in zip(table["kerasparts, logits"], table["by hand"], strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_the_noise_of_a_gradient_falls_as_the_root_of_the_rows():
    import batch_size as example
    from notes import nets

    found = example.noise(nets.digits(2, training=512), batches=(4, 64, 512))
    assert (found[512] < 1e-6).all()
    # without replacement: sqrt((512 - 4) / 4) over sqrt((512 - 64) / 64)
    np.testing.assert_allclose(found[4] / found[64], 4.26, rtol=0.15)
