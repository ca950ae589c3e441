"""Build and run in containers what ``deployment`` brings: ``python -m tests.containers``.

Docker does so if its daemon answers, or else Podman, in a storage of its own; Podman also
runs the Kubernetes manifests. ``stand_ins.py`` makes the base images that cannot be pulled.

The last line says what was done, what was not done and why. The exit status is 1 if
anything that was tried failed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import TEMPLATE, clean_environment, run, run_python
from .images import instructions
from .stand_ins import MissingError, copy, copy_libraries, find, make_stand_in
from .test_proxies import Sent, ask, policy_names
from .test_served import free_port, gunicorn, wait_for

PACKAGE = "in_containers"
NAME = "in-containers"
"""Of images, of the Compose project and of the pod: none that a user would have."""

SERVICES = ("app", "nginx")
HOST = "app.example.com"
PATHS = ["/", "/health", "/no/such/page", "/static/README.txt"]

NO_ENGINE = "nothing done: neither Docker nor Podman is on this machine"
NO_CONTAINERS = "nothing done: no container can run here"

CONTAINERS_CONF = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[network]
network_config_dir = "{folder}/networks"
[engine]
{settings}
events_logger = "file"
lock_type = "file"
tmp_dir = "{folder}/tmp"
"""
"""For Podman: all in one folder, and no limit above those that every process has."""

STORAGE_CONF = """
[storage]
driver = ""
graphroot = "{folder}/storage"
runroot = "{folder}/run"
"""

ASK_INSIDE = """
import json, sys
from http.client import HTTPConnection
answers = {}
for path in sys.argv[1:]:
    connection = HTTPConnection("127.0.0.1", 8000)
    connection.request("GET", path, headers={"Host": "app.example", "Connection": "close"})
    response = connection.getresponse()
    answers[path] = [response.status, response.getheaders()]
print(json.dumps(answers))
"""
"""Run in the app's container, whose port Compose does not publish."""


@dataclass(frozen=True)
class Engine:
    """Docker or Podman, and what of Compose it has."""

    name: str
    version: str
    compose: list[str] = field(default_factory=list)
    compose_name: str = ""
    environment: dict[str, Any] = field(default_factory=dict)

    def run(self, *arguments: str, cwd: Path = TEMPLATE, check: bool = True) -> str:
        """Run a command of the engine, and return what it prints."""
        command = [self.name, *arguments]
        return run(*command, cwd=cwd, check=check, **self.environment).stdout.strip()

    def has(self, image: str) -> bool:
        """Whether an image is there."""
        command = [self.name, "image", "inspect", image]
        done = run(*command, cwd=TEMPLATE, check=False, **self.environment)
        return done.returncode == 0

    def remove(self, *images: str) -> None:
        """Remove images, if they are not in the folder of Podman, which goes as a whole."""
        if self.name == "docker":
            self.run("image", "rm", "--force", *images, check=False)

    def run_compose(self, *arguments: str, cwd: Path) -> None:
        """Run a command of Compose."""
        run(*self.compose, *arguments, cwd=cwd, **self.environment)

    def health(self, container: str) -> str:
        """What the health check of a container says.

        Podman leaves running it to systemd, which is not everywhere.
        """
        if self.name == "podman":
            self.run("healthcheck", "run", container, check=False)
        state = "{{.State.Health.Status}}"
        return self.run("inspect", "--format", state, container, check=False)


@dataclass
class Report:
    """What the last line says."""

    done: list[str] = field(default_factory=list)
    not_done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @contextmanager
    def tried(self, what: str) -> Iterator[None]:
        """Note what fails, and go on with the rest."""
        try:
            yield
        except MissingError as error:
            self.not_done.append(f"{what} ({error})")
        except (Exception, pytest.fail.Exception):  # noqa: BLE001 - it is printed
            traceback.print_exc()
            self.failed.append(what)

    def __str__(self) -> str:
        """Say it in one line."""
        parts = {"": self.done, "not done: ": self.not_done, "FAILED: ": self.failed}
        return "; ".join(
            start + ", ".join(texts) for start, texts in parts.items() if texts
        )


