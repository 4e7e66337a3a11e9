"""What every callback promises."""

import numpy as np
import pytest

from kerasparts.testing.promises import callback as promises
from tests.cases import CALLBACKS, OF_ENSEMBLES, OF_WEIGHTS

EVERY = pytest.mark.parametrize("case", [*CALLBACKS, *OF_ENSEMBLES, *OF_WEIGHTS], ids=str)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    """Some callbacks write files."""
    monkeypatch.chdir(tmp_path)


@EVERY
def test_takes_part_in_a_second_fit_as_in_the_first(case):
    promises.serves_one_fit_after_another(case.subject(verbose=0))


@pytest.mark.parametrize("case", [*CALLBACKS, *OF_ENSEMBLES], ids=str)
def test_leaves_the_training_as_it_is(case):
    """With or without the callback, the weights after the same number of epochs are the same."""

    def weights(*callbacks):
        model = promises.classifier()
        history = promises.fitted(model, *callbacks, epochs=2)
        return model.get_weights() if len(history["loss"]) == 2 else None

    for one, other in zip(weights(), weights(case.build(verbose=0)), strict=True):
        np.testing.assert_array_equal(one, other)


@EVERY
def test_is_silent_unless_told_otherwise(case, capsys):
    promises.fitted(promises.classifier(), case.build(verbose=0), epochs=2)
    assert capsys.readouterr().out == ""


@pytest.mark.slow
@EVERY
def test_can_be_used_by_two_fits_one_after_another_with_different_models(case):
    shared = case.build(verbose=0)
    for _ in range(2):
        promises.fitted(promises.classifier(), shared, epochs=1)


@EVERY
def test_its_state_goes_through_a_file_to_another_like_it(case):
    assert hasattr(case.part, "get_state")
    promises.has_a_state_that_can_be_written_down(case.subject(verbose=0))
