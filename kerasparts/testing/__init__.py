"""What every part here promises, for authors of layers, losses, optimizers and callbacks of their own."""

from kerasparts.testing.check_part import BrokenPromises as BrokenPromises
from kerasparts.testing.check_part import Promise as Promise
from kerasparts.testing.check_part import check_part as check_part
from kerasparts.testing.check_part import promises_of as promises_of

__all__ = ["BrokenPromises", "Promise", "check_part", "promises_of"]
