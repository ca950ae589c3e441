"""From answers to a project: every way to give them, and those that are refused."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from flask_headers_extension.rules import VALIDATION, validation_error

from .conftest import (
    POLICIES,
    QUESTIONS,
    STRATEGIES,
    TEMPLATE,
    Bake,
    checked_answers,
    clean_environment,
    first_quick,
    need,
    need_package,
    run,
    run_python,
)

EXTENSION = "upgrade_cookiecutter_to_2_3.TemplateExtension"

COMMON_FILES = {
    ".github/dependabot.yml",
    ".github/workflows/ci.yml",
    ".gitignore",
    "LICENSE",
    "README.md",
    "gunicorn.conf.py",
    "pyproject.toml",
    "src/my_flask_app/__init__.py",
    "src/my_flask_app/first_page.py",
    "src/my_flask_app/logs.py",
    "src/my_flask_app/policy.py",
    "src/my_flask_app/proxies.py",
    "src/my_flask_app/py.typed",
    "src/my_flask_app/response_headers/__init__.py",
    "src/my_flask_app/response_headers/cli/__init__.py",
    "src/my_flask_app/response_headers/cli/advice.py",
    "src/my_flask_app/response_headers/cli/blocked.py",
    "src/my_flask_app/response_headers/cli/client.py",
    "src/my_flask_app/response_headers/cli/commands.py",
    "src/my_flask_app/response_headers/cli/export.py",
    "src/my_flask_app/response_headers/cli/formatting.py",
    "src/my_flask_app/response_headers/cli/middleware.py",
    "src/my_flask_app/response_headers/cli/page.py",
    "src/my_flask_app/response_headers/cli/plan.py",
    "src/my_flask_app/response_headers/cli/templates/response_headers/headers.html",
    "src/my_flask_app/response_headers/cli/sources.py",
    "src/my_flask_app/response_headers/cli/suggest.py",
    "src/my_flask_app/response_headers/cli/tracing.py",
    "src/my_flask_app/response_headers/cli/violations.py",
    "src/my_flask_app/response_headers/csp.py",
    "src/my_flask_app/response_headers/header_policy.py",
    "src/my_flask_app/response_headers/net.py",
    "src/my_flask_app/response_headers/nonce.py",
    "src/my_flask_app/response_headers/overrides.py",
    "src/my_flask_app/response_headers/reports.py",
    "src/my_flask_app/response_headers/request_id.py",
    "src/my_flask_app/response_headers/ruff.toml",
    "src/my_flask_app/response_headers/sri.py",
    "src/my_flask_app/response_headers/strategy.py",
    "src/my_flask_app/response_headers/templates.py",
    "src/my_flask_app/response_headers/validation.py",
    "src/my_flask_app/response_headers/values.py",
    "src/my_flask_app/static/README.txt",
    "src/my_flask_app/views.py",
    "tests/conftest.py",
    "tests/test_app.py",
    "tests/test_first_page.py",
    "tests/test_policy.py",
    "tests/test_responses.py",
    "tests/test_routes.py",
}

OWN_FILES = {
    "custom": set[str](),
    "api": {"src/my_flask_app/problems.py", "src/my_flask_app/sessions.py"},
    "web": {
        "src/my_flask_app/error_pages.py",
        "src/my_flask_app/sessions.py",
        "src/my_flask_app/static/hello.css",
        "src/my_flask_app/static/hello.js",
        "src/my_flask_app/static/icon.svg",
        "src/my_flask_app/static/style.css",
        "src/my_flask_app/templates/base.html",
        "src/my_flask_app/templates/error.html",
        "src/my_flask_app/templates/hello.html",
    },
}

FILES = {policy: COMMON_FILES | OWN_FILES[policy] for policy in POLICIES}
"""Every file of a project, by its policy."""

BAD_ANSWERS = [
    ("project_name", " ", "Remove the spaces"),
    ("project_slug", "", "Use letters, digits"),
    ("project_slug", "a/b/c", "(no path)"),
    ("project_slug", "../x", "(no path)"),
    ("project_slug", ".", "(no path)"),
    ("project_slug", "a b", "Use letters, digits"),
    ("project_slug", "-a", "Use letters, digits"),
    ("project_slug", "a" * 51, "at most 50"),
    ("project_slug", "Flask", "Choose another name"),
    ("project_slug", "con", "Windows"),
    ("package_name", "my-app", "Python identifier"),
    ("package_name", "2048", "Python identifier"),
    ("package_name", "a.b", "Python identifier"),
    ("package_name", "a/b", "(no path)"),
    ("package_name", "a" * 36, "at most 35"),
    ("package_name", "class", "Python keyword"),
    ("package_name", "match", "Python keyword"),
    ("package_name", "flask", "the app needs"),
    ("package_name", "werkzeug", "the app needs"),
    ("package_name", "json", "standard library"),
    ("package_name", "tests", "folder of the project"),
    ("description", "two\nlines", "Character 4 is '\\n' (a line break): Use one line"),
    ("description", "a\tb", "Character 2 is '\\t' (not printable): Use one line"),
    ("author_email", "me", "such as you@example.com"),
    ("author_email", "Jane <j@x.org>", "email address"),
    ("author_email", "jané@x.org", "email address"),
    ("author_email", "a..b@x.org", "email address"),
    ("custom_header_name", "Expires", "sets this header"),
    ("custom_header_name", "Two Words", "Use letters, digits"),
    ("custom_header_name", "X-One\r\nX-Two", "Use letters, digits"),
    ("custom_header_name", "Content-Length", "sets this header"),
    ("custom_header_name", "X-Frame-Options", "The policies set this header"),
    ("custom_header_name", "x-request-id", "in policy.py afterwards"),
    ("custom_header_name", "X-Name: value", "no colon, no value"),
    ("custom_header_name", "Referer-Policy", "did you mean Referrer-Policy?"),
    ("custom_header_name", "X-Frame-Option", "did you mean X-Frame-Options?"),
    ("custom_header_value", "x\xa0", "Remove the spaces"),
    ("custom_header_value", "line\r\nbreak", "(a line break): Use one line of"),
    (
        "custom_header_value",
        "5 €",
        "Character 3 is '\\u20ac' (EURO SIGN): Use one line of",
    ),
    ("custom_header_value", " x", "Remove the spaces"),
]


def cookiecutter(
    output: Path,
    *options: str,
    template: Path = TEMPLATE,
    check: bool = True,
    **environment: str,
) -> str:
    """Run cookiecutter as a command and return all that it printed."""
    home = output.parent / "home"
    home.mkdir(exist_ok=True)
    done = run_python(
        "-m",
        "cookiecutter",
        template,
        "--output-dir",
        output,
        *options,
        cwd=output.parent,
        check=check,
        HOME=str(home),
        USERPROFILE=str(home),
        **environment,
    )
    return done.stdout + done.stderr


def files_of(project: Path) -> set[str]:
    """Every file of a project, as paths below it."""
    files = (path for path in project.rglob("*") if path.is_file())
    return {path.relative_to(project).as_posix() for path in files}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_project_has_these_files_and_no_others(
    bake: Bake, strategy: str, policy: str
) -> None:
    project = bake(header_strategy=strategy, header_policy=policy)
    assert files_of(project) == FILES[policy]


def test_an_unknown_variable_is_refused() -> None:
    with pytest.raises(ValueError, match="no variable 'strategy'"):
        checked_answers({"strategy": "Response"})
    with pytest.raises(ValueError, match="'response' is no choice of header_strategy"):
        checked_answers({"header_strategy": "response"})


def test_every_question_and_every_choice_has_a_label() -> None:
    labels = json.loads((TEMPLATE / "cookiecutter.json").read_text("utf-8"))[
        "__prompts__"
    ]
    assert labels.keys() == QUESTIONS.keys()
    for name, choices in QUESTIONS.items():
        if isinstance(choices, list):
            assert labels[name].keys() == {"__prompt__", *choices}
            for choice in choices:
                assert labels[name][choice].startswith(f"{choice}: ")


def test_the_next_steps_have_the_names_given(tmp_path: Path) -> None:
    out = tmp_path / "out"
    answers = ["--no-input", "project_slug=shop", "package_name=storefront"]
    printed = cookiecutter(out, *answers, "header_strategy=Response")
    assert f"{out / 'shop'} is ready: its headers are set with Response." in printed
    assert f"cd {out / 'shop'}\n" in printed
    assert ".venv/bin/flask --app storefront run" in printed


@pytest.mark.parametrize(
    "answers", [["--no-input"], ["--no-input", "project_slug=a b"]]
)
def test_the_folder_is_named_as_seen_from_where_the_user_is(
    tmp_path: Path, answers: list[str]
) -> None:
    command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), *answers]
    done = run(*command, cwd=tmp_path, check=False, PWD=str(tmp_path))
    if "project_slug=a b" in answers:
        assert done.returncode == 1
        assert list(tmp_path.iterdir()) == []
    else:
        assert "\n  cd my-flask-app\n" in done.stdout


def test_the_template_may_be_given_as_a_relative_path(
    tmp_path: Path, template_copy: Path
) -> None:
    # Cookiecutter then has a relative path in sys.path, and hooks change the folder.
    template = template_copy.relative_to(tmp_path)
    command = [sys.executable, "-m", "cookiecutter", str(template), "--no-input"]
    run(*command, cwd=tmp_path, HOME=str(tmp_path), USERPROFILE=str(tmp_path))
    assert files_of(tmp_path / "my-flask-app") == FILES["web"]


@pytest.mark.parametrize(("variable", "answer", "allowed"), BAD_ANSWERS)
def test_a_bad_answer_is_refused_in_one_line(
    variable: str, answer: str, allowed: str
) -> None:
    error = validation_error(variable, answer)
    assert error
    assert "\n" not in error
    assert error.startswith(f"{variable}: ")
    assert allowed in error


ONE_OF_EACH = {variable: answer for variable, answer, _ in BAD_ANSWERS}


@pytest.mark.parametrize(("variable", "answer"), ONE_OF_EACH.items())
def test_a_bad_answer_stops_cookiecutter_and_nothing_is_written(
    tmp_path: Path, variable: str, answer: str
) -> None:
    out = tmp_path / "deep" / "out"
    out.mkdir(parents=True)
    printed = cookiecutter(out, "--no-input", f"{variable}={answer}", check=False)
    assert printed == f"{validation_error(variable, answer)}\n"
    assert list(out.iterdir()) == []
    assert {path.name for path in out.parent.iterdir()} == {"out", "home"}


BAD_REPLAYS = [
    ("package_name", "class", "Choose another name"),
    ("project_slug", "a/b/c", "(no path)"),
    ("project_slug", "../x", "(no path)"),
    ("header_strategy", "response", "Choose one of after_request, Response"),
    ("header_policy", "../../x", "Choose one of web, api, custom"),
    ("header_policy", ["web"], "Enter a text."),
    ("description", None, "Enter a text."),
    ("author_name", ["a"], "Enter a text."),
]


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a project in ``out`` and the home of who generated it."""
    folder = tmp_path_factory.mktemp("generated")
    cookiecutter(folder / "out", "--no-input")
    return folder


