"""The laptop stack: all that Limelight needs, on one machine, without Docker. None of it ships."""

import sys
from pathlib import Path

LAYER = Path(__file__).resolve().parent.parent / "layers" / "common"

# Lambda puts the layer on the path of every function; here this does.
if str(LAYER) not in sys.path:
    sys.path.append(str(LAYER))
