"""A fit in another process."""

import contextlib
import os
import pickle
import traceback
from dataclasses import dataclass

import keras

from kerasparts.model_selection.engines.fits import FitOutcome, FitPlan, FitTask
from kerasparts.model_selection.engines.sequential import fit_one


@dataclass(frozen=True)
class Job:
    """What a worker must know for all tasks: the plan, and the settings of Keras in the process that made it."""

    plan: FitPlan
    engine: str
    floatx: str
    epsilon: float
    image_data_format: str
    dtype_policy: str

    @classmethod
    def here(cls, plan: FitPlan, engine: str):
        """The job of this process."""
        return cls(
            plan=plan,
            engine=engine,
            floatx=keras.config.floatx(),
            epsilon=keras.config.epsilon(),
            image_data_format=keras.config.image_data_format(),
            dtype_policy=keras.config.dtype_policy().name,
        )

    def attempt(self, task: FitTask):
        """A `FitOutcome`, or the `Failure` of an error in the fit."""
        keras.config.set_floatx(self.floatx)
        keras.config.set_epsilon(self.epsilon)
        keras.config.set_image_data_format(self.image_data_format)
        keras.config.set_dtype_policy(self.dtype_policy)
        try:
            return fit_one(self.plan, task, self.engine)
        except Exception as error:
            return Failure.of(error)


@dataclass(frozen=True)
class Failure:
    """An error in a worker, as its caller gets it.

    Attributes:
        error: bytes of it, empty where it cannot be pickled.
        summary: its type and message.
        text: its traceback.
    """

    error: bytes
    summary: str
    text: str

    @classmethod
    def of(cls, error: Exception):
        """The failure that an exception is."""
        data = b""
        with contextlib.suppress(Exception):
            data = pickle.dumps(error)
        return cls(data, "".join(traceback.format_exception_only(error)).strip(), traceback.format_exc())

    def throw(self):
        """Raises the error here, with the traceback of there as its cause."""
        error = RuntimeError(self.summary)
        if self.error:
            with contextlib.suppress(Exception):  # of a class whose arguments are not its attributes
                error = pickle.loads(self.error)
        raise error from RuntimeError(f"in a worker:\n{self.text}")


def result(answer) -> FitOutcome:
    """The outcome that a worker answered with; a failure is raised."""
    if isinstance(answer, Failure):
        answer.throw()
    return answer


def check_tries(task: FitTask, tries: int, retries: int, error: Exception) -> None:
    """Raises where a fit was lost with its worker once too often."""
    if tries > retries:
        raise RuntimeError(
            f"the fit {task.name!r} lost its worker at each of {tries} tries: for want of memory, perhaps, or to a fit "
            f"beside it. {error}"
        ) from error


def environment(threads: int) -> dict[str, str]:
    """Variables of a worker with so many threads, to be set before it loads a framework; the user's own go first."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")
    names += ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    wanted = dict.fromkeys(names, str(threads))
    wanted |= {"TF_CPP_MIN_LOG_LEVEL": "2"}
    wanted |= {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}  # workers share a GPU
    wanted = {name: os.environ.get(name, value) for name, value in wanted.items()}
    return {**wanted, "KERAS_BACKEND": keras.backend.backend()}
