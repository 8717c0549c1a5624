"""A Kubernetes-compatible cluster for tests: the fixture ``ku7s_cluster``, and ``start_cluster`` for others."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from typing import Iterator, Optional

import pytest

_READY = re.compile(r"ku7s is ready at (\S+)")
#: lines of output that are kept
_KEPT = 10_000


@dataclass
class Cluster:
    """A running cluster; ``with`` ends it."""

    url: str
    #: path of a file with an administrator's credentials
    kubeconfig: str
    _process: subprocess.Popen = field(repr=False)
    _folder: str = field(repr=False)
    _lines: list = field(repr=False)

    @property
    def output(self) -> str:
        """What it has printed."""
        return "".join(self._lines)

    def stop(self) -> None:
        """Ends it and removes its folder; the second time nothing."""
        _end(self._process, self._folder)

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start_cluster(*arguments: str, timeout: float = 60, command: Optional[str] = None) -> Cluster:
    """Starts a cluster in a temporary folder, at a free port, with one simulated node.

    :param arguments: further ones of ``ku7s``, as its ``--help`` names them
    :param timeout: seconds until it must be ready
    :param command: what starts ``ku7s``; ``KU7S_COMMAND`` or ``npx ku7s`` when not said
    :raises RuntimeError: with what it has printed
    """
    folder = tempfile.mkdtemp(prefix="ku7s-test-")
    started = shlex.split(command or os.environ.get("KU7S_COMMAND") or "npx ku7s")
    own = ["--data", folder, "--secure-port", "0", "--unsafe-no-fsync", "--nodes", "simulated:1", "--addons", "none"]
    environment = {**os.environ, "KU7S_WITH_PARENT": "1"}
    environment.pop("DATABASE_URL", None)
    try:
        process = subprocess.Popen(
            [*started, *own, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise RuntimeError(f"cannot start {started[0]}: {error}") from error
    lines: list = []
    found: list = []
    settled = threading.Event()

    def read() -> None:
        for line in process.stdout:
            lines.append(line)
            del lines[:-_KEPT]
            match = _READY.search(line)
            if match and not found:
                found.append(match.group(1))
                settled.set()
        settled.set()

    threading.Thread(target=read, daemon=True).start()
    settled.wait(timeout)
    if not found:
        _end(process, folder)
        raise RuntimeError(f"ku7s was not ready within {timeout} s\n{''.join(lines)}")
    return Cluster(found[0], os.path.join(folder, "kubeconfig"), process, folder, lines)


def _end(process: subprocess.Popen, folder: str) -> None:
    if process.poll() is None:
        # a session of its own: npx and what it runs hear it both
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def ku7s_cluster() -> Iterator[Cluster]:
    """A cluster for all tests of a session."""
    with start_cluster() as cluster:
        yield cluster
