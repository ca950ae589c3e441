"""Settings of gunicorn, which reads this file in the folder where it is started.

https://docs.gunicorn.org/en/stable/settings.html
"""

# Gunicorn would believe X-Forwarded-Proto of whoever asks from this machine. The app
# alone decides whom to believe: FLASK_PROXY_HOPS, see proxies.py.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
