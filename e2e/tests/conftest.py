# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the end-to-end tests: a namespace for each test, kubectl, and the official client.

The tests run inside the cluster's network namespace with KUBECONFIG set (see e2e/run). They use the
official Python client and kubectl, never our own client code.
"""

import pathlib
import sys

import kubernetes
import pytest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1])]

from harness import Cluster, Namespace  # noqa: E402


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    kubernetes.config.load_kube_config()
    return Cluster()


@pytest.fixture
def namespace(cluster: Cluster, request: pytest.FixtureRequest):
    space = Namespace.create(cluster, request.node.name)
    yield space
    if request.node.stash.get(FAILED, False):
        space.describe()
    space.delete()


@pytest.fixture(scope="module")
def shared_namespace(cluster: Cluster, request: pytest.FixtureRequest):
    """For tests that look at one scene."""
    space = Namespace.create(cluster, request.node.name)
    yield space
    if request.node.stash.get(FAILED, False):
        space.describe()
    space.delete()


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if outcome.get_result().failed:
        item.stash[FAILED] = item.parent.stash[FAILED] = True


def pytest_configure(config):
    config.addinivalue_line("markers", "last: changes what other tests rely on")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)