@pytest.mark.parametrize(("variable", "answer", "allowed"), first_quick(BAD_REPLAYS))
def test_a_bad_answer_in_a_replay_is_refused_in_one_line_and_nothing_is_written(
    generated: Path, tmp_path: Path, variable: str, answer: Any, allowed: str
) -> None:
    shutil.copytree(generated / "home", tmp_path / "home")
    (replay,) = (tmp_path / "home" / ".cookiecutter_replay").iterdir()
    answers = json.loads(replay.read_text("utf-8"))
    answers["cookiecutter"] |= {"project_slug": "again", variable: answer}
    replay.write_text(json.dumps(answers), "utf-8")
    out = tmp_path / "out"
    printed = cookiecutter(out, "--replay", check=False)
    assert printed.count("\n") == 1, printed
    assert printed.startswith(f"{variable}: {str(answer)!r} cannot be used")
    assert allowed in printed
    assert not out.exists()


@pytest.mark.slow
def test_a_replay_of_an_older_version_lacks_private_answers(tmp_path: Path) -> None:
    # Cookiecutter renders what a replay lacks without the template's extension.
    out = tmp_path / "out"
    cookiecutter(out, "--no-input", "deployment=docker", "header_policy=api")
    (replay,) = (tmp_path / "home" / ".cookiecutter_replay").iterdir()
    answers = json.loads(replay.read_text("utf-8"))["cookiecutter"]
    asked = {name: answers[name] for name in (*QUESTIONS, "_extensions")}
    # Other private answers than those that follow from the questions: an older version's.
    asked |= {"project_slug": "again", "__sessions": "no", "__container": "no"}
    replay.write_text(json.dumps({"cookiecutter": asked}), "utf-8")
    cookiecutter(out, "--replay")
    assert files_of(out / "again") == files_of(out / "my-flask-app")


