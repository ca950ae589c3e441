"""Settings of gunicorn, which reads this file in the folder it is started in.

https://docs.gunicorn.org/en/stable/settings.html
"""

# By default gunicorn trusts X-Forwarded-Proto from this machine. The app alone decides
# whom to trust: see FLASK_PROXY_HOPS in proxies.py.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
