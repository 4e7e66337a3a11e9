"""What `keras.ops` cannot say: the same answers from all three frameworks."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasparts import backend

BACKEND = keras.backend.backend()
retraces = pytest.mark.skipif(BACKEND == "torch", reason="Torch runs eagerly, there is no program to trace")


def variable(value, dtype="float32"):
    return keras.Variable(np.asarray(value, dtype), dtype=dtype)


def numpy(tensors):
    return [ops.convert_to_numpy(tensor) for tensor in tensors]


def batch(rows=8, seed=0, outputs=2):
    random = np.random.default_rng(seed)
    return random.normal(size=(rows, 3)).astype("float32"), random.normal(size=(rows, outputs)).astype("float32")


def network():
    """One of everything that keeps state: dropout, moving statistics, a frozen layer, penalties of both kinds."""
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, "tanh", kernel_regularizer=keras.regularizers.L2(0.1)),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5, seed=1),
            keras.layers.Dense(4, trainable=False),
            keras.layers.Dense(2, activity_regularizer=keras.regularizers.L2(0.5)),
        ]
    )
    model.compile(keras.optimizers.SGD(1.0), "mse", metrics=["mae"])
    return model


def state(model):
    return [np.array(v.numpy()) for v in [*model.variables, *model.metrics_variables]]


def assert_same(before, after):
    assert len(before) == len(after)
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


# value_and_gradients


def test_gradients_follow_the_closed_form():
    a, b = variable([1.0, 2.0]), variable(3.0)
    value, gradients = backend.value_and_gradients(lambda x: ops.sum(a * a * x) + ops.exp(b), [a, b])(
        np.array([4.0, 5.0], "float32")
    )
    np.testing.assert_allclose(float(value), 24.0 + np.exp(3.0), rtol=1e-6)
    np.testing.assert_allclose(numpy(gradients)[0], [8.0, 20.0], rtol=1e-6)
    np.testing.assert_allclose(numpy(gradients)[1], np.exp(3.0), rtol=1e-6)


def test_gradients_follow_finite_differences():
    """In float32 a central difference is good to about `cbrt(eps) = 5e-3` of the scale of the loss."""
    random = np.random.default_rng(0)
    w = variable(random.normal(size=(3, 2)))
    x = random.normal(size=(5, 3)).astype("float32")

    def loss(x):
        return ops.mean(ops.logsumexp(ops.tanh(ops.matmul(x, w)), axis=-1))

    run = backend.value_and_gradients(loss, [w])
    gradient = numpy(run(x)[1])[0]
    start, step = w.numpy().copy(), 1e-2
    for index in np.ndindex(start.shape):
        ends = []
        for sign in (1, -1):
            moved = start.copy()
            moved[index] += sign * step
            w.assign(moved)
            ends.append(float(run(x)[0]))
        np.testing.assert_allclose(gradient[index], (ends[0] - ends[1]) / (2 * step), atol=5e-3)


def test_a_variable_that_the_loss_does_not_read_has_gradient_zero():
    a, b = variable([1.0, 2.0]), variable([[3.0]])
    _, gradients = backend.value_and_gradients(lambda: ops.sum(a), [a, b])()
    np.testing.assert_array_equal(numpy(gradients)[1], [[0.0]])


def test_a_loss_that_reads_no_variable_has_gradients_zero():
    a = variable([1.0, 2.0])
    value, gradients = backend.value_and_gradients(lambda x: ops.sum(x), [a])(np.ones(3, "float32"))
    assert float(value) == 3.0
    np.testing.assert_array_equal(numpy(gradients)[0], [0.0, 0.0])


def test_no_variables_have_no_gradients():
    a = variable(2.0)
    value, gradients = backend.value_and_gradients(lambda: a * a, [], [a])()
    assert float(value) == 4.0
    assert gradients == []


def test_a_variable_that_is_not_trainable_can_be_differentiated_by():
    a = keras.Variable(3.0, trainable=False)
    _, gradients = backend.value_and_gradients(lambda: a * a, [a])()
    assert float(gradients[0]) == 6.0


def test_gradients_of_an_embedding_are_dense():
    table = variable(np.ones((5, 2)))
    _, [gradient] = backend.value_and_gradients(lambda i: ops.sum(ops.take(table, i, axis=0)), [table])(
        np.array([1, 3, 3])
    )
    np.testing.assert_array_equal(ops.convert_to_numpy(gradient), [[0, 0], [1, 1], [0, 0], [2, 2], [0, 0]])


def test_gradients_leave_no_trace_on_what_was_differentiated():
    a = variable([1.0, 2.0])
    backend.value_and_gradients(lambda: ops.sum(a * a), [a])()
    assert getattr(a.value, "grad", None) is None
    np.testing.assert_array_equal(a.numpy(), [1.0, 2.0])


@pytest.mark.skipif(BACKEND != "torch", reason="only there can a model hold a torch.nn.Module")
def test_a_wrapped_torch_module_is_differentiated():
    import torch

    model = keras.Sequential([keras.Input((3,)), keras.layers.TorchModuleWrapper(torch.nn.Linear(3, 2))])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    x, y = batch()
    _, gradients = backend.model_value_and_gradients(model)(x, y)
    before = state(model)
    model.train_on_batch(x, y)
    for gradient, old, v in zip(numpy(gradients), before, model.trainable_variables, strict=False):
        assert np.abs(gradient).min() > 0
        np.testing.assert_allclose(gradient, old - v.numpy(), rtol=1e-5, atol=1e-6)  # float32, other order of sums


# compiled


def test_assignments_inside_a_program_are_thrown_away():
    a = variable(1.0)

    def function(x):
        a.assign(a + x)
        return a * 1.0

    run = backend.compiled(function, [a])
    assert float(run(np.float32(2.0))) == 3.0
    assert float(run(np.float32(2.0))) == 3.0
    assert float(a.numpy()) == 1.0


def test_a_program_sees_the_present_value_of_its_state():
    a = variable(1.0)
    run = backend.compiled(lambda x: a * x, [a])
    assert float(run(np.float32(2.0))) == 2.0
    a.assign(5.0)
    assert float(run(np.float32(2.0))) == 10.0


def test_nests_and_none_go_in_and_nests_come_out():
    run = backend.compiled(lambda x, none: {"sum": x["a"] + x["b"][0], "none": none is None}, [])
    answer = run({"a": np.float32(1.0), "b": [np.float32(2.0)]}, None)
    assert float(answer["sum"]) == 3.0
    assert bool(answer["none"])


@retraces
def test_a_program_is_traced_once_for_each_form_of_its_arguments():
    a, traces = variable(2.0), []

    def loss(x):
        traces.append(x.shape)
        return ops.sum(a * x)

    run = backend.value_and_gradients(loss, [a])
    for value in range(5):
        run(np.full(3, value, "float32"))
    assert len(traces) == 1
    run(np.ones(4, "float32"))
    run(np.ones(3, "float32"))
    assert len(traces) == 2


def test_many_programs_that_run_once_are_nothing_to_warn_of(capfd, caplog):
    for number in range(8):
        backend.compiled(lambda x, n=number: x + n, [])(np.float32(1.0))
    assert "retracing" not in caplog.text + capfd.readouterr().err


# readable


def test_a_variable_is_readable_outside_of_programs():
    a = variable([1.0, 2.0])
    np.testing.assert_array_equal(backend.readable(a), [1.0, 2.0])
    a.assign([3.0, 4.0])
    np.testing.assert_array_equal(backend.readable(a), [3.0, 4.0])


def test_inside_a_program_a_variable_is_readable_or_none():
    """Never a symbol, and never an error: a layer may ask anywhere."""
    state, other = variable([1.0]), variable([2.0])
    seen = []

    def loss():
        seen.extend(backend.readable(v) for v in (state, other))
        return ops.sum(state * other)

    backend.compiled(loss, [state])()
    backend.value_and_gradients(loss, [state])()
    for value, expected in zip(seen, [1.0, 2.0, 1.0, 2.0], strict=True):
        assert value is None or value == [expected]
    np.testing.assert_array_equal(seen[1], [2.0])


def test_a_layer_can_ask_while_its_model_is_put_together_and_while_it_runs():
    seen = []

    class Asking(keras.layers.Layer):
        def build(self, shape):
            self.offset = self.add_weight(shape=(1,), initializer="ones", trainable=False)

        def call(self, x):
            seen.append(backend.readable(self.offset))
            return x + self.offset

    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(2)(Asking()(inputs)))
    model.compile("sgd", "mse")
    model.predict(batch()[0], verbose=0)
    model.fit(*batch(), verbose=0)
    backend.model_data_loss(model)(*batch())
    assert len(seen) >= 4
    assert all(value is None or value == [1.0] for value in seen)


# model_value_and_gradients


def test_the_loss_and_the_step_are_those_of_fit():
    """With SGD(1.0) and one batch, old weights minus new ones are the gradients; float32 sums in another order."""
    model = network()
    x, y = batch()
    model.layers[2].seed_generator.state.assign([7, 7])
    value, gradients = backend.model_value_and_gradients(model, training=True)(x, y)
    before = [v.numpy().copy() for v in model.trainable_variables]
    loss = model.train_on_batch(x, y)[0]
    np.testing.assert_allclose(float(value), loss, rtol=1e-5)
    for old, variable, gradient in zip(before, model.trainable_variables, numpy(gradients), strict=True):
        np.testing.assert_allclose(gradient, old - variable.numpy(), rtol=1e-4, atol=1e-5)


def test_sample_weights_count_as_in_fit():
    model = network()
    x, y = batch()
    weight = np.arange(8, dtype="float32")
    value, gradients = backend.model_value_and_gradients(model)(x, y, weight)
    assert len(gradients) == len(model.trainable_variables)
    np.testing.assert_allclose(float(value), model.test_on_batch(x, y, weight)[0], rtol=1e-5)


def test_training_leaves_the_state_bit_for_bit():
    model = network()
    model.fit(*batch(), verbose=0)  # metrics and optimizer have something to lose
    before = state(model)
    run = backend.model_value_and_gradients(model, training=True)
    first = float(run(*batch())[0])
    assert_same(before, state(model))
    assert float(run(*batch())[0]) == first  # the seeds have not moved either


def test_training_is_not_inference():
    model = network()
    x, y = batch()
    outcomes = [float(backend.model_value_and_gradients(model, training=t)(x, y)[0]) for t in (False, True)]
    assert abs(outcomes[0] - outcomes[1]) > 1e-3


def test_a_second_call_may_have_another_batch_size_and_other_weights():
    model = network()
    run = backend.model_value_and_gradients(model)
    run(*batch(8))
    model.set_weights([w + 0.1 for w in model.get_weights()])
    for rows in (8, 3):
        value, _ = run(*batch(rows))
        np.testing.assert_allclose(float(value), model.test_on_batch(*batch(rows))[0], rtol=1e-5)


def test_float64_arrays_are_taken_as_fit_takes_them():
    class Strict(keras.Model):
        """On TensorFlow, float32 minus float64 is an error."""

        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def call(self, x):
            return self.dense(x)

        def compute_loss(self, x, y, y_pred, sample_weight):  # without `training`, as before Keras 3.3
            return ops.mean(ops.square(y_pred - y))

    model = Strict()
    model.compile("sgd")
    x, y = (a.astype("float64") for a in batch())
    model.fit(x, y, verbose=0)
    expected = np.mean((model.predict(x, verbose=0) - y) ** 2)
    np.testing.assert_allclose(float(backend.model_value_and_gradients(model)(x, y)[0]), expected, rtol=1e-5)
    np.testing.assert_allclose(float(backend.model_data_loss(model)(x, y)[0]), expected, rtol=1e-5)


def test_between_two_batches_of_fit_the_weights_are_those_of_the_moment():
    """JAX empties the variables of a model while `fit` runs."""
    model = network()
    run = backend.model_value_and_gradients(model)
    seen = []

    class Ask(keras.callbacks.Callback):
        def on_train_batch_end(self, batch_number, logs=None):
            seen.append(float(run(*batch())[0]))

    model.fit(*batch(8), batch_size=4, epochs=2, shuffle=False, callbacks=[Ask()], verbose=0)
    assert len(seen) == 4
    assert len(set(seen)) == 4
    np.testing.assert_allclose(seen[-1], model.test_on_batch(*batch())[0], rtol=1e-5)


def test_a_model_that_is_not_ready_is_refused():
    compiled_only = keras.Sequential([keras.layers.Dense(1)])
    compiled_only.compile("sgd", "mse")
    built_only = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    for model in (compiled_only, built_only, "model"):
        for function in (backend.model_value_and_gradients, backend.model_data_loss):
            with pytest.raises(
                ValueError, match=r"`model` must be a built and compiled keras\.Model\. Received: model="
            ):
                function(model)


def test_several_outputs_before_any_fit():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, [keras.layers.Dense(1)(inputs), keras.layers.Dense(2)(inputs)])
    model.compile("sgd", ["mse", "mae"], loss_weights=[2.0, 1.0])
    x, y = batch()
    targets = [y[:, :1], y]
    one, two = model.predict(x, verbose=0)
    expected = 2 * np.mean((one - targets[0]) ** 2) + np.mean(np.abs(two - y))
    np.testing.assert_allclose(float(backend.model_value_and_gradients(model)(x, targets)[0]), expected, rtol=1e-5)
    np.testing.assert_allclose(model.evaluate(x, targets, verbose=0)[0], expected, rtol=1e-5)


# model_data_loss


def test_the_data_loss_has_neither_penalty_nor_dropout():
    model = network()
    x, y = batch()
    value, y_pred = backend.model_data_loss(model)(x, y)
    expected = np.mean((model.predict(x, verbose=0) - y) ** 2)
    np.testing.assert_allclose(float(value), expected, rtol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(y_pred), model.predict(x, verbose=0), rtol=1e-5, atol=1e-6)
    assert model.test_on_batch(x, y)[0] > expected + 0.01


def test_a_penalty_of_any_size_leaves_no_rounding_in_the_data_loss():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, kernel_regularizer=keras.regularizers.L2(1e12))])
    model.compile("sgd", "mse")
    x, y = batch()
    value, _ = backend.model_data_loss(model)(x, y)
    np.testing.assert_allclose(float(value), np.mean((model.predict(x, verbose=0) - y) ** 2), rtol=1e-5)


def test_the_data_loss_of_given_predictions_does_not_ask_the_model():
    model = network()
    x, y = batch()
    value, y_pred = backend.model_data_loss(model)(x, y, None, np.zeros_like(y))
    np.testing.assert_allclose(float(value), np.mean(y**2), rtol=1e-6)
    np.testing.assert_array_equal(ops.convert_to_numpy(y_pred), 0.0)


def test_the_data_loss_leaves_the_state_bit_for_bit():
    model = network()
    model.fit(*batch(), verbose=0)
    before = state(model)
    backend.model_data_loss(model)(*batch())
    assert_same(before, state(model))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "bfloat16"])
def test_half_precision_gives_the_loss_of_evaluate(policy):
    """`evaluate` runs the same half-precision model; XLA fuses its roundings (eps 8e-3 in bfloat16) differently."""
    keras.config.set_dtype_policy(policy)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "relu"), keras.layers.Dense(2)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    x, y = batch()
    expected = model.evaluate(x, y, verbose=0)
    np.testing.assert_allclose(float(backend.model_data_loss(model)(x, y)[0]), expected, rtol=2e-2)
    value, gradients = backend.model_value_and_gradients(model)(x, y)
    np.testing.assert_allclose(float(value), expected, rtol=2e-2)
    for gradient, v in zip(gradients, model.trainable_variables, strict=True):
        assert keras.backend.standardize_dtype(gradient.dtype) == v.dtype
        assert np.isfinite(ops.convert_to_numpy(ops.cast(gradient, "float32"))).all()
