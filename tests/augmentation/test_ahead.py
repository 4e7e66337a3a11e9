"""What computes batches before they are asked for."""

import threading
import time

import pytest

from kerasparts.augmentation._ahead import Ahead


@pytest.mark.parametrize("workers", [1, 3])
def test_each_result_is_computed_once_and_none_is_kept(workers):
    computed, lock = [], threading.Lock()

    def square(number):
        with lock:
            computed.append(number)
        return number**2

    ahead = Ahead(square, workers, most=4)
    assert [ahead.get(number, 20) for number in range(10, 20)] == [number**2 for number in range(10, 20)]
    assert sorted(computed) == list(range(10, 20))
    assert not ahead._results
    ahead.close()


def test_no_more_is_computed_ahead_than_allowed():
    computed = []
    ahead = Ahead(computed.append, 2, most=3)
    ahead.get(0, 100)
    time.sleep(0.2)
    assert len(computed) <= 4
    ahead.close()
    ahead.get(50, 51)
    assert computed.count(50) == 1
    ahead.close()


def test_without_workers_results_are_computed_when_asked_for():
    computed = []
    Ahead(computed.append, 0, most=3).get(5, 100)
    assert computed == [5]
