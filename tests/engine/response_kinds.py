"""The kinds of response that a Flask app sends.

A kind is a function that prepares an app, and the request that gets the response.
"""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass
from functools import partial
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
    got_request_exception,
    jsonify,
    make_response,
    redirect,
    request,
    request_finished,
    send_file,
    session,
    stream_template,
)
from flask.sessions import SecureCookieSessionInterface
from jinja2 import FileSystemLoader
from werkzeug.exceptions import HTTPException
from werkzeug.test import Client
from werkzeug.wrappers import Response as WerkzeugResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _typeshed.wsgi import WSGIEnvironment
    from flask.sessions import SessionMixin
    from flask.typing import ResponseReturnValue
    from werkzeug.datastructures import Headers

    Prepare = Callable[[Flask], None]
    Edit = Callable[[Response], object]

HERE = Path(__file__).parent
STATIC = "/static/README.txt"


@dataclass(frozen=True)
class Kind:
    """A kind of response: how to get it, and its status."""

    name: str
    status: int
    prepare: Prepare
    request: dict[str, Any]


KINDS: list[Kind] = []
"""The kinds whose responses are the same, whichever strategy is used."""

LOOKING_KINDS: list[Kind] = []
"""Responses that are edited late, depending on the headers that they have already.

Some strategies have added theirs by then, so the responses differ. They carry the policy
all the same.
"""


def kind(
    name: str,
    status: int = 200,
    path: str = "/kind",
    method: str = "GET",
    *,
    kinds: list[Kind] = KINDS,
    **more: Any,
) -> Callable[[Prepare], Prepare]:
    """Add a kind; ``more`` takes the arguments of ``EnvironBuilder``."""

    def add(prepare: Prepare) -> Prepare:
        request = {"path": path, "method": method, **more}
        kinds.append(Kind(name, status, prepare, request))
        return prepare

    return add


def nothing(_app: Flask) -> None:
    """Prepare nothing: the route is there already, or must not be there."""


def view_returning(result: Callable[[], ResponseReturnValue], **rule: Any) -> Prepare:
    """Prepare an app with a view at ``/kind`` that returns what ``result`` returns."""

    def prepare(app: Flask) -> None:
        app.add_url_rule("/kind", "kind", result, **rule)

    return prepare


def fail() -> NoReturn:
    """Raise an exception that has no handler."""
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


def returning_none() -> Any:
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
kind("a view that returns None", 500)(view_returning(returning_none))


@kind("stream_template()")
def _(app: Flask) -> None:
    app.jinja_loader = FileSystemLoader(HERE / "templates")
    app.add_url_rule("/kind", "kind", a_streamed_template)


class OwnResponse(Response):
    """A response class of a view, with its own defaults."""

    default_mimetype = "text/x-own"
    autocorrect_location_header = True


def a_nested_request() -> Response:
    """Send a request to the app itself, during a request."""
    response = make_response("outer")
    inner = Client(current_app).get("/no/such/page")
    response.headers["X-Test-Inner"] = str(sorted(inner.headers.keys()))
    return response


