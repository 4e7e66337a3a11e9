"""Ahead."""

import threading
from concurrent.futures import ThreadPoolExecutor


class Ahead:
    """Computes numbered results before they are asked for, in threads.

    Args:
        compute: function of a number; what it raises is raised where the result is asked for.
        workers: number of threads; 0: results are computed when asked for.
        most: of results to compute ahead.
    """

    def __init__(self, compute, workers, most):
        self._compute = compute
        self._workers = workers
        self._most = most
        self._pool = None
        self._results = {}
        self._lock = threading.Lock()

    def get(self, number, end):
        """The result of `number`; those that follow, but for `end` and beyond, are begun."""
        if self._workers == 0:
            return self._compute(number)
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="kerasparts-ahead")
            for following in range(number, max(min(number + 1 + self._most, end), number + 1)):
                if following not in self._results:
                    self._results[following] = self._pool.submit(self._compute, following)
            result = self._results.pop(number)
        return result.result()

    def close(self):
        """Forgets what was computed ahead, and lets the threads end."""
        with self._lock:
            if self._pool is not None:
                self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool, self._results = None, {}
