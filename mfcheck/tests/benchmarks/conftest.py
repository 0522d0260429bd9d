"""Benchmarks are collected only where nothing runs beside them."""

import os

# A timing beside busy workers says nothing, and pytest-benchmark switches itself off there.
collect_ignore_glob = ["test_*.py"] if "PYTEST_XDIST_WORKER" in os.environ else []
