"""Whole trainings: nothing is found in a healthy one, and in a faulty one the cause."""

import keras
import pytest

from kerasparts.callbacks import TrainingDiagnostics
from kerasparts.diagnostics import FAULTS
from tests.diagnostics.programs import FAULTY, HEALTHY, PROGRAMS

pytestmark = pytest.mark.slow


def trained(program):
    """The diagnosis, once Keras' own logs have shown that the program is in the state that it says."""
    keras.backend.clear_session()
    gauges = TrainingDiagnostics(verbose=0)
    history = program.run([gauges]).history
    logs = {name: values[-1] for name, values in history.items()}
    if not program.shows(logs) and keras.backend.backend() != "tensorflow":
        pytest.skip(f"With the weights drawn here it is another program: {logs}")
    assert program.shows(logs), logs
    diagnosis = gauges.diagnosis
    assert diagnosis.notes == ()
    return diagnosis


@pytest.mark.parametrize("program", HEALTHY, ids=str)
def test_nothing_is_found_in_a_healthy_training(program):
    diagnosis = trained(program)
    assert diagnosis.faults == (), str(diagnosis)


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis")  # of Keras, and right
@pytest.mark.parametrize("program", FAULTY, ids=str)
def test_the_cause_is_found_in_a_faulty_training(program):
    if keras.backend.backend() == "torch" and program.name == "labels_of_one_and_two":
        pytest.skip("Torch refuses such labels, so there is no training; `preflight` names them all the same")
    diagnosis = trained(program)
    assert program.faults[0] in diagnosis.faults, str(diagnosis)
    assert set(diagnosis.faults) <= {*program.faults, *program.allowed}, str(diagnosis)


def test_programs_have_names_of_their_own_and_known_faults():
    assert len({program.name for program in PROGRAMS}) == len(PROGRAMS)
    for program in PROGRAMS:
        assert {*program.faults, *program.allowed} <= set(FAULTS), program.name


def test_there_are_enough_programs_of_either_kind():
    assert min(len(HEALTHY), len(FAULTY)) >= 17
