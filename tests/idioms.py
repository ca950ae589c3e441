"""Which kinds of response each strategy covers by itself, and which need the safety net.

``python -m tests.idioms`` writes the table of ``docs/strategies.md``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

TEMPLATE = Path(__file__).parent.parent
PAGE = TEMPLATE / "docs" / "strategies.md"
START, END = "<!-- table -->\n", "<!-- end of table -->\n"

Coverage = dict[str, tuple[bool, bool]]
"""For each kind of response, whether it carries the policy: without and with the net."""


def table(coverages: Mapping[str, Coverage]) -> str:
    """Return the table for the coverage of each strategy, in Markdown."""
    kinds = list(next(iter(coverages.values())))
    counts = {
        strategy: sum(alone for alone, _ in coverage.values())
        for strategy, coverage in coverages.items()
    }
    lines = [
        "| response | " + " | ".join(f"`{name}`" for name in coverages) + " |",
        "|---|" + ":-:|" * len(coverages),
        f"| **covered by itself, of {len(kinds)}** | "
        + " | ".join(f"**{count}**" for count in counts.values())
        + " |",
    ]
    for kind in kinds:
        marks = ["✓" if each[kind][0] else "net" for each in coverages.values()]
        lines.append(f"| {kind} | " + " | ".join(marks) + " |")
    return "\n".join(lines) + "\n"


def coverage_of(project: Path) -> Coverage:
    """Run the app of a generated project."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.idioms", "--child"],
        check=True,
        cwd=TEMPLATE,
        env=os.environ | {"PYTHONPATH": str(project / "src")},
        stdout=subprocess.PIPE,
        text=True,
    )
    return {
        kind: (alone, net) for kind, (alone, net) in json.loads(done.stdout).items()
    }


def measure() -> Coverage:
    """Send a request for each kind of response, with and without the safety net."""
    # These need the generated project on the path.
    from my_flask_app.response_headers import net  # noqa: PLC0415

    from tests.engine.apps import POLICY, bare_app, set_policy  # noqa: PLC0415
    from tests.engine.response_kinds import KINDS  # noqa: PLC0415
    from tests.engine.wire import fetch  # noqa: PLC0415

    add_net = net.init_app

    def app_for(prepare: Callable[[Any], None], *, with_net: bool) -> Any:
        net.init_app = add_net if with_net else lambda _: None
        app = bare_app()
        app.logger.disabled = True
        set_policy(app, POLICY)
        prepare(app)
        return app

    def carries_policy(app: Any, request: dict[str, Any], status: int) -> bool:
        try:
            wire = fetch(app, **request)
        except Exception:  # noqa: BLE001 - it was left to the server
            return False
        return wire.code == status and all(
            wire.values(name) and wire.values(name).count(value) <= 1
            for name, value in POLICY
        )

    kinds = [(kind.name, kind.prepare, kind.request, kind.status) for kind in KINDS]
    kinds += [
        ("the app's handler for 500 raises", raise_in_handler, {"path": "/kind"}, 500),
        (
            "a stream raises before its first byte",
            raise_in_stream,
            {"path": "/kind"},
            500,
        ),
    ]
    coverage: Coverage = {}
    for name, prepare, request, status in kinds:
        alone, netted = (
            carries_policy(app_for(prepare, with_net=each), request, status)
            for each in (False, True)
        )
        coverage[name] = alone, netted
    shared = [app_for(share_response, with_net=each) for each in (False, True)]
    alone, netted = (all_threads(app, carries_policy) for app in shared)
    coverage["a response that threads share"] = alone, netted
    return coverage


def raise_in_handler(app: Any) -> None:
    """Prepare an app whose handler for exceptions fails."""

    def fail(_: object = None) -> Any:
        raise RuntimeError

    app.register_error_handler(500, fail)
    app.add_url_rule("/kind", "kind", fail)


def raise_in_stream(app: Any) -> None:
    """Prepare an app whose stream fails at once."""

    def stream() -> Any:
        raise RuntimeError
        yield ""

    app.add_url_rule("/kind", "kind", stream)


def share_response(app: Any) -> None:
    """Prepare an app whose view returns the same response every time."""
    response = app.response_class("shared")
    app.add_url_rule("/kind", "kind", lambda: response)


def all_threads(app: Any, carries_policy: Callable[[Any, Any, int], bool]) -> bool:
    """Send requests from several threads at once."""
    results: list[bool] = []

    def run() -> None:
        results.extend(carries_policy(app, {"path": "/kind"}, 200) for _ in range(50))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return all(results)


def write() -> None:
    """Write the table of the three strategies into the page."""
    from tests.benchmarks.apps import generate  # noqa: PLC0415

    coverages = {}
    with tempfile.TemporaryDirectory() as folder:
        for strategy in ("after_request", "Response", "make_response"):
            output = Path(folder, strategy)
            generate(output, f"header_strategy={strategy}", "header_policy=custom")
            coverages[strategy] = coverage_of(output / "my-flask-app")
    before, rest = PAGE.read_text("utf-8").split(START)
    after = rest.split(END)[1]
    PAGE.write_text(before + START + table(coverages) + END + after, "utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--child"]:
        json.dump(measure(), sys.stdout)
    else:
        write()