def find_docker() -> Engine | None:
    """Return Docker, if its daemon answers."""
    if not shutil.which("docker"):
        return None
    show = ["docker", "version", "--format", "{{.Server.Version}}"]
    daemon = run(*show, cwd=TEMPLATE, check=False)
    if daemon.returncode:
        return None
    compose = ["docker", "compose"]
    found = run(*compose, "version", "--short", cwd=TEMPLATE, check=False)
    if found.returncode:
        return Engine("docker", daemon.stdout.strip())
    name = f"docker compose {found.stdout.strip()}"
    return Engine("docker", daemon.stdout.strip(), compose, name)


@contextmanager
def podman(folder: Path) -> Iterator[Engine]:
    """Yield Podman, which keeps everything in a folder; nothing runs on afterwards."""
    environment = podman_environment(folder)
    show = ["podman", "version", "--format", "{{.Client.Version}}"]
    number = run(*show, cwd=TEMPLATE, **environment).stdout.strip()
    compose, name = [], ""
    if find_spec("podman_compose"):
        compose = [sys.executable, "-m", "podman_compose"]
        name = f"podman-compose {version('podman-compose')}"
    engine = Engine("podman", number, compose, name, environment)
    try:
        yield engine
    finally:
        engine.run("pod", "rm", "--all", "--force", "--time=0", check=False)
        engine.run("rm", "--all", "--force", "--time=0", check=False)
        clear(folder)


def clear(folder: Path) -> None:
    """End what an interrupted Podman left running, and unmount what it mounted.

    Its processes have the folder in their environment.
    """
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it may have ended
            if os.fsencode(folder) in environment.read_bytes():
                os.kill(int(environment.parent.name), signal.SIGKILL)
    for line in reversed(Path("/proc/self/mounts").read_text("utf-8").splitlines()):
        point = line.split()[1]
        if point.startswith(f"{folder}/"):
            run("umount", "--lazy", point, cwd=TEMPLATE, check=False)


