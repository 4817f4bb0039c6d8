import pytest


@pytest.fixture
def url(server) -> str:
    """A database of the test's own, with nothing in it."""
    made: str = server.new_database()
    return made
