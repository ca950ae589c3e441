"""Refuse answers that cannot work (the rules: ``local_extensions.py``).

At the prompts and with ``--no-input`` the rules have run already, before anything
was written. Here they run once more for a replay, whose answers nobody checks.
"""

import json
import sys

COMPLAINTS = json.loads(r"""{{ cookiecutter | complaints | tojson }}""")

if COMPLAINTS:
    sys.exit("\n".join(COMPLAINTS))