@pytest.mark.parametrize("extensions", first_quick([{}, {"_extensions": [EXTENSION]}]))
def test_questions_that_a_replay_lacks_are_asked(
    tmp_path: Path, extensions: dict[str, list[str]]
) -> None:
    replay = tmp_path / "replay.json"
    answers = {"project_name": "Shop", "header_policy": "custom"} | extensions
    replay.write_text(json.dumps({"cookiecutter": answers}))
    done = subprocess.run(
        [sys.executable, "-m", "cookiecutter", TEMPLATE, "--replay-file", replay],
        cwd=tmp_path,
        env=clean_environment() | {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)},
        input="\n" * len(QUESTIONS),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "(my-flask-app): " in done.stdout
    assert files_of(tmp_path / "my-flask-app") == FILES["custom"]


@pytest.mark.parametrize(
    ("name", "slug", "package"),
    first_quick(
        [
            ("Calendar", "calendar", "calendar_app"),
            ("3D Shop", "3d-shop", "app_3d_shop"),
            ("Flask", "flask-app", "flask_app"),
            ("word " * 20 + "end", "word-" * 9 + "word", "word_" * 5 + "wo"),
        ]
    ),
)
def test_names_that_are_offered_can_be_used(
    tmp_path: Path, name: str, slug: str, package: str
) -> None:
    cookiecutter(tmp_path, "--no-input", f"project_name={name}")
    assert (tmp_path / slug / "src" / package / "policy.py").exists()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Content-Securty-Policy", "Content-Security-Policy"),
        ("permission-policy", "Permissions-Policy"),
        ("X-Content-Type-Option", "X-Content-Type-Options"),
        ("Access-Control-Allow-Origins", "Access-Control-Allow-Origin"),
        ("REFERRER-POLICY", None),
        ("X-Request-ID", None),
        ("X-Correlation-ID", None),
        ("Vercel-CDN-Cache-Control", None),
    ],
)
def test_a_near_miss_of_a_well_known_header_is_recognized(
    name: str, meant: str | None
) -> None:
    assert VALIDATION["intended_name"](name) == meant


