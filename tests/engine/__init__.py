"""Tests of the engine, the package ``response_headers`` of a generated app.

They run in this repository, once for each strategy, with ``src`` of a generated project
on the path::

    PYTHONPATH=<project>/src python -m pytest -c tests/engine/pytest.ini --rootdir=. \
        --confcutdir=tests/engine -p no:cacheprovider -n0 tests/engine
"""
