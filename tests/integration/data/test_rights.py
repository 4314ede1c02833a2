"""Who may do what to which table, as granted; anything else is default deny."""

from uuid import UUID

import httpx
import pytest

from local.backing import Backing
from tests.integration.api import Api
from tests.integration.ledger import DOORS, GIFTS
from tests.integration.moments import in_days
from tests.integration.people import Fund, OpenStream, Owner, People, Person

ROLES = ("anon", "authenticated", "service_role", "limelight_backend")
PRIVILEGES = ("select", "insert", "update", "delete", "truncate", "references", "trigger")

READ_BY_THE_BACKEND = (
    # Analytics
    "analytics_progress", "creator_daily_earnings", "creator_daily_gifts", "creator_daily_gifters",
    "creator_gifters", "creator_windows", "creator_activity", "creator_daily_activity",
    # The others
    "users", "profiles", "follows", "blocked_users", "creator_settings", "wallets", "transfers",
    "entries", "balances", "streams", "stream_stats", "stream_viewers", "stream_bans",
    "stream_tickets", "virtual_gifts", "stream_gifts", "stream_messages", "stream_supporters",
    "holds", "payouts", "coin_packages", "purchases",
    "stream_tips", "stream_income", "stream_goals",
    "calls",
    "creator_stream_totals",
    # Shows
    "shows", "show_tickets", "show_reminders",
    # Chat and polls
    "stream_slow_modes", "stream_timeouts", "stream_chatters",
    "stream_polls", "stream_poll_options", "stream_poll_votes", "stream_poll_tallies",
)  # fmt: skip
READ_BY_USERS = (
    "users", "profiles", "creator_settings", "creator_applications", "wallets", "entries",
    "balances", "stream_tickets", "stream_gifts", "virtual_gifts", "holds", "payouts",
    "coin_packages", "purchases", "stream_tips",
    "calls",
    # Shows
    "show_tickets",
)  # fmt: skip
LEDGER_READ_BY_THE_BACKEND = (
    "pending_credits", "debts", "disputes", "stripe_events", "reconciliations",
)  # fmt: skip
READ_BY_THE_DESK = ("users", "profiles", "creator_applications", "creator_settings", "audit_log")

GRANTED = {
    ("limelight_backend", "private.earnings", "select"),
    *(("limelight_backend", f"public.{table}", "select") for table in READ_BY_THE_BACKEND),
    *(("limelight_backend", f"ledger.{table}", "select") for table in LEDGER_READ_BY_THE_BACKEND),
    *(("authenticated", f"public.{table}", "select") for table in READ_BY_USERS),
    *(("service_role", f"public.{table}", "select") for table in READ_BY_THE_DESK),
    ("anon", "public.profiles", "select"),
    ("anon", "public.virtual_gifts", "select"),
    ("anon", "public.coin_packages", "select"),
    ("authenticated", "public.profiles", "update"),
    ("authenticated", "public.creator_applications", "insert"),
    ("authenticated", "ledger.pending_credits", "select"),
    ("limelight_backend", "private.call_cards", "select"),
    # Direct messages
    *(
        ("authenticated", f"public.{table}", "select")
        for table in (
            "conversations",
            "message_unlocks",
            "message_requests",
            "message_settings",
        )
    ),
    ("authenticated", "public.message_settings", "insert"),
    ("authenticated", "public.message_settings", "update"),
    *(
        ("limelight_backend", f"public.{table}", "select")
        for table in ("conversations", "messages", "message_unlocks")
    ),
    ("limelight_backend", "public.creator_ranks", "select"),
    # What users change of their own over REST
    *(
        ("authenticated", f"public.{table}", privilege)
        for table in ("follows", "blocked_users")
        for privilege in ("select", "insert", "delete")
    ),
    ("authenticated", "public.blocked_profiles", "select"),
    ("authenticated", "public.creator_settings", "update"),
}
"""Every right there is. A right on some columns counts as one on the table."""

WRITABLE_COLUMNS = {
    ("public.profiles", "update"): {
        "display_name", "bio", "avatar_url", "banner_url", "location", "website",
        "twitter_handle", "instagram_handle",
    },
    ("public.creator_applications", "insert"): {
        "display_name", "bio", "why_creator", "content_type", "instagram_handle",
        "twitter_handle", "website",
    },
    ("public.message_settings", "insert"): {"accepts"},
    ("public.message_settings", "update"): {"accepts"},
    ("public.follows", "insert"): {"followee_id"},
    ("public.blocked_users", "insert"): {"blocked_id"},
    ("public.creator_settings", "update"): {
        "call_rate_per_minute", "minimum_call_duration", "is_available_for_calls",
        "auto_accept_calls", "message_rate",
    },
}  # fmt: skip

