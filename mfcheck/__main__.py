"""`python -m mfcheck`: the command `mfcheck`."""

import sys

from mfcheck.cli import main

if __name__ == "__main__":
    sys.exit(main())
