"""Ray: fits on the machines of a cluster."""

import collections
import contextlib
import os
from collections.abc import Iterator

from kerasparts.core.checks import check, check_integer, check_number
from kerasparts.core.optional import require
from kerasparts.model_selection.engines.fits import FitOutcome, FitPlan, FitTask
from kerasparts.model_selection.engines.jobs import Job, check_tries, environment, result


class Ray:
    """Fits as tasks of Ray, on all machines of a cluster or on this one alone.

    joblib on Ray loses all work when a worker dies; here each fit is a task of its own, and one that is lost with its
    worker or with its node is run again on what is left. The data go to each node once. All nodes must have the same
    versions of kerasparts, Keras and its framework.

    Where `ray.init` was called before, that session is used and left running. Otherwise one is started on this
    machine, or an address connected to, until the fits are done. Usage statistics are off in a session started here,
    which listens to this machine alone.

    The numbers are those of the sequential engine to a relative 1e-5: the same operations, summed by fewer threads.

    Args:
        address: address of a running cluster, "auto" to find it; None for this machine, or for `RAY_ADDRESS`.
        retries: int of at least 0. How often a fit is run again whose worker or node died.
        cpus_per_fit: positive float. Cores that a fit takes; Ray runs as many fits as there are cores for.
        gpus_per_fit: float of at least 0. Share of a GPU that a fit takes.

    Raises:
        ImportError: Ray is not installed.
        ValueError: this machine, where a session is started on it, has fewer cores or GPUs than a fit takes.
        RuntimeError: a worker died each time that a fit was tried; the message names it.

    Example:
    >>> kerasparts.model_selection.engines.Ray(cpus_per_fit=2).name
    'ray'
    """

    name = "ray"

    def __init__(self, address: str | None = None, retries: int = 2, cpus_per_fit: float = 1, gpus_per_fit: float = 0):
        check(address is None or isinstance(address, str), "address", address, "an address as text, or None")
        check_integer("retries", retries, "[0, inf)")
        check_number("cpus_per_fit", cpus_per_fit, "(0, inf)")
        check_number("gpus_per_fit", gpus_per_fit, "[0, inf)")
        self.address = address
        self.retries = retries
        self.cpus_per_fit = cpus_per_fit
        self.gpus_per_fit = gpus_per_fit

    def run(self, plan: FitPlan, tasks: list[FitTask]) -> Iterator[FitOutcome]:
        """Yields the outcome of each task as it is done."""
        ray = require("ray", "ray")
        with _session(ray, self.address) as is_alone:
            if is_alone:  # no other node will ever come
                self._check_resources(ray.cluster_resources())
            attempt = ray.remote(_attempt).options(
                num_cpus=self.cpus_per_fit,
                num_gpus=self.gpus_per_fit,
                max_retries=0,  # they are counted here, with those that Ray's own do not cover, of a lost result
                runtime_env={"env_vars": environment(max(1, int(self.cpus_per_fit)))},
            )
            job = ray.put(Job.here(plan, self.name))
            running = {attempt.remote(job, task): task for task in tasks}
            tries = collections.Counter()
            try:
                while running:
                    (done,), _ = ray.wait(list(running), num_returns=1)
                    task = running.pop(done)
                    try:
                        answer = ray.get(done)
                    except ray.exceptions.RayTaskError:  # not of the fit, but of what was sent, and so for ever
                        raise
                    except ray.exceptions.RayError as error:
                        tries[task.name] += 1
                        check_tries(task, tries[task.name], self.retries, error)
                        running[attempt.remote(job, task)] = task
                    else:
                        yield result(answer)
            finally:
                for reference in running:
                    ray.cancel(reference, force=True)

    def _check_resources(self, there):
        for resource, name in (("CPU", "cpus_per_fit"), ("GPU", "gpus_per_fit")):
            wanted, most = getattr(self, name), there.get(resource, 0)
            check(wanted <= most, name, wanted, f"at most what this machine has, which is {most:g}")


@contextlib.contextmanager
def _session(ray, address):
    """Ray, running: as it was found, or started or connected to and left again; whether it is this machine alone."""
    if ray.is_initialized():
        yield False
        return
    is_alone = address is None and "RAY_ADDRESS" not in os.environ
    with alone(ray) if is_alone else contextlib.nullcontext():
        # An address of None is that of RAY_ADDRESS here.
        where = {"address": "local", "include_dashboard": False} if is_alone else {"address": address}
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(**where, log_to_driver=False, logging_level="ERROR")
        try:
            yield is_alone
        finally:
            ray.shutdown()


@contextlib.contextmanager
def alone(ray):
    """Context in which what Ray starts listens to 127.0.0.1 alone, as it does by itself on macOS and Windows.

    An address that `ray.init` is given in place of this would be resolved to that of the network.
    """
    constants = ray._private.ray_constants
    enabled, constants.ENABLE_RAY_CLUSTER = constants.ENABLE_RAY_CLUSTER, False
    try:
        yield
    finally:
        constants.ENABLE_RAY_CLUSTER = enabled


def _attempt(job, task):
    return job.attempt(task)
