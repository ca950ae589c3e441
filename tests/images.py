"""The images of a Dockerfile without an engine: each stage is made in a folder of its own.

What a stage copies and runs is done there, with the paths of the image moved into the
folder. The base images are this machine: its Python, its nginx.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from .conftest import (
    COMPILE_WHAT_IS_IMPORTED,
    clean_environment,
    shown_if_it_fails,
)

OF_AN_IMAGE = re.compile(r"(?<![\w./)-])/(?=(app|build|etc/nginx|opt|srv)\b)")
"""Where a path begins that is the image's own."""

LIKE_A_CONTAINER = """
mount -t tmpfs -o mode=1777 tmpfs "$1" && mount -o remount,bind,ro / || exit
user=$2 group=$3 may=-all,+dac_read_search
shift 3
exec setpriv --reuid $user --regid $group --clear-groups --bounding-set $may \\
    --inh-caps $may --ambient-caps $may "$@"
"""


@dataclass(frozen=True)
class Stage:
    """A folder that holds what the stage's file system would, and what it says of itself."""

    root: Path
    base: str
    environment: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    """The rest of each other instruction, such as CMD and USER."""

    def moved(self, text: str) -> str:
        """A text with the image's paths moved into the folder."""
        return OF_AN_IMAGE.sub(f"{self.root}/", text)

    @property
    def workdir(self) -> Path:
        """Where commands run."""
        return Path(self.moved(self.said.get("WORKDIR", str(self.root))))

    @property
    def command(self) -> list[str]:
        """What the image starts."""
        return list(json.loads(self.said["CMD"]))

    @property
    def health_check(self) -> list[str]:
        """What its health check runs."""
        return list(json.loads(self.said["HEALTHCHECK"].partition("CMD ")[2]))

    @property
    def user(self) -> list[str]:
        """The numbers of its user and group."""
        return self.said["USER"].split(":")

    def environment_with(self, **more: str) -> dict[str, str]:
        """The environment of its commands."""
        return clean_environment() | self.environment | more


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Each instruction of a Dockerfile: its name, and the rest of it."""
    text = re.sub(r"^#.*\n", "", dockerfile.read_text("utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    words = (line.partition(" ") for line in lines if line)
    return [(name, rest) for name, _, rest in words]


def context_of(project: Path, folder: Path) -> Path:
    """What an engine would see of a project: ``.dockerignore`` lists what is let in."""
    everything, *rules = (
        line
        for line in (project / ".dockerignore").read_text("utf-8").splitlines()
        if not line.startswith("#")
    )
    assert everything == "*"
    ignored = [rule.removeprefix("**/") for rule in rules if rule.startswith("**/")]
    for rule in rules:
        if rule.startswith("!"):
            source, target = project / rule[1:], folder / rule[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns(*ignored))
            else:
                shutil.copy2(source, target)
    assert len(ignored) + sum(rule.startswith("!") for rule in rules) == len(rules)
    return folder


def build(project: Path, folder: Path) -> dict[str, Stage]:
    """Make every stage of a project's Dockerfile."""
    context = context_of(project, folder / "context")
    stages: dict[str, Stage] = {}
    name = ""
    for word, rest in instructions(project / "Dockerfile"):
        if word == "FROM":
            base, _, name = rest.split()
            stages[name] = new_stage(folder / name, base, stages.get(base))
            continue
        stage = stages[name]
        if word == "COPY":
            copy(rest, stage, stages, context)
        elif word == "RUN":
            script = stage.moved(re.sub(r"--mount=\S+ ", "", rest))
            subprocess.run(
                ["sh", "-c", script],
                check=True,
                cwd=stage.workdir,
                env=stage.environment_with(**COMPILE_WHAT_IS_IMPORTED),
            )
        elif word == "ENV":
            for pair in shlex.split(rest):
                key, _, value = pair.partition("=")
                before = stage.environment.get(key, "")
                stage.environment[key] = stage.moved(value).replace(f"${key}", before)
        else:
            stage.said[word] = rest
            stage.workdir.mkdir(parents=True, exist_ok=True)
    return stages


def new_stage(root: Path, base: str, made: Stage | None) -> Stage:
    """A stage on top of another, or of an image that this machine stands for."""
    root.mkdir()
    if made is None:
        here = f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin"
        return Stage(root, base, {"PATH": here})
    for path in made.root.iterdir():
        (root / path.name).symlink_to(path)
    return replace(
        made, root=root, environment=dict(made.environment), said=dict(made.said)
    )


def copy(rest: str, stage: Stage, stages: dict[str, Stage], context: Path) -> None:
    """Copy from the project; from another stage a link does, scripts know their place."""
    flags = dict(re.findall(r"--(\w+)=(\S+)", rest))
    *sources, last = (word for word in rest.split() if not word.startswith("--"))
    target = Path(stage.moved(last)) if last.startswith("/") else stage.workdir / last
    for source in sources:
        if "from" in flags:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(stages[flags["from"]].moved(source))
        elif (context / source).is_dir():
            shutil.copytree(context / source, target)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            copied = Path(shutil.copy2(context / source, target))
            copied.chmod(int(flags.get("chmod", "644"), 8))


def like_a_container(stage: Stage) -> list[str]:
    """What starts a command as an orchestrator does; nothing where the test is not root.

    The file system cannot be written, ``tmp`` in the stage's folder is its ``/tmp``, and
    the user is the image's: without a right but to read what is the test's own (its
    folders, and maybe its Python, are for root only).
    """
    (stage.root / "tmp").mkdir(exist_ok=True)
    if os.getuid():
        return []
    shell = ["unshare", "--mount", "sh", "-c", LIKE_A_CONTAINER, "sh"]
    return [*shell, str(stage.root / "tmp"), *stage.user]


@contextmanager
def started(
    stage: Stage, command: list[str], **environment: str
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run a command of an image, and yield it and the file with what it writes."""
    with (
        tempfile.NamedTemporaryFile(dir="/dev/shm") as log,  # where it can be written
        Path(log.name).open("ab") as stream,
    ):
        Path(log.name).chmod(0o666)
        process = subprocess.Popen(
            [*like_a_container(stage), *command],
            cwd=stage.workdir,
            env=stage.environment_with(**environment),
            stdout=stream,
            stderr=stream,
        )
        try:
            with shown_if_it_fails(Path(log.name)):
                yield process, Path(log.name)
        finally:
            process.terminate()
            process.wait(60)
