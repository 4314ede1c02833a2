"""A cold start makes modules and classes that stay: to look for garbage meanwhile finds none.

The collector costs a sixteenth of the start. It rests from the first line of `limelight` until the
handler is made; what is there by then is never looked at again.
"""

import gc
import os


def begin() -> None:
    """On Lambda, lets the collector rest."""
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        gc.disable()


def end() -> None:
    """Lets it work again, on what is made from now on."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
