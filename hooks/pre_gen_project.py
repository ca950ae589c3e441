"""Validate the answers again, and mark the project as not complete.

The template's extension has validated them before (``flask_headers_extension``). This hook
is where cookiecutter's users expect validation. It still works if a later version of
cookiecutter renders things in another order.
"""

import sys

if not getattr(sys.flags, "safe_path", False):
    del sys.path[0]  # the temporary folder: anyone may have put a json.py there

import json
from pathlib import Path

ERRORS = json.loads(r"""{{ cookiecutter | validation_errors | tojson }}""")

if ERRORS:
    sys.exit("\n".join(ERRORS))

# Cookiecutter then writes the template's own UNFINISHED.txt over this file, unless it skips
# existing files (--skip-if-file-exists). The other hook reads the text to tell which, and
# removes the file.
Path("UNFINISHED.txt").write_text(
    "This project is not complete: cookiecutter did not finish. Generate it again with\n"
    "--overwrite-if-exists. This does not change files that are not from the template.\n",
    encoding="utf-8",
)
