import os
import ssl
import urllib.request

import pytest

from ku7s_testing import start_cluster


def test_is_ready(ku7s_cluster):
    with urllib.request.urlopen(f"{ku7s_cluster.url}/readyz", context=ssl._create_unverified_context()) as answer:
        assert answer.status == 200


def test_has_credentials_for_itself(ku7s_cluster):
    with open(ku7s_cluster.kubeconfig) as file:
        assert f"server: {ku7s_cluster.url}" in file.read()


def test_says_why_it_does_not_start():
    with pytest.raises(RuntimeError, match="there is no add-on nothing"):
        start_cluster("--addons", "nothing")


def test_removes_what_it_has_made():
    with start_cluster("--roles", "api") as cluster:
        assert os.path.exists(cluster.kubeconfig)
    assert not os.path.exists(cluster.kubeconfig)
