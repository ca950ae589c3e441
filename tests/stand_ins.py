"""Stand-ins for the base images of a generated Dockerfile, copied from this machine.

They are for a machine that cannot reach a registry of images. Each has BusyBox as its shell
and tools, and this machine's Python or nginx where the real image has its own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PYTHON_FACTS = """
import json, sys, sysconfig
library, wheels = sysconfig.get_path("stdlib"), sysconfig.get_config_var("WHEEL_PKG_DIR")
print(json.dumps([sys.version.split()[0], sys.executable, library, wheels]))
"""
"""What a Python says of itself; some distributions keep the wheels of ``venv`` elsewhere."""

NOT_NEEDED = ("*.opt-?.pyc", "*-packages", "_t*.so", "config-*", "idlelib", "test*")
"""Of the standard library: neither ``venv``, pip nor an app of Flask reads these."""

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

USERS = "root:x:0:0::/root:/bin/sh\nnginx:x:101:101::/nonexistent:/bin/false\n"


class MissingError(Exception):
    """Something is not on this machine."""


def find(program: str) -> str:
    """Find a program of this machine, also one for root.

    Raises:
        MissingError: It is not installed.
    """
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if not found:
        raise MissingError(f"no {program}")
    return found


def make_stand_in(base: str, root: Path) -> str:
    """Fill a folder with what a base image would have, and say what that is."""
    made = python(base, root) if base.startswith("python:") else nginx(root)
    busybox = copy(find("busybox"), root / "bin" / "busybox")
    for tool in output(str(busybox), "--list").split():
        if not (root / "bin" / tool).exists():
            (root / "bin" / tool).symlink_to("busybox")
    (root / "etc" / "passwd").write_text(USERS)
    (root / "etc" / "group").write_text("root:x:0:\nnginx:x:101:\n")
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    copy_libraries(root)
    return made


def python(base: str, root: Path) -> str:
    """Copy a Python of the image's minor version, or else the one that runs this."""
    major, minor = base.removeprefix("python:").split(".")[:2]
    version, program, library, wheels = python_facts(f"python{major}.{minor}")
    name = Path(library).name
    copy(program, root / "usr" / "local" / "bin" / name)
    for link in ("python", "python3"):
        (root / "usr" / "local" / "bin" / link).symlink_to(name)
    shutil.copytree(
        library,
        root / "usr" / "local" / "lib" / name,
        ignore=shutil.ignore_patterns(*NOT_NEEDED),
    )
    if wheels:
        shutil.copytree(wheels, root / wheels.lstrip("/"))
    write_pip_conf(root)
    return f"this machine's Python {version}"


def python_facts(program: str) -> list[str]:
    """Ask a Python, or the one that runs this if that is not installed."""
    try:
        printed = output(program, "-c", PYTHON_FACTS)
    except (OSError, subprocess.CalledProcessError):
        printed = output(sys.executable, "-c", PYTHON_FACTS)
    facts: list[str] = json.loads(printed)
    return facts


def write_pip_conf(root: Path) -> None:
    """Let pip reach the registry that it reaches here, by the certificates of this machine."""
    listed = output(sys.executable, "-m", "pip", "config", "list", check=False)
    kept = r"^\S+\.((?:index-url|proxy|trusted-host)=.*)$"
    settings = ["[global]", *re.findall(kept, listed.replace("'", ""), re.MULTILINE)]
    if CERTIFICATES.exists():
        copy(CERTIFICATES, root / CERTIFICATES.relative_to("/"))
        settings.append(f"cert={CERTIFICATES}")
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc" / "pip.conf").write_text("\n".join(settings))


def nginx(root: Path) -> str:
    """Copy nginx and what its configuration includes."""
    copy(find("nginx"), root / "usr" / "sbin" / "nginx")
    copy("/etc/nginx/mime.types", root / "etc" / "nginx" / "mime.types")
    version = re.findall(r"nginx/(\S+)", output(find("nginx"), "-v"))[0]
    return f"this machine's nginx {version}"


def copy(source: str | Path, target: Path) -> Path:
    """Copy a file into a folder that may not be there yet."""
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy2(source, target))


def copy_libraries(root: Path) -> None:
    """Copy the shared libraries of all that was copied, and the loader to its own place."""
    files = [path for path in root.rglob("*") if path.is_file() and is_elf(path)]
    lines = output("ldd", *map(str, files), check=False)
    for library in {*re.findall(r"=> (/\S+)", lines)}:
        copy(library, root / "usr" / "lib" / Path(library).name)
    for loader in {*re.findall(r"^\s(/\S+) \(", lines, re.MULTILINE)}:
        copy(loader, root / loader.lstrip("/"))


def is_elf(path: Path) -> bool:
    """Whether a file is a program or a shared library."""
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def output(*command: str, check: bool = True) -> str:
    """What a command prints."""
    return subprocess.run(
        command,
        check=check,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ).stdout
