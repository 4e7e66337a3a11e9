"""Loky: fits in several processes of this machine."""

import collections
import concurrent.futures
import contextlib
import functools
import pickle
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cloudpickle
import numpy as np

from kerasparts.core.checks import check_integer
from kerasparts.model_selection.engines.fits import FitOutcome, FitPlan, FitTask
from kerasparts.model_selection.engines.jobs import Job, check_tries, environment, result

IDLE_SECONDS = 300


class Loky:
    """Fits in several processes of this machine, which a killed worker costs no more than the fits in flight.

    joblib's own loops end with an error when a worker dies, for want of memory for example, and what was running and
    waiting is lost. Here the fits in flight are run again in new processes. A worker loads its framework once and is
    kept for later experiments, until it has been idle for five minutes. It gets its share of the cores, and reads the
    data from one file that all of them map into memory.

    The numbers are those of the sequential engine to a relative 1e-5: the same operations, summed by fewer threads.

    Args:
        workers: int of at least 1, or None for one a core.
        retries: int of at least 0. How often a fit is run again whose worker died.

    Raises:
        RuntimeError: a worker died each time that a fit was tried; the message names it.

    Example:
    >>> kerasparts.model_selection.engines.Loky(workers=2).name
    'loky'
    """

    name = "loky"

    def __init__(self, workers: int | None = None, retries: int = 2):
        if workers is not None:
            check_integer("workers", workers, "[1, inf)")
        check_integer("retries", retries, "[0, inf)")
        self.workers = workers
        self.retries = retries

    def run(self, plan: FitPlan, tasks: list[FitTask]) -> Iterator[FitOutcome]:
        """Yields the outcome of each task as it is done."""
        from joblib import cpu_count
        from joblib.externals import loky

        workers = min(self.workers or cpu_count(), len(tasks))
        variables = environment(max(1, cpu_count() // workers))
        waiting, running, tries = collections.deque(tasks), {}, collections.Counter()
        broken = loky.process_executor.BrokenProcessPool
        with _shared(Job.here(plan, self.name)) as folder:
            try:
                while waiting or running:
                    # The one that is there, or a new one where that is broken.
                    pool = loky.get_reusable_executor(workers, timeout=IDLE_SECONDS, env=variables)
                    with contextlib.suppress(broken):
                        # No more at a time than there are workers, for all of them are lost when one dies.
                        while waiting and len(running) < workers:
                            running[pool.submit(_attempt, folder, waiting[0])] = waiting[0]
                            waiting.popleft()
                    done, _ = concurrent.futures.wait(running, return_when="FIRST_COMPLETED")
                    for future in sorted(done, key=lambda future: future.exception() is not None):
                        task = running.pop(future)
                        if isinstance(future.exception(), broken):
                            tries[task.name] += 1
                            check_tries(task, tries[task.name], self.retries, future.exception())
                            waiting.append(task)
                        else:
                            yield result(future.result())
            finally:
                if running:
                    pool.shutdown(kill_workers=True)


@contextlib.contextmanager
def _shared(job):
    """A folder that holds the job until the context ends, with a file for each array."""
    with tempfile.TemporaryDirectory(prefix="kerasparts-", ignore_cleanup_errors=True) as folder:
        arrays = []
        data = cloudpickle.dumps(job, protocol=5, buffer_callback=arrays.append)
        Path(folder, "job").write_bytes(data)
        for number, array in enumerate(arrays):
            Path(folder, str(number)).write_bytes(array.raw())
        yield folder


@functools.lru_cache(maxsize=1)
def _job(folder):
    """The job in a folder, its arrays mapped into memory, so that all workers share them."""
    paths = sorted((path for path in Path(folder).iterdir() if path.name != "job"), key=lambda path: int(path.name))
    arrays = [np.memmap(path, mode="c") if path.stat().st_size else b"" for path in paths]
    return pickle.loads(Path(folder, "job").read_bytes(), buffers=arrays)


def _attempt(folder, task):
    return _job(folder).attempt(task)
