"""Packages that only some users need."""

import importlib
from types import ModuleType


def require(module: str, extra: str) -> ModuleType:
    """Imports `module`, or says which line installs it.

    Args:
        module: name of the module, such as `"matplotlib.pyplot"`.
        extra: the extra of kerasparts that brings it.

    Raises:
        ImportError: the package is not installed; the message is the line to type.

    Example:
    >>> require("no_such_module", "plots")
    Traceback (most recent call last):
    ImportError: This needs no_such_module. Install it with: pip install "kerasparts[plots]"
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise ImportError(f'This needs {package}. Install it with: pip install "kerasparts[{extra}]"') from None
