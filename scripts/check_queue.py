"""Fail unless the job queue works on this Python's SQLite, by running one job through a database that is thrown away.

DBOS needs SQLite 3.42 on Python 3.12 and newer; where the system's is older, pysqlite3 brings its own. An image or a
machine that lacks both would only fail when the first worker starts: this finds it while installing.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from pathlib import Path


def engine_options() -> dict[str, object]:
    """What the database engine needs on this Python."""
    if sys.version_info < (3, 12) or sqlite3.sqlite_version_info >= (3, 42):
        return {}
    import pysqlite3

    return {"module": pysqlite3}


def main() -> int:
    """Run one job; 0 if its result came back."""
    from dbos import DBOS

    with tempfile.TemporaryDirectory(prefix="otto-queue-") as folder:
        DBOS(
            config={
                "name": "otto-check",
                "system_database_url": f"sqlite:///{Path(folder) / 'queue.sqlite'}",
                "db_engine_kwargs": engine_options(),
                "application_version": "check",
                "log_level": "ERROR",
            }
        )

        @DBOS.workflow()
        def double(number: int) -> int:
            return 2 * number

        DBOS.launch()
        try:
            answer = DBOS.start_workflow(double, 21).get_result()
        finally:
            DBOS.destroy()
    print(f"queue: works (Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version})")
    return 0 if answer == 42 else 1


if __name__ == "__main__":
    sys.exit(main())