def test_well_known_headers_are_not_misspelled() -> None:
    assert not [
        name for name in VALIDATION["WELL_KNOWN"] if VALIDATION["intended_name"](name)
    ]


@pytest.mark.parametrize(
    ("answer", "printed"),
    [
        ("two\nlines", "author_name: 'two\\nlines' cannot be used. Character 4"),
        ("{{ x }} # %", "my-flask-app is ready"),
    ],
)
def test_the_user_s_own_defaults_are_answers_too(
    tmp_path: Path, answer: str, printed: str
) -> None:
    config = tmp_path / "config.json"  # YAML has JSON in it
    defaults = {"default_context": {"author_name": answer}}
    config.write_text(json.dumps(defaults), "utf-8")
    out = tmp_path / "out"
    options = ["--no-input", "--config-file", str(config)]
    assert printed in cookiecutter(out, *options, check=False)
    if "ready" in printed:
        text = (out / "my-flask-app" / "LICENSE").read_text("utf-8")
        assert f" {answer}\n" in text
    else:
        assert not out.exists()


@pytest.mark.parametrize("deployment", ["docker", "kubernetes"])
@pytest.mark.parametrize("ci_service", ["github", "gitlab"])
def test_names_are_quoted_in_yaml(bake: Bake, deployment: str, ci_service: str) -> None:
    # Without quotes, YAML takes some for something else: null, true, yes, on, 1e3.
    names = {"project_slug": "null", "package_name": "null_"}
    project = bake(**names, deployment=deployment, ci_service=ci_service)
    found = 0
    for path in [*project.rglob("*.yml"), *project.rglob("*.yaml")]:
        for name, style in scalars(yaml.compose(path.read_text("utf-8"))):
            if name in {"null", "null_"}:
                found += 1
                assert style == '"', path
    assert found > 1


