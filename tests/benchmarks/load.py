"""The app behind gunicorn, under load: requests a second, and how long the slowest take.

wrk asks a bounded time over loopback. Every response is counted, and the headers of a
sample are looked at: none is missing, and no nonce comes twice. Where there are cores for
both, the server has one and wrk another: moved between them, they vary more than headers do.
"""

from __future__ import annotations

import collections
import itertools
import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import STRATEGIES
from tests.test_served import answer, gunicorn

from .apps import generated, rows_of
from .measuring import Line, Table, line_of

SECONDS = 4
SAMPLE = 200

CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []

BARE = """
from flask import Flask

app = Flask("bare")
app.add_url_rule("/hello", "hello", lambda: "Hello World")
"""

FLOOR = (
    BARE
    + """

@app.after_request
def add(response):
    response.headers[:0] = {rows!r}
    return response
"""
)

TALISMAN = """
from flask import Flask
from flask_talisman import Talisman

app = Flask("talisman")
app.add_url_rule("/hello", "hello", lambda: "Hello World")
Talisman(app, force_https=False)
"""

OWN = """
from {package} import create_app

app = create_app()
app.add_url_rule("/hello", "hello", lambda: "Hello World")
"""

WITH_NONCE = """
from {package}.response_headers import csp_nonce

app.add_url_rule("/nonce", "nonce", csp_nonce)
"""

REPORT = """
done = function(summary, latency)
  local errors = summary.errors
  print(string.format("measured %d %d %d %f", summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(99)))
end
"""


def measure(folder: Path, rounds: int) -> Iterator[Table]:
    """Measure each strategy with two policies against bare Flask and Talisman."""
    wrk = shutil.which("wrk")
    if wrk is None:
        sys.exit("wrk is not on this machine: it is Debian's package of that name.")
    (folder / "report.lua").write_text(REPORT)
    (folder / "bare.py").write_text(BARE)
    (folder / "talisman.py").write_text(TALISMAN)
    served = {"bare Flask": ("bare", folder), "flask-talisman": ("talisman", folder)}
    for policy, strategy in itertools.product(["custom", "web"], STRATEGIES):
        project = generated(folder, strategy, policy)
        name = f"served_{project.package}"
        code = OWN + WITH_NONCE * (policy == "web")
        (folder / f"{name}.py").write_text(code.format(package=project.package))
        served[f"{policy}, {strategy}"] = (name, project.folder)
    rows = rows_of(project.app())
    (folder / "floor.py").write_text(FLOOR.format(rows=rows))
    served[f"web, the floor: the same {len(rows)} headers"] = ("floor", folder)
    speed: dict[str, list[float]] = collections.defaultdict(list)
    slowest: dict[str, list[float]] = collections.defaultdict(list)
    for _ in range(rounds):
        for name, (module, project_folder) in served.items():
            _stay_on(CORES[:1])
            with gunicorn(
                project_folder,
                f"{module}:app",
                "--workers=1",
                "--threads=4",
                FLASK_LOG_REQUESTS="false",  # bare Flask logs none
                PYTHONPATH=str(folder),
            ) as address:
                _stay_on(CORES[1:])
                requests, milliseconds = _load(wrk, folder, address)
                if name.startswith("web") and "floor" not in name:
                    _look_at_a_sample(address)
            speed[name].append(requests)
            slowest[name].append(milliseconds)
    _stay_on(CORES)
    yield _ratios("Requests a second, under load", speed, at_least=0.93)
    yield _ratios("The slowest of a hundred (p99), under load", slowest)
    yield Table(
        "Requests a second, as they are",
        [line_of(name, values) for name, values in speed.items()],
    )


def _stay_on(cores: list[int]) -> None:
    """Keep this process, and those it starts from now on, on these cores."""
    if len(CORES) > 1:
        os.sched_setaffinity(0, cores)


def _load(wrk: str, folder: Path, address: tuple[str, int]) -> tuple[float, float]:
    """Requests a second, and the milliseconds of the 99th percentile."""
    url = f"http://{address[0]}:{address[1]}/hello"
    options = ["-t1", "-c8", f"-d{SECONDS}s", "-s", str(folder / "report.lua")]
    done = subprocess.run(
        [wrk, *options, url], check=True, stdout=subprocess.PIPE, text=True
    )
    measured = re.search(r"measured (\d+) (\d+) (\d+) ([\d.]+)", done.stdout)
    assert measured, done.stdout
    requests, microseconds, errors = (int(number) for number in measured.groups()[:3])
    assert errors == 0, f"{errors} of {requests} responses are errors"
    return requests / microseconds * 1e6, float(measured[4]) / 1000


def _look_at_a_sample(address: tuple[str, int]) -> None:
    nonces = []
    for _ in range(SAMPLE):
        head, _, body = answer(address, "GET", "/nonce").partition(b"\r\n\r\n")
        for name in (b"Custom-Header", b"X-Frame-Options", b"Permissions-Policy"):
            assert head.count(b"\r\n" + name + b": ") == 1, head
        (nonce,) = set(re.findall(rb"'nonce-([^']+)'", head))
        assert nonce == body
        nonces.append(nonce)
    assert len(set(nonces)) == SAMPLE, "a nonce came twice"


def _ratios(
    title: str, values: dict[str, list[float]], at_least: float | None = None
) -> Table:
    base = values["bare Flask"]
    lines: list[Line] = []
    for name, own in values.items():
        ratios = [one / other for one, other in zip(own, base, strict=True)]
        target = at_least if name.endswith(tuple(STRATEGIES)) else None
        lines.append(line_of(name, ratios, at_least=target))
    spread = statistics.pstdev(base) / statistics.mean(base)
    return Table(f"{title} (bare Flask varied by {spread:.0%})", lines)
