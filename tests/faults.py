"""Deliberate faults in generated code: the tests must find each of them.

``python -m tests.faults`` puts one fault at a time into a copy of a generated project,
runs the tests that should fail, and prints the faults that no test finds.
``python -m tests.faults net.py cors`` tries those whose names have one of these texts.

A change of the code may make a fault stale: its text is not there any more. Then write
the new text, or remove the fault if what it breaks is gone. ``test_faults.py`` says so.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from .benchmarks.apps import generate
from .conftest import TEMPLATE, clean_environment
from .idioms import coverage_of

PROJECTS = {
    "after_request": {"header_policy": "custom"},
    "Response": {"header_policy": "custom", "header_strategy": "Response"},
    "make_response": {"header_policy": "custom", "header_strategy": "make_response"},
    "custom+cors": {"header_policy": "custom", "use_cors": "yes"},
    "web": {"header_policy": "web"},
    "web+cors": {"header_policy": "web", "use_cors": "yes"},
    "api": {"header_policy": "api"},
    "api+cors": {"header_policy": "api", "use_cors": "yes"},
}
"""The answers for each project that gets faults. The first three get the engine's."""

ENGINE = "response_headers/"
OWN = "the project's own tests"
IDIOMS = "docs/strategies.md"
"""What a strategy covers by itself: ``test_idioms.py`` compares that with this page."""

SECONDS = 300
"""More than any of these tests takes."""


class Fault(NamedTuple):
    """One change of a file, and what it breaks."""

    breaks: str
    old: str
    new: str


class Attempt(NamedTuple):
    """A project, and tests that are run on it."""

    project: str
    tests: str


@dataclass(frozen=True)
class Faults:
    """The faults of one file of the package, and what should find them.

    The tests are run on the first project, then all that the engine has on each.
    """

    file: str
    projects: str  # names of PROJECTS
    tests: str  # files to run at once, and after a comma those to run next
    faults: list[tuple[str, str, str]]

    def __iter__(self) -> Iterator[Fault]:
        """Iterate over the faults."""
        return itertools.starmap(Fault, self.faults)

    def attempts(self) -> Iterator[Attempt]:
        """Yield what is run for each fault, until a test fails."""
        projects = self.projects.split()
        for tests in self.tests.split(", "):
            yield Attempt(projects[0], tests)
        if self.file.startswith(ENGINE):
            for project in projects:
                yield Attempt(project, "tests/engine")
                yield Attempt(project, IDIOMS)


def engine(file: str, tests: str, faults: list[tuple[str, str, str]]) -> Faults:
    """Return faults of the engine, which may show with one strategy only."""
    names = [f"tests/engine/{name}.py" for name in tests.split()]
    strategies = "after_request Response make_response"
    return Faults(ENGINE + file, strategies, " ".join(names), faults)


def factory(project: str, *parts: str) -> Faults:
    """Return faults of ``create_app()``, which forgets one of its lines."""
    names = ["logs", "proxies", *parts]
    tests = [f"tests/parts/test_{name}.py" for name in names]
    lines = {
        "environment": "app.config.from_prefixed_env()",
        "config": "app.config.from_mapping(config)",
        "routes": "app.register_blueprint(views.bp)",
        "policy": 'ResponseHeaders(policy.HEADERS, where="policy.py").init_app(app)',
        "proxies": "proxies.init_app(app)",
        "logs": "logs.init_app(app)",
    }
    lines |= {part: f"{part}.init_app(app)" for part in parts}
    if "sessions" in parts:
        lines["session-defaults"] = "sessions.set_defaults(app)"
    faults = [(breaks, f"    {line}\n", "    pass\n") for breaks, line in lines.items()]
    return Faults("__init__.py", project, f"{OWN}, {' '.join(tests)}", faults)


