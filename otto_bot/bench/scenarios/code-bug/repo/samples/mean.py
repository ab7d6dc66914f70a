"""The mean of a sample."""


def mean(values):
    """The arithmetic mean; ValueError for an empty sample."""
    if not values:
        raise ValueError("a sample needs at least one value")
    return sum(values) / len(values)
