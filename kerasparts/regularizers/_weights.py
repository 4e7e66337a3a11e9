"""Where the weights of a model live."""

from kerasparts.regularizers.regularizer import StatefulRegularizer


def own_weights(model):
    """Yields every weight of a model once, with the layers it is in, from the model to the one that owns it.

    What regularizers remember is left out.
    """
    seen = set()

    def visit(layer, outer):
        if id(layer) in seen or isinstance(layer, StatefulRegularizer):
            return
        seen.add(id(layer))
        layers = [*outer, layer]
        deeper = {id(variable) for inner in layer._layers for variable in inner.weights}
        for variable in layer.weights:
            if id(variable) not in seen | deeper:
                seen.add(id(variable))
                yield variable, layers
        for inner in layer._layers:
            yield from visit(inner, layers)

    yield from visit(model, [])
