"""How far a run is."""

import contextlib
import math


@contextlib.contextmanager
def progress(label: str, total: int, done: int, verbose: int):
    """A bar on the standard error with the fits done and the time left.

    Where that is no terminal, a line is printed for each tenth of the fits.

    Args:
        label: what the bar says.
        total: number of fits.
        done: how many of them were done before.
        verbose: int. 0 is silent.

    Yields:
        Function to be called with each new `FitOutcome`.
    """
    if not verbose:
        yield lambda outcome: None
        return

    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    shown = _bar if console.is_terminal or console.is_jupyter else _lines
    notes = set()
    with shown(console, label, total, done) as advance:

        def report(outcome):
            if outcome.note and outcome.note not in notes:
                notes.add(outcome.note)
                console.print(outcome.note, markup=False, soft_wrap=True)
            advance()

        yield report


@contextlib.contextmanager
def _bar(console, label, total, done):
    import rich.progress as rich

    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TimeElapsedColumn(),
        rich.TextColumn("left"),
        rich.TimeRemainingColumn(),
    )
    # The speed is that of all fits so far: those that take longer than half a minute would have none.
    with rich.Progress(*columns, console=console, speed_estimate_period=math.inf) as bar:
        task = bar.add_task(label, total=total, completed=done)
        yield lambda: bar.advance(task)


@contextlib.contextmanager
def _lines(console, label, total, done):
    step = math.ceil(total / 10)

    def advance():
        nonlocal done
        done += 1
        if done % step == 0 or done == total:
            console.print(f"{label}: {done} of {total} done", markup=False, soft_wrap=True)

    yield advance
