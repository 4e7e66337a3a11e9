"""InputNoise."""

from kerasparts.core.checks import check, check_choice, check_number
from kerasparts.core.part import part
from kerasparts.layers.augmentation import _corruptions as corruptions
from kerasparts.layers.augmentation.augmentation import Augmentation


@part
class InputNoise(Augmentation):
    """Corrupts inputs while training, in the ways of denoising autoencoders.

    Of these, Keras has Gaussian noise only. By `kind`:

        "gaussian"          x + amount * noise                     noise ~ N(0, 1)
        "masking"           0                                      with chance `amount`, cell by cell
        "salt_and_pepper"   low or high, both with chance 1/2      with chance `amount`, cell by cell
        "swap"              the cell of another row of the batch   with chance `amount`, cell by cell

    Nothing is scaled up for what was masked: the model is to find out what is missing.

    Args:
        kind: "gaussian", "masking", "salt_and_pepper" or "swap".
        amount: float >= 0. Standard deviation of Gaussian noise, else the chance of each cell, at most 1.
        value_range: pair of floats `(low, high)`. Pepper and salt.
        seed: int or None. None: other numbers each time.
        **kwargs: as in `keras.layers.Layer`.

    Shapes: `(batch, ...)` to the same shape.

    Example:
    >>> layer = kerasparts.layers.InputNoise("salt_and_pepper", amount=1.0, value_range=(0, 255), seed=0)
    >>> x = layer(np.full((8, 8), 100, "uint8"), training=True)
    >>> sorted(set(keras.ops.convert_to_numpy(x).ravel().tolist()))
    [0.0, 255.0]

    Reference: Vincent et al. 2010, https://jmlr.org/papers/v11/vincent10a.html, section 3.3; swaps as in `SwapNoise`.
    """

    def __init__(self, kind="gaussian", amount=0.1, value_range=(0.0, 1.0), seed=None, **kwargs):
        check_choice("kind", kind, ("gaussian", "masking", "salt_and_pepper", "swap"))
        check_number("amount", amount, "[0, inf)" if kind == "gaussian" else "[0, 1]")
        is_pair = isinstance(value_range, list | tuple) and len(value_range) == 2
        check(is_pair, "value_range", value_range, "a pair of numbers")
        for value in value_range:
            check_number("value_range", value)
        super().__init__(seed, **kwargs)
        self.kind = kind
        self.amount = amount
        self.value_range = tuple(value_range)

    def augment(self, x):
        if self.kind == "gaussian":
            return corruptions.gaussian(x, self.amount, self.seed_generator)
        if self.kind == "masking":
            return corruptions.masked(x, self.amount, self.seed_generator)
        if self.kind == "salt_and_pepper":
            return corruptions.salt_and_pepper(x, self.amount, *self.value_range, self.seed_generator)
        return corruptions.swapped(x, self.amount, self.seed_generator)

    def get_config(self):
        return {
            **super().get_config(),
            "kind": self.kind,
            "amount": self.amount,
            "value_range": self.value_range,
        }
