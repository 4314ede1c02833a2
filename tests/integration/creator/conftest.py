"""What applicants send."""

from typing import Any

import pytest


@pytest.fixture
def form() -> dict[str, Any]:
    """An application with every field filled in."""
    return {
        "displayName": "Nova", "bio": "Pianist", "whyCreator": "People ask for more",
        "contentType": "music", "instagramHandle": "nova", "twitterHandle": "nova_tw",
        "website": "https://nova.example.com",
    }  # fmt: skip