def scalars(node: Any) -> Iterator[tuple[str, str | None]]:
    """Each text in a YAML document, with its quotation mark."""
    if isinstance(node, yaml.ScalarNode):
        yield node.value, node.style
    else:  # a sequence of nodes, or a mapping, whose value has pairs of them
        for part in node if isinstance(node, tuple) else node.value:
            yield from scalars(part)


@pytest.mark.parametrize(
    ("variable", "answer"),
    first_quick(
        [
            ("project_name", None),
            ("project_name", 1.5),
            ("project_slug", True),
            ("project_slug", 2048),
            ("package_name", None),
            ("package_name", 2048),
        ]
    ),
)
def test_a_default_that_yaml_takes_for_something_else(
    tmp_path: Path, variable: str, answer: Any
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"default_context": {variable: answer}}), "utf-8")
    out = tmp_path / "out"
    options = ["--no-input", "--config-file", str(config)]
    printed = cookiecutter(out, *options, check=False)
    if printed.endswith("the rest.\n"):
        assert isinstance(answer, int | float)
        assert variable != "package_name"
    else:
        assert printed.startswith(f"{variable}: ")
        assert printed.count("\n") == 1
        assert not out.exists()


def test_a_choice_that_is_none_stops_cookiecutter_before_it_asks_the_template(
    tmp_path: Path,
) -> None:
    # Cookiecutter refuses it by itself, with a traceback: no code of ours has run.
    out = tmp_path / "out"
    printed = cookiecutter(out, "--no-input", "header_strategy=response", check=False)
    last = printed.splitlines()[-1]
    assert "response provided for choice variable header_strategy" in last
    assert "['after_request', 'Response', 'make_response']" in last
    assert not out.exists()


def test_the_hook_refuses_a_bad_answer_by_itself(
    tmp_path: Path, template_copy: Path
) -> None:
    # The folder's name is rendered without its check: the hook is what is left.
    for name, refusal, nothing in (
        ("rules.py", "raise Refusal(errors[0])", "pass"),
        ("rules.py", "raise Refusal(error + repeat_hint(answers, variable))", "pass"),
    ):
        path = template_copy / "flask_headers_extension" / name
        text = path.read_text("utf-8")
        assert text.count(refusal) == 1
        path.write_text(text.replace(refusal, nothing), "utf-8")
    answers = ["--no-input", "package_name=class"]
    printed = cookiecutter(
        tmp_path / "out", *answers, template=template_copy, check=False
    )
    error = "package_name: 'class' cannot be used. It is a Python keyword."
    assert any(line.startswith(error) for line in printed.splitlines())
    assert list((tmp_path / "out").iterdir()) == []


def test_a_replay_generates_the_same_project(tmp_path: Path) -> None:
    cookiecutter(tmp_path / "one", "--no-input", "header_strategy=make_response")
    cookiecutter(tmp_path / "two", "--replay")
    contents = [
        {
            path: (tmp_path / name / "my-flask-app" / path).read_bytes()
            for path in FILES["web"]
        }
        for name in ("one", "two")
    ]
    assert contents[0] == contents[1]


