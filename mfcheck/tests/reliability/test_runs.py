"""What a run said is read for tracebacks and refusals."""

from __future__ import annotations

import pytest

from mfcheck.tests.reliability.runs import Ended

PYTHON = 'INTERNALERROR> Traceback (most recent call last):\nINTERNALERROR>   File "x.py", line 1, in <module>\n'
PYTEST = "x.py:3: OSError\n    def test():\n>       raise\nE       OSError: [Errno 28] No space left on device\n"
REFUTED = "FAILED test_toy.py::test_wrong - Failed: refuted\n✗ REFUTED toy.2/wrong: an error of 25 %\n"
BROKEN_OFF = "(to show a full traceback on KeyboardInterrupt use --full-trace)\n"


@pytest.mark.parametrize(
    ("said", "tracebacks"),
    [(PYTHON, 1), (PYTEST, 1), (PYTHON + PYTEST, 2), (REFUTED, 0), (BROKEN_OFF, 0), ("", 0)],
    ids=["Python's", "pytest's", "both", "a refutation", "an interrupt", "nothing"],
)
def test_tracebacks_are_counted(said: str, tracebacks: int) -> None:
    assert Ended(1, said).tracebacks == tracebacks


def test_a_refusal_is_one_sentence_and_status_4() -> None:
    sentence = "ERROR: nothing to resume in reports\n"
    assert Ended(4, f"\n{sentence}\n").refused
    assert not Ended(1, sentence).refused
    assert not Ended(4, sentence * 2).refused
    assert not Ended(4, "usage: pytest\n").refused
