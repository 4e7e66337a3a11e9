"""Parts that keep what is promised, and parts that break one promise each."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasparts as kp
from kerasparts.testing import BrokenPromises, check_part, promises_of


@pytest.mark.parametrize(
    ("part", "arguments"),
    [
        (kp.activations.Swish, {"beta": 1.5}),
        (kp.layers.Dropout, {"rate": 0.3}),
        (kp.losses.Focal, {"gamma": 1.0}),
        (kp.optimizers.AdamW, {"learning_rate": 0.01}),
        (kp.initializers.VarianceMatched, {"activation": "tanh"}),
        (kp.regularizers.L1L2, {"l1": 1e-3, "l2": 1e-3}),
        (kp.optimizers.schedules.StepDecay, {"learning_rate": 0.1, "every": 3}),
        (kp.callbacks.EarlyStopping, {"patience": 2}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_parts_of_the_library_keep_all(part, arguments):
    check_part(part, **arguments)


@pytest.mark.parametrize(
    ("part", "arguments", "promise"),
    [
        (keras.layers.Dropout, {"rate": 0.3}, "trains on from a file as if never stopped"),
        (keras.optimizers.AdamW, {"learning_rate": 0.01}, "moves weights in half precision"),
        (keras.initializers.HeNormal, {}, "draws anew for every layer that shares it"),
        (keras.regularizers.L1, {"l1": 0.1}, "is finite for large kernels in half precision"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_known_of_parts_of_keras_is_found(part, arguments, promise):
    with pytest.raises(BrokenPromises) as caught:
        check_part(part, **arguments)
    assert set(caught.value.broken) == {promise}


class Bent(keras.layers.Layer):
    """A good layer, but for one fault."""

    fault = ""

    def __init__(self, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def build(self, shape):
        dtype = "float16" if self.fault == "weight" and "16" in self.compute_dtype else None
        self.slope = self.add_weight(shape=(shape[-1],), initializer="ones", name="slope", dtype=dtype)
        self.calls = self.add_weight(initializer="zeros", trainable=False, name="calls")

    def call(self, x, training=False):
        if self.fault == "rows":
            x = x - ops.mean(x, axis=0)
        if self.fault == "again":
            x = x + np.random.default_rng().normal()
        if self.fault == "precision":
            x = ops.cast(x, "float32")
        if self.fault == "gradient":
            return self.scale * x * ops.stop_gradient(ops.cast(self.slope, x.dtype))
        return self.scale * x * ops.cast(self.slope, x.dtype)

    def compute_output_shape(self, shape):
        return (*shape[:-1], 2 * shape[-1]) if self.fault == "shape" else shape

    def get_config(self):
        scale = {} if self.fault == "config" else {"scale": 1.0 if self.fault == "value" else self.scale}
        return {**super().get_config(), **scale}


@pytest.mark.parametrize(
    ("fault", "promise"),
    [
        ("", None),
        ("rows", "treats each row by itself at inference"),
        ("again", "gives the same again at inference"),
        ("precision", "follows the precision it is given"),
        ("weight", "follows the precision it is given"),
        ("shape", "gives the shapes it says"),
        ("gradient", "trains in a compiled fit"),
        ("config", "its config holds every argument"),
        ("value", "its config holds every argument"),
    ],
)
def test_each_fault_of_a_layer_is_named(fault, promise):
    part = type("Bent", (Bent,), {"fault": fault, "__module__": __name__})
    with keras.saving.custom_object_scope({"Bent": part}):
        part = keras.saving.register_keras_serializable(package=f"bent_{fault}")(part)
        if promise is None:
            check_part(part, scale=2.0)
            return
        (found,) = [one for one in promises_of(part, scale=2.0) if one.name == promise]
        with pytest.raises(AssertionError):
            found()


def test_a_callback_whose_second_fit_is_not_its_first_is_found():
    class Tired(keras.callbacks.Callback):
        epochs = 0

        def on_epoch_end(self, epoch, logs=None):
            self.epochs += 1
            self.model.stop_training = self.epochs > 3

    with pytest.raises(BrokenPromises, match="serves one fit after another: the first fit takes 4 epochs"):
        check_part(Tired)

    class Counting(keras.callbacks.Callback):
        epochs = 0

        def on_epoch_end(self, epoch, logs=None):
            self.epochs += 1
            logs["count"] = self.epochs

    (promise,) = [one for one in promises_of(Counting) if one.name == "serves one fit after another"]
    with pytest.raises(AssertionError, match="has other values of count than the first"):
        promise()


def test_a_part_that_does_not_take_its_arguments_says_so_itself():
    with pytest.raises(ValueError, match="`beta`"):
        check_part(kp.activations.Swish, beta=-1.0)


def test_promises_can_be_left_out_by_their_names_alone():
    promise = "draws anew for every layer that shares it"
    check_part(keras.initializers.HeNormal, without=(promise,))
    with pytest.raises(ValueError, match=r"`without` must be promises of this kind: .*Received: without='draws'"):
        check_part(keras.initializers.HeNormal, without=("draws",))


def test_settings_and_random_numbers_are_left_as_they_were():
    keras.utils.set_random_seed(5)
    expected = np.random.random(), keras.random.normal(())  # noqa: NPY002
    keras.utils.set_random_seed(5)
    keras.config.set_dtype_policy("mixed_float16")
    check_part(kp.activations.Swish, beta=1.5)
    assert keras.config.dtype_policy().name == "mixed_float16"
    assert (np.random.random(), keras.random.normal(())) == expected  # noqa: NPY002


def test_the_plugin_makes_a_test_of_each_promise(pytester):
    pytester.makeconftest('pytest_plugins = ["kerasparts.testing.plugin"]')
    pytester.makepyfile(
        """
        import pytest, keras

        @pytest.mark.promises(part=keras.initializers.HeNormal)
        def test_initializer(promise):
            promise()
        """
    )
    result = pytester.runpytest_inprocess("--strict-markers")
    result.assert_outcomes(passed=6, failed=1)
    result.stdout.fnmatch_lines(["*test_initializer?draws anew for every layer*"])
