"""The nightly job: report.csv with every parcel."""

import csv

from depot.shelf import Shelf


def report(path: str = "report.csv") -> None:
    """Write every parcel and its shelf, one line each."""
    with open(path, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(sorted(Shelf().all().items()))


if __name__ == "__main__":
    report()
