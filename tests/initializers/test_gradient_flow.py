"""The demonstration of README: gradients through 30 layers, by activation and initializer, against theory."""

import statistics
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # it trains nothing, but makes 45 deep networks

EXAMPLES = Path(__file__).parents[2] / "examples"
CANNOT = {"Sigmoid, VarianceMatched", "Softplus, VarianceMatched"}  # the mean of the values is far from zero


@pytest.fixture(scope="module")
def flow():
    sys.path.insert(0, str(EXAMPLES))
    try:
        import gradient_flow
    finally:
        sys.path.remove(str(EXAMPLES))
    measured = gradient_flow.measure(depth=30, seeds=3)
    return {name: (statistics.median(gradient_flow.ratios(n)), theory) for name, (n, theory) in measured.items()}


def test_the_classical_pairs_do_as_the_notes_say(flow):
    assert flow["sigmoid, Keras' default"][0] < 1e-15
    assert 0.1 < flow["tanh, Glorot"][0] < 10
    assert 0.1 < flow["relu, He"][0] < 10


def test_matched_variance_keeps_the_gradient_within_a_factor_of_ten_where_theory_does(flow):
    for name, (ratio, theory) in flow.items():
        if theory is not None and 0.1 < theory < 10:
            assert 0.1 < ratio < 10, name
    assert {name for name, (_, theory) in flow.items() if theory is not None and not 0.1 < theory < 11} == CANNOT


def test_tanh_is_at_the_border_as_in_theory(flow):
    ratio, theory = flow["Tanh, VarianceMatched"]
    assert theory == pytest.approx(10.7, abs=0.3)
    assert 5 < ratio < 15


def test_where_it_cannot_be_kept_theory_says_how_it_vanishes(flow):
    for name in CANNOT:
        ratio, theory = flow[name]
        assert theory / 30 < ratio < theory * 30
        assert theory < 1e-6
