"""Shared by the process tests (e2e/) and the tests with the official client (conformance/python/)."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import serving  # noqa: E402


def pytest_collection_modifyitems(items):
    if reason := serving.missing():
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def server():
    """One server with default settings for every test that leaves it as it was."""
    with serving.Diptych() as running:
        yield running
