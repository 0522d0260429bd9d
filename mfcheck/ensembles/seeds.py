"""Seeds derived by name: every random number of a run follows from the root seed and what it is drawn for."""

from __future__ import annotations

import hashlib


def derive_seed(root: int, *names: object) -> int:
    """A 63-bit seed from the root seed and the printed names of what is drawn (SHA-256).

    >>> derive_seed(0, "wishart", "chunk", 1) == derive_seed(0, "wishart", "chunk", 1)
    True
    >>> derive_seed(0, "a", "b") == derive_seed(0, "ab")
    False
    """
    text = "\x1f".join([str(root), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
