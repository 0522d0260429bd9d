"""What holds of a lazy matrix holds whichever way it counts its directions: by asking, or, as on a GPU, not at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mfcheck.ensembles.matrices import lazy

UNREAD = "as on a GPU"


@pytest.fixture(autouse=True, scope="module", params=["as on the CPU", UNREAD])
def counting(request: pytest.FixtureRequest) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        if request.param == UNREAD:
            patch.setattr(lazy, "is_far", lambda x: True)
        yield request.param
