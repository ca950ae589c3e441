"""The kinds of response that a Flask app gives, each made on purpose.

A kind is a function that prepares an app, and the request that brings the response.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    after_this_request,
    current_app,
    jsonify,
    make_response,
    redirect,
    request,
    send_file,
    session,
    stream_template,
)
from flask.sessions import SecureCookieSessionInterface
from jinja2 import FileSystemLoader
from werkzeug.test import Client
from werkzeug.wrappers import Response as WerkzeugResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.sessions import SessionMixin
    from flask.typing import ResponseReturnValue

    Prepare = Callable[[Flask], None]

HERE = Path(__file__).parent
STATIC = "/static/README.txt"


@dataclass(frozen=True)
class Kind:
    """A kind of response: how to get it, and the status it has."""

    name: str
    status: int
    prepare: Prepare
    request: dict[str, Any]


KINDS: list[Kind] = []


def kind(
    name: str, status: int = 200, path: str = "/kind", method: str = "GET", **more: Any
) -> Callable[[Prepare], Prepare]:
    """Add a kind; ``more`` takes the arguments of werkzeug's ``EnvironBuilder``."""

    def add(prepare: Prepare) -> Prepare:
        asked = {"path": path, "method": method, **more}
        KINDS.append(Kind(name, status, prepare, asked))
        return prepare

    return add


def nothing(_app: Flask) -> None:
    """Prepare nothing: the app has the route already, or is to have none."""


def view_returning(result: Callable[[], ResponseReturnValue], **rule: Any) -> Prepare:
    """Prepare an app with a view at ``/kind`` that returns what ``result`` returns."""

    def prepare(app: Flask) -> None:
        app.add_url_rule("/kind", "kind", result, **rule)

    return prepare


def fail() -> NoReturn:
    """Raise what no handler expects."""
    msg = "on purpose"
    raise RuntimeError(msg)


# 1. What a view returns


def generated() -> Iterator[str]:
    yield "one "
    yield "two"