def podman_environment(folder: Path) -> dict[str, Any]:
    """Write Podman's configuration into a folder."""
    settings = []
    if not Path("/sys/fs/cgroup/cgroup.controllers").exists():
        settings.append(
            'runtime = "runc"'
        )  # crun refuses a mixture of cgroups v1 and v2
    if not Path("/run/systemd/system").exists():
        settings.append('cgroup_manager = "cgroupfs"')
    (folder / "containers.conf").write_text(
        CONTAINERS_CONF.format(folder=folder, settings="\n".join(settings))
    )
    (folder / "storage.conf").write_text(STORAGE_CONF.format(folder=folder))
    return {
        "CONTAINERS_CONF": str(folder / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        "BUILDAH_FORMAT": "docker",  # the other one has no health checks
        "TMPDIR": str(folder),  # for what RUN --mount=type=cache keeps
    }


def why_no_containers() -> str:
    """Why Podman could not run one: its user, the kernel or what this itself runs in."""
    if sys.platform != "linux" or os.getuid():
        return "Podman is tried on Linux and as root only"
    spaces = ["--fork", "--pid", "--mount", "--net", "--mount-proc"]
    tried = run("unshare", *spaces, "true", cwd=TEMPLATE, check=False)
    return tried.stderr.strip() if tried.returncode else ""


def why_it_runs_none(engine: Engine, folder: Path) -> str:
    """Why an engine cannot run BusyBox in a container with a network; empty if it can."""
    root, name = folder / "probe" / engine.name, f"{NAME}-probe"
    try:
        copy(find("busybox"), root / "files" / "bin" / "busybox")
    except MissingError:
        return ""  # images that can be pulled need none
    copy_libraries(root / "files")
    (root / "Dockerfile").write_text("FROM scratch\nCOPY files /\n")
    try:
        engine.run("build", "--tag", name, ".", cwd=root)
        engine.run("network", "create", name)
        engine.run("run", "--rm", "--network", name, name, "/bin/busybox", "true")
    except pytest.fail.Exception as error:
        return f"{engine.name}: {str(error).strip().splitlines()[-1]}"
    finally:
        engine.run("network", "rm", name, check=False)
        engine.remove(name)
    return ""


def generate(folder: Path, deployment: str) -> Path:
    """Generate a project with the answer ``deployment``."""
    answers = [f"package_name={PACKAGE}", f"deployment={deployment}"]
    options = ["--no-input", "--output-dir", str(folder / deployment)]
    command = ["-m", "cookiecutter", *options, str(TEMPLATE), *answers]
    run_python(*command, cwd=folder, TMPDIR=str(folder))  # hooks stay there
    (project,) = (folder / deployment).iterdir()
    return project


@contextmanager
def base_images(engine: Engine, project: Path, folder: Path) -> Iterator[list[str]]:
    """Pull the base images of a Dockerfile, or make stand-ins and yield which."""
    lines = [
        rest for word, rest in instructions(project / "Dockerfile") if word == "FROM"
    ]
    own = {line.split()[2] for line in lines}
    made = []
    with ExitStack() as stack:
        for base in sorted({line.split()[0] for line in lines} - own):
            if engine.has(base):
                continue
            stack.callback(engine.remove, base)
            if not pulled(engine, base):
                stand_in = build_stand_in(engine, base, folder)
                made.append(f"pulling {base} ({stand_in} stands in)")
        yield made


def pulled(engine: Engine, base: str) -> bool:
    """Pull an image, unless no registry can be reached.

    Raises:
        AssertionError: The registry has no such image.
    """
    command = [engine.name, "pull", "--quiet", f"docker.io/library/{base}"]
    done = run(*command, cwd=TEMPLATE, check=False, **engine.environment)
    assert "manifest unknown" not in done.stderr, done.stderr
    return done.returncode == 0


def build_stand_in(engine: Engine, base: str, folder: Path) -> str:
    """Build a stand-in under the name of a base image."""
    root = folder / "stand-ins" / engine.name / base.partition(":")[0]
    made = make_stand_in(base, root / "files")
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    dockerfile = f"FROM scratch\nENV PATH={path}\nCOPY files /\n"
    (root / "Dockerfile").write_text(dockerfile)
    engine.run("build", "--tag", f"docker.io/library/{base}", ".", cwd=root)
    return made


def comparable(sent: Sent) -> list[str]:
    """The head of a response, without what is another one each time or for each file."""
    changing = {"date", "etag", "last-modified"}
    rows = [f"{n}: {v}" for n, v in sent.headers if n.lower() not in changing]
    masked = re.sub("'nonce-[^']+'|(?<=X-Request-ID: ).*", "...", "\n".join(rows))
    return [str(sent.status), *masked.splitlines()]


def compare(found: list[Any], expected: list[Any]) -> None:
    """Show what differs: outside of pytest, an assert does not."""
    assert found == expected, f"\nfound: {found}\nexpected: {expected}"


def check_confinement(engine: Engine, container: str, user: str) -> None:
    """A container has no rights, and can write nothing but ``/tmp``."""
    shown = ["exec", container, "cat", "/proc/1/status", "/proc/1/mounts"]
    text = engine.run(*shown)
    status = dict(re.findall(r"^(\w+):\s+(\S+)", text, re.MULTILINE))
    assert [status["Uid"], status["Gid"]] == [user, user]
    assert status["NoNewPrivs"] == "1"
    assert {int(status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd")} == {0}
    assert re.search(r"^\S+ / \S+ ro,", text, re.MULTILINE), text
    engine.run("exec", container, "touch", "/tmp/written")  # noqa: S108 - its own


def run_compose_file(engine: Engine, project: Path) -> None:
    """Run ``compose.yaml``, and ask it with the app and without."""
    port = free_port()
    file = project / "compose.yaml"
    text, count = re.subn(
        "127.0.0.1:8080:", f"127.0.0.1:{port}:", file.read_text("utf-8")
    )
    assert count == 1
    file.write_text(text, "utf-8")
    served = gunicorn(project, f"{PACKAGE}:create_app()", FLASK_PROXY_HOPS="1")
    with served as (_, direct_port):
        direct = {path: ask(direct_port, "http", path) for path in PATHS}
    try:
        with logs_shown_if_it_fails(engine):
            containers = start(engine, project)
            check_confinement(engine, containers["app"], "10001")
            check_confinement(engine, containers["nginx"], "101")
            check_app(engine, containers["app"], direct)
            check_nginx(engine, project, port, direct)
    finally:
        engine.run_compose("down", cwd=project)


@contextmanager
def logs_shown_if_it_fails(engine: Engine) -> Iterator[None]:
    """Print what the containers have written, if a check fails."""
    try:
        yield
    except BaseException:
        found = engine.run("ps", "--all", "--quiet", f"--filter=name={NAME}")
        for container in found.split():
            command = [engine.name, "logs", container]
            environment = clean_environment() | engine.environment
            subprocess.run(command, check=False, env=environment)
        raise


def start(engine: Engine, project: Path) -> dict[str, str]:
    """Start the services, and return their containers when all are healthy."""
    log = project / "up.log"
    command = [*engine.compose, "up", "--detach", "--wait"]
    environment = clean_environment() | engine.environment
    with log.open("w") as out:
        up = subprocess.Popen(
            command, cwd=project, env=environment, stdout=out, stderr=out
        )
    end = time.monotonic() + 120
    try:
        while True:
            containers = {service: of_compose(engine, service) for service in SERVICES}
            states = {name: engine.health(each) for name, each in containers.items()}
            if set(states.values()) == {"healthy"} and up.poll() == 0:
                return containers
            assert not up.poll(), f"{states}\n{log.read_text('utf-8')}"
            assert time.monotonic() < end, f"{states}\n{log.read_text('utf-8')}"
            time.sleep(0.5)
    finally:
        up.kill()
        up.wait()


def of_compose(engine: Engine, service: str) -> str:
    """The container of a service."""
    label = "label=com.docker.compose"
    which = [f"--filter={label}.project={NAME}", f"--filter={label}.service={service}"]
    return engine.run("ps", "--all", "--quiet", *which)


def check_app(engine: Engine, container: str, direct: dict[str, Sent]) -> None:
    """The app sends the same as without a container."""
    printed = engine.run("exec", container, "python", "-c", ASK_INSIDE, *PATHS)
    for path, (status, headers) in json.loads(printed).items():
        inside = Sent(status, [(name, value) for name, value in headers])
        compare(comparable(inside), comparable(direct[path]))


def check_nginx(
    engine: Engine, project: Path, port: int, direct: dict[str, Sent]
) -> None:
    """The policy's headers are the app's, also on what nginx says when the app is away."""
    names = policy_names(project, PACKAGE) - {"x-request-id"}
    for path, expected in direct.items():
        sent = ask(port, "http", path)
        assert sent.status == expected.status
        compare(sent.of(names), expected.of(names))
    engine.run_compose("stop", "app", cwd=project)
    for _ in range(2):
        before = time.monotonic()
        sent = ask(port, "http", "/")
        assert time.monotonic() - before < 10
        assert sent.status in {502, 504}
        compare(sent.of(names), direct["/no/such/page"].of(names))
    assert ask(port, "http", "/static/README.txt").status == 200


def run_manifests(engine: Engine, project: Path) -> None:
    """Run what Podman knows of the manifests, which is the Deployment, and ask it."""
    folder = project / "deploy" / "kubernetes"
    deployment = yaml.safe_load((folder / "deployment.yaml").read_text("utf-8"))
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    port = free_port()
    text = "---\n".join(
        path.read_text("utf-8")
        for path in sorted(folder.glob("*.yaml"))
        if path.name != "kustomization.yaml"  # for kubectl only
    )
    here = f"{{ name: http, containerPort: 8000, hostIP: 127.0.0.1, hostPort: {port} }}"
    text, count = re.subn(r"name: http\n +containerPort: 8000", here, text)
    assert count == 1
    (project / "all.yaml").write_text(text, "utf-8")
    settings = {each["name"]: each["value"] for each in container["env"]}
    with logs_shown_if_it_fails(engine):
        engine.run("kube", "play", "all.yaml", cwd=project)
        wait_for(port)
        check_pod(engine, port, container, settings)
        served = gunicorn(project, f"{PACKAGE}:create_app()", **settings)
        with served as (_, direct_port):
            for path in PATHS:
                sent = ask(port, "http", path, host=HOST)
                direct = ask(direct_port, "http", path, host=HOST)
                compare(comparable(sent), comparable(direct))


def check_pod(
    engine: Engine, port: int, container: Any, settings: dict[str, str]
) -> None:
    """The pod's container is confined, has its settings, and answers its probes."""
    pod = engine.run("ps", "--quiet", f"--filter=name={NAME}-pod")
    check_confinement(engine, pod, "10001")
    environment = engine.run("exec", pod, "env").splitlines()
    assert {f"{name}={value}" for name, value in settings.items()} <= {*environment}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        asked = container[probe]["httpGet"]
        assert asked["httpHeaders"] == [{"name": "Host", "value": HOST}]
        assert ask(port, "http", asked["path"], host=HOST).status == 200
    assert ask(port, "http", "/health", host="10.1.2.3").status == 400
    over_https = ask(port, "http", "/", "GET", "X-Forwarded-Proto: https", host=HOST)
    assert "Strict-Transport-Security" in dict(over_https.headers)
    engine.run("exec", pod, "python", "healthcheck.py")


def try_compose(engine: Engine, project: Path, report: Report) -> None:
    """Build both images, and run ``compose.yaml``."""
    if not engine.compose:
        raise MissingError("no docker compose, no podman-compose")
    for service in SERVICES:  # one by one: they have stages in common
        engine.run_compose("build", service, cwd=project)
    report.done.append(f"built 2 images with {engine.name} {engine.version}")
    run_compose_file(engine, project)
    report.done.append(f"ran compose.yaml by {engine.compose_name}")


def try_manifests(engine: Engine, project: Path, report: Report) -> None:
    """Run the Deployment with the app's image, which Compose may have built.

    ``test_deployment.py`` shows that the image is the same for both.
    """
    if not engine.has(NAME):
        engine.run("build", "--tag", NAME, ".", cwd=project)
        report.done.append(f"built the pod's image with {engine.name} {engine.version}")
    if engine.name != "podman":
        raise MissingError(why_no_containers() or "no Podman")
    run_manifests(engine, project)
    report.done.append("ran deployment.yaml by podman kube play")
    report.not_done.append("the other manifests (podman knows none of them)")


def try_all(engines: list[Engine], folder: Path, report: Report) -> None:
    """Try what the engines can: Compose with the first, the manifests with the last."""
    parts = {
        "docker": (engines[0], try_compose),
        "kubernetes": (engines[-1], try_manifests),
    }
    with ExitStack() as stack:
        for deployment, (engine, attempt) in parts.items():
            with report.tried(f"deployment={deployment}"):
                project = generate(folder, deployment)
                bases = base_images(engine, project, folder)
                report.not_done += stack.enter_context(bases)
                stack.callback(engine.remove, NAME, f"{NAME}-nginx")
                attempt(engine, project, report)


def main() -> int:
    """Try it, print what was done, and return the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    docker, with_podman = find_docker(), shutil.which("podman")
    refused = why_no_containers()
    if not docker and (refused or not with_podman):
        nothing = f"{NO_CONTAINERS}: {refused}" if with_podman else NO_ENGINE
        sys.stdout.write(f"{nothing}\n")
        return 0
    report = Report()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        engines = [docker] if docker else []
        if with_podman and not refused:
            engines.append(stack.enter_context(podman(folder)))
        reasons = [why_it_runs_none(engine, folder) for engine in engines]
        if any(reasons):
            sys.stdout.write(f"{NO_CONTAINERS}: {'; '.join(filter(None, reasons))}\n")
            return 0
        try_all(engines, folder, report)
    sys.stdout.write(f"{report}\n")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
