"""Rules for single variables, told by regular expressions that are searched for in their paths."""

import re

from kerasparts.core.checks import check, check_number

BIASES_AND_SCALES = re.compile(r"(^|/)(bias|beta|gamma|scale)$")


def check_patterns(name, patterns, rule="a list of regular expressions"):
    """Checks a list of regular expressions."""
    check(isinstance(patterns, list | tuple), name, patterns, rule)
    for pattern in patterns:
        check(_is_pattern(pattern), name, pattern, rule)


def check_exclusion(rule, name="weight_decay_exclude"):
    """Checks a rule for what is left alone."""
    if rule is not None and rule != "biases_and_scales":
        wording = "'biases_and_scales', None or a list of regular expressions"
        check_patterns(name, rule, wording)


def check_multipliers(rules):
    """Checks the factors of the learning rate by pattern."""
    if rules is None:
        return
    wording = "None or a dict from regular expressions to factors"
    check(isinstance(rules, dict), "learning_rate_multipliers", rules, wording)
    check_patterns("learning_rate_multipliers", list(rules), wording)
    for factor in rules.values():
        check_number("learning_rate_multipliers", factor, "[0, inf)")


def is_excluded(rule, variable):
    """Whether a rule for what is left alone holds of a variable."""
    if rule is None:
        return False
    if rule == "biases_and_scales":
        return len(variable.shape) < 2 or BIASES_AND_SCALES.search(variable.path) is not None
    return is_found(rule, variable)


def is_found(patterns, variable):
    """Whether one of the patterns is in the path of a variable."""
    return any(re.search(pattern, variable.path) for pattern in patterns)


def multipliers(rules, variables):
    """The factor of each variable, that of the first pattern that is found.

    Raises:
        ValueError: a pattern that is found nowhere.
    """
    rules, paths = dict(rules or {}), [variable.path for variable in variables]
    for pattern in rules:
        is_somewhere = any(re.search(pattern, path) for path in paths)
        check(is_somewhere, "learning_rate_multipliers", pattern, f"found in the path of a variable, of {paths}")
    return [next((rules[pattern] for pattern in rules if re.search(pattern, path)), 1.0) for path in paths]


def _is_pattern(pattern):
    try:
        re.compile(pattern)
    except (re.error, TypeError):
        return False
    return isinstance(pattern, str)
