"""Fixtures for runs of pytest that are long, cut short, and gone on with."""

from __future__ import annotations

import os

import pytest

from mfcheck.decisions import judgement
from mfcheck.findings import record
from mfcheck.reporting import pages
from mfcheck.session import progress_display, resume, screen


@pytest.fixture
def light_runs(clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs without twins of the theory and without figures, as if nobody ever changed mfcheck."""
    monkeypatch.setattr(judgement, "twins", lambda theory: ())
    monkeypatch.setattr(record, "twins", lambda theory: ())
    monkeypatch.setattr(resume, "own_code", list)
    monkeypatch.setattr(pages, "render_html", lambda report: "a page")
    monkeypatch.setenv("TOY_PARENT", str(os.getpid()))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that tells its progress after half a second."""
    monkeypatch.setattr(progress_display, "AFTER", 0.4)
    monkeypatch.setattr(screen, "EVERY", 0.1)
