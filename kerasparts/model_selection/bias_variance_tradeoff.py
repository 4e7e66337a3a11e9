"""bias_variance_tradeoff."""

from collections.abc import Callable
from typing import Unpack

from kerasparts.core.checks import check
from kerasparts.diagnostics import BiasVarianceTradeoff
from kerasparts.model_selection.bias_variance_decomposition import decompositions
from kerasparts.model_selection.experiment import FitSettings


def bias_variance_tradeoff(
    build_model,
    capacities,
    x,
    y,
    x_test,
    y_test,
    replicas: int = 50,
    loss: str = "squared",
    resample: str | Callable = "bootstrap",
    noise=None,
    confidence: float = 0.95,
    **settings: Unpack[FitSettings],
) -> BiasVarianceTradeoff:
    """Bias and variance by the capacity of a model: where one falls and the other rises, the error has its least.

    Every capacity is fitted to the same resamples from the same seeds, so that capacities differ by nothing but
    themselves; all fits are one list for the engine.

    Args:
        build_model: function of a capacity that returns a new, compiled `keras.Model` each time.
        capacities: list of numbers in rising order, or of values of any kind: widths, depths, degrees, lambdas.
        x, y, x_test, y_test, replicas, loss, resample, noise, confidence: as in `bias_variance_decomposition`.
        **settings: `FitSettings`: `epochs`, `batch_size`, `callbacks`, `seed`, `engine`, `directory` ...

    Returns:
        `BiasVarianceTradeoff`.

    Raises:
        ValueError: as `bias_variance_decomposition`; no capacity.

    Example:
    >>> def build_model(units):
    ...     model = keras.Sequential([keras.layers.Dense(units, "tanh"), keras.layers.Dense(1)])
    ...     model.compile("adam", "mse")
    ...     return model
    >>> # print(bias_variance_tradeoff(build_model, [1, 4, 16, 64], x, y, x_test, y_test, epochs=20))

    Reference: Geman, Bienenstock and Doursat 1992, https://doi.org/10.1162/neco.1992.4.1.1, section 3. That the error
    may fall again beyond: Belkin et al. 2019, https://arxiv.org/abs/1812.11118.
    """
    check(hasattr(capacities, "__iter__") and not isinstance(capacities, str), "capacities", capacities, "a list")
    capacities = tuple(capacities)
    check(capacities, "capacities", capacities, "of at least one value")
    found = decompositions(
        build_model,
        {f"capacity-{place}-replica": (capacity,) for place, capacity in enumerate(capacities, 1)},
        (x, y, x_test, y_test),
        replicas,
        resample,
        {"loss": loss, "noise": noise, "confidence": confidence},
        settings,
        "bias-variance tradeoff",
    )
    return BiasVarianceTradeoff(capacities, tuple(found))
