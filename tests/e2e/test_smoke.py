"""The deployed product, from a bare state directory to the end of its story."""

import os
import subprocess
import sys

import pytest

from local.state import PROJECT


@pytest.mark.timeout(600)
def test_the_products_story_holds_against_the_deployed_stack() -> None:
    smoke = subprocess.run(
        [sys.executable, "-m", "local", "smoke"],
        cwd=PROJECT,
        # What a developer's shell may hold must not matter.
        env=os.environ
        | {"AWS_PROFILE": "somebody-elses", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )

    assert smoke.returncode == 0, smoke.stdout + smoke.stderr
    assert "The story holds." in smoke.stdout
