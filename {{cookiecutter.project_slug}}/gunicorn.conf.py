"""Settings of gunicorn, started with ``--config gunicorn.conf.py``.

https://docs.gunicorn.org/en/stable/settings.html
"""

# By default gunicorn trusts X-Forwarded-Proto from this machine. The app alone decides
# whom to trust: see FLASK_PROXY_HOPS in proxies.py.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
# On a Unix socket it takes SCRIPT_NAME and PATH_INFO from headers, whoever sent them.
forwarder_headers = ""
