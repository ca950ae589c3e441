"""The script that builds and runs the generated containers, and its last line."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from filelock import ReadWriteLock

from .conftest import TEMPLATE, need, need_package, run_python

pytestmark = pytest.mark.slow

LOG = TEMPLATE / "build" / "containers.log"
"""``.ci/run`` shows its last line."""


def test_the_generated_containers_are_built_and_run(network: ReadWriteLock) -> None:
    need("Linux", found=sys.platform == "linux")
    with network.write_lock():
        done = run_python("-m", "tests.containers", cwd=TEMPLATE, check=False)
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_text(done.stdout, "utf-8")
    last = done.stdout.splitlines()[-1]
    if last.startswith("nothing done: no container can run here"):
        pytest.skip(last)  # a kernel is nothing that .ci/run could bring
    need("Docker or Podman", found=not last.startswith("nothing done"))
    assert done.returncode == 0, done.stdout + done.stderr
    need(f"what containers need ({last})", found="(no " not in last)
    assert "built 2 images" in last
    assert "ran compose.yaml" in last


FAILING = """#!/bin/sh
case "$*" in
version* | image* | %s) echo 1.2.3 ;; # all images are there
*) echo "on purpose" >&2; exit 125 ;;
esac
"""


@pytest.mark.parametrize(
    ("podman", "unshare", "status", "expected"),
    [
        (
            FAILING % "*probe*",
            "",
            1,
            "FAILED: deployment=docker, deployment=kubernetes",
        ),
        (FAILING % "none", "", 0, "no container can run here: podman: on purpose"),
        (
            FAILING % "*",
            "echo refused >&2; exit 1",
            0,
            "no container can run here: refused",
        ),
        ("", "", 0, "nothing done: neither Docker nor Podman is on this machine"),
    ],
)
@pytest.mark.skipif(
    sys.platform != "linux" or os.getuid() != 0, reason="Podman is not tried"
)
def test_the_last_line_and_the_status_say_what_went_wrong(
    tmp_path: Path, podman: str, unshare: str, status: int, expected: str
) -> None:
    busybox = shutil.which("busybox")
    need("BusyBox", found=busybox)
    need_package("podman-compose")
    (tmp_path / "busybox").symlink_to(str(busybox))
    (tmp_path / "ldd").symlink_to(str(shutil.which("ldd")))
    for name, script in {"podman": podman, "unshare": f"#!/bin/sh\n{unshare}"}.items():
        if script:
            (tmp_path / name).write_text(script)
            (tmp_path / name).chmod(0o755)
    command = ["-m", "tests.containers"]
    done = run_python(*command, cwd=TEMPLATE, check=False, PATH=str(tmp_path))
    assert done.stdout.splitlines()[-1].endswith(expected), done.stdout + done.stderr
    assert done.returncode == status
