"""Pages made as the quick starts of front-end libraries say, opened in Chromium.

``python -m tests.pages`` opens all of them and writes the table of ``docs/front-ends.md``.
"""