# fmt: off
FAULTS = [
    # The engine

    engine("__init__.py", "test_validation test_precedence cli/test_show test_nonce test_reports", [
        ("row-check", "check_rows(where, self._policy)", "pass"),
        ("copy", "self._policy = list(policy)", "self._policy = policy"),
        ("net", "net.init_app(app)", "pass"),
        ("strategy", "            strategy.init_app(app)", "            pass"),
        ("templates", "templates.init_app(app)", "pass"),
        ("cli", "cli.init_app(app)", "pass"),
        ("reports", "reports.init_app(app, self._policy)", "pass"),
        ("override-check", "            headers_for(app, endpoint)", "            pass"),
        ("once", "if not wired:", "if True:"),
    ]),
    engine("header_policy.py", "test_precedence test_overrides test_validation test_safety_net test_values test_shared_responses test_nonce test_app_lifetime test_response_kinds test_policy_headers", [
        ("shown", "return list(resolved.rows_for(response, req))", "return []"),
        ("shown-type", "WireResponse(content_type=content_type)", "WireResponse()"),
        ("late-override", "state = overrides.count, view", "state = 0, view"),
        ("replaced-view", "state = overrides.count, view", "state = overrides.count, None"),
        ("policy-case", "rows = {name.lower(): (str(name), value)", "rows = {name: (str(name), value)"),
        ("below", "_, below = rows.get(key, (name, None))", "below = None"),
        ("origin", "origins[key] = origin", "pass"),
        ("removal", "rows.pop(key, None)", "pass"),
        ("cache-size", "lru_cache(_CACHE_SIZE)(build)", "lru_cache(None)(build)"),
        ("dynamic", "        if not dynamic:\n", "        if True:\n"),
        ("order-of-rows", "dynamic.insert(0, (len(rows), name, built))", "dynamic.append((len(rows), name, built))"),
        ("one-line", "check_line(self._where, name, built)", "pass"),
        ("one-line-cached", "check_line(where, name, built)", "pass"),
        ("status-changed", "if headers == self.headers or status != self.status:\n            return status == self.status", "if headers == self.headers:\n            return True"),
        ("head-changed", "is_same = headers[: self.head] == self.headers[: self.head]", "is_same = True"),
        ("header-added", "if not (is_same and self.names.isdisjoint(rest)):", "if not is_same:"),
        ("type-changed", 'return same_type or status.startswith("304")', "return True"),
        ("shared", "shared = req is None or req.environ.get(OWN) is not response", "shared = False"),
        ("outside-request", "    if req is None:\n        return own\n", "    if req is None:\n        raise RuntimeError\n"),
        ("no-policy", "    if EXTENSION not in app.extensions:", "    if False:"),
        ("override", "headers_for(app, req.url_rule.endpoint if req.url_rule else None)", "headers_for(app, None)"),
        ("late-change", 'own = [row for row in headers if row not in applied.added or row[0] == "Vary"]', "own = headers"),
        ("late-304", 'if OWN in environ and status.startswith("304"):', "if False:"),
        ("mounted", "if rule and rule.map is app.url_map else", "if rule else"),
        ("early-answer", "rule = adapter and adapter.match(return_rule=True)[0]", "pass"),
        ("no-body", "return not has_length and self.status_code not in {204, 304}", "return not has_length"),
        ("vary-list", "parse_list_header(value)", "[value]"),
        ("overlap", "if self.names.isdisjoint([name.lower() for name, _ in own]):", "if True:"),
        ("overlap-case", "if self.names.isdisjoint([name.lower() for name, _ in own]):", "if self.names.isdisjoint([name for name, _ in own]):"),
        ("vary", '            if name.lower() == "vary":', "            if False:"),
        ("view-wins", "head += found or [row]", "head += [row]"),
        ("override-named", '            error.args = (f"{origin} of {endpoint!r}: {error}",)\n', ""),
        ("built-override", 'check_header("result of a function", name, override)', "pass"),
        ("vary-override", "return merge_vary([below, override])", "return override"),
        ("nested-blueprint", 'accumulate((endpoint or "").split(".")[:-1], "{}.{}".format)', '(endpoint or "").split(".")[:-1]'),
        ("no-such-header", "        if built is None:\n            continue", "        if built is None:\n            built = 'None'"),
        ("no-tuple", "if not isinstance(row, tuple) or len(row) != 2:", "if len(row) != 2:"),
        ("no-pair", "if not isinstance(row, tuple) or len(row) != 2:", "if not isinstance(row, tuple):"),
        ("bad-row", "        check_header(where, name, value)\n", ""),
        ("duplicate", "if name.lower() in seen:", "if name in seen:"),
        ("credentials", 'if credentials == "true" and', "if False and"),
        ("change-of-override", "override = override(below)", "override = override(None)"),
    ]),
    engine("net.py", "test_safety_net test_shared_responses test_app_lifetime test_nonce", [
        ("middleware-inside", "app.wsgi_app = partial(_serve, app, app.wsgi_app)", "pass"),
        ("net", "    add_methods(app, FlaskWithNet)", "    pass"),
        ("class", "_derived((base, type(app)))", "_derived((base,))"),
        ("class-name", "type(bases[-1].__name__, bases,", "type(bases[0].__name__, bases,"),
        ("copy", "response = copy(response)", "pass"),
        ("copy-of-headers", "response.headers = response.headers.copy()", "pass"),
        ("shared-in-tuple", "if response is rv or isinstance(rv, tuple):", "if response is rv:"),
        ("shared-itself", "if response is rv or isinstance(rv, tuple):", "if isinstance(rv, tuple):"),
        ("own-response", "req.environ[OWN] = response", "pass"),
        ("policy", "headers = merge_on_wire(app, environ, status, headers)\n        if not", "if not"),
        ("hold", "held.append((status, headers))\n            return", "return start_response(status, headers)\n            return"),
        ("websocket", "except StopIteration:", "except GeneratorExit:"),
        ("second-start", "if held == [None] or PROBE", "if PROBE"),
        ("left-to-server", "in environ or propagates(app):", "in environ:"),
        ("500", "return [_answer_exception(app, environ, start_response, error)]", "raise"),
        ("stream-left-to-server", "isinstance(body, ClosingIterator) and not propagates(app):", "isinstance(body, ClosingIterator):"),
        ("file-wrapper", "elif held[0] and isinstance(body, ClosingIterator) and not", "elif held[0] and not"),
        ("stream-500", "elif held[0] and isinstance(body, ClosingIterator) and not", "elif False and not"),
        ("close", "answer), body.close)", "answer))"),
        ("late-first-byte", "ClosingIterator(_stream(body, start_held, answer),", "ClosingIterator((each for _ in [1] for each in _stream(body, start_held, answer)),"),
        ("close-on-exit", "            body.close()  # the server cannot: it gets no body\n", ""),
        ("empty-chunk", 'next(filter(None, chunks), b"")', 'next(chunks, b"")'),
        ("first-chunk", "chain([first], chunks)", "chunks"),
        ("chunks", "chain([first], chunks)", "[first]"),
        ("length", '        if name == "Content-Length":', "        if False:"),
        ("testing", "return app.testing or app.debug if", "return False if"),
        ("traceback", "        exc_info=error,\n", ""),
        ("request-id", '        extra={"request_id": request_id(environ)},\n', ""),
        ("head-of-500", 'return b"" if environ["REQUEST_METHOD"] == "HEAD" else', "return"),
        ("policy-of-500", "    try:\n        headers = merge_on_wire(app, environ, status, headers)\n", "    try:\n        pass\n"),
        ("hidden-exception", "raise error from None", "raise"),
    ]),
    engine("values.py", "test_values test_https test_validation test_csp", [
        ("script-root", 'request.root_path.strip("/")', 'request.root_path.rstrip("/")'),
        ("script-root-quoted", "{quote(root)}", "{root}"),
        ("https-only", "return self.value if https else None", "return self.value"),
        ("https-only-check", "if isinstance(value, HttpsOnly):", "if False:"),
        ("value-check", "check_value(where, str(name), value)", "pass"),
        ("name-check", "    check_name(where, name, value)\n", ""),
        ("secure", "return request.is_secure", "return True"),
        ("value-in-value", "return value.get_value(response, request)", "return None"),
    ]),
    engine("overrides.py", "test_overrides test_precedence test_validation", [
        ("class", "if isinstance(view, type):", "if False:"),
        ("built-in", 'if not hasattr(view, "__dict__") or', "if"),
        ("bound-method", ' or hasattr(view, "__self__"):', ":"),
        ("name", "update_wrapper(partial(view), view)", "partial(view)"),
        ("no-dict", "    check_dict(where, overrides, ", "    (where, overrides, "),
        ("no-blueprint", "if not isinstance(blueprint, Blueprint):", "if False:"),
        ("name-check", "check_name(where, name, value)", "pass"),
        ("value-check", "check_header(where, name, value)", "pass"),
        ("duplicate", "if name.lower() in seen:", "if False:"),
        ("outer-wins", "overrides_of(target) | dict(overrides)", "dict(overrides) | overrides_of(target)"),
        ("late", "    count += 1\n", "    count += 0\n"),
    ]),
    engine("validation.py", "test_validation test_csp test_values", [
        ("name", "elif not TOKEN.fullmatch(name):", "elif not TOKEN.match(name):"),
        ("name-type", "    if not isinstance(name, str):", "    if False:"),
        ("server's", "if name.lower() in SET_BY_SERVER:", "if name in SET_BY_SERVER:"),
        ("view's", "if name.lower() in SET_BY_VIEW:", "if name in SET_BY_VIEW:"),
        ("exact-name", "elif not isinstance(name, ExactName) and (meant", "elif (meant"),
        ("misspelled", "cutoff=0.88", "cutoff=0.99"),
        ("character", 'elif bad := PRINTABLE_LATIN_1.sub("", value):', 'elif bad := PRINTABLE_LATIN_1.sub("", value.strip()):'),
        ("line-break", 'ONE_LINE if bad[0] in "\\r\\n" else LATIN_1', "LATIN_1"),
        ("position", "{text.index(bad) + 1}", "{text.index(bad)}"),
        ("name-in-value", 'elif value.lower().startswith(f"{name.lower()}:"):', "elif False:"),
        ("character-of-name", '        if bad := TOKEN.sub("", name):', '        if bad := "":'),
        ("underscore", 'name.lower().replace("_", "-")', "name.lower()"),
        ("long-value", 'given if len(given) <= 120 else f"{given[:120]}..."', "given"),
        ("no-dict", "    if not isinstance(given, Mapping):", "    if False:"),
        ("spaces", "if value != value.strip():", "if False:"),
        ("carriage-return", r'if "\n" in value or "\r" in value:', r'if "\n" in value:'),
        ("line-feed", r'if "\n" in value or "\r" in value:', r'if "\r" in value:'),
        ("two-directives", "if names.count(name) > 1:", "if names.count(name) > 2:"),
        ("directive", "if name not in CSP_DIRECTIVES:", "if False:"),
        ("no-list", "if isinstance(words, str | bytes) or not", "if not"),
        ("no-string", "    if not isinstance(word, str):", "    if False:"),
        ("source", '"[^!-~]|[;,]"', '"[^!-~]"'),
        ("ascii", '"[^!-~]|[;,]"', '"[^!-\xff]|[;,]"'),
        ("quotes", """return hint if word != f"'{bare}'" else None""", "return None"),
        ("other-quotes", r"""bare = str(word).strip("'\"`\u2018\u2019\u201c\u201d")""", """bare = str(word).strip("'")"""),
        ("place", "is_place = PLACE.fullmatch(word) and", "is_place = PLACE.match(word) and"),
        ("two-places", 'word.count("://") < 2', "True"),
        ("joined", "    if end := _end_of_source(word):", "    if end := 0:"),
        ("joined-in-text", "if hint := directive_hint(name, words, IN_A_TEXT):", "if hint := directive_hint(name, words, IN_A_TABLE):"),
        ("no-space", 're.findall("[^ ]+", part)', "part.split()"),
        ("none", """if "'none'" in sources and len(sources) > 1:""", "if False:"),
        ("strict-dynamic", """if "'strict-dynamic'" in sources and not trusted:""", "if False:"),
        ("report-only", '    "content-security-policy-report-only": _csp_hint,\n', ""),
        ("hsts-directive", 'if name.strip().lower() not in {"max-age", "includesubdomains", "preload"}:', "if False:"),
        ("max-age", 'if not given.get("max-age", "").isdecimal() or', "if"),
        ("max-age-twice", " or len(given) < len(parts):", ":"),
        ("preload", 'if "preload" in given and too_short:', "if False:"),
        ("preload-subdomains", ' or "includesubdomains" not in given', ""),
        ("permissions", "if not PERMISSION.fullmatch(part):", "if not PERMISSION.match(part):"),
        ("choice", "        if word not in choices:", "        if False:"),
        ("referrer-list", 'value.lower().split(",")', "[value.lower()]"),
        ("report-to", r"""r'; *report-to="[\w.-]+"$'""", '"never"'),
        ("choice-case", "if each.lower() == value.lower()]", "if each == value]"),
    ]),
    engine("csp.py", "test_csp test_nonce test_https", [
        ("copy", "self._directives = {name: list(words) for name, words in directives.items()}", "self._directives = directives"),
        ("check", 'check_directives("Csp()", directives)', "pass"),
        ("https", "if directives and https and upgrade:", "if directives and upgrade:"),
        ("no-upgrade", "if directives and https and upgrade:", "if directives and https:"),
        ("empty", 'return "; ".join(parts) or None', 'return "; ".join(parts)'),
        ("script-root", 'if root and "report-uri" in directives:', "if False:"),
        ("other-site", 'f"{root}{uri}" if uri.startswith("/") else uri', 'f"{root}{uri}"'),
        ("upgrade-removed", "self._upgrade and amendments.get(UPGRADE, ()) is not None", "self._upgrade"),
        ("removal", "amended.pop(name, None)", "pass"),
        ("none", """kept = [word for word in below if word != "'none'"]""", "kept = list(below)"),
        ("repeated", "added = [word for word in words if word not in kept]", "added = words"),
        ("no-csp", "raise HeaderError(_AMEND, HEADER, below, hint)", "return below"),
        ("no-dict", "    check_dict(_AMEND, amendments, ", "    (_AMEND, amendments, "),
        ("no-list", "list(words) if isinstance(words, list | tuple) else [words]", "[words] if isinstance(words, str) else list(words)"),
        ("amendment", "check_directives(_AMEND, {name: added}, nonce=True)", "pass"),
        ("amended-dynamic", "[word for word in added if word != _DYNAMIC]", "added"),
        ("nonce-elsewhere", "if not nonce and not hint and NONCE in words:", "if False:"),
        ("report-to-over-http", "    if not https:\n", "    if False:\n"),
        ("only-none", """    if words == ["'none'"]:""", "    if False:"),
        ("fallback", 'return (*_FALLBACKS.get(name, ()), "default-src")', "return ()"),
        ("nonce-beside-inline", "    if _INLINE in words and name not in _SCRIPTS:", "    if False:"),
        ("ignored-source", "    if hint := next(_ignored_hints(directives, name, kept, added), None):", "    if (hint := None):"),
        ("worker", 'if name == "worker-src" and _DYNAMIC in words:', "if False:"),
    ]),
    engine("nonce.py", "test_nonce test_csp", [
        ("bits", "_BYTES = 16", "_BYTES = 8"),
        ("one-nonce", "    if _KEY not in environ:", "    if True:"),
        ("file", "if page.direct_passthrough:", "if False:"),
        ("used", "if _KEY in request.environ:", "if False:"),
        ("stream", "return page.is_streamed and page.content_length is None", "return False"),
        ("error-page", "return page.is_streamed and page.content_length is None", "return page.is_streamed"),
        ("xhtml", ', "application/xhtml+xml"}', "}"),
        ("case-of-type", ".strip().lower()", ".strip()"),
        ("parameters-of-type", '.partition(";")[0]', ""),
        ("304", "if not_modified:", "if False:"),
        ("placeholder", 'return _WithNonce(text) if text and kind == "page with nonce" else text', "return text"),
        ("pages-check", 'check_directives("PageCsp(pages)", pages)', "pass"),
        ("with-nonce-check", 'check_directives("PageCsp(with_nonce)", with_nonce, nonce=True)', "pass"),
        ("others-check", 'check_directives("PageCsp(others)", others)', "pass"),
        ("scripts-check", 'check_directives("PageCsp(scripts)", scripts or {})', "pass"),
        ("report-only-check", 'check_directives("report_only()", directives, nonce=True)', "pass"),
        ("copy", "self._tables = deepcopy(tables)", "self._tables = tables"),
        ("amended-others", "amend(table, amendments) for table in self._tables.values()]", "table if table is self._tables['no page'] else amend(table, amendments) for table in self._tables.values()]"),
        ("upgrade-removed", "self._upgrade and amendments.get(UPGRADE, ()) is not None", "self._upgrade"),
        ("report-only-plain", """["'none'"] if NONCE in words else words""", "words"),
        ("report-only-empty", "    if not directives:\n", "    if False:\n"),
        ("report-only-others", "PageCsp(plain, whole, {}, upgrade=False)", "PageCsp(plain, whole, plain, upgrade=False)"),
        ("report-only-upgrade", "PageCsp(plain, whole, {}, upgrade=False)", "PageCsp(plain, whole, {})"),
        ("caching", '"page with nonce": "no-store"}', '"page with nonce": "no-cache"}'),
        ("scripts", 'return "script" if media_type in _SCRIPTS else "no page"', 'return "no page"'),
        ("amended-scripts", '"script": {**others, **(scripts or {})},', '"script": others,'),
    ]),
    engine("reports.py", "test_reports", [
        ("path", "_PATH.fullmatch(path)", "_PATH.match(path)"),
        ("script-root", '{root}{self.path}"', '{self.path}"'),
        ("route-twice", " and _BLUEPRINT not in app.blueprints:", ":"),
        ("method", 'methods=["POST"]', 'methods=["POST", "GET"]'),
        ("media-type", "abort(415)", "pass"),
        ("new-format", ', "application/reports+json"}', "}"),
        ("too-large", "        abort(413)", "        pass"),
        ("not-ascii", "json.dumps(report))", "json.dumps(report, ensure_ascii=False))"),
        ("recursion", "except (ValueError, RecursionError):", "except ValueError:"),
        ("no-json", "except (ValueError, RecursionError):", "except RecursionError:"),
        ("no-report", "not all(map(_is_report, sent)):", "False:"),
        ("many", "sent[:MAX_REPORTS]", "sent"),
        ("long", "text[:MAX_TEXT]", "text"),
        ("large-number", "and abs(value) < MAX_NUMBER:", ":"),
        ("old-names", '("effective-directive", ', "("),
        ("query", 're.split("[?#]", value)[0] if name in URLS else value', "value"),
        ("recent", "            recent.append(report)\n", "            pass\n"),
        ("csrf", "            each.exempt(take)\n", "            pass\n"),
        ("reason", '"reason": body.get("type"), ', ""),
    ]),
    engine("request_id.py", "test_request_id cli/test_export", [
        ("forged", "_WELL_FORMED.fullmatch(given)", "_WELL_FORMED.match(given)"),
        ("length", "{1,128}", "{1,}"),
        ("taken", "            environ[_KEY] = given\n", "            pass\n"),
        ("same", "    if _KEY not in environ:", "    if True:"),
        ("exported", "    per_request = True", "    per_request = False"),
    ]),
    engine("sri.py", "test_sri", [
        ("digest", "hashlib.sha384(", "hashlib.sha256("),
        ("version-in-url", ", v=digest.hex()[:8])", ")"),
        ("changed-file", "_digest(path, stat.st_mtime_ns, stat.st_size)", "_digest(path, 0, 0)"),
        ("computed-once", "@lru_cache(maxsize=1024)\n", ""),
        ("missing-file", "not Path(path).is_file()", "False"),
        ("outside-folder", "path = folder and safe_join(folder, filename)", 'path = folder and f"{folder}/{filename}"'),
        ("blueprint", "app.blueprints.get(blueprint) if blueprint else app", "app"),
        ("other-route", 'if owner and last == "static" else', "if owner else"),
        ("markup", """return Markup('{}="{}" integrity="{}"')""", """return ('{}="{}" integrity="{}"')"""),
    ]),
    engine("templates.py", "test_nonce test_sri", [
        ("late", 'if "jinja_env" in vars(app):', "if False:"),
        ("early", 'if "jinja_env" in vars(app):', "if True:"),
        ("other-extensions", '[*app.jinja_options.get("extensions", ()), Functions]', "[Functions]"),
        ("nonce", "for each in (csp_nonce, ", "for each in ("),
        ("integrity", ", static_src)}", ")}"),
    ]),

    # The strategies

    Faults(ENGINE + "strategy.py", "after_request", IDIOMS, [
        ("first", "    functions.insert(0, functions.pop())\n", "    pass\n"),
        ("policy", "return apply_policy(response)", "return response"),
    ]),
    Faults(ENGINE + "strategy.py", "Response", f"{IDIOMS}, tests/engine/test_precedence.py", [
        ("policy", "merge_policy(headers, self)", "headers"),
        ("view's-class", "if isinstance(response, Response) and type(response) is not Response:", "if False:"),
        ("plain-class", " and type(response) is not Response:", ":"),
        ("app's-class", "if app.response_class is Response:", "if True:"),
        ("wired", "app.response_class = PolicyResponse", "pass"),
    ]),
    Faults(ENGINE + "strategy.py", "make_response", f"{IDIOMS}, tests/engine/test_app_lifetime.py", [
        ("recorded", "req.environ[OWN] = response", "pass"),
        ("wired", "add_methods(app, FlaskWithPolicy)", "pass"),
        ("policy", "        apply_policy(response)", "        pass"),
    ]),

    # flask headers

    engine("cli/__init__.py", "cli/test_show cli/test_page", [
        ("color", 'if os.environ.get("NO_COLOR"):', "if False:"),
        ("production", "    if app.debug:", "    if True:"),
        ("page", "    if app.debug:", "    if False:"),
    ]),
    engine("cli/client.py", "cli/test_check cli/test_samples cli/test_middleware", [
        ("host", "{request.host or host_of(app)}", "{host_of(app)}"),
        ("trusted-host", 'app.config.get("TRUSTED_HOSTS") or []', "[]"),
        ("subdomain", 'str(host).removeprefix(".")', "str(host)"),
        ("method", "        method=request.method,\n", ""),
        ("headers", "        headers=list(request.headers),\n", ""),
        ("exception", 'response.error = f"raised {errors[0]!r}"', "pass"),
        ("empty-chunk", 'next(filter(None, body), b"")', 'next(iter(body), b"")'),
        ("close", 'getattr(body, "close", lambda: None)()', "pass"),
        ("waits", "    if response.waits:\n        yield", "    if False:\n        yield"),
        ("other-route", "if not response.error and request.endpoint not in {None, endpoint}:", "if False:"),
        ("repeated", "requests = dict.fromkeys(step for", "requests = list(step for"),
    ]),
    engine("cli/commands.py", "cli/test_check cli/test_show cli/test_middleware cli/test_export", [
        ("status", "        sys.exit(1)", "        pass"),
        ("http", '("http", "https"))', '("https", "https"))'),
        ("debugger", 'app.config["PROPAGATE_EXCEPTIONS"] = False', "pass"),
        ("factory", 'found() if name.endswith("()") else found', "found"),
        ("no-wsgi", 'inspect.signature(made).bind("environ", "start_response")', "pass"),
        ("repeated", "violations = dict.fromkeys(found)", "violations = list(found)"),
        ("latin-1", '.encode("latin-1")', ".encode()"),
        ("dead-override", "chain(dead_overrides(app), *map", "chain(*map"),
        ("narrow", "plan = narrow(plan, app, routes)", "narrow(plan, app, routes)"),
        ("thorough", "thorough=True, unsafe=unsafe", "unsafe=unsafe"),
        ("unsafe", "thorough=True, unsafe=unsafe", "thorough=True"),
        ("served-app", "if apps and app not in apps:", "if False:"),
        ("one-line", "raise click.ClickException(str(error)) from None", "raise"),
        ("old-nonces", "found = chain(found, old_nonces(responses))", "pass"),
    ]),
    engine("cli/export.py", "cli/test_export", [
        ("per-request", "return isinstance(value, DynamicValue) and value.per_request", "return False"),
        ("flask's-own", "[*rows, *response.headers]", "rows"),
        ("https", 'base_url=f"{scheme}://', 'base_url=f"http://'),
        ("variable", 're.sub(r"[^0-9A-Za-z_]", "_", app.name)', "app.name"),
        ("every-case", "constant = len(cases) == len(sent) and", "constant ="),
        ("note-on-nonce", "if any(isinstance(value, PageCsp) for _, value in rows):", "if False:"),
        ("nginx-too-long", "if len(quoted) > MAX_TEXT:", "if False:"),
        ("nginx-dollar", 'escaped.replace("$", f"${{{prefix[1:]}_dollar}}")', "escaped"),
        ("nginx-backslash", r'text.replace("\\", r"\\")', "text"),
        ("nginx-quote", ".replace('\"', r\"\\\"\")\n    quoted", "\n    quoted"),
        ("nginx-prefix", "[:MAX_PREFIX]", ""),
        ("nginx-server-name", "re.escape(server_name)", "server_name"),
        ("nginx-errors", " {variable} always;", " {variable};"),
        ("nginx-volatile", '    yield "    volatile;"  # an error of nginx may take the place of a file\n', ""),
        ("caddy-ascii", "if not text.isascii():", "if False:"),
        ("caddy-placeholder", " or _PLACEHOLDER.search(text):", ":"),
        ("caddy-lone-brace", 'elif text in {"{", "}"} or', "elif"),
        ("caddy-operator", "if name[0] in _OPERATORS:", "if False:"),
        ("caddy-backquote", 'elif "`" not in text:', "elif True:"),
        ("caddy-quote", r"""text.replace('"', r"\"") + '"'""", """text + '"'"""),
        ("caddy-backslash", r"""elif not re.search(r'\\("|$)', text):""", "elif True:"),
        ("override-of-static", 'None if kind == ERROR else "static"', "None"),
    ]),
    engine("cli/blocked.py", "cli/test_suggest", [
        ("old-sources", "directive[0] if directive else", "' '.join(directive) if directive else"),
        ("many", "if report in counted or len(counted) < MAX_DIFFERENT:", "if True:"),
        ("escaped", "escaped = quote(text,", "escaped = str(text) or quote(text,"),
        ("long", "return escaped if len(escaped) <= MAX_SHOWN else", "return escaped if True else"),
        ("container", 'while text.startswith("{', 'while False and text.startswith("{'),
        ("recursion", "except (ValueError, RecursionError):", "except ValueError:"),
    ]),
    engine("cli/sources.py", "cli/test_suggest", [
        ("self", """if _matches("'self'", url, page):""", "if False:"),
        ("host", 'if not _HOST.fullmatch(url.hostname or ""):', "if False:"),
        ("port", 'port = "" if _port(url) == _PORTS[url.scheme] else', 'port = "" if True else'),
        ("everything", "    if sources is None:", "    if False:"),
        ("strict-dynamic", "return not dynamic and any(", "return any("),
        ("inline-hash", " and not hashes and not dynamic", ""),
        ("fallbacks", "names = [directive, *fallbacks(directive)]", "names = [directive]"),
        ("subdomain", "name.endswith(host[1:].lower()) if", "False if"),
    ]),
    engine("cli/suggest.py", "cli/test_suggest", [
        ("other-host", "not pages.has(page),", "False,"),
        ("other-kind", 'report.type != "csp-violation",', "False,"),
        ("report-only", 'report.disposition != "enforce",', "False,"),
        ("extensions", 'each.endswith("-extension") or', "False or"),
        ("no-report", "raise click.exceptions.Exit(2)", "pass"),
        ("other-route", "if endpoint not in endpoints:", "if False:"),
        ("terminal", "    if log.isatty():", "    if False:"),
        ("script-root", "path = path[len(root) + 1 :] or", "path = path or"),
    ]),
    engine("cli/advice.py", "cli/test_suggest", [
        ("many-sources", "if seen[directive] > MAX_SOURCES:", "if False:"),
        ("refused", "        except HeaderError as error:", "        except OSError as error:"),
        ("if-yours", "is_risk and report.blocked != ", "False and report.blocked != "),
        ("existing-override", "if code and policy.is_overridden:", "if False:"),
        ("class-view", 'if hasattr(app.view_functions[endpoint], "view_class"):', "if False:"),
        ("isolation", 'if policy.coep == "require-corp" and sites & FILES:', "if False:"),
        ("allowed-already", "    if allows(sources, report.blocked, page):", "    if False:"),
    ]),
    engine("cli/formatting.py", "cli/test_show", [
        ("violation", "for violation in violations_of(response):", "for violation in ():"),
        ("violation-in-json", "[each.problem for each in violations_of(response)]", "[]"),
        ("hyphens", "break_on_hyphens=False", "break_on_hyphens=True"),
        ("width", "shutil.get_terminal_size((80, 24)).columns - 1", "200"),
        ("values", "            if values:", "            if False:"),
    ]),
    engine("cli/middleware.py", "cli/test_middleware", [
        ("closure", "for cell in wsgi.__closure__ or ():", "for cell in ():"),
        ("partial", "yield from (wsgi.func, wsgi.args, wsgi.keywords)", "pass"),
        ("method", "yield wsgi.__self__", "pass"),
        ("slots", 'vars(each).get("__slots__", ())', "()"),
        ("attributes", 'getattr(wsgi, "__dict__", {}).values()', "()"),
        ("nested-mount", "self._visit(wsgi, path + mount, mounted", "self._visit(wsgi, mount, mounted"),
        ("opaque", "self.opaque[before:] = [(path, wsgi)]", "pass"),
        ("answers", "self.paths += answered[:1]", "pass"),
        ("around-app", "self._visit(wsgi.wsgi_app, path)\n", "pass\n"),
    ]),
    engine("cli/page.py", "cli/test_page", [
        ("style", "csp is None or isinstance(csp, PageCsp)", "True"),
        ("dead-override", "violations + dead_overrides(app)", "violations"),
        ("scheme", "[request.scheme]", '["https"]'),
        ("nonce", """re.sub("'nonce-[^']+", "'nonce-…", v) for v in values""", "values"),
        ("filter", "narrow(plan, app, routes) if routes else plan", "plan"),
        ("unknown-route", "abort(404, error.message)", "pass"),
        ("failed", "each for each in responses if not each.error", "*responses"),
        ("missing", "names += [each.header for each in violations if each.header]", "pass"),
        ("seconds", "time.perf_counter() - started", "0.0"),
        ("twice", "before + origin", "origin"),
        ("status", "response.request.kind, response.status,", "response.request.kind,"),
        ("kind", "response.request.kind, response.status,", "response.status,"),
        ("wrong-column", "response.status, same, wrong)", "response.status, same)"),
        ("same", "response.status, same, wrong)", "response.status, wrong)"),
        ("one-column", "setdefault(key, Column(", "setdefault(response.request, Column("),
    ]),
    engine("cli/templates/response_headers/headers.html", "cli/test_page", [
        ("nonce", ' nonce="{{ csp_nonce() }}"', ""),
        ("violations", '    {{- grouped(violations, "problem", "response") if violations }}\n', ""),
        ("skipped", '    {{- grouped(skipped, "reason", "what") }}\n', ""),
        ("few", "texts[:5] %}<code>", "texts %}<code>"),
        ("marked", ', "!" if wrong else "")', ', "")'),
        ("missing", "if origin or wrong", "if origin"),
        ("parts", 'origin.split(" + ")', "[origin]"),
        ("value", '{{ each.replace("; ", ";\\n") if "security-policy" in key else each }}', ""),
        ("directives", 'each.replace("; ", ";\\n") if "security-policy" in key else each', "each"),
        ("three-values", "values[:3]", "values"),
        ("filter-link", "rule | urlencode", "rule"),
        ("filter-off", "{{ url_for('.show') }}", ""),
        ("suggested", '{{ lines | join("\\n") }}', ""),
        ("left-out", "if suggested.left_out else []", "if false else []"),
    ]),
    engine("cli/plan.py", "cli/test_check cli/test_samples cli/test_middleware cli/test_show", [
        ("skipped", '            if name in app.config.get("HEADERS_SKIP", ()):', "            if False:"),
        ("skipped-route", 'endpoint in app.config.get("HEADERS_SKIP", ()),', "False,"),
        ("unsafe", "if method not in SAFE and not unsafe:", "if False:"),
        ("websocket", "rule.build_only or rule.websocket,", "rule.build_only,"),
        ("build-only", "rule.build_only or rule.websocket,", "rule.websocket,"),
        ("defaults", ", **(rule.defaults or {})}", "}"),
        ("samples", "values = {**samples, ", "values = {"),
        ("misfit", "    if built is None:", "    if False:"),
        ("first-file", "min(files)", "max(files)"),
        ("wrong-method", "if each not in allowed)", "if True)"),
        ("no-404", 'yield ProbeRequest("404", "/no/such/page", host=first.host)', "pass"),
        ("no-500", 'yield replace(first, kind="500")', "pass"),
        ("no-304", 'yield replace(file, kind="304", ', 'replace(file, kind="304", '),
        ("no-206", 'yield replace(file, kind="206", ', 'replace(file, kind="206", '),
        ("no-416", 'yield replace(file, kind="416", ', 'replace(file, kind="416", '),
        ("no-redirect", "yield from itertools.islice(_redirects(routes), 1)", "pass"),
        ("strict-slashes", " and rule.strict_slashes and", " and"),
        ("merge-slashes", "if head and tail and rule.merge_slashes:", "if head and tail:"),
        ("subdomain", '    if not app.config["SERVER_NAME"]:', "    if False:"),
        ("untrusted-host", 'if app.config.get("TRUSTED_HOSTS"):', "if False:"),
        ("unknown-name", "            if name not in known:", "            if False:"),
        ("setting-type", "if not isinstance(skip, list | tuple | set | frozenset):", "if False:"),
        ("limits", 'for limit in ("min", "max")', "for limit in ()"),
        ("choices", 'sorted(getattr(converter, "items", ()), key=converter.regex.find)', "[]"),
        ("mounted-path", "path=own + step.path", "path=step.path"),
        ("unknown-route", "        if route not in known:", "        if False:"),
    ]),
    engine("cli/tracing.py", "cli/test_show cli/test_check", [
        ("after-this-request", "                after_this_request(take)\n", "                pass\n"),
        ("raises", "            raise DeliberateError\n", "            pass\n"),
        ("logged-once", " or key in trace.logged:", ":"),
        ("logged-deliberate", "if isinstance(error, DeliberateError) or", "if"),
        ("status-lost", 'status = "its status" if view.status_code != sent.status_code else ""', 'status = ""'),
        ("replaced", "or vars(sent).get(PROBE) == id(self):", "or True:"),
        ("varies", "value if value == again.get(name) else ANY", "value"),
        ("copies", "in {row[1], ANY} and not copies:", "in {row[1], ANY}:"),
        ("vary", '        if expected and key == "vary":', "        if False:"),
        ("static", "or (origin == VIEW and static):", ":"),
        ("other-app", "return trace if has_policy(app) else None", "return trace"),
        ("session", """key == "set-cookie" and value.startswith(""", """key == "x" and value.startswith("""),
        ("no-response", 'str | None = "did not call start_response()"', "str | None = None"),
    ]),
    engine("cli/violations.py", "cli/test_check cli/test_samples", [
        ("twice", "    if len(sent) > 1:", "    if False:"),
        ("missing", "        return expected is None", "        return True"),
        ("wrong-value", "elif not _agrees(key, expected, sent):", "elif False:"),
        ("late-caching", 'if key == "cache-control" and by_app:', 'if key == "cache-control":'),
        ("view's-caching", 'if key == "cache-control" and by_app:', "if False:"),
        ("vary", "return tokens(wanted) <= tokens(sent[0].value)", "return True"),
        ("removed", "return expected is not None and", "return expected is None or"),
        ("dead-override", "if value is None and name.lower() not in set_anywhere", "if False"),
        ("latin-1", "if not PRINTABLE_LATIN_1.fullmatch(value):", "if False:"),
        ("lost", "    if response.lost:", "    if False:"),
        ("error", "    if response.error is not None:", "    if False:"),
    ]),

    # The app's parts

    Faults("logs.py", "web+cors", "tests/parts/test_logs.py", [
        ("level", "record.levelname.lower()", "record.levelname"),
        ("id", "if (its_id := _request_id_of(record)) is not None:", "if False:"),
        ("own-id", 'if hasattr(record, "request_id"):', "if False:"),
        ("id-in-request", "if environ is None and has_request_context():", "if False:"),
        ("exception", 'line["exception"] = self.formatException(record.exc_info)', "pass"),
        ("stack", 'line["stack"] = self.formatStack(record.stack_info)', "pass"),
        ("control-characters", "map(_printable, super()", "map(str, super()"),
        ("margin", r'"\n    ".join(', r'"\n".join('),
        ("forged-line", r'return line.replace("\n", r"\n")', "return line"),
        ("odd-objects", "json.JSONEncoder(default=str)", "json.JSONEncoder()"),
        ("bad-status", "int(line[:3]) if line[:3].isdecimal() else 0", "int(line[:3])"),
        ("late-start", "            if log_late:\n", "            if False:\n"),
        ("late-start-noted", "            if not status:  # the app", "            if False:  # the app"),
        ("never-started", "status or 500, start", "status, start"),
        ("raised", "            status = 500\n", ""),
        ("left-environ", "_environ.reset(token)", "pass"),
        ("script-name", 'environ.get("SCRIPT_NAME", "") + ', ""),
        ("disabled", "if not logger.isEnabledFor(logging.INFO):", "if False:"),
        ("forged-path", '{path}{client}")', '{client}")'),
        ("quoted-path", 'path = quote(path, _IN_PATHS, "latin-1")', "pass"),
        ("format", "if style not in FORMATS:", "if False:"),
        ("requests", "if type(requests) is not bool:", "if False:"),
        ("owner's-handler", "if default_handler in app.logger.handlers:", "if True:"),
        ("default-handler", "logger.removeHandler(default_handler)", "pass"),
        ("owner's-level", "    if not logger.level:", "    if True:"),
        ("info", "logger.setLevel(logging.INFO)", "pass"),
        ("second-handler", "if len(parent.handlers) == 1 else None", "if parent.handlers else None"),
        ("filter", "if is_changed or handler.filters or logger.filters or logger.handlers:", "if is_changed:"),
        ("formatter", "type(handler.formatter) is not JsonLines or handler.level", "handler.level"),
        ("root", "(parent.parent is not root or root.handlers)", "parent.parent is not root"),
        ("broken-stream", "    except Exception:  # noqa", "    except KeyError:  # noqa"),
        ("development", 'os.environ.get("FLASK_RUN_FROM_CLI") == "true"', "False"),
        ("request-lines", "    if requests:", "    if True:"),
    ]),
    Faults("proxies.py", "web+cors", "tests/parts/test_proxies.py", [
        ("number", "if type(hops) is not int or hops < 0:", "if hops < 0:"),
        ("negative", "if type(hops) is not int or hops < 0:", "if type(hops) is not int:"),
        ("client", "x_for=hops, ", "x_for=0, "),
        ("scheme", "x_proto=hops", "x_proto=0"),
        ("default", '("PROXY_HOPS", 0)', '("PROXY_HOPS", 1)'),
        ("hops", "x_proto=hops", "x_proto=1"),
        ("request-id", "TrustRequestId(ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops))", "ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)"),
    ]),
    Faults("sessions.py", "web+cors", "tests/parts/test_sessions.py", [
        ("same-site", '["SESSION_COOKIE_SAMESITE"] = "Lax"', '["SESSION_COOKIE_SAMESITE"] = "None"'),
        ("secure", '["SESSION_COOKIE_SECURE"] = True', '["SESSION_COOKIE_SECURE"] = False'),
        ("host", '= "__Host-session"', '= "session"'),
        ("debug", "if not (app.debug or ", "if not ("),
        ("development", 'os.environ.get("FLASK_RUN_FROM_CLI") == "true"', "False"),
        ("domain", "not sessions.get_cookie_domain(app) and (", "("),
        ("path", 'sessions.get_cookie_path(app) == "/"', "True"),
        ("insecure", "whole_host and sessions.get_cookie_secure(app)", "whole_host"),
        ("logout", "            session.clear()", "            pass"),
        ("other-cookie", '(app)}=;"', '(app)}"'),
        ("saved", "        super().save_session(app, session, response)", "        pass"),
        ("wired", "app.session_interface = StrictSessions()", "StrictSessions()"),
    ]),
    Faults("problems.py", "api+cors", "tests/parts/test_problems.py", [
        ("wired", "app.register_error_handler(HTTPException, as_problem)", "pass"),
        ("redirect", "if code < 400 or ", "if "),
        ("own-response", ' or response.mimetype != "text/html":', ":"),
        ("title", "_phrase(code) or error.name", "error.name"),
        ("status", '        "status": code,\n', ""),
        ("detail", 'str(error.description or "")', '""'),
        ("media-type", "response.content_type = MEDIA_TYPE", "pass"),
        ("unknown-status", "    except ValueError:", "    except KeyError:"),
    ]),
    Faults("cors.py", "web+cors", "tests/parts/test_cors.py", [
        ("longer-origin", r're.escape(origin) + r"\Z"', "re.escape(origin)"),
        ("pattern", r"re.escape(origin) +", "origin +"),
        ("preflight", "app.before_request(_answer_preflight)", "pass"),
        ("plain-options", '"Origin" in sent and "Access-Control-Request-Method" in sent', "True"),
        ("options", 'if request.method == "OPTIONS" and is_cors', "if is_cors"),
        ("credentials-for-all", "        if credentials:", "        if False:"),
        ("all-and-one", "if len(origins) > 1 else None", "if False else None"),
        ("default-port", """if found["port"] and _DEFAULT_PORTS""", """if False and _DEFAULT_PORTS"""),
        ("origin", "_ORIGIN.fullmatch(origin)", "_ORIGIN.match(origin)"),
        ("list", "if isinstance(given, list) and all(", "if all("),
        ("strings", " and all(isinstance(each, str) for each in given):", ":"),
        ("patterns", ' or "*" in each:', ":"),
        ("bool", "    if isinstance(given, bool):", "    if True:"),
        ("negative", "if type(given) is int and given >= 0:", "if type(given) is int:"),
        ("seconds", "if type(given) is int and given >= 0:", "if True:"),
        ("wildcard", "send_wildcard=True", "send_wildcard=False"),
        ("unasked", "always_send=False", "always_send=True"),
        ("credentials", "supports_credentials=credentials", "supports_credentials=False"),
        ("max-age", "max_age=_seconds(app", "max_age=0 * _seconds(app"),
        ("methods", '"PUT", "PATCH", ', '"PUT", '),
        ("request-headers", '["Authorization", "Content-Type"]', '["Content-Type"]'),
        ("paths", 'resources=r"/*"', 'resources=r"/api/*"'),
    ]),

    # What the owner edits

    *(
        Faults("views.py", strategy, OWN, [
            ("language", '["Content-Language"] = "en"', '["Content-Language"] = "de"'),
            ("health", '@bp.get("/health")', '@bp.get("/healthy")'),
            ("health-status", r'return "ok\n", {', r'return "ok\n", 503, {'),
            ("first-page", "first_page()", "first_page"),
        ])
        for strategy in ("after_request", "Response", "make_response")
    ),
    Faults("first_page.py", "web+cors", f"{OWN}, tests/parts/test_first_page.py tests/parts/test_policy_web.py", [
        ("status", "return page, 200", "return page, 202"),
        ("name", "app_name=APP_NAME", "name=APP_NAME"),
        ("strategy", "strategy=STRATEGY", 'strategy="one"'),
        ("left-out", '            "X-Frame-Options",\n', ""),
        ("group", '"Permissions-Policy"', '"Permissions"'),
        ("rest", '"The other rows of the policy.", rest', '"The other rows of the policy.", sent'),
        ("not-sent", "if name not in sent]", "if name in sent]"),
        ("number", "number=len(sent)", "number=len(policy.HEADERS)"),
        ("path", "policy.__file__ if current_app.debug else", "policy.__file__ if True else"),
        ("file", "policy.__file__ if current_app.debug else", ""),
        ("headers-page", '"headers_page.show" in current_app.view_functions', "current_app.debug"),
    ]),
    Faults("first_page.py", "api", OWN, [
        ("json", '{"Content-Type": "application/json"}', "{}"),
        ("status", "200, {", "202, {"),
    ]),
    Faults("templates/base.html", "web+cors", f"{OWN}, tests/parts/test_policy_web.py", [
        ("integrity", '{{ static_href("style.css") }}', 'href="/static/style.css"'),
        ("language", '<html lang="en">', "<html>"),
        ("title", "<title>{% block title %}{% endblock %}</title>", "<title></title>"),
    ]),
    Faults("templates/hello.html", "web+cors", f"{OWN}, tests/parts/test_policy_web.py tests/parts/test_first_page.py", [
        ("nonce", ' nonce="{{ csp_nonce() }}"', ""),
        ("integrity", '{{ static_href("hello.css") }}', 'href="/static/hello.css"'),
        ("name", "Hello World - {{ app_name }}", "Hello World"),
        ("number", "{{ number }} headers", "13 headers"),
        ("not-sent", '{{ not_sent | join(", ") }}', ""),
        ("address", "{{ request.base_url }}", "{{ request.path }}"),
        ("value", '{{ value.replace("; ", ";\\n").replace(", ", ",\\n") }}', "…"),
        ("directives", '.replace("; ", ";\\n")', ""),
        ("list", '.replace(", ", ",\\n")', ""),
        ("policy-file", "<code>{{ policy_file }}</code>", "<code>policy.py</code>"),
        ("headers-page", "{{ url_for('headers_page.show') }}", "/_headers"),
        ("debug", "{%- elif not config.DEBUG %}", "{%- else %}"),
    ]),
    Faults("error_pages.py", "web+cors", "tests/parts/test_error_pages.py", [
        ("wired", "app.register_error_handler(HTTPException, as_page)", "pass"),
        ("redirect", " or code < 400", ""),
        ("own-response", "error.response is not None or ", ""),
        ("own-body", ' or response.mimetype != "text/html":', ":"),
        ("id", "if code >= 500 else None", "if False else None"),
        ("no-id", "if code >= 500 else None", "if True else None"),
        ("fails", "except Exception as failure:", "except KeyError as failure:"),
        ("logged", 'current_app.logger.warning("error.html: %r", failure)', "pass"),
        ("body", "response.data = page", "pass"),
    ]),
    Faults("templates/error.html", "web+cors", "tests/parts/test_error_pages.py", [
        ("title", "{% block title %}{{ error.code }} {{ error.name }}", "{% block title %}Error"),
        ("name", "<h1>{{ error.name }}</h1>", "<h1>Error</h1>"),
        ("description", '{{ error.description or "" }}', ""),
        ("no-description", '{{ error.description or "" }}', "{{ error.description }}"),
        ("id", "<code>{{ request_id }}</code>", ""),
        ("home", "{{ request.root_path | urlencode }}/", "/"),
        ("quoted", " | urlencode", ""),
    ]),
    Faults("policy.py", "web+cors", "tests/parts/test_policy.py tests/parts/test_policy_web.py", [
        ("nonce", """[NONCE, "'strict-dynamic'"]""", "[NONCE]"),
        ("pages", '    "base-uri": ["\'none\'"],\n    "form-action": ["\'self\'"]', '    "form-action": ["\'self\'"]'),
        ("frames", """"frame-ancestors": ["'none'"],  # a page""", """"frame-ancestors": ["'self'"],  # a page"""),
        ("files", "PageCsp(PAGES, WITH_NONCE, OTHERS, SCRIPTS)", "PageCsp(PAGES, WITH_NONCE, PAGES, SCRIPTS)"),
        ("reports", 'REPORTS: str | None = "/csp-reports"', "REPORTS: str | None = None"),
        ("report-uri", '"report-uri": [REPORTS], ', ""),
        ("report-to", ', "report-to": [REPORT_GROUP]}', "}"),
        ("hsts", 'HttpsOnly("max-age=63072000; includeSubDomains")', '"max-age=63072000; includeSubDomains"'),
        ("hsts-subdomains", "; includeSubDomains", ""),
        ("sniffing", '    ("X-Content-Type-Options", "nosniff"),\n', ""),
        ("framing", '("X-Frame-Options", "DENY")', '("X-Frame-Options", "SAMEORIGIN")'),
        ("referrer", '("Referrer-Policy", "same-origin")', '("Referrer-Policy", "origin")'),
        ("opener", '("Cross-Origin-Opener-Policy", "same-origin")', '("Cross-Origin-Opener-Policy", "unsafe-none")'),
        ("resource", '("Cross-Origin-Resource-Policy", "same-origin")', '("Cross-Origin-Resource-Policy", "cross-origin")'),
        ("embedder", '    ("Cross-Origin-Embedder-Policy", "credentialless"),\n', ""),
        ("permissions", "camera=(), ", ""),
        ("flash", '    ("X-Permitted-Cross-Domain-Policies", "none"),\n', ""),
        ("request-id", '("X-Request-ID", RequestId())', '("X-Request-ID", "1")'),
        ("caching", '    ("Cache-Control", PageCaching()),\n', ""),
        ("own-header", '    ("Custom-Header", "Some value"),\n', ""),
    ]),
    Faults("policy.py", "api+cors", "tests/parts/test_policy.py tests/parts/test_policy_api.py", [
        ("csp", '    "default-src": ["\'none\'"],\n', ""),
        ("frames", """"frame-ancestors": ["'none'"]""", """"frame-ancestors": ["'self'"]"""),
        ("hsts", 'HttpsOnly("max-age=63072000; includeSubDomains")', '"max-age=63072000; includeSubDomains"'),
        ("sniffing", '    ("X-Content-Type-Options", "nosniff"),\n', ""),
        ("framing", '("X-Frame-Options", "DENY")', '("X-Frame-Options", "SAMEORIGIN")'),
        ("referrer", '("Referrer-Policy", "same-origin")', '("Referrer-Policy", "origin")'),
        ("opener", '    ("Cross-Origin-Opener-Policy", "same-origin"),\n', ""),
        ("resource", '("Cross-Origin-Resource-Policy", "same-origin")', '("Cross-Origin-Resource-Policy", "cross-origin")'),
        ("embedder", '    ("Cross-Origin-Embedder-Policy", "credentialless"),\n', ""),
        ("permissions", "camera=(), ", ""),
        ("flash", '    ("X-Permitted-Cross-Domain-Policies", "none"),\n', ""),
        ("request-id", '    ("X-Request-ID", RequestId()),', ""),
        ("caching", '("Cache-Control", "no-store")', '("Cache-Control", "no-cache")'),
        ("own-header", '    ("Custom-Header", "Some value"),\n', ""),
    ]),
    Faults("policy.py", "custom+cors", "tests/parts/test_policy.py", [
        ("own-header", '    ("Custom-Header", "Some value"),\n', ""),
        ("vary", '("Vary", "Origin")', '("Vary", "Accept")'),
    ]),
    factory("after_request"),
    factory("custom+cors", "cors"),
    factory("web", "sessions", "error_pages"),
    factory("web+cors", "sessions", "cors", "error_pages"),
    factory("api", "sessions", "problems"),
    factory("api+cors", "sessions", "problems", "cors"),
]
# fmt: on


