"""Response headers that are on every response, exactly once.

    ResponseHeaders([("X-Frame-Options", "DENY")]).init_app(app)

What is imported here is public. Everything else may change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import cli, net, reports, strategy, templates
from .csp import NONCE, Csp, Directives, amend_csp
from .header_policy import (
    EXTENSION,
    HeaderPolicy,
    check_rows,
    headers_for,
    policy_headers,
)
from .nonce import PageCaching, PageCsp, csp_nonce, report_only
from .overrides import override_blueprint_headers, override_headers
from .reports import REPORT_GROUP, ReportingEndpoints
from .request_id import RequestId, TrustRequestId, request_id
from .strategy import NAME as STRATEGY
from .validation import ExactName, HeaderError
from .values import CachedValue, DynamicValue, HttpsOnly, Override, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

__all__ = ["ExactName", "HeaderError", "ResponseHeaders"]
__all__ += ["CachedValue", "DynamicValue", "HttpsOnly", "Override", "Value"]
__all__ += ["Csp", "Directives", "amend_csp", "csp_nonce", "report_only"]
__all__ += ["NONCE", "PageCaching", "PageCsp"]
__all__ += ["REPORT_GROUP", "ReportingEndpoints"]
__all__ += ["RequestId", "TrustRequestId", "request_id"]
__all__ += ["override_blueprint_headers", "override_headers"]
__all__ += ["STRATEGY", "policy_headers"]


class ResponseHeaders:
    """A Flask extension: every response of an app carries the rows of a policy.

    ``where`` names the policy in errors, such as the file that has it.

    Raises:
        HeaderError: a header cannot be sent.
        TypeError: a row is not a ``(name, value)`` tuple.
    """

    def __init__(
        self, policy: Iterable[tuple[str, Value]], *, where: str = "policy"
    ) -> None:
        self._policy = list(policy)
        self._where = where
        check_rows(where, self._policy)

    def init_app(self, app: Flask) -> None:
        """Send the policy, and check it against the overrides of the app's routes.

        Call it after the routes are registered, so that the check includes them all.
        Calling it again replaces the policy.

        Raises:
            HeaderError: an override makes a header that cannot be sent.
        """
        wired = EXTENSION in app.extensions
        app.extensions[EXTENSION] = HeaderPolicy(self._policy, self._where, {})
        if not wired:
            net.init_app(app)
            strategy.init_app(app)
            templates.init_app(app)
            cli.init_app(app)
        reports.init_app(app, self._policy)
        for endpoint in app.view_functions:
            headers_for(app, endpoint)
