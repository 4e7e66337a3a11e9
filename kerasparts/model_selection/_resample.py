"""Ways to draw training rows from those that there are."""


def bootstrap(rows, random):
    """As many, with replacement."""
    return random.choice(rows, len(rows))


def split(rows, random):
    """Half of them."""
    return random.choice(rows, len(rows) // 2, replace=False)


RESAMPLE = {"bootstrap": bootstrap, "split": split, "seed": None}
