"""Every query that goes over REST, asked as its endpoint asks it, of those who have most.

A query without a case fails `tests/rules/test_plans.py`: add its line here, or to UNASKED with the
reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg

from limelight.admin import queries as admin
from limelight.messages import queries as messages
from limelight.people import queries as people
from limelight.relations import queries as relations
from tests.plans.case import INBOX, ONE, PAGE
from tests.plans.places import Places

type Ask = Callable[["Desk"], object]

EVERYBODY: Final = None
"""The rows of a figure over the whole platform."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Whom the cases are about, and the tokens of those who ask."""

    at: Places
    token: Callable[[UUID], str]
    application: UUID
    """Waits for an admin."""
    follower: UUID
    followee: UUID
    blocker: UUID
    """Has blocked most."""
    blocked: UUID
    request: UUID
    """To write to `asked`, who has not answered."""
    asked: UUID
    reserved: UUID
    """Takes messages from those they follow alone; the newcomer is not one of them."""
    suspended: UUID

    @property
    def by(self) -> dict[str, str]:
        return {"admin_id": str(self.at.admin), "request_id": "of a case"}


_PEOPLE: Final = """
select
  (select id from public.creator_applications where status = 'pending' order by id limit 1),
  f.follower_id,
  f.followee_id,
  b.blocker_id,
  b.blocked_id,
  r.id,
  r.recipient_id,
  (
    select s.user_id
    from public.message_settings s
    join public.users u on u.id = s.user_id
    where s.accepts = 'following'
      and u.status = 'active'
      and u.id <> %(newcomer)s
      and not exists (
        select
        from public.follows x
        where x.follower_id = s.user_id
          and x.followee_id = %(newcomer)s
      )
      and not exists (
        select
        from public.blocked_users x
        where x.blocker_id = s.user_id and x.blocked_id = %(newcomer)s
           or x.blocked_id = s.user_id and x.blocker_id = %(newcomer)s
      )
    order by s.user_id
    limit 1
  ),
  (select id from public.users where status = 'suspended' order by id limit 1)
from (
  select x.follower_id, x.followee_id
  from public.follows x
  join public.users u on u.id = x.follower_id
  where x.followee_id = %(creator)s
    and u.status = 'active'
  order by x.follower_id
  limit 1
) f
cross join (
  select x.blocker_id, min(x.blocked_id::text)::uuid as blocked_id
  from public.blocked_users x
  join public.users u on u.id = x.blocker_id
  where u.status = 'active'
  group by x.blocker_id
  order by count(*) desc, x.blocker_id
  limit 1
) b
cross join (
  select x.id, x.recipient_id
  from public.message_requests x
  join public.users u on u.id = x.recipient_id
  join public.users v on v.id = x.sender_id
  where x.status = 'pending'
    and u.status = 'active'
    and v.status = 'active'
  order by x.id
  limit 1
) r
"""


def desk(owner: psycopg.Connection, at: Places, token: Callable[[UUID], str]) -> Desk:
    row = owner.execute(_PEOPLE, {"newcomer": at.newcomer, "creator": at.creator}).fetchone()
    assert row is not None
    assert None not in row, row
    return Desk(at, token, *row)


@dataclass(frozen=True)
class Asked:
    """A query over REST."""

    query: Callable[..., Any]
    ask: Ask
    rows: int | None = ONE
    """What it may read; None of a figure over everything."""
    who: str = ""

    @property
    def name(self) -> str:
        """As the catalogue of endpoints calls it: its domain and function."""
        return f"{self.query.__module__.split('.')[-2]}.{self.query.__name__}"


APPLICATION: Final = {
    "display_name": "D",
    "bio": "B",
    "why_creator": "W",
    "content_type": "music",
}
LETTER: Final = {"content": "hello", "media_url": None, "media_type": None}

