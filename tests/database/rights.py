"""Who may do what: the one list. What is not written down here is denied, and a test walks it all.

A new table adds its lines to `READ_BY_THE_BACKEND` and, when a client may reach it over REST, to
`EXPECTED`; a new function that a role calls adds its name to `MAY_EXECUTE`. docs/rls.md shows the
same rights as the database has them.
"""

from dataclasses import dataclass
from typing import Final, Literal

type Reach = Literal["all", "own", "none", "denied"]
"""The rows that a statement touches. `none`: allowed to ask, and nothing comes of it."""
type Columns = frozenset[str]

NO_COLUMNS: Final[Columns] = frozenset()
ROLES: Final = ("anon", "authenticated", "service_role", "limelight_backend")
ACTORS: Final = (
    "anon",
    "fan",
    "another fan",
    "suspended",
    "creator",
    "admin",
    "service",
    "backend",
)
FANS: Final = ("fan", "another fan")
ACTIVE: Final = (*FANS, "creator", "admin")
SIGNED_IN: Final = (*ACTIVE, "suspended")


@dataclass(frozen=True)
class Access:
    """What somebody may do with a table."""

    select: Reach = "denied"
    hidden: Columns = NO_COLUMNS
    """The columns that are not shown, where some are."""
    insert: Columns = NO_COLUMNS
    """The columns of a row that they may put in: none where a policy lets no row of theirs in."""
    update: Columns = NO_COLUMNS
    changes: Reach = "denied"
    """The rows that an update touches."""
    delete: Reach = "denied"
    others: frozenset[str] = frozenset()
    """Of truncate, references, trigger and maintain."""


OWN: Final = Access("own")
ALL: Final = Access("all")
NONE: Final = Access("none")


def to(*actors: str, may: Access) -> dict[str, Access]:
    return dict.fromkeys(actors, may)


PROFILE: Final = frozenset(
    (
        *("display_name", "bio", "avatar_url", "banner_url", "location", "website"),
        *("twitter_handle", "instagram_handle"),
    )
)
SETTINGS: Final = frozenset(
    (
        *("call_rate_per_minute", "minimum_call_duration", "is_available_for_calls"),
        *("auto_accept_calls", "message_rate"),
    )
)
APPLICATION: Final = frozenset(
    (
        *("display_name", "bio", "why_creator", "content_type", "instagram_handle"),
        *("twitter_handle", "website"),
    )
)
ACCEPTS: Final = frozenset({"accepts"})
FOLLOWEE: Final = frozenset({"followee_id"})
BLOCKED: Final = frozenset({"blocked_id"})
OF_STRIPE: Final = frozenset(
    (
        *("idempotency_key", "request_hash", "response", "checkout_session_id"),
        *("payment_intent_id", "transfer_id", "refunded_cents", "disputed_cents"),
        "taken_back_coins",
    )
)

