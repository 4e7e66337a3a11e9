"""A compiled model that starts anew without being compiled anew."""

from quiet import jit_compile, keras


class Anew:
    """Args: a function without arguments that makes the model, and what `compile` takes."""

    def __init__(self, build, optimizer, loss):
        self.build = build
        self.model = build()
        self.model.compile(optimizer, loss, jit_compile=jit_compile)
        self.model.optimizer.build(self.model.trainable_variables)
        self.state = [keras.ops.convert_to_numpy(variable) for variable in self.model.optimizer.variables]

    def __call__(self, seed):
        """The model, with the weights of the seed and an optimizer that has not begun."""
        keras.utils.set_random_seed(seed)
        self.model.set_weights(self.build().get_weights())
        for variable, value in zip(self.model.optimizer.variables, self.state, strict=True):
            variable.assign(value)
        return self.model
