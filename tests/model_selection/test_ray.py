"""Ray: the same numbers from a cluster, and nothing lost with a worker or a node."""

import os
import signal
import time

import keras
import pytest

from kerasparts.model_selection.engines import Ray
from kerasparts.model_selection.engines.ray import alone
from kerasparts.model_selection.engines.run import run_fits
from tests.model_selection import small

pytest.importorskip("ray")

STORE = 100 * 2**20  # bytes of shared memory a node
FITS = 8 if keras.backend.backend() == "jax" else 16  # each of them compiles anew there


@pytest.fixture
def nodes(monkeypatch):
    """A cluster of two nodes of one core each, on this machine; yields the id of the second, and what kills it."""
    import ray
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    node = {"num_cpus": 1, "object_store_memory": STORE, "include_dashboard": False}
    with alone(ray):
        cluster = Cluster(initialize_head=True, head_node_args=node)
        try:
            second = cluster.add_node(**node)
            ray.init(cluster.address, log_to_driver=False, logging_level="ERROR")
            yield second.node_id, lambda: cluster.remove_node(second, allow_graceful=False)
        finally:
            ray.shutdown()
            cluster.shutdown()


def test_a_killed_worker_and_a_removed_node_lose_nothing(nodes, tmp_path):
    import ray

    second, kill_second = nodes
    folder, backend = str(tmp_path), keras.backend.backend()

    def build_model():
        assert keras.backend.backend() == backend
        path = os.path.join(folder, str(len(os.listdir(folder))))
        with open(path, "w") as file:
            file.write(ray.get_runtime_context().get_node_id())
        if path.endswith("/3"):
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.3)  # so that the second node has its share
        return small.build_model()

    outcomes, is_killed = [], False
    for outcome in Ray(retries=2).run(small.plan(build_model=build_model), small.tasks(FITS)):
        outcomes.append(outcome)
        calls = [path.read_text() for path in tmp_path.iterdir()]
        if not is_killed and len(calls) > 6 and second in calls:
            kill_second()
            is_killed = True
    assert is_killed
    assert ray.is_initialized()  # the session was there before
    assert len(list(tmp_path.iterdir())) > FITS
    outcomes.sort(key=lambda outcome: int(outcome.name.removeprefix("fit-")))
    small.check_equal(outcomes, small.sequential_outcomes(FITS))


def test_without_a_session_one_is_started_on_this_machine_alone_and_ended(monkeypatch):
    import ray

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED", raising=False)
    seen = []
    start = ray.init

    def init(*args, **kwargs):
        start(*args, **kwargs)
        seen.extend([*ray.nodes(), os.environ["RAY_USAGE_STATS_ENABLED"]])

    def build_model():
        raise LookupError("no such model")

    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(LookupError, match="no such model") as caught:
        run_fits(small.plan(build_model=build_model), small.tasks(1), "ray", verbose=0)
    assert caught.value.__notes__ == ["This was the fit 'fit-0'."]
    assert 'raise LookupError("no such model")' in str(caught.value.__cause__)
    node, usage_stats = seen
    assert node["NodeManagerAddress"] == "127.0.0.1"
    assert usage_stats == "0"
    assert not ray.is_initialized()


def test_more_cores_than_there_are_are_refused():
    with pytest.raises(ValueError, match="`cpus_per_fit` must be at most what this machine has, which is 2"):
        Ray(cpus_per_fit=3)._check_resources({"CPU": 2.0})


@pytest.mark.parametrize(
    "arguments", [dict(address=1), dict(retries=-1), dict(cpus_per_fit=0), dict(gpus_per_fit=-1.0)]
)
def test_a_bad_argument_is_refused(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        Ray(**arguments)