kind("a response of the view's own class", 201)(
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

kind("redirect()", 302)(view_returning(lambda: redirect("/elsewhere", 302)))
kind("abort(404)", 404)(view_returning(lambda: abort(404)))
kind("abort(Response)", 418)(view_returning(lambda: abort(Response("tea", 418))))
kind("an unknown URL", 404, "/there/is/no/such/page")(nothing)
kind("a method that the route does not allow", 405, method="DELETE")(
    view_returning(lambda: "text")
)
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


@kind("after_request edits the headers")
def _(app: Flask) -> None:
    app.after_request(edit_headers)
    app.add_url_rule("/kind", "kind", lambda: "text")


@kind("after_request edits the headers of an error page", 500)
def _(app: Flask) -> None:
    app.after_request(edit_headers)
    app.add_url_rule("/kind", "kind", fail)


def edit_headers(response: Response) -> Response:
    """Change headers in ways that depend on those that are there already."""
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
    """Sessions whose cookie has no timestamp, so that it can be compared."""

    def get_signing_serializer(self, app: Flask) -> Any:
        """Return a serializer that adds no timestamp."""
        timed: Any = super().get_signing_serializer(app)
        timed.dumps = timed.serializer.dumps
        return timed


@kind("a session that cannot be opened", 500)
def _(app: Flask) -> None:
    app.session_interface = ClosedSessions()
    app.add_url_rule("/kind", "kind", lambda: "text")


class ClosedSessions(SecureCookieSessionInterface):
    """Sessions whose store is down."""

    def open_session(self, _app: Flask, _request: Any) -> NoReturn:
        """Raise, as if the store could not be reached."""
        fail()


@kind("a session that cannot be saved", 500)
def _(app: Flask) -> None:
    app.secret_key = "only for this test"  # noqa: S105
    app.session_interface = ReadOnlySessions()
    app.add_url_rule("/kind", "kind", a_session_in_use)


class ReadOnlySessions(SecureCookieSessionInterface):
    """Sessions whose store is full."""

    def save_session(self, _app: Flask, _session: SessionMixin, _response: Any) -> None:
        """Raise, as if the store were full."""
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


# 8. Extensions that replace a method of the app. From Flask 3.2 on, these get a context
# as their first argument.


def replace(app: Flask, method: str, function: Callable[..., Response]) -> None:
    setattr(app, method, function)


def replaced(*_: object) -> Response:
    return Response("replaced", 500)


@kind("app.handle_exception replaced", 500)
def _(app: Flask) -> None:
    replace(app, "handle_exception", replaced)
    app.add_url_rule("/kind", "kind", fail)


@kind("app.handle_exception replaced, after_request raises", 500)
def _(app: Flask) -> None:
    replace(app, "handle_exception", replaced)
    app.after_request(raise_after_request)
    app.add_url_rule("/kind", "kind", lambda: "text")


def raise_after_request(*_: object) -> NoReturn:
    fail()


class Api:
    """Handles the errors of an app by itself, as Flask-RESTX does."""

    def __init__(self, app: Flask) -> None:
        for method in ("handle_exception", "handle_user_exception"):
            replace(app, method, partial(self.route_error, getattr(app, method)))

    def route_error(self, original: Callable[..., Any], *arguments: Any) -> Any:
        """Handle the errors of the routes of this API, and leave others to the app."""
        *context, error = arguments
        if request.path != "/kind":
            return original(*context, error)
        try:
            return self.handle_error(error)
        except Exception as failed:  # noqa: BLE001 - as Flask-RESTX does it
            return original(*context, failed)

    def handle_error(self, error: Exception) -> Response:
        """Make JSON of an error."""
        got_request_exception.send(current_app, exception=error)
        status = error.code if isinstance(error, HTTPException) else None
        response = make_response(jsonify(message=str(error)), status or 500)
        response.headers.extend({"X-Test-Api": "error"})
        return response


@kind("an exception in an API with its own error handling", 500)
def _(app: Flask) -> None:
    Api(app)
    app.add_url_rule("/kind", "kind", fail)


@kind("an abort in an API with its own error handling", 409)
def _(app: Flask) -> None:
    Api(app)
    app.add_url_rule("/kind", "kind", lambda: abort(409))


@kind("an unknown URL beside an API with its own error handling", 404, "/no/such/page")
def _(app: Flask) -> None:
    Api(app)


@kind("after_request raises in an API with its own error handling", 500)
def _(app: Flask) -> None:
    Api(app)
    app.after_request(raise_after_request)
    app.add_url_rule("/kind", "kind", lambda: "text")


@kind("app.process_response replaced")
def _(app: Flask) -> None:
    replace(app, "process_response", lambda *arguments: arguments[-1])
    app.add_url_rule("/kind", "kind", lambda: "text")


@kind("app.process_response wrapped")
def _(app: Flask) -> None:
    original = app.process_response

    def process_response(*arguments: Any) -> Response:
        response = original(*arguments)
        response.headers["X-Test-Wrapper"] = "wrapped"
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response

    replace(app, "process_response", process_response)
    app.add_url_rule("/kind", "kind", lambda: "text")


@kind("app.process_response returns another response", 202)
def _(app: Flask) -> None:
    replace(app, "process_response", lambda *_: Response("another", 202))
    app.add_url_rule("/kind", "kind", lambda: "text")


@kind("app.process_response raises", 500)
def _(app: Flask) -> None:
    replace(app, "process_response", raise_after_request)
    app.add_url_rule("/kind", "kind", lambda: "text")


@kind("app.make_response replaced")
def _(app: Flask) -> None:
    replace(app, "make_response", lambda rv: Response(f"replaced {rv!r}"))
    app.add_url_rule("/kind", "kind", lambda: "text")


@kind("app.response_class replaced")
def _(app: Flask) -> None:
    app.response_class = OwnResponse
    app.add_url_rule("/kind", "kind", lambda: "text")


@kind("app.response_class replaced, an error page", 404)
def _(app: Flask) -> None:
    app.response_class = OwnResponse
    app.add_url_rule("/kind", "kind", lambda: abort(404))


# 9. Headers that are edited after all after_request functions

EDITS: dict[str, Edit] = {
    "sets a header": lambda response: response.headers.set("X-Test-Late", "set"),
    "sets a header of the policy": lambda response: response.headers.set(
        "X-Frame-Options", "SAMEORIGIN"
    ),
    "adds a header of the policy": lambda response: response.headers.add(
        "x-frame-options", "SAMEORIGIN"
    ),
    "adds a header that the view has": lambda response: response.headers.add(
        "Referrer-Policy", "same-origin"
    ),
    "removes a header of the policy": lambda response: response.headers.pop(
        "X-Frame-Options", None
    ),
    "removes a header that the view has": lambda response: response.headers.pop(
        "Referrer-Policy", None
    ),
    "removes all headers": lambda response: response.headers.clear(),
    "replaces all headers": lambda response: setattr(
        response, "headers", {"X-Test-Late": "replaced"}
    ),
    "adds to Vary": lambda response: response.vary.add("Cookie"),
    "sets Vary": lambda response: response.headers.set("Vary", "Cookie"),
    "sets a cookie": lambda response: response.set_cookie("test", "late"),
    "changes the content type": lambda response: response.headers.set(
        "Content-Type", "application/json"
    ),
    "changes the content-type": lambda response: response.headers.set(
        "content-type", "application/json"
    ),
    "removes the content type": lambda response: response.headers.pop(
        "Content-Type", None
    ),
    "changes the status": lambda response: setattr(response, "status_code", 203),
    "changes the body": lambda response: response.set_data("changed"),
}
"""Changes to a response that do not depend on the headers that it has."""

LOOKS: dict[str, Edit] = {
    "notes which headers there are": lambda response: response.headers.set(
        "X-Test-Seen", ", ".join(sorted(response.headers.keys()))
    ),
    "sets a default": lambda response: response.headers.setdefault(
        "X-Frame-Options", "SAMEORIGIN"
    ),
    "edits Cache-Control": lambda response: setattr(
        response.cache_control, "max_age", 60
    ),
    "removes from Vary": lambda response: response.vary.discard("Accept"),
    "copies a header": lambda response: response.headers.set(
        "X-Test-Copy", response.headers.get("X-Frame-Options", "none")
    ),
}
"""Changes to a response that depend on the headers that it has."""


def view_with_headers() -> ResponseReturnValue:
    return "text", {"Referrer-Policy": "origin", "Vary": "Origin", "X-Test-View": "1"}


class EditingSessions(SecureCookieSessionInterface):
    """Sessions that edit the headers of a response when they are saved."""

    def __init__(self, edit: Edit) -> None:
        self.edit = edit

    def save_session(
        self, _app: Flask, _session: SessionMixin, response: Response
    ) -> None:
        """Edit the headers."""
        self.edit(response)


def saving_a_session(edit: Edit) -> Prepare:
    """Prepare an app whose sessions edit the response."""

    def prepare(app: Flask) -> None:
        app.secret_key = "only for this test"  # noqa: S105
        app.session_interface = EditingSessions(edit)
        app.add_url_rule("/kind", "kind", view_with_headers)

    return prepare


def receiving_a_signal(edit: Edit) -> Prepare:
    """Prepare an app with a receiver of ``request_finished`` that edits the response."""

    def receive(_app: Flask, response: Response, **_: object) -> None:
        edit(response)

    def connect(app: Flask) -> None:
        request_finished.connect(receive, app)

    def disconnect(app: Flask) -> None:
        request_finished.disconnect(receive, app)

    def prepare(app: Flask) -> None:
        app.before_request(lambda: connect(app))
        app.teardown_request(lambda _: disconnect(app))
        app.add_url_rule("/kind", "kind", view_with_headers)

    return prepare


for what, each in EDITS.items():
    code = 203 if what == "changes the status" else 200
    kind(f"save_session {what}", code)(saving_a_session(each))
    kind(f"a receiver of request_finished {what}", code)(receiving_a_signal(each))

for what, each in LOOKS.items():
    kind(f"save_session {what}", kinds=LOOKING_KINDS)(saving_a_session(each))
    kind(f"a receiver of request_finished {what}", kinds=LOOKING_KINDS)(
        receiving_a_signal(each)
    )


# 10. Response classes of views


class ResponseWithOwnHeaders(Response):
    """A response that finishes its headers by itself."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """Return headers that were not there before."""
        headers = super().get_wsgi_headers(environ)
        headers["X-Test-Class"] = "own"
        headers["X-Frame-Options"] = "SAMEORIGIN"
        headers.add("Vary", "Cookie")
        return headers


class ResponseWithoutHeaders(Response):
    """A response that removes what it does not know."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """Return two headers only."""
        headers = super().get_wsgi_headers(environ)
        for name in {*headers.keys()} - {"Content-Type", "Content-Length"}:
            del headers[name]
        return headers


class ResponseWithDefaults(Response):
    """A response that sets headers which are not there yet."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """Return headers with a default."""
        headers = super().get_wsgi_headers(environ)
        headers.setdefault("X-Frame-Options", "SAMEORIGIN")
        headers["X-Test-Seen"] = ", ".join(sorted(headers.keys()))
        return headers


class LabeledResponse(Response):
    """A response class whose subclasses must have a label."""

    label: str

    def __init_subclass__(cls, *, label: str) -> None:
        """Note the label."""
        super().__init_subclass__()
        cls.label = label


class OwnLabeledResponse(LabeledResponse, label="own"):
    """A response class with a label."""


def a_class_inside_the_view() -> Response:
    class Inside(ResponseWithOwnHeaders):
        """A response class of one request."""

    return Inside("inside")


kind("a response class with its own get_wsgi_headers()")(
    view_returning(lambda: ResponseWithOwnHeaders("own"))
)
kind("a response class whose get_wsgi_headers() removes headers")(
    view_returning(lambda: ResponseWithoutHeaders("own"))
)
kind("a response class whose get_wsgi_headers() sets defaults", kinds=LOOKING_KINDS)(
    view_returning(lambda: ResponseWithDefaults("own"))
)
kind("a response class with a keyword in __init_subclass__")(
    view_returning(lambda: OwnLabeledResponse("own"))
)
kind("a response class inside the view")(view_returning(a_class_inside_the_view))


@kind("abort() with a response of the view's own class", 418)
def _(app: Flask) -> None:
    tea = ResponseWithOwnHeaders("tea", 418)
    app.add_url_rule("/kind", "kind", lambda: abort(tea))


@kind("a response that is a WSGI app of its own")
def _(app: Flask) -> None:
    class Own(Response):
        def __call__(
            self, _environ: WSGIEnvironment, start_response: Any
        ) -> list[bytes]:
            start_response("200 OK", [("X-Test-Class", "own"), ("Content-Length", "3")])
            return [b"own"]

    app.add_url_rule("/kind", "kind", lambda: Own("not sent"))


# 11. Responses that a hook copies, as caching extensions do


def pickled(response: Response) -> Response:
    copied: Response = pickle.loads(pickle.dumps(response))  # noqa: S301
    return copied


COPIES: dict[str, Callable[[Response], Response]] = {
    "pickles": pickled,
    "copies": copy.copy,
    "deeply copies": copy.deepcopy,
}

for how, copied in COPIES.items():

    @kind(f"after_request {how} the response")
    def _(app: Flask, copied: Callable[[Response], Response] = copied) -> None:
        app.after_request(copied)
        app.add_url_rule("/kind", "kind", view_with_headers)

    @kind(f"after_request {how} an error page", 500)
    def _(app: Flask, copied: Callable[[Response], Response] = copied) -> None:
        app.after_request(copied)
        app.add_url_rule("/kind", "kind", fail)


@kind("after_request returns a response from a cache")
def _(app: Flask) -> None:
    cache: dict[str, bytes] = {}

    @app.before_request
    def load() -> Response | None:
        found = cache.get(request.path)
        return pickle.loads(found) if found else None  # noqa: S301

    @app.after_request
    def store(response: Response) -> Response:
        cache[request.path] = pickle.dumps(response)
        return response

    app.add_url_rule("/kind", "kind", view_with_headers)
