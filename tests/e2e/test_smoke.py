"""The deployed product, from the first account to the end of its story."""

import pytest

from local.demo.client import Client
from local.demo.story import Story
from local.host.progress import QUIET
from local.stack.deployed import Deployment

pytestmark = pytest.mark.timeout(900)


def test_the_products_story_holds_against_the_deployed_stack(
    stack: Deployment, client: Client
) -> None:
    Story(stack.backing, client, QUIET).tell()
