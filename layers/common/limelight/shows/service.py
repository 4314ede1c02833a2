"""Ticketed shows. What must hold under concurrency is decided in the migrations `show_visits`,
`show_tickets` and `show_reminders`."""

import json
from typing import Final, Literal
from uuid import UUID

from pydantic import AwareDatetime

from limelight.data import system
from limelight.data.deadline import remaining
from limelight.errors import Problem
from limelight.money import ledger
from limelight.money.once import Once, Receipt
from limelight.paging import Int32, Keyset, PageRequest
from limelight.platform import mail
from limelight.platform.observability import logger
from limelight.platform.settings import ReminderSettings
from limelight.schema import ShowId, UserId
from limelight.shows import queries
from limelight.shows.models import (
    Attendee,
    Attendees,
    MyTickets,
    ReminderSet,
    Show,
    ShowCancelled,
    ShowDetail,
    ShowEnded,
    ShowRequest,
    Shows,
    ShowStats,
    ShowType,
    ShowUpdate,
    TicketOfShow,
    TicketPurchased,
)

OVERDUE_BATCH: Final = 100
"""Shows that one run of the job expires at most."""
REMINDER_BATCH: Final = 25
"""Reminders that are claimed at once."""
PATIENCE_SECONDS: Final = 120
"""How long a claimed reminder is its run's: longer than the job may take."""

SOONEST: Final = Keyset("shows.upcoming", tuple[Literal["live", "scheduled"], AwareDatetime, UUID])
NEWEST: Final = Keyset("shows.creator", tuple[AwareDatetime, UUID])
TICKETS_NEWEST: Final = Keyset("shows.my_tickets", tuple[AwareDatetime, UUID])
BY_NUMBER: Final = Keyset("shows.attendees", tuple[Int32])


def create(creator_id: UserId, request: ShowRequest) -> ShowDetail:
    """Announces a show; it starts in the future (`show_start_invalid`)."""
    row = system.fetch_one(queries.CREATE, request.model_dump() | {"creator_id": creator_id})
    return get(_found(row)["id"], creator_id)


def update(show_id: ShowId, caller_id: UserId, request: ShowUpdate) -> ShowDetail:
    """Changes the fields sent, while the show is scheduled.

    What is sold keeps its price (`price_locked`) and its seats (`capacity_below_sold`).
    """
    changes = json.dumps(request.changes())
    system.execute(queries.UPDATE, {"show_id": show_id, "caller_id": caller_id, "changes": changes})
    return get(show_id, caller_id)


def upcoming(creator_id: UUID | None, show_type: ShowType | None, page: PageRequest) -> Shows:
    """Public shows of active creators: the live ones, then the soonest."""
    status, scheduled_start, show_id = page.after(SOONEST) or (None, None, None)
    rows = system.fetch_all(
        queries.UPCOMING,
        {
            "creator_id": creator_id,
            "show_type": show_type,
            "status": status,
            "scheduled_start": scheduled_start,
            "id": show_id,
            "limit": page.probe,
        },
    )
    shown, last = page.split(rows)
    return Shows(
        shows=[Show.model_validate(row) for row in shown],
        next_cursor=SOONEST.cursor((last["status"], last["scheduled_start"], last["id"]))
        if last
        else None,
    )


def of_creator(creator_id: UserId, page: PageRequest) -> Shows:
    """All shows of the creator, whatever became of them, newest first."""
    created_at, show_id = page.after(NEWEST) or (None, None)
    rows = system.fetch_all(
        queries.OF_CREATOR,
        {
            "creator_id": creator_id,
            "created_at": created_at,
            "id": show_id,
            "limit": page.probe,
        },
    )
    shown, last = page.split(rows)
    return Shows(
        shows=[Show.model_validate(row) for row in shown],
        next_cursor=NEWEST.cursor((last["created_at"], last["id"])) if last else None,
    )


def tickets_of(user_id: UserId, page: PageRequest) -> MyTickets:
    """The user's tickets with their shows, refunded ones too, newest first."""
    created_at, ticket_id = page.after(TICKETS_NEWEST) or (None, None)
    rows = system.fetch_all(
        queries.TICKETS_OF,
        {
            "user_id": user_id,
            "created_at": created_at,
            "id": ticket_id,
            "limit": page.probe,
        },
    )
    shown, last = page.split(rows)
    return MyTickets(
        tickets=[TicketOfShow.model_validate(row) for row in shown],
        next_cursor=TICKETS_NEWEST.cursor((last["purchased_at"], last["id"])) if last else None,
    )


def get(show_id: ShowId, viewer_id: UserId | None) -> ShowDetail:
    """One show, for whoever may see it: a private one by its id, a cancelled one by its holders."""
    row = system.fetch_one(queries.GET, {"show_id": show_id, "viewer_id": viewer_id})
    return ShowDetail.model_validate(_found(row))


