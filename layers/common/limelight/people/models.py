"""What the account and profile endpoints take and answer."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field, Strict

from limelight.schema import (
    MINI_USER,
    Coins,
    HttpsUrl,
    Input,
    JsonObject,
    Line,
    Output,
    Text,
    Timestamp,
    WholeNumber,
    example,
)

Role = Literal["fan", "creator", "admin"]

_USER: Final[JsonObject] = MINI_USER | {
    "email": "nova@example.com",
    "bio": "Piano, mostly at night",
    "bannerUrl": None,
    "location": "Lisbon",
    "website": "https://nova.example.com",
    "twitterHandle": None,
    "instagramHandle": "nova",
    "role": "creator",
    "isCreatorVerified": True,
    "followerCount": 1200,
    "followingCount": 34,
    "createdAt": "2026-01-02T10:00:00Z",
    "updatedAt": "2026-01-14T09:30:00Z",
}
_NEW_USER: Final[JsonObject] = {
    "id": MINI_USER["id"],
    "email": "nova@example.com",
    "username": "nova",
    "displayName": "Nova",
}
_APPLICATION: Final[JsonObject] = {
    "id": "5a8f4b58-88c9-4e6c-8a57-7a4d4f0e9001",
    "userId": MINI_USER["id"],
    "displayName": "Nova",
    "bio": "Pianist",
    "whyCreator": "I play every night and people ask for more",
    "contentType": "music",
    "instagramHandle": "nova",
    "twitterHandle": None,
    "website": None,
    "status": "pending",
    "reviewedAt": None,
    "createdAt": "2026-01-03T18:00:00Z",
}


class SignUpRequest(Input):
    """A new account. The database decides whether the user name will do."""

    model_config = example(
        email="nova@example.com",
        password="correct horse",  # noqa: S106 - an example
        username="nova",
        displayName="Nova",
    )

    email: Annotated[Text, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
    password: Annotated[Text, Field(min_length=1, max_length=72, repr=False)]
    username: Annotated[Text, Field(min_length=1, max_length=64)]
    display_name: Annotated[Line, Field(max_length=50)] | None = None


class Session(Output):
    """A signed-in session; `expiresAt` in seconds since 1970."""

    access_token: str = Field(repr=False)
    refresh_token: str = Field(repr=False)
    token_type: str
    expires_in: int
    expires_at: int | None


class NewUser(Output):
    """An account just made."""

    id: UUID
    email: str
    username: str
    display_name: str


class SignedUp(Output):
    """The new account; a session unless the e-mail address must be confirmed first."""

    model_config = example(
        user=_NEW_USER,
        session=None,
        message="Check your e-mail to confirm the account.",
    )

    user: NewUser
    session: Session | None
    message: str


class UsernameCheck(Output):
    """Whether a user name can be had; if not, why, and near ones that can."""

    model_config = example(available=False, reason="taken", suggestions=["nova_live", "nova_tv"])

    available: bool
    reason: Literal["invalid", "reserved", "taken"] | None
    suggestions: list[str]


class User(Output):
    """The caller's own account and profile."""

    model_config = example(**_USER)

    id: UUID
    email: str
    username: str
    display_name: str
    bio: str | None
    avatar_url: str | None
    banner_url: str | None
    location: str | None
    website: str | None
    twitter_handle: str | None
    instagram_handle: str | None
    role: Role
    is_creator_verified: bool
    follower_count: int
    following_count: int
    created_at: Timestamp
    updated_at: Timestamp


class OwnWallet(Output):
    """What the caller's wallet holds, in coins."""

    balance: Coins
    held_balance: Coins
    available_balance: Coins


class Me(User):
    """The caller's own account with its wallet."""

    model_config = example(
        **_USER, wallet={"balance": 120, "heldBalance": 20, "availableBalance": 100}
    )

    wallet: OwnWallet


