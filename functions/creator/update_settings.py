"""PATCH /api/creator/settings: change the settings sent, and no others."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.people import service
from limelight.people.models import CreatorSettings, SettingsUpdate

router = Endpoint(
    Pattern.REST,
    Who.CREATOR,
    tag="Creators",
    why="one row changed by the creator; column grants say what can be changed",
)


@router.patch("/api/creator/settings")
def update_settings(body: SettingsUpdate, caller: Caller) -> CreatorSettings:
    return service.update_settings(caller.token, caller.user_id, body)


handler = lambda_handler(router)
