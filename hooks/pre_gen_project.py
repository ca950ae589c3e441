"""Refuse answers that cannot work, and note that the project is not complete yet.

The rules (``answers.py``) have been asked already, when the name of the
project's folder was rendered. This is the place where cookiecutter's users look for
them, and where they hold should cookiecutter come to render in another order.
"""

import json
import sys
from pathlib import Path

COMPLAINTS = json.loads(r"""{{ cookiecutter | complaints | tojson }}""")

if COMPLAINTS:
    sys.exit("\n".join(COMPLAINTS))

# The other hook removes this file in the end. It finds this text in it where cookiecutter
# skips files that exist (--skip-if-file-exists), else that of the template's own file.
Path("UNFINISHED.txt").write_text(
    "This project is not complete: cookiecutter did not come to its end. Generate it\n"
    "again with --overwrite-if-exists: files that are not the template's stay as they are.\n",
    encoding="utf-8",
)