def named_faults(texts: list[str]) -> Iterator[tuple[str, Faults, Fault]]:
    """Yield the faults whose names have one of the texts, with their names."""
    for group in FAULTS:
        for fault in group:
            name = f"{group.projects.split()[0]}: {group.file}: {fault.breaks}"
            if not texts or any(text in name for text in texts):
                yield name, group, fault


class Bench:
    """The generated projects, and the tests that are run on copies of them."""

    def __init__(self, folder: Path, projects: set[str]) -> None:
        self._folder = folder
        self._without_fault: dict[Attempt, Future[str | None]] = {}
        self._lock = Lock()
        for name in projects:
            options = [f"{key}={answer}" for key, answer in PROJECTS[name].items()]
            generate(folder / name, *options)

    def find(self, group: Faults, fault: Fault) -> str | None:
        """Return which test found a fault, ``None`` if none did.

        Raises:
            ValueError: the fault is stale, or tests fail without it.
        """
        for attempt in group.attempts():
            if failed := self._run(attempt, group.file, fault):
                if same := self._run_without_fault(attempt):
                    msg = f"{same} fails on {attempt.project} without a fault, too"
                    raise ValueError(msg)
                return failed
        return None

    def _run_without_fault(self, attempt: Attempt) -> str | None:
        """Run tests on a project as it is, once."""
        with self._lock:
            is_first = attempt not in self._without_fault
            result = self._without_fault.setdefault(attempt, Future())
        if is_first:
            try:
                result.set_result(self._run(attempt))
            except Exception as error:  # noqa: BLE001 - raised below
                result.set_exception(error)
        return result.result()

    def _run(
        self, attempt: Attempt, file: str = "", fault: Fault | None = None
    ) -> str | None:
        """Run tests on a copy of a project, which may have a fault."""
        sound = self._folder / attempt.project / "my-flask-app"
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            project = shutil.copytree(sound, Path(folder, "my-flask-app"))
            if fault:
                put_into(project, file, fault)
            if attempt.tests == IDIOMS:
                same = coverage_of(project) == coverage_of(sound)
                return None if same else IDIOMS
            return run_tests(attempt.tests, project)


