"""Refuse answers that cannot work (the rules: ``local_extensions.py``).

They have been asked already, when the name of the project's folder was rendered. This
is the place where cookiecutter's users look for such rules, and where they hold should
cookiecutter come to render in another order.
"""

import json
import sys

COMPLAINTS = json.loads(r"""{{ cookiecutter | complaints | tojson }}""")

if COMPLAINTS:
    sys.exit("\n".join(COMPLAINTS))
