"""The parcels of the depot, kept in a file of JSON."""

import json
import os
from pathlib import Path


class Shelf:
    """Code of a parcel → name of its shelf. What others wrote since is seen by a new Shelf."""

    def __init__(self, path: str | None = None) -> None:
        self._path = Path(path or os.environ.get("DEPOT_FILE", "depot.json"))
        self._parcels: dict[str, str] = json.loads(self._path.read_text()) if self._path.exists() else {}

    def add(self, code: str, shelf: str) -> None:
        """Put a parcel on a shelf."""
        self._parcels[code] = shelf
        self._path.write_text(json.dumps(self._parcels))

    def find(self, code: str) -> str | None:
        """The shelf of a parcel; None if nobody knows it."""
        return self._parcels.get(code)

    def all(self) -> dict[str, str]:
        """Every parcel."""
        return dict(self._parcels)
