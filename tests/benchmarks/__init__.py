"""What the headers cost, each figure a ratio to something named, measured in one run.

``python -m tests.benchmarks`` measures everything, ``python -m tests.benchmarks request``
one part of it.
"""
