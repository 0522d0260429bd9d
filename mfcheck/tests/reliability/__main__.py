"""The command that makes docs/reliability.md anew, and ends with status 1 if anything in it is not as it should be."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from mfcheck.findings.files import write_atomically
from mfcheck.tests.reliability.disks import can_mount
from mfcheck.tests.reliability.faults import faults
from mfcheck.tests.reliability.formats import FORMATS
from mfcheck.tests.reliability.handed_in import all_handed_in
from mfcheck.tests.reliability.page import Planted, page, wrongs
from mfcheck.tests.reliability.plants import PLANT, PLANTS
from mfcheck.tests.reliability.study import Bench, Row, study


def main(target: Path) -> int:
    """Try everything, write the page, and say what is wrong."""
    handed = all_handed_in()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        seen = {
            name: Planted(Row() + bench.tried(fault, {PLANT: name}), fault.kind) for name, (_, fault) in PLANTS.items()
        }
        rows = study(bench, faults(mounts=can_mount()))
    write_atomically(target, page(rows, handed, FORMATS, seen))
    for wrong in (found := wrongs(rows, handed, seen)):
        print(wrong, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
