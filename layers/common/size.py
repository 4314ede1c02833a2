"""`size.py DIRECTORY MEGABYTES`: prints how large the layer is unzipped; fails over the budget."""

import sys
from pathlib import Path

MEGABYTE = 1_000_000


def megabytes(directory: Path) -> float:
    """What the files of `directory` hold together."""
    files = (path for path in directory.rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files) / MEGABYTE


def main(directory: str, budget: str) -> int:
    """Says what was found; answers 1 where that is too much."""
    found = megabytes(Path(directory))
    print(f"The layer is {found:.1f} MB unzipped, of {budget} MB at most")
    return 1 if found > float(budget) else 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