class OwnProfile(Output):
    """The caller's own account."""

    model_config = example(user=_USER)

    user: User


class ProfileUpdate(Input):
    """The fields to change: null clears, an absent field keeps what it holds."""

    model_config = example(bio="Piano, mostly at night", location=None)

    display_name: Annotated[Line, Field(max_length=50)] = Field(default="")
    bio: Annotated[Text, Field(max_length=500)] | None = None
    avatar_url: HttpsUrl | None = None
    banner_url: HttpsUrl | None = None
    location: Annotated[Text, Field(max_length=100)] | None = None
    website: HttpsUrl | None = None
    twitter_handle: Annotated[Text, Field(max_length=50)] | None = None
    instagram_handle: Annotated[Text, Field(max_length=50)] | None = None

    def changes(self) -> dict[str, Any]:
        """The columns to change, and to what."""
        return self.model_dump(exclude_unset=True)


class UsernameRequest(Input):
    """The user name to take. The database decides whether it will do."""

    model_config = example(username="nova_at_night")

    username: Annotated[Text, Field(min_length=1, max_length=64)]


class UsernameStatus(Output):
    """Whether the user name can be changed now: twice in any 30 days."""

    model_config = example(
        canChange=True,
        changesRemaining=1,
        daysRemaining=0,
        currentUsername="nova",
        lastChangedAt="2026-01-10T08:00:00Z",
    )

    can_change: bool
    changes_remaining: int
    days_remaining: int
    current_username: str
    last_changed_at: Timestamp | None


class CreatorSettings(Output):
    """What a creator asks for calls (coins a minute, minutes at least) and messages (coins)."""

    model_config = example(
        callRatePerMinute=25,
        minimumCallDuration=5,
        isAvailableForCalls=True,
        autoAcceptCalls=False,
        messageRate=0,
    )

    call_rate_per_minute: Coins
    minimum_call_duration: int
    is_available_for_calls: bool
    auto_accept_calls: bool
    message_rate: Coins


class SettingsUpdate(Input):
    """The settings to change; an absent one keeps what it holds."""

    model_config = example(callRatePerMinute=30, isAvailableForCalls=True)

    call_rate_per_minute: Annotated[WholeNumber, Field(ge=1, le=100_000)] = 25
    minimum_call_duration: Annotated[WholeNumber, Field(ge=1, le=240)] = 5
    is_available_for_calls: Annotated[bool, Strict()] = False
    auto_accept_calls: Annotated[bool, Strict()] = False
    message_rate: Annotated[WholeNumber, Field(ge=0, le=100_000)] = 0

    def changes(self) -> dict[str, Any]:
        """The columns to change, and to what."""
        return self.model_dump(exclude_unset=True)


class ApplicationRequest(Input):
    """An application to become a creator."""

    model_config = example(
        displayName="Nova",
        bio="Pianist",
        whyCreator="I play every night and people ask for more",
        contentType="music",
        instagramHandle="nova",
    )

    display_name: Annotated[Line, Field(max_length=50)]
    bio: Annotated[Line, Field(max_length=500)]
    why_creator: Annotated[Line, Field(max_length=2000)]
    content_type: Annotated[Line, Field(max_length=100)]
    instagram_handle: Annotated[Text, Field(max_length=50)] | None = None
    twitter_handle: Annotated[Text, Field(max_length=50)] | None = None
    website: HttpsUrl | None = None


class Application(Output):
    """An application as it stands."""

    model_config = example(**_APPLICATION)

    id: UUID
    user_id: UUID
    display_name: str
    bio: str
    why_creator: str
    content_type: str
    instagram_handle: str | None
    twitter_handle: str | None
    website: str | None
    status: Literal["pending", "approved", "rejected"]
    reviewed_at: Timestamp | None
    created_at: Timestamp


class LatestApplication(Output):
    """The caller's latest application, or null."""

    model_config = example(application=_APPLICATION)

    application: Application | None