@pytest.fixture
def terminal(tmp_path: Path) -> Any:
    """Return cookiecutter, started in a pseudo-terminal and waiting for answers."""
    return start_in_terminal("cookiecutter", str(TEMPLATE), cwd=tmp_path)


def start_in_terminal(*command: str, cwd: Path, width: int = 200) -> Any:
    """Start a command of Python in a pseudo-terminal, as a user does."""
    need("a pseudo-terminal", found=sys.platform != "win32")
    import pexpect  # noqa: PLC0415 - not on Windows

    home = {"HOME": str(cwd), "PWD": str(cwd), "TERM": "dumb"}
    return pexpect.spawn(
        sys.executable,
        ["-m", *command],
        cwd=str(cwd),
        env=clean_environment() | home,
        encoding="utf-8",
        timeout=30,
        dimensions=(40, width),
    )


def exit_status(terminal: Any) -> int:
    """Wait for the end of a program in a terminal."""
    terminal.wait()
    terminal.close()
    status: int = terminal.exitstatus
    return status


def choose(terminal: Any, question: str, answer: str) -> None:
    """Read the choices of a question, each with its number, and choose one."""
    for number, choice in enumerate(QUESTIONS[question], 1):
        terminal.expect_exact(f"{number} - {choice}: ")
    terminal.expect_exact("Choose from")
    terminal.sendline(str(QUESTIONS[question].index(answer) + 1))


def press_enter_until(terminal: Any, question: str) -> None:
    """Take the default for every question that comes before this one."""
    for number in range(1, list(QUESTIONS).index(question) + 1):
        terminal.expect_exact(f"[{number}/{len(QUESTIONS)}]")
        terminal.expect_exact("): ")
        terminal.sendline("")


def test_name_strategy_and_policy_are_asked_first() -> None:
    assert list(QUESTIONS)[:3] == ["project_name", "header_strategy", "header_policy"]


def test_there_are_no_more_than_14_questions() -> None:
    assert len(QUESTIONS) == 14


@pytest.mark.parametrize("strategy", first_quick(STRATEGIES))
def test_the_prompts_are_answered_in_a_terminal(
    tmp_path: Path, terminal: Any, strategy: str
) -> None:
    terminal.expect_exact("[1/14] Name of the app, as people read it (My Flask App): ")
    terminal.sendline('Jürgen\'s "Shop" 🛒')
    choose(terminal, "header_strategy", strategy)
    choose(terminal, "header_policy", "custom")
    terminal.expect_exact("(letters, digits, -) (Custom-Header): ")
    terminal.sendline("X-Shop")
    terminal.expect_exact("Value of your own header (Some value): ")
    terminal.sendline("open")
    choose(terminal, "use_cors", "yes")
    terminal.expect_exact(
        "Name of the folder and of the distribution package (jurgen-s-shop): "
    )
    terminal.sendline("")
    terminal.expect_exact("Python package name (jurgen_s_shop): ")
    terminal.sendline("shop")
    for _ in ("description", "author_name", "author_email"):
        terminal.expect_exact("): ")
        terminal.sendline("")
    choose(terminal, "license", "proprietary")
    choose(terminal, "deployment", "none")
    choose(terminal, "ci_service", "none")
    terminal.expect_exact(
        f"jurgen-s-shop is ready: its headers are set with {strategy}."
    )
    terminal.expect_exact("cd jurgen-s-shop")
    assert exit_status(terminal) == 0
    project = tmp_path / "jurgen-s-shop"
    readme = (project / "README.md").read_text("utf-8")
    assert readme.startswith('# Jürgen\'s "Shop" 🛒\n')
    policy = (project / "src" / "shop" / "policy.py").read_text("utf-8")
    assert '("X-Shop", "open"),' in policy


