"""What all gradient transforms share."""


class GradientTransform:
    """Base class of what changes the gradients of a step, all at once, before the optimizer sees them.

    A subclass writes `transform(gradients, variables, indices, optimizer)`, lists in and a list out, in float32 at
    least; `indices` are the places of the variables in the optimizer. State is made in `build` by
    `optimizer.add_variable`, and is saved with the optimizer.
    """

    def build(self, optimizer, variables):
        """Makes the state for an optimizer of these variables."""

    def __call__(self, gradients, variables, indices, optimizer):
        return self.transform(gradients, variables, indices, optimizer)

    def transform(self, gradients, variables, indices, optimizer):
        raise NotImplementedError(f"{type(self).__name__} must implement transform.")

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def unit_axes(x):
    """The axes of a kernel that lead into one unit: all but the last. Of a vector: none, each number is its own."""
    return tuple(range(len(x.shape) - 1))