EXPECTED: Final[dict[str, dict[str, Access]]] = {
    # People
    "public.users": to(*SIGNED_IN, may=OWN) | to("service", may=ALL),
    "public.profiles": to("anon", "service", may=ALL)
    | to(*ACTIVE, may=Access("all", update=PROFILE, changes="own"))
    | to("suspended", may=Access("all", update=PROFILE, changes="none")),
    "public.creator_settings": to(*FANS, may=Access("own", update=SETTINGS, changes="none"))
    | to("creator", "admin", may=Access("own", update=SETTINGS, changes="own"))
    | to("suspended", may=Access("none", update=SETTINGS, changes="none"))
    | to("service", may=ALL),
    "public.creator_applications": to(*FANS, may=Access("own", insert=APPLICATION))
    | to("creator", may=OWN)
    | to("suspended", "admin", may=NONE)
    | to("service", may=ALL),
    "public.audit_log": to("service", may=ALL),
    # Whom one follows and blocks. Here the fans follow, and the creator and the admin block.
    "public.follows": to(*FANS, may=Access("own", insert=FOLLOWEE, delete="own"))
    | to("creator", "admin", may=Access("none", insert=FOLLOWEE, delete="none"))
    | to("suspended", may=Access("none", delete="none")),
    "public.blocked_users": to("creator", "admin", may=Access("own", insert=BLOCKED, delete="own"))
    | to(*FANS, may=Access("none", insert=BLOCKED, delete="none"))
    | to("suspended", may=Access("none", delete="none")),
    "public.blocked_profiles": to("creator", "admin", may=OWN) | to(*FANS, "suspended", may=NONE),
    # Direct messages
    "public.conversations": to(*ACTIVE, may=OWN) | to("suspended", may=NONE),
    "public.message_unlocks": to(*FANS, may=OWN) | to("suspended", "creator", "admin", may=NONE),
    "public.message_requests": to(*ACTIVE, may=OWN) | to("suspended", may=NONE),
    "public.message_settings": to(
        *FANS, may=Access("own", insert=ACCEPTS, update=ACCEPTS, changes="own")
    )
    | to("creator", "admin", may=Access("none", insert=ACCEPTS, update=ACCEPTS, changes="none"))
    | to("suspended", may=Access("none", update=ACCEPTS, changes="none")),
    # Money
    "public.wallets": to(*ACTIVE, may=OWN) | to("suspended", may=NONE),
    "public.balances": to(*ACTIVE, may=OWN) | to("suspended", may=NONE),
    "public.entries": to(*FANS, "creator", may=OWN) | to("suspended", "admin", may=NONE),
    "ledger.pending_credits": to(*FANS, "creator", may=OWN) | to("suspended", "admin", may=NONE),
    "public.holds": to(*FANS, may=OWN) | to("suspended", "creator", "admin", may=NONE),
    "public.payouts": to(*FANS, may=OWN) | to("suspended", "creator", "admin", may=NONE),
    "public.coin_packages": to("anon", *SIGNED_IN, may=ALL),
    "public.purchases": to(*FANS, may=Access("own", hidden=OF_STRIPE))
    | to("suspended", "creator", "admin", may=Access("none", hidden=OF_STRIPE)),
    # Streams
    "public.virtual_gifts": to("anon", *SIGNED_IN, may=ALL),
    "public.stream_tickets": to(*FANS, may=OWN) | to("suspended", "creator", "admin", may=NONE),
    "public.stream_gifts": to(*FANS, may=OWN) | to("suspended", "creator", "admin", may=NONE),
    "public.stream_tips": to(*FANS, may=OWN) | to("suspended", "creator", "admin", may=NONE),
    # Shows
    "public.show_tickets": to(*FANS, may=OWN) | to("suspended", "creator", "admin", may=NONE),
    # Calls: everybody's are to the one creator.
    "public.calls": to(*FANS, may=OWN)
    | to("creator", may=ALL)
    | to("suspended", "admin", may=NONE),
}
"""Of each table that a client reaches over REST, and of each view: what each of them may do."""

READ_BY_THE_BACKEND: Final = frozenset(
    (
        # People
        *("public.users", "public.profiles", "public.follows", "public.blocked_users"),
        "public.creator_settings",
        # Money
        *("public.wallets", "public.transfers", "public.entries", "public.balances"),
        *("public.holds", "public.payouts", "public.coin_packages", "public.purchases"),
        *("ledger.pending_credits", "ledger.debts", "ledger.disputes", "ledger.stripe_events"),
        "ledger.reconciliations",
        # Streams
        *("public.streams", "public.stream_stats", "public.stream_viewers", "public.stream_bans"),
        *("public.stream_tickets", "public.virtual_gifts", "public.stream_gifts"),
        *("public.stream_messages", "public.stream_supporters", "public.creator_stream_totals"),
        *("public.stream_tips", "public.stream_income", "public.stream_goals"),
        # Chat and polls
        *("public.stream_slow_modes", "public.stream_timeouts", "public.stream_chatters"),
        *("public.stream_polls", "public.stream_poll_options", "public.stream_poll_votes"),
        "public.stream_poll_tallies",
        # Calls and shows
        *("public.calls", "private.call_cards"),
        *("public.shows", "public.show_tickets", "public.show_reminders"),
        # Discovery and direct messages
        "public.creator_ranks",
        *("public.conversations", "public.messages", "public.message_unlocks"),
        # Analytics
        *("private.earnings", "public.analytics_progress", "public.creator_windows"),
        *("public.creator_daily_earnings", "public.creator_daily_gifts"),
        *("public.creator_daily_gifters", "public.creator_gifters"),
        *("public.creator_activity", "public.creator_daily_activity"),
    )
)
"""The backend reads these whole, and writes to no table: its changes are functions."""


def expected(table: str, actor: str) -> Access:
    """What `actor` may do with a table of the schemas public, private and ledger."""
    if actor == "backend":
        return ALL if table in READ_BY_THE_BACKEND else Access()
    return EXPECTED.get(table, {}).get(actor, Access())