CALLABLE = {
    ("anon", "public.check_username"),
    ("anon", "public.take_address_rate"),
    ("authenticated", "public.check_username"),
    ("authenticated", "private.is_valid_username"),
    ("authenticated", "private.is_active"),
    ("authenticated", "private.is_fan"),
    ("service_role", "public.approve_creator_application"),
    *(
        ("limelight_backend", function)
        for function in (
            "private.stream_access", "private.require_stream_access", "private.fail",
            "private.create_stream", "private.join_stream", "private.leave_stream",
            "private.see_viewer", "private.see_host", "private.end_stream",
            "private.sweep_streams",
        )
    ),
    *(
        ("limelight_backend", function)
        for function in (
            "private.given_to", "private.goal_standing", "private.settle_due_goals",
            "private.create_goal", "private.change_goal", "private.delete_goal",
        )
    ),
    *(
        ("limelight_backend", f"private.{function}")
        for function in ("accept_call", "start_call", "require_call_room")
    ),
    *(("limelight_backend", f"ledger.{door}") for door in DOORS),
    # What counts requests
    *(("limelight_backend", f"private.{door}") for door in ("take_rate", "purge_rate_usage")),
    # Realtime: who may listen, and the publisher of the outbox
    ("anon", "private.may_listen"),
    ("authenticated", "private.may_listen"),
    *(
        ("limelight_backend", f"private.{function}")
        for function in (
            "claim_outbox", "settle_outbox", "rest_outbox", "refuse_outbox", "outbox_state",
            "purge_outbox", "tell_viewer_counts",
        )
    ),
    # The clock, and what only a host may read
    *(
        ("limelight_backend", f"private.{function}")
        for function in ("now", "require_stream_owner", "require_stream_ownership")
    ),
    # Shows
    *(
        ("limelight_backend", f"private.{function}")
        for function in (
            "is_listed", "show_access", "require_show_access", "require_show_ownership",
            "create_show", "update_show", "start_show", "join_show", "remind_of_show",
            "overdue_shows", "claim_show_reminders", "note_reminder_sent", "give_reminder_up",
        )
    ),
    # What the admin desk does with the secret key
    *(
        ("service_role", f"public.{function}")
        for function in (
            "desk_users", "desk_set_role", "desk_verify", "desk_suspend", "desk_unsuspend",
            "desk_delete_user", "desk_stats", "desk_analytics", "reject_creator_application",
        )
    ),
    ("limelight_backend", "private.slow_queries"),
    ("limelight_backend", "private.due_suspensions"),
    # Direct messages
    *(
        ("authenticated", f"public.{function}")
        for function in (
            "send_message", "send_locked_message", "my_conversations", "conversation_messages",
            "mark_conversation_read", "unread_count", "request_message", "my_message_requests",
            "answer_message_request",
        )
    ),
    *(
        ("limelight_backend", f"private.{function}")
        for function in ("refresh_ranks", "profile_of", "require_profile", "containing")
    ),
    # What users change of their own over REST
    ("authenticated", "public.username_status"),
    ("authenticated", "public.change_username"),
    ("authenticated", "private.is_creator"),
    # Hosting and watching
    *(
        ("limelight_backend", f"private.{function}")
        for function in (
            "host_grace", "watching_since", "start_stream", "update_stream", "total_streams",
        )
    ),
    # Analytics
    *(
        ("limelight_backend", f"private.{function}")
        for function in (
            "utc_day", "origin", "mark_earnings", "fold_earnings", "fold_activity", "roll_windows",
        )
    ),
    # Chat and polls
    *(
        ("limelight_backend", f"private.{function}")
        for function in (
            "say", "delete_line", "ban_viewer", "unban_viewer", "time_out_viewer",
            "set_slow_mode", "in_utc", "show_poll", "show_poll_to", "open_poll", "vote",
            "end_poll", "sweep_polls",
        )
    ),
}  # fmt: skip


# What is granted


def test_every_right_on_a_table_is_written_down_here(owner: Owner) -> None:
    rows = owner.execute(
        """
        select r.role, n.nspname || '.' || c.relname, p.privilege
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        cross join unnest(%s::text[]) r (role)
        cross join unnest(%s::text[]) p (privilege)
        where n.nspname in ('public', 'private', 'ledger')
          and c.relkind in ('r', 'v', 'm', 'p', 'f')
          and case
              when p.privilege in ('select', 'insert', 'update', 'references')
                then has_any_column_privilege(r.role, c.oid, p.privilege)
              else has_table_privilege(r.role, c.oid, p.privilege)
            end
        """,
        (list(ROLES), list(PRIVILEGES)),
    )

    assert set(rows) == GRANTED


@pytest.mark.parametrize(("table", "privilege"), WRITABLE_COLUMNS, ids=str)
def test_a_user_writes_these_columns_and_no_others(
    owner: Owner, table: str, privilege: str
) -> None:
    rows = owner.execute(
        """
        select attname
        from pg_attribute
        where attrelid = %(table)s::regclass
          and attnum > 0
          and has_column_privilege('authenticated', attrelid, attnum, %(privilege)s)
        """,
        {"table": table, "privilege": privilege},
    )

    assert {name for (name,) in rows} == WRITABLE_COLUMNS[table, privilege]


