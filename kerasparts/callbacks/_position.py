"""The place in its data that a training stands at."""

from kerasparts.backend import get_random_numbers, put_random_numbers


class Position:
    """Finds the place again in the data of a new `fit`, in the same order.

    What one epoch after another does to the data, such as drawing a new order, is done again without reading. Batches
    are read again only where the place is between two of them: in the middle of an epoch, or of data that go on from
    epoch to epoch under `steps_per_epoch`.

    Args:
        iterator: Keras' `epoch_iterator` of the `fit` that runs.
    """

    def __init__(self, iterator):
        self._iterator = iterator
        self._random = None
        self._is_made = True
        self._is_midway = False

    @property
    def batches(self):
        """Of an epoch; None for unknown."""
        return self._iterator.num_batches

    @property
    def left_at(self):
        """Batches read of an epoch that was left before its end; 0 where it was read to its end, or for unknown."""
        iterator = self._iterator
        is_left = iterator.steps_per_epoch is None and iterator._steps_seen < (iterator._num_batches or 0)
        return iterator._steps_seen if is_left else 0

    def begin_epoch(self):
        """Notes what the order of the rows is drawn from; to be called when an epoch begins."""
        iterator = self._iterator
        if self._is_midway:
            self._is_midway = False
        elif iterator.steps_per_epoch is None:
            self._random = get_random_numbers()
        elif iterator._steps_seen == 0:
            self._is_made = iterator._current_iterator is not None
            self._random = get_random_numbers()

    def state(self, step):
        """All that `go_to` needs after `step` batches of an epoch."""
        is_between = step or self._iterator.steps_per_epoch
        return {
            "batches": self._iterator._num_batches,
            "random": self._random if is_between else None,
            "is_made": self._is_made,
        }

    def go_to(self, state, epochs, step, then):
        """Lets the `fit`, which has not begun to read, go on after so many epochs and batches.

        Args:
            state: of the `Position` there.
            epochs, step: finished epochs, and batches since.
            then: function without arguments or of one batch, to be called before the first batch that is trained on;
                the batch is one of those left out.
        """
        iterator = self._iterator
        self._random, self._is_made = state["random"], state["is_made"]
        if not self._is_made:
            put_random_numbers(self._random)
        for _ in range(epochs):
            self._pass_over(state["batches"])
        if not (step or iterator.steps_per_epoch):
            then()
            return
        self._is_midway = step > 0
        whole, seen = iterator._enumerate_iterator, iterator._steps_seen if iterator.steps_per_epoch else 0

        def rest():
            del iterator._enumerate_iterator
            if self._is_made:
                put_random_numbers(self._random)
            batch = ()
            for _ in range(seen):
                batch = (next(iterator._current_iterator, None),)
            waits = True
            for first, last, data in whole():
                if last < step:
                    for _ in range(first, last + 1):
                        batch = (next(data, None),)
                    continue
                if waits:
                    then(*batch)
                    waits = False
                yield first, last, data

        iterator._enumerate_iterator = rest

    def _pass_over(self, batches):
        """An epoch that makes what reads the data, and reads nothing."""
        iterator = self._iterator
        adapter = iterator.data_adapter
        for _ in iterator._enumerate_iterator():
            if iterator.num_batches is None:  # Keras does not know before the end of the first epoch
                iterator._num_batches = batches
                adapter.on_epoch_end()
                break