def _in(schema: str, *functions: str) -> set[str]:
    return {f"{schema}.{function}" for function in functions}


MAY_EXECUTE: Final[dict[str, set[str]]] = {
    "anon": {"public.check_username", "public.take_address_rate", "private.may_listen"},
    "authenticated": {
        # Asked by policies, by a check constraint and by Realtime
        *_in("private", "is_active", "is_fan", "is_creator", "is_valid_username", "may_listen"),
        # What a policy cannot say
        *_in("public", "check_username", "username_status", "change_username"),
        # Direct messages
        *_in("public", "send_message", "send_locked_message", "my_conversations"),
        *_in("public", "conversation_messages", "mark_conversation_read", "unread_count"),
        *_in("public", "request_message", "my_message_requests", "answer_message_request"),
    },
    # The admin desk, with the secret key
    "service_role": {
        *_in("public", "approve_creator_application", "reject_creator_application"),
        *_in("public", "desk_users", "desk_set_role", "desk_verify", "desk_suspend"),
        *_in("public", "desk_unsuspend", "desk_delete_user", "desk_stats", "desk_analytics"),
    },
    "limelight_backend": {
        *_in("private", "now", "fail", "slow_queries", "profile_of", "require_profile"),
        *_in("private", "take_rate", "purge_rate_usage", "refresh_ranks", "containing"),
        # Streams
        *_in("private", "stream_access", "require_stream_access", "create_stream"),
        *_in("private", "join_stream", "leave_stream", "see_viewer", "see_host", "end_stream"),
        *_in("private", "sweep_streams", "host_grace", "watching_since", "start_stream"),
        *_in("private", "update_stream", "total_streams", "require_stream_owner"),
        *_in("private", "require_stream_ownership"),
        # Goals
        *_in("private", "given_to", "goal_standing", "settle_due_goals", "create_goal"),
        *_in("private", "change_goal", "delete_goal"),
        # Chat and polls
        *_in("private", "say", "delete_line", "ban_viewer", "unban_viewer", "time_out_viewer"),
        *_in("private", "set_slow_mode", "in_utc", "show_poll", "show_poll_to", "open_poll"),
        *_in("private", "vote", "end_poll", "sweep_polls"),
        # Calls
        *_in("private", "accept_call", "start_call", "require_call_room"),
        # Shows
        *_in("private", "is_listed", "show_access", "require_show_access"),
        *_in("private", "require_show_ownership", "create_show", "update_show", "start_show"),
        *_in("private", "join_show", "remind_of_show", "overdue_shows"),
        *_in("private", "claim_show_reminders", "note_reminder_sent", "give_reminder_up"),
        # The publisher of the outbox
        *_in("private", "claim_outbox", "settle_outbox", "rest_outbox", "refuse_outbox"),
        *_in("private", "outbox_state", "purge_outbox", "tell_viewer_counts"),
        # Analytics
        *_in("private", "utc_day", "origin", "mark_earnings", "fold_earnings"),
        *_in("private", "fold_activity", "roll_windows"),
        # The doors of the ledger
        *_in("ledger", "adjust", "gift", "violations", "tip", "buy_ticket", "support_violations"),
        *_in("ledger", "unlock_message", "tip_party", "message_violations"),
        *_in("ledger", "authorise", "extend_hold", "void_hold", "capture"),
        *_in("ledger", "deposit", "release_escrow", "reverse"),
        *_in("ledger", "request_payout", "close_payout", "open_purchase", "attach_checkout"),
        *_in("ledger", "apply_checkout", "apply_refund", "apply_dispute", "ignore_event"),
        *_in("ledger", "request_call", "reject_call", "cancel_call", "end_call"),
        *_in("ledger", "expire_call", "extend_call", "call_violations"),
        *_in("ledger", "release_due_holds", "fold_pending", "purge_keys", "reconcile"),
        *_in("ledger", "buy_show_ticket", "cancel_show", "end_show", "settle_overdue_show"),
        *_in("ledger", "show_violations"),
        # Suspensions
        *_in("private", "due_suspensions"),
        *_in("ledger", "enforce_suspension"),
    },
}
"""The functions that each role may call."""

DOORS: Final = {
    function.removeprefix("ledger.")
    for function in MAY_EXECUTE["limelight_backend"]
    if function.startswith("ledger.")
}
"""The functions of the ledger that the backend may call."""
