"""Exit with 0 where the app answers ``/health``: the image's health check."""

import os
import sys
from http.client import HTTPConnection

# An app that trusts some hosts only is asked for the first of FLASK_TRUSTED_HOSTS, which
# looks like ["example.com", ".example.net"].
first = os.environ.get("FLASK_TRUSTED_HOSTS", "").strip("[]\" '").partition('"')[0]
connection = HTTPConnection("127.0.0.1", 8000, timeout=4)
connection.request("GET", "/health", headers={"Host": first.lstrip(".") or "localhost"})
sys.exit(connection.getresponse().status != 200)