def test_a_bad_answer_stops_at_its_own_prompt(terminal: Any) -> None:
    press_enter_until(terminal, "project_slug")
    terminal.sendline("../elsewhere")
    terminal.expect_exact("project_slug: '../elsewhere' cannot be used")
    assert "Python package name" not in terminal.read()
    assert exit_status(terminal) == 1


@pytest.mark.slow
@pytest.mark.parametrize("tool", ["cookiecutter", "cruft"])
def test_a_bad_answer_loses_no_other(
    tmp_path: Path, template_copy: Path, tool: str
) -> None:
    need_package(tool)
    commit_template(template_copy)
    create = ["create", str(template_copy)] if tool == "cruft" else [str(template_copy)]
    given = ["author_email=no"] if tool == "cookiecutter" else []
    started = start_in_terminal(tool, *create, *given, cwd=tmp_path, width=1000)
    started.expect_exact("(My Flask App): ")
    started.sendline("It's a shop")
    choose(started, "header_strategy", "make_response")
    for number in range(3, list(QUESTIONS).index("author_email") + 1):
        started.expect_exact(f"[{number}/14]")
        started.expect_exact("): ")
        started.sendline("")
    started.expect_exact("Author's email address")
    started.expect_exact("): ")
    started.sendline("me")
    printed = started.read().strip().splitlines()[-2:]
    assert exit_status(started) == 1
    assert printed[0].startswith("author_email: 'me' cannot be used.")
    keep, command = printed[1].split(": ", 1)
    assert keep == "To keep your other answers"
    # The command, with the refused answer and what was not asked yet added to it.
    repeated = ["-m", *shlex.split(command), "--no-input"]
    assert not [each for each in repeated if each.startswith("author_email=")]
    run_python(*repeated, cwd=tmp_path, HOME=str(tmp_path))
    readme = (tmp_path / "it-s-a-shop" / "README.md").read_text("utf-8")
    assert readme.startswith("# It's a shop\n")
    assert "make_response()" in readme


def commit_template(template: Path) -> None:
    """Make a git repository of a copy of the template, as cruft needs one."""
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com"]
    run(*git, "init", "--quiet", cwd=template)
    run(*git, "add", "--all", cwd=template)
    run(*git, "commit", "--quiet", "--message", "template", cwd=template)


@pytest.mark.slow
def test_cruft_creates_the_same_project(
    tmp_path: Path, template_copy: Path, bake: Bake
) -> None:
    need_package("cruft")
    commit_template(template_copy)
    answers = json.dumps({"header_strategy": "Response"})
    options = [
        "--no-input",
        "--extra-context",
        answers,
        "--output-dir",
        str(tmp_path / "out"),
    ]
    run_python(
        "-m",
        "cruft",
        "create",
        template_copy,
        *options,
        cwd=tmp_path,
        HOME=str(tmp_path),
    )
    created = tmp_path / "out" / "my-flask-app"
    assert files_of(created) == FILES["web"] | {".cruft.json"}
    baked = bake(header_strategy="Response")
    for path in FILES["web"]:
        assert (created / path).read_bytes() == (baked / path).read_bytes(), path


def add_flavours(template: Path) -> Path:
    """Add a variable to a template by the rule: a folder a choice, one line."""
    questions = template / "cookiecutter.json"
    answers = json.loads(questions.read_text("utf-8")) | {
        "flavour": ["sweet", "sour", "none"]
    }
    questions.write_text(json.dumps(answers), "utf-8")
    flavours = template / "{{cookiecutter.project_slug}}" / "variants" / "flavour"
    for choice in ("sweet", "sour"):
        folder = flavours / choice / "src" / "{{cookiecutter.package_name}}" / "deep"
        folder.mkdir(parents=True)
        (folder / "taste.txt").write_text(choice + " {{ cookiecutter.project_name }}")
        (flavours / choice / "README.md").write_text(f"all {choice}")
    return template


