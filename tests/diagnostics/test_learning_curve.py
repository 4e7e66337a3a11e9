"""The verdict on a learning curve, where the truth is known."""

import json
import math

import numpy as np
import pytest
from scipy import optimize

from kerasparts.diagnostics import judge_learning_curve
from kerasparts.diagnostics.experiments import fit_decay, forecast
from kerasparts.diagnostics.experiments.learning_curve import CANNOT_SAY, HELPS, HELPS_NOT

SIZES = np.array([40, 100, 200, 300, 400])
RUNS = 5


def power(gain, speed=0.5):
    """A power law by what as many rows again would gain; the error with all rows is 1."""
    scale = gain / (1 - 2**-speed)
    return lambda n: 1 - scale + scale * (n / 400) ** -speed


def exponential(rows):
    return lambda n: 0.5 + 2.5 * np.exp(-n / rows)


# A gain counts above 0.05 of the last error.
TRUTHS = {
    "much to gain": (power(0.25), HELPS),
    "nothing to gain": (lambda n: 1.0 + 0.0 * n, HELPS_NOT),
    "all gained early": (lambda n: 0.95 + 2 / n, HELPS_NOT),
    "all gained, exponentially": (exponential(30), HELPS_NOT),
    "falls exponentially": (exponential(250), HELPS),
    "rises": (lambda n: 0.7 + 0.3 * n / 400, HELPS_NOT),
}
WRONG = {HELPS: HELPS_NOT, HELPS_NOT: HELPS}


def runs_of(truth, noise, random, runs=RUNS):
    """Folds that are harder or easier as a whole, with noise that grows where there are fewer rows."""
    error = truth(SIZES)
    fold = 0.1 * error[-1] * random.normal(size=(runs, 1))
    return error + fold + noise * error[-1] * np.sqrt(400 / SIZES) * random.normal(size=(runs, len(SIZES)))


def verdicts(truth, noise, times=100):
    random = np.random.default_rng(0)
    curves = (runs_of(truth, noise, random) for _ in range(times))
    found = [judge_learning_curve(SIZES, 0 * dev, dev, test_ratio=0.25).verdict for dev in curves]
    return {verdict: found.count(verdict) / times for verdict in (HELPS, HELPS_NOT, CANNOT_SAY)}


@pytest.mark.parametrize("name", TRUTHS)
@pytest.mark.parametrize("noise", [0.01, 0.03, 0.1])
def test_the_verdict_is_hardly_ever_wrong(name, noise):
    truth, expected = TRUTHS[name]
    shares = verdicts(truth, noise)
    assert shares[WRONG[expected]] <= 0.02
    if noise == 0.01:
        assert shares[expected] > 0.85


@pytest.mark.parametrize("noise", [0.01, 0.03])
def test_at_the_threshold_itself_either_verdict_is_as_rare_as_agreed(noise):
    shares = verdicts(power(0.05), noise, times=300)
    # Each bound holds with 95% confidence; four standard errors of 300 draws.
    margin = 4 * math.sqrt(0.05 * 0.95 / 300)
    assert shares[HELPS] <= 0.05 + margin
    assert shares[HELPS_NOT] <= 0.05 + margin


def test_a_curve_that_two_shapes_explain_is_left_open():
    """An exponential that is over looks like a power law that goes on."""
    assert verdicts(exponential(50), 0.01)[HELPS] == 0


@pytest.mark.parametrize(
    ("kind", "shape"), [("power law", lambda n: n**-0.7), ("exponential", lambda n: np.exp(-3 * n))]
)
def test_a_curve_without_noise_is_found_again(kind, shape):
    errors = 0.2 + 0.5 * shape(SIZES / 400)
    found = fit_decay(kind, SIZES, errors)
    np.testing.assert_allclose(found(SIZES), errors, atol=2e-3)
    assert found.gain == pytest.approx(0.5 * (shape(1.0) - shape(2.0)), rel=0.03)


def test_a_noisy_curve_is_fitted_as_by_scipy_with_a_variance_that_falls_with_the_rows():
    rows = np.array([20, 40, 80, 160, 320, 640])
    errors = 0.2 + 0.5 * (rows / 640) ** -0.6 + [0.2, -0.1, 0.05, -0.05, 0.03, -0.02]

    def law(n, floor, scale, speed):
        return floor + scale * n**-speed

    best, _ = optimize.curve_fit(law, rows / 640, errors, p0=(0.2, 0.5, 0.6), sigma=rows**-0.5)
    found = fit_decay("power law", rows, errors)
    # Half a step between the speeds that are tried is 0.01.
    assert found.speed == pytest.approx(best[2], abs=0.011)
    np.testing.assert_allclose(found(rows), law(rows / 640, *best), rtol=5e-3)


def test_errors_that_are_never_negative_are_forecast_to_stay_so():
    errors = np.array([[0.9, 0.5, 0.2, 0.1, 0.01]] * 3)
    decay, _, doubled = forecast(SIZES, errors, 0.25)
    assert decay.floor >= 0
    assert doubled.value >= 0
    decay, _, _ = forecast(SIZES, errors - 0.5, 0.25)
    assert decay.floor < -0.5


def test_the_floor_stays_above_its_bound():
    errors = np.array([0.9, 0.5, 0.2, 0.1, 0.01])
    assert fit_decay("power law", SIZES, errors).floor < 0
    bounded = fit_decay("power law", SIZES, errors, least=0.0)
    assert bounded.floor == 0
    assert bounded(800) >= 0


