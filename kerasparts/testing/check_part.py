"""Is a layer, a loss, an optimizer, ... of your own as good as one of the library?"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras

from kerasparts.backend import kept_random_numbers
from kerasparts.core.checks import check
from kerasparts.testing.subject import Subject


class BrokenPromises(AssertionError):
    """What a part does not do, each with what happened.

    Attributes:
        broken: dict from the promise to what happened.
    """

    def __init__(self, part: type, broken: dict[str, str]):
        self.broken = broken
        lines = [f"- {promise}: {what}" for promise, what in broken.items()]
        super().__init__("\n".join([f"{part.__name__} breaks {len(broken)} of its promises:", *lines]))


@dataclass(frozen=True)
class Promise:
    """Something that a part of a kind should do; called, it is tried.

    Attributes:
        name: a sentence about the part.
        subject: the part with its arguments.
        test: takes the subject.
    """

    name: str
    subject: Subject = field(repr=False)
    test: Callable[[Subject], None] = field(repr=False)

    def __str__(self) -> str:
        return self.name

    def __call__(self) -> None:
        """Tries it, from one seed and in float32, and leaves Keras' settings and random numbers as they were.

        Raises:
            AssertionError: the promise is broken; the message says how.
        """
        policy = keras.config.dtype_policy()
        with kept_random_numbers():
            keras.utils.set_random_seed(0)
            keras.config.set_dtype_policy("float32")
            try:
                self.test(self.subject)
            except AssertionError:
                raise
            except Exception as error:
                raise AssertionError(_short(error)) from error
            finally:
                keras.config.set_dtype_policy(policy)


def _short(error):
    """What went wrong on one line, without the configurations and arguments that Keras adds."""
    text = str(error).rpartition("Exception encountered: ")[2] or str(error)
    text = text.partition("Full object config")[0].partition("Arguments received by")[0]
    text = text.rpartition(".call().")[2]
    return f"{type(error).__name__}: {' '.join(text.split())[:200]}"


def promises_of(part: type, inputs: Any = None, without: tuple[str, ...] = (), **kwargs: Any) -> list[Promise]:
    """What a part should do, to be tried one by one; see `check_part`, whose arguments it takes.

    Example:
    >>> str(promises_of(kerasparts.optimizers.schedules.StepDecay, learning_rate=0.1, every=2)[-1])
    'trains on from a file as if never stopped'
    """
    from kerasparts.testing.kinds import promises_of_kind  # many modules, which only authors of parts need

    check(inspect.isclass(part), "part", part, "a class")
    tests, kind = promises_of_kind(part)
    subject = Subject(part, kwargs, kind.INPUTS if inputs is None else inputs)
    names = [test.__name__.replace("_", " ") for test in tests]
    for name in without:
        check(name in names, "without", name, f"promises of this kind: {'; '.join(names)}")
    return [Promise(name, subject, test) for name, test in zip(names, tests, strict=True) if name not in without]


def check_part(part: type, inputs: Any = None, without: tuple[str, ...] = (), **kwargs: Any) -> None:
    """Tries what every part of the library promises on a part of your own; Keras has no such check.

    A layer, for one, comes back from a file with its answers and trains on as if never stopped, takes a batch of no
    rows, keeps a NaN in its row, follows mixed precision, and lets gradients reach all of its weights. With pytest and
    `pytest_plugins = ["kerasparts.testing.plugin"]` in `conftest.py`, each promise becomes a test of its own:

        @pytest.mark.promises(part=MyLayer, units=3)
        def test_my_layer_is_a_good_part(promise):
            promise()

    Args:
        part: class of a layer, loss, optimizer, schedule, initializer, regularizer, callback, or of an activation,
            which is any other callable object.
        inputs: what to try it on. Layers: array of some rows; losses: pair of targets and predictions; regularizers,
            activations: array; initializers: shape. None for 8 rows of 6 numbers; for losses, 8 rows of 3 classes.
        without: tuple of promises that do not hold for such a part, such as those of single rows for a loss of pairs.
        **kwargs: arguments of the part. Give each a value that is not its default, or a config that forgets it is
            not seen.

    Raises:
        BrokenPromises: an AssertionError that lists all that are broken, and how.
        ValueError: `part` is no class; `without` names no promise. What the part itself raises for its arguments.

    Example:
    >>> kerasparts.testing.check_part(kerasparts.optimizers.schedules.StepDecay, learning_rate=0.1, every=2, factor=0.5)
    """
    promises = promises_of(part, inputs, without, **kwargs)
    promises[0].subject.build()
    broken = {}
    for promise in promises:
        try:
            promise()
        except AssertionError as error:
            broken[promise.name] = str(error)
    if broken:
        raise BrokenPromises(part, broken)
