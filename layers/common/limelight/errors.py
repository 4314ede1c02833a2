"""Every error a client can get, by its stable code.

A domain raises `Problem`; the database raises SQLSTATE `LLnnn` with one of these codes as its
message (migration `foundation`, `private.fail`); `limelight.http` turns both into
`application/problem+json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """What one error code means to a client."""

    status: int
    title: str
    detail: str
    shown: Mapping[str, object] = field(default_factory=dict)
    """The members that can come with this code, by an example of each."""


_SOME_ID: Final = "9b3ce1f2-7d1c-4b7e-9f26-0d52a8a4c001"

KINDS: Final[Mapping[str, Kind]] = {
    # The request itself
    "malformed_json": Kind(400, "Malformed JSON", "The request body is not valid JSON."),
    "idempotency_key_required": Kind(
        400,
        "Idempotency key required",
        "Send an Idempotency-Key header of 1 to 255 visible ASCII characters.",
    ),
    "not_found": Kind(404, "Not found", "There is no such resource."),
    "method_not_allowed": Kind(405, "Method not allowed", "The resource has no such method."),
    "body_too_large": Kind(413, "Body too large", "The request body is larger than is accepted."),
    "unsupported_media_type": Kind(
        415, "Unsupported media type", "Send the body as application/json."
    ),
    "validation_failed": Kind(
        422, "Validation failed", "The request has fields that are missing or not acceptable."
    ),
    "idempotency_key_reused": Kind(
        422,
        "Idempotency key reused",
        "This Idempotency-Key was first sent with another request. Use a new key.",
    ),
    "request_refused": Kind(400, "Request refused", "The gateway refused the request."),
    "rate_limited": Kind(429, "Too many requests", "Slow down and try again later."),
    # Who is calling
    "authentication_required": Kind(
        401, "Authentication required", "Send a valid bearer token in the Authorization header."
    ),
    "token_invalid": Kind(401, "Token not accepted", "The bearer token is not valid here."),
    "token_expired": Kind(401, "Token expired", "The bearer token has expired. Sign in again."),
    "account_suspended": Kind(403, "Account suspended", "This account is suspended."),
    "role_required": Kind(403, "Not allowed", "This account's role does not allow this."),
    "forbidden": Kind(403, "Not allowed", "The caller may not do this."),
    "not_owner": Kind(403, "Not the owner", "Only the owner may do this."),
    # People
    "username_invalid": Kind(
        422,
        "User name not acceptable",
        "Use 3 to 20 letters, digits and single underscores, beginning with a letter and not "
        "ending with an underscore.",
        {"suggestions": ["nova_live", "nova2"]},
    ),
    "username_reserved": Kind(
        422,
        "User name reserved",
        "This user name cannot be chosen.",
        {"suggestions": ["nova_live", "nova2"]},
    ),
    "username_taken": Kind(
        409,
        "User name taken",
        "Somebody already has this user name.",
        {"suggestions": ["nova_live", "nova2"]},
    ),
    "email_invalid": Kind(422, "E-mail not acceptable", "The e-mail address is not acceptable."),
    "password_weak": Kind(422, "Password too weak", "Choose a longer or less common password."),
    "signup_disabled": Kind(403, "Sign-up closed", "New accounts cannot be made at the moment."),
    "already_creator": Kind(409, "Already a creator", "This account already is a creator."),
    "application_pending": Kind(
        409, "Application pending", "An earlier application is still waiting for its review."
    ),
    "application_reviewed": Kind(
        409, "Application reviewed", "This application has already been reviewed."
    ),
    "applicant_inactive": Kind(
        409, "Applicant inactive", "The applicant's account is suspended or deleted."
    ),
    "username_unchanged": Kind(409, "User name unchanged", "This is the user name already."),
    "username_cooldown": Kind(
        409,
        "User name changed lately",
        "A user name can be changed twice in 30 days.",
        {"daysRemaining": 12},
    ),
    "self_follow": Kind(422, "Following oneself", "You cannot follow yourself."),
    "already_following": Kind(409, "Already following", "You follow this user already."),
    "not_following": Kind(409, "Not following", "You do not follow this user."),
    "self_block": Kind(422, "Blocking oneself", "You cannot block yourself."),
    "already_blocked": Kind(409, "Already blocked", "You have blocked this user already."),
    "not_blocked": Kind(409, "Not blocked", "You have not blocked this user."),
    # The admin desk
    "last_admin": Kind(409, "Last admin", "One active admin must be left."),
    "own_account": Kind(403, "Own account", "You cannot do this to your own account."),
    "is_admin": Kind(409, "Is an admin", "Take the role of an admin away first."),
    "already_suspended": Kind(409, "Already suspended", "This account is suspended already."),
    "not_suspended": Kind(409, "Not suspended", "This account is not suspended."),
    # Streams
    "already_live": Kind(
        409,
        "Already live",
        "You already have a live stream.",
        {"streamId": _SOME_ID},
    ),
    "stream_not_live": Kind(409, "Stream not live", "The stream is not live."),
    "stream_started": Kind(
        409, "Stream started", "Who may watch, and for what price, is settled once a stream starts."
    ),
    "stream_ended": Kind(409, "Stream ended", "The stream has ended."),
    "tickets_sold": Kind(
        409, "Tickets sold", "Tickets were sold: the stream stays one for their holders."
    ),
    "not_watching": Kind(409, "Not watching", "Join the stream first."),
    "follow_required": Kind(403, "Followers only", "Follow the creator to take part."),
    "ticket_required": Kind(
        403,
        "Ticket required",
        "You need a ticket to take part.",
        {"ticketPrice": 100},
    ),
    "banned": Kind(403, "Banned", "The host has banned you from this stream."),
    "blocked": Kind(403, "Blocked", "You cannot take part in this."),
    "own_stream": Kind(403, "Own stream", "You cannot do this on your own stream."),
    "gift_not_found": Kind(404, "No such gift", "The gift is not in the catalogue."),
    # Support of streams
    "not_ticketed": Kind(409, "No tickets", "This stream needs no ticket."),
    "ticket_exists": Kind(409, "Ticket exists", "You already have a ticket."),
    "too_many_goals": Kind(409, "Too many goals", "A stream has five active goals at most."),
    "goal_below_progress": Kind(
        409,
        "Target below progress",
        "More than this was already given towards the goal.",
        {"progress": 450},
    ),
    "goal_closed": Kind(
        409, "Goal closed", "The goal was reached, or its stream is over: it stays as it is."
    ),
    # Calls
    "own_call": Kind(422, "Own call", "You cannot call yourself."),
    "creator_unavailable": Kind(
        409, "Creator unavailable", "The creator takes no calls at the moment."
    ),
    "call_open": Kind(
        409,
        "A call is open",
        "You already have an open call.",
        {"callId": _SOME_ID},
    ),
    "call_expired": Kind(409, "Too late", "It is too late to go on with this call."),
    "call_state": Kind(
        409,
        "Not in this state",
        "The call is in a state that does not allow this.",
        {"callStatus": "completed"},
    ),
    # Shows
    "show_start_invalid": Kind(
        422, "Start not acceptable", "A show starts in the future, at most 366 days ahead."
    ),
    "show_not_scheduled": Kind(
        409,
        "Show not scheduled",
        "The show has started, is over or was cancelled.",
        {"showStatus": "live"},
    ),
    "show_not_live": Kind(
        409,
        "Show not live",
        "The show is not live.",
        {"showStatus": "scheduled"},
    ),
    "show_not_on_sale": Kind(
        409,
        "Show not on sale",
        "The show is over or was cancelled.",
        {"showStatus": "ended"},
    ),
    "own_show": Kind(403, "Own show", "You need no ticket for your own show."),
    "sold_out": Kind(409, "Sold out", "All tickets of this show are sold."),
    "price_locked": Kind(
        409, "Price locked", "Tickets have been sold: the price cannot change any more."
    ),
    "capacity_below_sold": Kind(
        409,
        "Capacity below sold",
        "More tickets than that have been sold already.",
        {"ticketsSold": 40},
    ),
    # Direct messages
    "self_message": Kind(422, "Writing to oneself", "You cannot write to yourself."),
    "request_required": Kind(
        403, "Request required", "This user takes messages on request. Send a message request."
    ),
    "messages_closed": Kind(403, "Messages closed", "This user takes no new messages."),
    "request_not_needed": Kind(
        409, "No request needed", "You can write to this user without a request."
    ),
    "request_pending": Kind(409, "Request pending", "A request of the two of you is open."),
    "request_answered": Kind(409, "Request answered", "This request was already answered."),
    "own_message": Kind(403, "Own message", "You cannot unlock your own message."),
    "not_locked": Kind(409, "Not locked", "There is nothing to unlock in this message."),
    "already_unlocked": Kind(409, "Already unlocked", "You have unlocked this message already."),
    # Chat and polls
    "not_banned": Kind(409, "Not banned", "The user is not banned from this stream."),
    "timed_out": Kind(
        403,
        "Timed out",
        "The host has stopped you from writing for a while.",
        {"remainingSeconds": 240},
    ),
    "slow_mode": Kind(
        429,
        "Slow mode",
        "Wait a little before you write again.",
        {"remainingSeconds": 8},
    ),
    "not_author": Kind(403, "Not the author", "Only its author and the host may delete a message."),
    "message_kept": Kind(409, "Message kept", "The message of a gift or a tip is its receipt."),
    "poll_open": Kind(
        409,
        "Poll open",
        "The stream already has an open poll.",
        {"pollId": _SOME_ID},
    ),
    "poll_closed": Kind(409, "Poll closed", "The poll is closed."),
    "option_not_found": Kind(404, "No such option", "The poll has no such option."),
    "already_voted": Kind(
        409,
        "Already voted",
        "You have already voted in this poll.",
        {"optionId": _SOME_ID},
    ),
    # Money
    "insufficient_balance": Kind(
        402,
        "Insufficient balance",
        "The wallet does not hold enough coins for this.",
        {"required": 50, "available": 12},
    ),
    "hold_exists": Kind(409, "Hold exists", "Coins are already set aside for this."),
    "hold_closed": Kind(409, "Hold closed", "The coins are no longer set aside."),
    "already_reversed": Kind(409, "Already reversed", "This movement was already undone."),
    "payout_too_small": Kind(422, "Payout too small", "A payout is at least 100 coins."),
    "payout_closed": Kind(409, "Payout closed", "This payout was already settled or returned."),
    "package_not_found": Kind(404, "No such package", "The coin package is not on sale."),
    "payment_not_settled": Kind(
        409, "Payment not settled", "The payment that this is about is not known to be paid yet."
    ),
    "signature_invalid": Kind(
        400, "Signature not accepted", "The signature does not fit the body."
    ),
    # The platform
    "conflict": Kind(409, "Conflict", "The request conflicts with the present state."),
    "upstream_unavailable": Kind(
        503, "Temporarily unavailable", "A part of the platform does not answer. Try again soon."
    ),
    "deadline_exceeded": Kind(
        503, "Took too long", "The request could not be finished in time. Try again soon."
    ),
    "outcome_unknown": Kind(
        503,
        "Outcome unknown",
        "The answer was lost on the way. Send the same request again, with the same "
        "Idempotency-Key where it has one: it takes effect once.",
    ),
    "internal_error": Kind(
        500, "Internal error", "Something went wrong on our side. Quote the request id."
    ),
}


class Problem(Exception):
    """A refusal that the client is told of.

    `code` is one of `KINDS`; `extra` members are added to the problem's body (RFC 9457, section
    3.2); `retry_after` is in seconds; `errors` names the fields at fault.
    """

    def __init__(
        self,
        code: str,
        *,
        detail: str | None = None,
        extra: Mapping[str, object] | None = None,
        errors: tuple[Mapping[str, str], ...] = (),
        headers: Mapping[str, str] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code)
        kind = KINDS[code]
        self.code = code
        self.status = kind.status
        self.title = kind.title
        self.detail = detail or kind.detail
        self.extra = dict(extra or {})
        self.errors = errors
        self.headers = dict(headers or {})
        if retry_after is not None:
            self.headers["Retry-After"] = str(retry_after)