@pytest.mark.parametrize(
    ("choice", "readme"),
    first_quick([("sweet", "all sweet"), ("sour", "all sour"), ("none", "# My")]),
)
def test_the_hook_merges_the_folder_of_the_answer_and_no_other(
    tmp_path: Path, template_copy: Path, choice: str, readme: str
) -> None:
    template = add_flavours(template_copy)
    cookiecutter(tmp_path / "out", "--no-input", f"flavour={choice}", template=template)
    project = tmp_path / "out" / "my-flask-app"
    taste = "src/my_flask_app/deep/taste.txt"
    assert (project / "README.md").read_text("utf-8").startswith(readme)
    if choice == "none":
        assert files_of(project) == FILES["web"]
    else:
        assert files_of(project) == FILES["web"] | {taste}
        assert (project / taste).read_text("utf-8") == f"{choice} My Flask App"
    assert not (project / "variants").exists()


def test_the_hook_deletes_nothing_of_the_user(tmp_path: Path) -> None:
    out = tmp_path / "out"
    cookiecutter(out, "--no-input")
    project = out / "my-flask-app"
    own = [project / "variants" / "mine.txt", project / "src/my_flask_app/mine.py"]
    own.append(project / "variants" / "of_mine" / "deep.txt")
    for path in own:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    options = ["--no-input", "--overwrite-if-exists", "header_strategy=Response"]
    cookiecutter(out, *options)
    assert [path.read_text() for path in own] == ["mine"] * len(own)
    engine = project / "src/my_flask_app/response_headers"
    assert "get_wsgi_response" in (engine / "strategy.py").read_text("utf-8")
    assert not (project / "variants" / "header_strategy").exists()


def test_hooks_use_the_standard_library_only() -> None:
    for hook in (TEMPLATE / "hooks").iterdir():
        imported = [
            line.split()[1].split(".")[0]
            for line in hook.read_text("utf-8").splitlines()
            if line.startswith(("import ", "from "))
        ]
        assert set(imported) <= sys.stdlib_module_names, hook


def test_hooks_run_nothing_from_the_temporary_folder(tmp_path: Path) -> None:
    # Cookiecutter runs hooks from there, and Python looks for modules beside a script.
    planted = tmp_path / "planted"
    planted.mkdir()
    for name in (*sys.stdlib_module_names, "sitecustomize", "usercustomize"):
        (planted / f"{name}.py").write_text(f"raise SystemExit('{name} was planted')")
    printed = cookiecutter(
        tmp_path / "out",
        "--no-input",
        TMPDIR=str(planted),
        TEMP=str(planted),
        TMP=str(planted),
    )
    assert "planted" not in printed
    assert files_of(tmp_path / "out" / "my-flask-app") == FILES["web"]


@pytest.mark.parametrize("hook", ["pre_gen_project.py", "post_gen_project.py"])
@pytest.mark.parametrize("safe_path", ["", "1"])
def test_hooks_leave_the_rest_of_the_path(
    tmp_path: Path, hook: str, safe_path: str
) -> None:
    # With a safe path, Python does not look beside a script.
    text = (TEMPLATE / "hooks" / hook).read_text("utf-8")
    script = tmp_path / "scripts" / "hook.py"
    script.parent.mkdir()
    script.write_text(text.partition("import json")[0] + "print(sys.path[0])", "utf-8")
    first = str(tmp_path)
    options = {"PYTHONSAFEPATH": safe_path, "PYTHONPATH": first}
    assert run_python(script, cwd=tmp_path, **options).stdout == f"{first}\n"


def test_no_python_file_of_the_template_has_jinja_logic() -> None:
    files = list((TEMPLATE / "{{cookiecutter.project_slug}}").rglob("*.py"))
    assert len(files) > 15
    for path in [*files, *(TEMPLATE / "hooks").iterdir()]:
        assert "{%" not in path.read_text("utf-8"), path


def test_the_current_folder_is_left_alone(tmp_path: Path) -> None:
    cookiecutter(tmp_path / "out", "--no-input")
    assert {path.name for path in tmp_path.iterdir()} == {"home", "out"}