REST_CASES: Final = (
    # People
    Asked(people.check_username, lambda of: people.check_username(of.at.creator_name)),
    Asked(
        people.own_account,
        lambda of: people.own_account(of.token(of.at.fan), of.at.fan),
    ),
    Asked(
        people.own_account_and_wallet,
        lambda of: people.own_account_and_wallet(of.token(of.at.fan), of.at.fan),
    ),
    Asked(
        people.update_profile,
        lambda of: people.update_profile(of.token(of.at.fan), of.at.fan, {"bio": "B"}),
    ),
    Asked(people.username_status, lambda of: people.username_status(of.token(of.at.fan))),
    Asked(people.change_username, lambda of: people.change_username(of.token(of.at.fan), "a_case")),
    Asked(
        people.creator_settings,
        lambda of: people.creator_settings(of.token(of.at.creator), of.at.creator),
    ),
    Asked(
        people.update_settings,
        lambda of: people.update_settings(
            of.token(of.at.creator), of.at.creator, {"message_rate": 1}
        ),
    ),
    Asked(
        people.latest_application,
        lambda of: people.latest_application(of.token(of.at.creator), of.at.creator),
    ),
    Asked(people.apply, lambda of: people.apply(of.token(of.at.newcomer), APPLICATION)),
    # Relations
    Asked(
        relations.follow,
        lambda of: relations.follow(of.token(of.at.newcomer), of.at.idle_creator),
    ),
    Asked(
        relations.unfollow,
        lambda of: relations.unfollow(of.token(of.follower), of.follower, of.followee),
    ),
    Asked(relations.block, lambda of: relations.block(of.token(of.at.newcomer), of.at.viewer)),
    Asked(
        relations.unblock,
        lambda of: relations.unblock(of.token(of.blocker), of.blocker, of.blocked),
    ),
    Asked(
        relations.blocked,
        lambda of: relations.blocked(of.token(of.blocker), of.blocker, None, 21),
        rows=PAGE,
    ),
    # Messages
    Asked(
        messages.send,
        lambda of: messages.send(
            of.token(of.at.writer), LETTER | {"recipient_id": str(of.at.creator)}
        ),
    ),
    Asked(
        messages.send_locked,
        lambda of: messages.send_locked(
            of.token(of.at.creator),
            LETTER | {"recipient_id": str(of.at.writer), "unlock_price": 10, "thumbnail_url": None},
        ),
    ),
    Asked(
        messages.conversations,
        lambda of: messages.conversations(of.token(of.at.creator), None, 21),
        rows=PAGE,
    ),
    Asked(
        messages.messages,
        lambda of: messages.messages(of.token(of.at.writer), of.at.conversation, None, 21),
        rows=PAGE,
    ),
    Asked(
        messages.mark_read,
        lambda of: messages.mark_read(of.token(of.at.writer), of.at.conversation),
    ),
    Asked(
        messages.unread_count,
        lambda of: messages.unread_count(of.token(of.at.creator)),
        rows=INBOX,
    ),
    Asked(
        messages.request,
        lambda of: messages.request(of.token(of.at.newcomer), of.reserved, "May I?"),
    ),
    Asked(
        messages.requests,
        lambda of: messages.requests(of.token(of.asked), None, 21),
        rows=PAGE,
    ),
    Asked(
        messages.answer_request,
        lambda of: messages.answer_request(of.token(of.asked), of.request, accept=True),
    ),
    # The admin desk
    Asked(admin.applications, lambda _: admin.applications(None, None, 21), rows=PAGE),
    Asked(
        admin.applications,
        lambda _: admin.applications("pending", None, 21),
        rows=PAGE,
        who="those that wait",
    ),
    Asked(admin.users, lambda _: admin.users(None, None, None, None, 21), rows=PAGE),
    Asked(
        admin.users,
        lambda _: admin.users("creator", "active", None, None, 21),
        rows=PAGE,
        who="the creators",
    ),
    Asked(admin.set_role, lambda of: admin.set_role(of.at.fan, "creator", of.by)),
    Asked(admin.verify, lambda of: admin.verify(of.at.creator, of.by, is_verified=True)),
    Asked(admin.suspend, lambda of: admin.suspend(of.at.fan, "a case", of.by)),
    Asked(admin.unsuspend, lambda of: admin.unsuspend(of.suspended, "a case", of.by)),
    Asked(admin.delete_user, lambda of: admin.delete_user(of.at.newcomer, of.by)),
    Asked(admin.stats, lambda _: admin.stats(), rows=EVERYBODY),
    Asked(admin.analytics, lambda _: admin.analytics(), rows=EVERYBODY),
    Asked(
        admin.reject,
        lambda of: admin.reject(of.application, of.at.admin, "of a case"),
    ),
    Asked(
        admin.approve,
        lambda of: admin.approve(of.application, of.at.admin, "of a case"),
    ),
)

UNASKED: Final[Mapping[str, str]] = {
    "people.sign_up": "Supabase Auth's own: it looks its tables up as it sees fit",
}
