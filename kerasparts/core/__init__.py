"""What every part stands on: registration, one wording of errors, optional extras, precision."""

from kerasparts.core.checks import check as check
from kerasparts.core.checks import check_choice as check_choice
from kerasparts.core.checks import check_integer as check_integer
from kerasparts.core.checks import check_number as check_number
from kerasparts.core.optional import require as require
from kerasparts.core.part import part as part
from kerasparts.core.precision import float32_at_least as float32_at_least

__all__ = ["check", "check_choice", "check_integer", "check_number", "require", "part", "float32_at_least"]
