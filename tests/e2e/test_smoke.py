"""The deployed product, from the first account to the end of its story."""

import pytest

from local.client import Client
from local.console import QUIET
from local.deployed import Deployment
from local.story import Story

pytestmark = pytest.mark.timeout(900)


def test_the_products_story_holds_against_the_deployed_stack(
    stack: Deployment, client: Client
) -> None:
    Story(stack.backing, client, QUIET).tell()
