"""Pictures for the pages of the parts, drawn from the parts themselves: one function for each kind.

A function takes the name of a part, and returns its figure, or None where a picture would tell nothing.
"""

import io

import matplotlib.pyplot as plt

from pictures import functions, layers, optimizers, trainings

KINDS = {
    "activation": functions.activation,
    "initializer": functions.initializer,
    "regularizer": functions.regularizer,
    "loss": functions.loss,
    "optimizer": optimizers.optimizer,
    "gradient transform": optimizers.transform,
    "schedule": optimizers.schedule,
    "layer": layers.layer,
    "callback": trainings.callback,
    "function": trainings.experiment,
    "figure": trainings.figure,
}


def picture(entry):
    """SVG of what a part of the catalog does, or None."""
    draw = KINDS.get(entry.kind)
    figure = draw and draw(entry.name.rpartition(".")[2])
    if figure is None:
        return None
    output = io.BytesIO()
    figure.savefig(output, format="svg", bbox_inches="tight")
    plt.close(figure)
    return output.getvalue()
