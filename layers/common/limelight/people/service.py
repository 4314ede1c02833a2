"""Accounts and applications. Row-level security decides what a caller may read and change."""

from typing import Any, Final
from uuid import UUID, uuid4

from limelight.data.errors import DataError, DataUnavailable
from limelight.errors import Problem
from limelight.people import queries
from limelight.people.models import (
    Application,
    ApplicationRequest,
    CreatorSettings,
    LatestApplication,
    Me,
    NewUser,
    OwnProfile,
    ProfileUpdate,
    Session,
    SettingsUpdate,
    SignedUp,
    SignUpRequest,
    User,
    UsernameCheck,
    UsernameStatus,
)

UNIQUE_VIOLATION: Final = "23505"
WELCOME: Final = "Welcome to Limelight."
CONFIRM: Final = "Check your e-mail to confirm the account."

_UNAVAILABLE: Final = {
    "invalid": "username_invalid",
    "reserved": "username_reserved",
    "taken": "username_taken",
}
_TAKEN_EMAIL: Final = frozenset({"auth:user_already_exists", "auth:email_exists"})
_LOST_RACE: Final = "auth:unexpected_failure"
_AUTH_PROBLEMS: Final = {
    "auth:weak_password": ("password_weak", "/password"),
    "auth:validation_failed": ("email_invalid", "/email"),
    "auth:email_address_invalid": ("email_invalid", "/email"),
}


def check_username(candidate: str) -> UsernameCheck:
    """Whether `candidate` can be had, and near names that can if not."""
    return UsernameCheck.model_validate(queries.check_username(candidate))


def sign_up(request: SignUpRequest) -> SignedUp:
    """Makes an account. An e-mail address that has one already gets the same answer as one that
    must be confirmed, so that nobody learns who is a member."""
    username = request.username.strip().lower()
    _require_username(username)
    display_name = request.display_name or username
    try:
        made = _make_account(request, username, display_name)
    except DataError as error:
        if error.code in _TAKEN_EMAIL:
            return _signed_up(request.email, username, display_name, uuid4(), None)
        raise _sign_up_problem(error) from error
    return _signed_up(request.email, username, display_name, UUID(made.user.id), made.session)


def me(token: str, user_id: UUID) -> Me:
    """The caller's account with its wallet."""
    row = _found(queries.own_account_and_wallet(token, user_id))
    if row["wallet"] is None:  # suspended a moment ago: row-level security knows before the kernel
        raise Problem("forbidden")
    return Me.model_validate(_flat(row, row["profile"]) | {"wallet": row["wallet"]})


def own_profile(token: str, user_id: UUID) -> OwnProfile:
    """The caller's account."""
    row = _found(queries.own_account(token, user_id))
    return OwnProfile(user=User.model_validate(_flat(row, row["profile"])))


def update_profile(token: str, user_id: UUID, update: ProfileUpdate) -> OwnProfile:
    """Changes the fields sent and no others."""
    changes = update.changes()
    if not changes:
        return own_profile(token, user_id)
    row = _allowed(queries.update_profile(token, user_id, changes))
    return OwnProfile(user=User.model_validate(_flat(row["account"], row)))


def username_status(token: str) -> UsernameStatus:
    """Whether the caller may change their user name now."""
    return UsernameStatus.model_validate(_allowed(queries.username_status(token)))


def change_username(token: str, candidate: str) -> UsernameStatus:
    """Gives the caller another user name: well-formed, free, not reserved, twice in 30 days."""
    return UsernameStatus.model_validate(queries.change_username(token, candidate))


def creator_settings(token: str, user_id: UUID) -> CreatorSettings:
    """The caller's settings as a creator."""
    return CreatorSettings.model_validate(_allowed(queries.creator_settings(token, user_id)))


def update_settings(token: str, user_id: UUID, update: SettingsUpdate) -> CreatorSettings:
    """Changes the settings sent and no others."""
    changes = update.changes()
    if not changes:
        return creator_settings(token, user_id)
    row = queries.update_settings(token, user_id, changes)
    return CreatorSettings.model_validate(_allowed(row))


def latest_application(token: str, user_id: UUID) -> LatestApplication:
    """The caller's newest application, or null."""
    row = queries.latest_application(token, user_id)
    return LatestApplication(application=row and Application.model_validate(row))


def apply(token: str, role: str, request: ApplicationRequest) -> Application:
    """Files an application; one may be pending at a time, earlier ones are kept."""
    if role != "fan":
        raise Problem("already_creator")
    try:
        row = queries.apply(token, request.model_dump(exclude_none=True))
    except DataError as error:
        if error.code == UNIQUE_VIOLATION:
            raise Problem("application_pending") from error
        raise
    return Application.model_validate(_found(row))


def _make_account(request: SignUpRequest, username: str, display_name: str) -> Any:
    """Asks Auth for the account. Of two sign-ups at once for one name or address Auth only says
    that the later failed; asked again, it knows the reason."""
    try:
        return queries.sign_up(request.email, request.password, username, display_name)
    except DataError as error:
        if error.code != _LOST_RACE:
            raise
        _require_username(username)
        return queries.sign_up(request.email, request.password, username, display_name)


def _require_username(username: str) -> None:
    check = check_username(username)
    if check.reason is None:
        return
    raise Problem(
        _UNAVAILABLE[check.reason],
        errors=({"pointer": "/username", "detail": f"The user name is {check.reason}"},),
        extra={"suggestions": check.suggestions},
    )


def _sign_up_problem(error: DataError) -> Exception:
    if error.code in _AUTH_PROBLEMS:
        code, pointer = _AUTH_PROBLEMS[error.code]
        problem = Problem(code)
        problem.errors = ({"pointer": pointer, "detail": problem.detail},)
        return problem
    if error.code == "auth:signup_disabled":
        return Problem("signup_disabled")
    if error.code.startswith("auth:over_"):
        return Problem("rate_limited", retry_after=60)
    if error.code == _LOST_RACE:
        return DataUnavailable("auth")
    return error


def _signed_up(
    email: str, username: str, display_name: str, user_id: UUID, session: Any | None
) -> SignedUp:
    return SignedUp(
        user=NewUser(id=user_id, email=email, username=username, display_name=display_name),
        session=session and Session.model_validate(session, from_attributes=True),
        message=WELCOME if session else CONFIRM,
    )


def _flat(account: dict[str, Any], profile: dict[str, Any]) -> dict[str, Any]:
    return {**profile, **account}


def _allowed[Row](row: Row | None) -> Row:
    """Row-level security answers nothing to whoever was suspended since the kernel asked."""
    if row is None:
        raise Problem("forbidden")
    return row


def _found[Row](row: Row | None) -> Row:
    if row is None:
        raise Problem("not_found")
    return row
