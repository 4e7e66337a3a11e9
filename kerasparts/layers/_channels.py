"""The axis of an array whose indices name the channels."""

from keras import ops

from kerasparts.core.checks import check, check_integer


def check_channel_axis(axis):
    """Raises unless `axis` is an integer other than that of the batch."""
    check_integer("axis", axis)
    check(axis != 0, "axis", axis, "another than that of the batch")


def channels(input_shape, axis):
    """How many channels there are.

    Raises:
        ValueError: there is no such axis, or its size is not known.
    """
    rank = len(input_shape)
    is_known = -rank < axis < rank and input_shape[axis] is not None
    check(is_known, "axis", axis, f"an axis of known size of the input shape {tuple(input_shape)}, but for the batch")
    return input_shape[axis]


def along_channels(values, axis, rank):
    """Values `(channels,)` or `(batch, channels)` in a shape that spreads over an array of that rank."""
    places = [a for a in range(1, rank) if a != axis % rank]
    if len(values.shape) == 1:
        places = [0, *places]
    return ops.expand_dims(values, places)


def counted(mask, inputs):
    """A mask `(batch, all axes but the last)`, as Keras has it, in the shape of the inputs.

    Raises:
        ValueError: it does not have one axis less than the inputs.
    """
    rule = f"of one axis less than the inputs, which have the shape {tuple(inputs.shape)}"
    check(len(mask.shape) == len(inputs.shape) - 1, "mask", tuple(mask.shape), rule)
    return ops.broadcast_to(ops.cast(mask, "bool")[..., None], ops.shape(inputs))