def attendees(show_id: ShowId, caller_id: UserId, page: PageRequest) -> Attendees:
    """Who holds a valid ticket of the caller's show, by number."""
    key = page.after(BY_NUMBER)
    rows = system.fetch_all(
        queries.ATTENDEES,
        {
            "show_id": show_id,
            "caller_id": caller_id,
            "number": key[0] if key else None,
            "limit": page.probe,
        },
    )
    shown, last = page.split(rows)
    return Attendees(
        attendees=[Attendee.model_validate(row) for row in shown],
        next_cursor=BY_NUMBER.cursor((last["ticket_number"],)) if last else None,
    )


def stats(show_id: ShowId, caller_id: UserId) -> ShowStats:
    """How the caller's show sells."""
    row = system.fetch_one(queries.STATS, {"show_id": show_id, "caller_id": caller_id})
    return ShowStats.model_validate(_found(row))


def start(show_id: ShowId, caller_id: UserId) -> ShowDetail:
    """The caller's show goes live; starting it again changes nothing."""
    system.execute(queries.START, {"show_id": show_id, "caller_id": caller_id})
    return get(show_id, caller_id)


def remind(show_id: ShowId, caller_id: UserId) -> ReminderSet:
    """The caller wants to be reminded of a scheduled show; asking again changes nothing."""
    row = system.fetch_one(queries.REMIND, {"show_id": show_id, "caller_id": caller_id})
    return ReminderSet.model_validate(_found(row))


def purchase(show_id: ShowId, buyer_id: UserId, once: Once) -> Receipt[TicketPurchased]:
    """Sells the buyer a ticket, once; its coins wait in escrow."""
    receipt = ledger.buy_show_ticket(buyer_id, show_id, once)
    return Receipt(TicketPurchased.model_validate(receipt.answer), receipt.replayed)


def cancel(show_id: ShowId, caller_id: UserId, once: Once) -> Receipt[ShowCancelled]:
    """Cancels the caller's scheduled show and refunds every ticket."""
    receipt = ledger.cancel_show(caller_id, show_id, once)
    return Receipt(ShowCancelled.model_validate(receipt.answer), receipt.replayed)


def end(show_id: ShowId, caller_id: UserId, once: Once) -> Receipt[ShowEnded]:
    """Ends the caller's live show and pays the creator what its tickets brought."""
    receipt = ledger.end_show(caller_id, show_id, once)
    return Receipt(ShowEnded.model_validate(receipt.answer), receipt.replayed)


def expire() -> int:
    """Cancels the shows that did not start and ends those that never ended; answers how many."""
    overdue = system.fetch_all(queries.OVERDUE, {"batch": OVERDUE_BATCH})
    return sum(ledger.settle_overdue_show(row["id"]) for row in overdue)


def send_reminders() -> int:
    """Sends the reminders that are due, while there is time; answers how many went out.

    One that could not be sent stays claimed and is tried again later.
    """
    mailer = mail.mailer()
    sent = 0
    while due := _claim_reminders():
        sent += sum(_remind(mailer, reminder) for reminder in due)
    return sent


def _claim_reminders() -> list[system.Row]:
    if remaining() < mail.LONGEST_SECONDS:
        return []
    return system.fetch_all(
        queries.CLAIM_REMINDERS,
        {
            "batch": REMINDER_BATCH,
            "minutes_ahead": ReminderSettings().show_reminder_minutes,
            "patience_seconds": PATIENCE_SECONDS,
        },
    )


def _remind(mailer: mail.Mailer, reminder: system.Row) -> bool:
    which = {"show_id": reminder["show_id"], "user_id": reminder["user_id"]}
    if remaining() < mail.LONGEST_SECONDS:
        return False
    try:
        if reminder["email"]:
            mailer.send(_reminder_mail(reminder))
    except mail.MailUnavailable as trouble:
        logger.warning("mail not taken", extra={"cause": str(trouble)})
        return False
    except mail.MailRefused as refusal:
        logger.warning("mail refused", extra={"cause": str(refusal)})
        system.execute(queries.REMINDER_GIVEN_UP, which)
        return False
    system.execute(queries.REMINDER_SENT, which)
    return True


def _reminder_mail(reminder: system.Row) -> mail.Mail:
    title, creator = reminder["title"], reminder["creator_name"]
    when = f"starts on {reminder['scheduled_start']:%d %B %Y at %H:%M} UTC"
    return mail.Mail(
        to=reminder["email"],
        subject=f"“{title}” {'is live' if reminder['is_live'] else 'starts soon'}",
        text=f"“{title}” by {creator} {'is live now' if reminder['is_live'] else when}.\n\n"
        "You asked Limelight to remind you.\n",
    )


def _found(row: system.Row | None) -> system.Row:
    if row is None:
        raise Problem("not_found")
    return row
