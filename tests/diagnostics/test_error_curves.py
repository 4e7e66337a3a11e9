"""The curves of errors that signals hold."""

import numpy as np
import pytest

from kerasparts.diagnostics import RunFacts, Signals, diagnose, diagnose_bias_variance

EPOCH = np.array([0.0, 0.25, 1.0, 1.5, 2.0, 3.0])


def signals(**kwargs):
    at = np.arange(6.0)
    arrays = dict(
        train_loss=at, validation_loss=10 + at, train_loss_error=at / 100, validation_loss_error=at / 10 + at / 100
    )
    return Signals(step=4 * EPOCH, epoch=EPOCH, **(arrays | kwargs))


def test_only_ends_of_epochs_are_points_of_the_curves():
    curves = signals().error_curves()
    assert curves.epochs == (1, 2, 3)
    assert curves.train == (2.0, 4.0, 5.0)
    assert curves.validation == (12.0, 14.0, 15.0)
    assert curves.train_standard_error == (0.02, 0.04, 0.05)
    assert curves.validation_standard_error == pytest.approx((0.22, 0.44, 0.55))


def test_errors_that_are_not_finite_are_kept():
    curves = signals(train_loss=np.array([1, 1, 1, 1, np.nan, np.inf])).error_curves()
    np.testing.assert_equal(curves.train, (1.0, np.nan, np.inf))
    assert "not finite" in diagnose_bias_variance(curves, trivial_error=1.0).reason


def test_a_model_that_was_broken_from_the_start_has_curves():
    nothing = np.full(6, np.nan)
    curves = signals(validation_loss=nothing, run=RunFacts(validation_rows=7)).error_curves()
    assert np.isnan(curves.validation).all()


def test_without_an_epoch_there_are_no_curves():
    with pytest.raises(ValueError, match=r"^`epochs` must be at least 1\. Received: epochs=0$"):
        Signals().error_curves()
    with pytest.raises(ValueError, match=r"^`epochs` must be at least 1"):
        Signals(step=np.arange(2.0), epoch=np.array([0.0, 0.5]), validation_loss=np.ones(2)).error_curves()


def test_without_validation_data_there_are_no_curves():
    with pytest.raises(ValueError, match=r"^`validation_loss` must be measured, for which"):
        signals(validation_loss=np.full(6, np.nan)).error_curves()


def test_what_was_left_out_is_unknown():
    """So that every rule can read signals with errors alone."""
    found = signals(variables=("kernel", "bias"))
    assert found.gradient_norm.shape == (6, 2)
    assert found.dead.shape == (6, 0)
    assert np.isnan(found.train_skill).all()
    assert len(found.train_skill) == 6
    assert diagnose(found).epochs == 0


def test_what_the_errors_are_is_checked():
    with pytest.raises(ValueError, match=r"^`error` must be one of 'loss', 'error_rate'"):
        Signals(error="accuracy")


@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_what_the_errors_are_is_saved(suffix, tmp_path):
    path = tmp_path / f"signals{suffix}"
    signals(error="error_rate").save(path)
    assert Signals.load(path).error == "error_rate"