def put_into(project: Path, file: str, fault: Fault) -> None:
    """Put a fault into a project.

    Raises:
        ValueError: its text is not there, or more than once.
    """
    path = project / "src" / "my_flask_app" / file
    text = path.read_text("utf-8") if path.exists() else ""
    if (count := text.count(fault.old)) != 1:
        msg = f"its text is there {count} times, not once: {fault.old!r}"
        raise ValueError(msg)
    text = text.replace(fault.old, fault.new)
    if path.suffix == ".py":
        compile(text, file, "exec")
    path.write_text(text, "utf-8")


def run_tests(tests: str, project: Path) -> str | None:
    """Run tests until one fails, and return its name.

    Raises:
        ValueError: the tests could not be imported, or none was run.
    """
    options = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider"]
    environment = clean_environment() | {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # takes longer than most of the tests
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(project.parent.parent / "bytecode"),
    }
    if tests == OWN:
        options += ["-rfEs"]  # test_projects.py accepts no skip either
        cwd = project
    else:
        files = tests.split()
        folder = "/".join(files[0].split("/")[:2])
        options += ["-rfE", "-c", "tests/engine/pytest.ini", "--rootdir=."]
        options += [f"--confcutdir={folder}", *files]
        environment["PYTHONPATH"] = str(project / "src")
        cwd = TEMPLATE
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=cwd,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    failed = re.search(
        r"^(?:FAILED (\S+)|ERROR (\S+::\S+)|SKIPPED \[\d+\] (\S+))",
        done.stdout,
        re.MULTILINE,
    )
    if done.returncode and not failed:
        raise ValueError(done.stdout[-2000:] + done.stderr[-2000:])
    return next(filter(None, failed.groups())) if failed else None


def main() -> int:
    """Try all faults or some, and return how many were not found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="texts in the names of faults to try")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    chosen = list(named_faults(options.names))
    start = time.monotonic()
    missed: list[str] = []
    projects = {name for _, group, _ in chosen for name in group.projects.split()}
    with (
        tempfile.TemporaryDirectory() as folder,
        ThreadPoolExecutor(options.jobs) as pool,
    ):
        bench = Bench(Path(folder), projects)
        running = {
            pool.submit(bench.find, group, fault): name for name, group, fault in chosen
        }
        for done in as_completed(running):
            name = running[done]
            found = None
            try:
                found = done.result()
                line = f"found     {name}: {found}" if found else f"NOT FOUND {name}"
            except (
                OSError,
                SyntaxError,
                ValueError,
                subprocess.SubprocessError,
            ) as error:
                line = f"ERROR     {name}: {error}"
            print(line, flush=True)
            if found is None:
                missed.append(name)
    print(
        f"{len(chosen)} faults, {len(missed)} not found, "
        f"in {time.monotonic() - start:.0f} s",
        *sorted(missed),
        sep="\n  ",
    )
    return 1 if missed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
