"""What a function can import in a sandbox: its code, the layer, Lambda's runtime, nothing else.

Run by path as `sandbox.py HANDLER` under the Runtime Interface Emulator, by a Python without
site-packages (-I -S). LIMELIGHT_SANDBOX_PATH stands for /var/task, /opt/python and /var/runtime.
"""

import os
import sys


def main() -> None:
    sys.path[1:1] = os.environ["LIMELIGHT_SANDBOX_PATH"].split(os.pathsep)
    from awslambdaric.__main__ import main as serve  # type: ignore[import-untyped]

    serve(sys.argv)


if __name__ == "__main__":
    main()