def test_every_function_that_may_be_called_is_written_down_here(owner: Owner) -> None:
    rows = owner.execute(
        """
        select r.role, n.nspname || '.' || p.proname
        from pg_proc p
        join pg_namespace n on n.oid = p.pronamespace
        cross join unnest(%s::text[]) r (role)
        where n.nspname in ('public', 'private', 'ledger')
          and has_function_privilege(r.role, p.oid, 'execute')
        """,
        (list(ROLES),),
    )

    assert set(rows) == CALLABLE


def test_every_table_is_under_row_level_security(owner: Owner) -> None:
    rows = owner.execute(
        """
        select n.nspname || '.' || c.relname
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('public', 'private', 'ledger')
          and c.relkind in ('r', 'p')
          and not c.relrowsecurity
        """
    )

    assert rows.fetchall() == []


def test_every_policy_names_its_role(owner: Owner) -> None:
    rows = owner.execute(
        "select tablename, policyname from pg_policies where 'public' = any (roles)"
    )

    assert rows.fetchall() == []


def test_every_view_asks_with_the_rights_of_its_reader(owner: Owner) -> None:
    rows = owner.execute(
        """
        select c.relname
        from pg_class c
        where c.relnamespace in ('public'::regnamespace, 'ledger'::regnamespace)
          and c.relkind = 'v'
          and not coalesce('security_invoker=true' = any (c.reloptions), false)
        """
    )

    assert rows.fetchall() == []


def test_every_function_searches_nothing(owner: Owner) -> None:
    rows = owner.execute(
        """
        select p.oid::regprocedure::text
        from pg_proc p
        where p.pronamespace in
            ('public'::regnamespace, 'private'::regnamespace, 'ledger'::regnamespace)
          and (p.prosecdef or p.prolang <> (select oid from pg_language where lanname = 'sql'))
          and not coalesce('search_path=""' = any (p.proconfig), false)
        """
    )

    assert rows.fetchall() == []


# What is seen


@pytest.fixture
def busy(
    api: Api, people: People, fan: Person, stream: str, open_stream: OpenStream, fund: Fund
) -> dict[str, str]:
    """A fan with a row in every table that users read; answers which column says whose it is."""
    fund(fan, 10)
    rose = {"giftId": GIFTS["Rose"], "quantity": 1}
    assert api.pay(f"/api/streams/{stream}/gift", fan.token, rose).status == 201
    assert api.pay(f"/api/streams/{stream}/tip", fan.token, {"amount": 1}).status == 201
    later = open_stream(scheduledFor=in_days(1), privacy="ticketed", ticketPrice=70)
    people.sell_ticket(later, fan)
    form = {"displayName": "N", "bio": "b", "whyCreator": "w", "contentType": "c"}
    assert api.post("/api/creator/apply", fan.token, form).status == 201
    return {
        "users": "id", "creator_applications": "user_id", "wallets": "user_id",
        "balances": "user_id", "stream_tickets": "user_id", "stream_gifts": "sender_id",
        "stream_tips": "sender_id",
    }  # fmt: skip


def rows_seen(supabase: httpx.Client, table: str, token: str) -> list[dict[str, object]]:
    answer = supabase.get(f"/rest/v1/{table}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    seen: list[dict[str, object]] = answer.json()
    return seen


def test_a_user_sees_their_own_rows_and_nobody_elses(
    supabase: httpx.Client, busy: dict[str, str], fan: Person, creator: Person, admin: Person
) -> None:
    for table, column in busy.items():
        owners = {str(row[column]) for row in rows_seen(supabase, table, fan.token)}
        assert owners == {str(fan.id)}, table
        for other in (creator, admin):
            theirs = {str(row[column]) for row in rows_seen(supabase, table, other.token)}
            assert theirs <= {str(other.id)}, table


def test_a_suspended_user_sees_that_they_are_and_no_more(
    supabase: httpx.Client, people: People, busy: dict[str, str], fan: Person
) -> None:
    people.suspend(fan)

    seen = {table: len(rows_seen(supabase, table, fan.token)) for table in busy}

    assert seen == dict.fromkeys(busy, 0) | {"users": 1}
    assert rows_seen(supabase, "users", fan.token)[0]["status"] == "suspended"


def test_profiles_are_public_and_hold_no_address(
    supabase: httpx.Client, backing: Backing, fan: Person
) -> None:
    answer = supabase.get(f"/rest/v1/profiles?user_id=eq.{fan.id}")

    (profile,) = answer.json()
    assert UUID(profile["user_id"]) == fan.id
    assert fan.email not in answer.text
    assert not profile.keys() & {"email", "role", "status", "suspension_reason"}


def test_nobody_reads_accounts_without_a_token(supabase: httpx.Client) -> None:
    for table in ("users", "creator_applications", "wallets", "stream_gifts", "streams", "outbox"):
        assert supabase.get(f"/rest/v1/{table}").status_code == 401, table