def test_the_forecast_takes_the_shape_that_fits_better():
    for kind, truth in (("power law", power(0.25)), ("exponential", exponential(120))):
        decay, gain, doubled = forecast(SIZES, np.tile(truth(SIZES), (3, 1)), 0.25)
        assert decay.kind == kind
        assert doubled.value == pytest.approx(truth(800), rel=0.02)
        assert gain.low <= gain.value <= gain.high


def test_the_bounds_of_the_forecast_hold_as_often_as_they_say():
    random, truth = np.random.default_rng(0), power(0.25)
    found = [forecast(SIZES, runs_of(truth, 0.03, random), 0.25) for _ in range(200)]
    for place, expected in ((1, 0.25), (2, 0.75)):
        low = np.mean([estimates[place].low <= expected for estimates in found])
        high = np.mean([estimates[place].high >= expected for estimates in found])
        assert min(low, high) > 0.88


def test_what_should_rise_is_judged_by_what_is_missing_to_one():
    random = np.random.default_rng(0)
    dev = 0.1 * runs_of(power(0.25), 0.01, random)
    loss = judge_learning_curve(SIZES, 0 * dev, dev, test_ratio=0.25)
    accuracy = judge_learning_curve(SIZES, 1 - 0 * dev, 1 - dev, test_ratio=0.25, metric="accuracy", mode="max")
    assert accuracy.verdict == loss.verdict == HELPS
    assert accuracy.threshold == pytest.approx(loss.threshold)
    assert accuracy.gain.value == pytest.approx(loss.gain.value)
    assert accuracy.gap == pytest.approx(loss.gap)
    assert accuracy.doubled.value == pytest.approx(1 - loss.doubled.value)
    assert accuracy.doubled.low == pytest.approx(1 - loss.doubled.high)
    np.testing.assert_allclose(accuracy.fitted([400, 800]), 1 - loss.fitted([400, 800]))


@pytest.mark.parametrize(
    ("dev", "reason"),
    [
        (np.full((3, 5), np.nan), "not finite in every run"),
        (np.ones((1, 5)), "a single run"),
    ],
)
def test_what_cannot_be_judged_is_left_open_with_the_reason(dev, reason):
    found = judge_learning_curve(SIZES, dev, dev, test_ratio=0.25)
    assert found.verdict == CANNOT_SAY
    assert reason in str(found)
    json.dumps(found.to_dict(), allow_nan=False)


def test_two_sizes_are_no_curve():
    found = judge_learning_curve([10, 20], np.ones((3, 2)), np.ones((3, 2)), test_ratio=0.25)
    assert (found.verdict, found.decay) == (CANNOT_SAY, None)
    assert "at least 3 sizes; there are 2" in found.reason


def test_where_more_data_will_not_help_the_gap_says_what_may():
    dev = runs_of(TRUTHS["nothing to gain"][0], 0.01, np.random.default_rng(0))
    assert "a larger model" in judge_learning_curve(SIZES, dev, dev, test_ratio=0.25).reason
    assert "regularize more" in judge_learning_curve(SIZES, 0 * dev, dev, test_ratio=0.25).reason


def test_a_training_error_that_falls_is_a_want_of_steps():
    random = np.random.default_rng(0)
    dev = runs_of(power(0.25), 0.01, random)
    falls = 0.5 * runs_of(power(0.25), 0.01, random)
    found = judge_learning_curve(SIZES, falls, dev, test_ratio=0.25)
    assert found.undertrained
    assert "more epochs would tell data from training time" in str(found)
    assert judge_learning_curve(SIZES, 1 - falls, 1 - dev, test_ratio=0.25, mode="max").undertrained
    for train in (0.5 - falls, 0.01 * random.normal(size=dev.shape), falls[:1] * 0 + dev * 0):
        found = judge_learning_curve(SIZES, train, dev, test_ratio=0.25)
        assert not found.undertrained
        assert "epochs" not in str(found)


def test_the_text_has_the_numbers_that_decided():
    dev = runs_of(power(0.25), 0.01, np.random.default_rng(0))
    found = judge_learning_curve(SIZES, 0 * dev, dev, test_ratio=0.25)
    text = str(found)
    assert text.startswith("Verdict: more data will help\nTwice the rows are expected to better the dev loss of ")
    assert f"by {found.gain}: more than 5% of the error" in text
    assert f"loss with 800 rows: {found.doubled}, by the power law that fits best" in text
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert plain["gain"]["value"] == found.gain.value
    assert plain["decay"]["kind"] == "power law"
    assert "<b>Verdict: more data will help</b>" in found._repr_html_()


@pytest.mark.parametrize(
    ("argument", "value"),
    [("tolerance", 0), ("tolerance", 1), ("confidence", 0.5), ("dev", np.ones((3, 4))), ("train", np.ones((2, 5)))],
    ids=str,
)
def test_a_bad_argument_is_refused_by_name(argument, value):
    good = {"sizes": SIZES, "train": np.ones((3, 5)), "dev": np.ones((3, 5)), "test_ratio": 0.25}
    with pytest.raises(ValueError, match=f"`{argument}` must be"):
        judge_learning_curve(**{**good, argument: value})
