"""The engine room is tested on SQLite and on PostgreSQL."""

import databases
import pytest


@pytest.fixture(params=databases.chosen())
def backend(request: pytest.FixtureRequest) -> str:
    """Both, unless OTTO_TEST_BACKEND names one."""
    found: str = request.param
    return found