def a_wsgi_app(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Test-From", "WSGI")])
    return [b"from WSGI"]


def a_made_response() -> Response:
    response = make_response("made", 201)
    response.headers["X-Test-View"] = "made"
    response.cache_control.max_age = 60
    return response


def a_response_given_headers() -> Response:
    return Response(
        ["listed"], headers=[("X-Test-View", "one"), ("X-Test-View", "two")]
    )


def forgetful() -> Any:
    return None


def two_responses() -> Response:
    make_response("thrown away")
    return make_response("kept")


def a_streamed_template() -> Iterator[str]:
    return stream_template("kind.html", word="streamed")


kind("a string")(view_returning(lambda: "text"))
kind("bytes")(view_returning(lambda: b"bytes"))
kind("a tuple", 202)(view_returning(lambda: ("text", 202, {"X-Test-View": "tuple"})))
kind("a tuple with a list", 202)(
    view_returning(lambda: ("", 202, [("X-Test-View", "1")]))
)
kind("a dict")(view_returning(lambda: {"key": "value"}))
kind("a list")(view_returning(lambda: [1, 2]))
kind("an empty 204", 204)(view_returning(lambda: ("", 204)))
kind("a generator")(view_returning(generated))
kind("a flask.Response")(view_returning(a_response_given_headers))
kind("a werkzeug.Response")(view_returning(lambda: WerkzeugResponse("werkzeug")))
kind("make_response()", 201)(view_returning(a_made_response))
kind("make_response() twice")(view_returning(two_responses))
kind("a tuple around make_response()", 202)(
    view_returning(lambda: (make_response("made"), 202, {"X-Test-View": "tuple"}))
)
kind("jsonify()")(view_returning(lambda: jsonify(key="value")))
kind("a WSGI callable")(view_returning(lambda: a_wsgi_app))
kind("a view that returns None", 500)(view_returning(forgetful))


@kind("stream_template()")
def _(app: Flask) -> None:
    app.jinja_loader = FileSystemLoader(HERE / "templates")
    app.add_url_rule("/kind", "kind", a_streamed_template)


class OwnResponse(Response):
    """A response class of a view's own, with a behaviour of its own."""

    default_mimetype = "text/x-own"
    autocorrect_location_header = True


def a_nested_request() -> Response:
    """Ask the app itself, from within a request."""
    response = make_response("outer")
    inner = Client(current_app).get("/no/such/page")
    response.headers["X-Test-Inner"] = str(sorted(inner.headers.keys()))
    return response


kind("a response class of the view's own", 201)(
    view_returning(lambda: OwnResponse("own", 201, {"Location": "/there"}))
)
kind("a request within a request")(view_returning(a_nested_request))


@kind("an endpoint with a dot and no blueprint")
def _(app: Flask) -> None:
    app.add_url_rule("/kind", "no.blueprint", lambda: "text")


@kind("an endpoint without a view", 500)
def _(app: Flask) -> None:
    app.add_url_rule("/kind", "kind")


@kind("headers that are a plain dict")
def _(app: Flask) -> None:
    def view() -> Response:
        response = make_response("text")
        response.headers = {"X-Test-View": "dict"}  # type: ignore[assignment]
        return response

    app.add_url_rule("/kind", "kind", view)


# 2. Redirects and errors

kind("redirect()", 302)(view_returning(lambda: redirect("/elsewhere")))
kind("abort(404)", 404)(view_returning(lambda: abort(404)))
kind("abort(Response)", 418)(view_returning(lambda: abort(Response("tea", 418))))
kind("an unknown URL", 404, "/there/is/no/such/page")(nothing)
kind("a wrong method", 405, method="DELETE")(view_returning(lambda: "text"))
kind("an exception", 500)(view_returning(fail))


@kind("a missing slash", 308)
def _(app: Flask) -> None:
    app.add_url_rule("/kind/", "kind", lambda: "text")


@kind("a body too large", 413, method="POST", data=b"x" * 100)
def _(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 10
    app.add_url_rule("/kind", "kind", the_body, methods=["POST"])


def the_body() -> bytes:
    return request.get_data()


@kind("a host that is not trusted", 400, base_url="http://evil.example/")
def _(app: Flask) -> None:
    app.config["TRUSTED_HOSTS"] = ["localhost"]
    app.add_url_rule("/kind", "kind", lambda: "text")


@kind("an error handler that returns a tuple", 404)
def _(app: Flask) -> None:
    app.register_error_handler(
        404, lambda _: ("not here", 404, {"X-Test-Handler": "app"})
    )


@kind("an error handler that calls make_response()", 500)
def _(app: Flask) -> None:
    app.register_error_handler(500, lambda _: make_response("broken", 500))
    app.add_url_rule("/kind", "kind", fail)


@kind("an exception in a blueprint", 500)
def _(app: Flask) -> None:
    blueprint = Blueprint("kind", __name__)
    blueprint.add_url_rule("/kind", "kind", fail)
    app.register_blueprint(blueprint)


@kind("an abort in a blueprint with a handler", 409)
def _(app: Flask) -> None:
    blueprint = Blueprint("kind", __name__)
    blueprint.add_url_rule("/kind", "kind", lambda: abort(409))
    blueprint.register_error_handler(409, lambda error: (error.description, 409))
    app.register_blueprint(blueprint)


# 3. Methods and conditions


def not_modified() -> Response:
    response = make_response("text")
    response.set_etag("1")
    response.make_conditional(request)
    return response


kind("HEAD", method="HEAD")(view_returning(lambda: "text"))
kind("OPTIONS", method="OPTIONS")(view_returning(lambda: "text"))
kind("a view's own 304", 304, headers={"If-None-Match": '"1"'})(
    view_returning(not_modified)
)

# 4. Files

kind("a static file", 200, STATIC)(nothing)
kind(
    "a static file not modified",
    304,
    STATIC,
    headers={"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
)(nothing)
kind("a part of a static file", 206, STATIC, headers={"Range": "bytes=0-3"})(nothing)
kind("a part that is not there", 416, STATIC, headers={"Range": "bytes=9999-"})(nothing)
kind("no such static file", 404, "/static/no-such-file")(nothing)
kind("send_file()")(
    view_returning(lambda: send_file(BytesIO(b"data"), "application/pdf", max_age=9))
)


@kind("a blueprint's static file", path="/kind/files/response_kinds.py")
def _(app: Flask) -> None:
    blueprint = Blueprint("kind", __name__, static_folder=HERE, static_url_path="files")
    app.register_blueprint(blueprint, url_prefix="/kind")


# 5. Functions around the view


@kind("before_request returns")
def _(app: Flask) -> None:
    app.before_request(lambda: "early")


@kind("before_request aborts", 403)
def _(app: Flask) -> None:
    app.before_request(lambda: abort(403))


@kind("before_request raises", 500)
def _(app: Flask) -> None:
    app.before_request(fail)


@kind("after_request adds a header")
def _(app: Flask) -> None:
    @app.after_request
    def add(response: Response) -> Response:
        response.headers["X-Test-Hook"] = "added"
        return response

    app.add_url_rule("/kind", "kind", lambda: "text")


@kind("after_request works on the headers")
def _(app: Flask) -> None:
    app.after_request(work_on_headers)
    app.add_url_rule("/kind", "kind", lambda: "text")


@kind("after_request works on the headers of an error page", 500)
def _(app: Flask) -> None:
    app.after_request(work_on_headers)
    app.add_url_rule("/kind", "kind", fail)


def work_on_headers(response: Response) -> Response:
    """Work on the headers in every way that starts from those that are there."""
    response.headers.setdefault("X-Test-Default", "hook")
    response.headers.pop("Content-Language", None)
    response.headers["X-Test-Seen"] = ", ".join(sorted(response.headers.keys()))
    response.cache_control.max_age = 60
    response.vary.add("Origin")
    return response


@kind("after_request returns another response", 202)
def _(app: Flask) -> None:
    app.after_request(lambda _: Response("another", 202))
    app.add_url_rule("/kind", "kind", lambda: "text")


@kind("after_request returns a werkzeug.Response", 202)
def _(app: Flask) -> None:
    app.after_request(lambda _: WerkzeugResponse("another", 202))
    app.add_url_rule("/kind", "kind", lambda: "text")


@kind("after_request sets a header and another one raises", 500)
def _(app: Flask) -> None:
    @app.after_request
    def raising(_response: Response) -> NoReturn:
        fail()

    @app.after_request
    def setting(response: Response) -> Response:
        response.headers["X-Test-Hook"] = "set"
        response.set_cookie("test", "set")
        response.set_data("changed")
        return response

    app.add_url_rule("/kind", "kind", lambda: "text")


@kind("after_request calls make_response()", 202)
def _(app: Flask) -> None:
    app.after_request(lambda _: make_response("another", 202))
    app.add_url_rule("/kind", "kind", lambda: "text")


@kind("after_request raises", 500)
def _(app: Flask) -> None:
    @app.after_request
    def raising(_response: Response) -> NoReturn:
        fail()

    app.add_url_rule("/kind", "kind", lambda: "text")


@kind("after_request of a blueprint raises", 500)
def _(app: Flask) -> None:
    blueprint = Blueprint("kind", __name__)

    @blueprint.after_request
    def raising(_response: Response) -> NoReturn:
        fail()

    blueprint.add_url_rule("/kind", "kind", lambda: "text")
    app.register_blueprint(blueprint)


@kind("after_request raises, as the session cannot be opened", 500)
def _(app: Flask) -> None:
    app.session_interface = ClosedSessions()

    @app.after_request
    def count(response: Response) -> Response:
        session["count"] += 1
        return response

    app.add_url_rule("/kind", "kind", lambda: "text")


@kind("after_this_request raises", 500)
def _(app: Flask) -> None:
    def view() -> str:
        @after_this_request
        def raising(_response: Response) -> NoReturn:
            fail()

        return "text"

    app.add_url_rule("/kind", "kind", view)


# 6. Sessions


def a_session_in_use() -> str:
    session["used"] = True
    return "text"


@kind("a session in use")
def _(app: Flask) -> None:
    app.secret_key = "only for this test"  # noqa: S105
    app.session_interface = UndatedSessions()
    app.add_url_rule("/kind", "kind", a_session_in_use)


class UndatedSessions(SecureCookieSessionInterface):
    """Sessions whose cookie does not tell the time, to be compared."""

    def get_signing_serializer(self, app: Flask) -> Any:
        """Return a serializer that writes no timestamp."""
        timed: Any = super().get_signing_serializer(app)
        timed.dumps = timed.serializer.dumps
        return timed


@kind("a session that cannot be opened", 500)
def _(app: Flask) -> None:
    app.session_interface = ClosedSessions()
    app.add_url_rule("/kind", "kind", lambda: "text")


class ClosedSessions(SecureCookieSessionInterface):
    """Sessions whose store does not answer."""

    def open_session(self, _app: Flask, _request: Any) -> NoReturn:
        """Raise, as a store does that cannot be reached."""
        fail()


@kind("a session that cannot be saved", 500)
def _(app: Flask) -> None:
    app.secret_key = "only for this test"  # noqa: S105
    app.session_interface = ReadOnlySessions()
    app.add_url_rule("/kind", "kind", a_session_in_use)


class ReadOnlySessions(SecureCookieSessionInterface):
    """Sessions whose store does not take anything."""

    def save_session(self, _app: Flask, _session: SessionMixin, _response: Any) -> None:
        """Raise, as a store does that is full."""
        fail()


# 7. Debug mode


@kind("abort(404) in debug mode", 404)
def _(app: Flask) -> None:
    app.debug = True
    app.add_url_rule("/kind", "kind", lambda: abort(404))


@kind("a registered handler in debug mode", 503)
def _(app: Flask) -> None:
    app.debug = True
    app.register_error_handler(RuntimeError, lambda _: ("handled", 503))
    app.add_url_rule("/kind", "kind", fail)
