"""SparseSoftmaxHead."""

import keras
from keras import ops

from kerasparts import backend
from kerasparts.core.checks import check, check_integer
from kerasparts.core.part import part
from kerasparts.losses.product import Product


@part
class SparseSoftmaxHead(keras.layers.Layer):
    """The last layer of a classifier of very many classes, which trains without ever holding all logits of a batch.

    A `Dense` layer and a cross-entropy hold arrays of `batch * classes` numbers. This layer is

        logits = features @ kernel + bias

    too, but its logits are computed only if somebody reads them. `kerasparts.losses.SparseCategoricalCrossentropy(
    from_logits=True)` does not: in `fit` it takes some rows at a time, and their gradients at once, in `evaluate`
    only their losses. Its class weights, label smoothing, ignored labels, masks and sample weights are as ever.

    All else is an ordinary layer: `predict` gives logits, the model is saved and loaded, and any other loss, a metric
    of the predictions such as accuracy, a layer that follows, or `run_eagerly=True` on TensorFlow and JAX make all
    logits exist, with the memory that they take.

    Args:
        classes: int of at least 2.
        use_bias: bool.
        rows: int of at least 1. Samples, or places of sequences, at a time: fewer take less memory, more are faster.
        kernel_initializer, bias_initializer, kernel_regularizer: as in `keras.layers.Dense`.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, ..., inputs)` to `(batch, ..., classes)`.

    Memory: in training a few arrays of `rows * classes` numbers, and of the size of the kernel.

    Example:
    >>> model = keras.Sequential([keras.layers.Embedding(5000, 16), kerasparts.layers.SparseSoftmaxHead(5000)])
    >>> model.compile("adam", kerasparts.losses.SparseCategoricalCrossentropy(from_logits=True))
    >>> words = np.arange(6).reshape(2, 3)
    >>> history = model.fit(words, words, verbose=0)
    >>> model.predict(words, verbose=0).shape
    (2, 3, 5000)

    Reference: Hsu et al. 2024, https://arxiv.org/abs/2410.10989, section 3.2 (FusedLinearCrossEntropy).
    """

    def __init__(
        self,
        classes,
        use_bias=True,
        rows=128,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        **kwargs,
    ):
        check_integer("classes", classes, "[2, inf)")
        check(isinstance(use_bias, bool), "use_bias", use_bias, "True or False")
        check_integer("rows", rows, "[1, inf)")
        super().__init__(**kwargs)
        self.classes = classes
        self.use_bias = use_bias
        self.rows = rows
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.supports_masking = True

    def build(self, input_shape):
        check(input_shape[-1] is not None, "input_shape", tuple(input_shape), "of a known last axis")
        shape = (input_shape[-1], self.classes)
        self.kernel = self.add_weight(
            shape, self.kernel_initializer, regularizer=self.kernel_regularizer, name="kernel"
        )
        self.bias = self.add_weight(shape[1:], self.bias_initializer, name="bias") if self.use_bias else None

    def call(self, inputs, training=False):
        kernel = ops.convert_to_tensor(self.kernel)
        bias = ops.zeros((self.classes,), kernel.dtype) if self.bias is None else ops.convert_to_tensor(self.bias)
        product = Product(inputs, kernel, bias, self.rows, training)
        shape = (*ops.shape(inputs)[:-1], self.classes)
        return backend.deferred(product.logits, product, shape, kernel.dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.classes)

    def get_config(self):
        return {
            **super().get_config(),
            "classes": self.classes,
            "use_bias": self.use_bias,
            "rows": self.rows,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
