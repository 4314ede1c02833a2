"""The publisher: what transactions wrote to the outbox reaches the listeners, in order.

Several publishers may run at once. The database leases each topic to one of them at a time, so that
the events of a topic are sent one batch after the other, and keeps no lock while they are sent. An
event is marked as published after Realtime took it: a publisher that dies between the two leaves it
to be sent again, with the same event id.
"""

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from uuid import UUID

from aws_lambda_powertools.metrics import MetricUnit

from limelight.data import system
from limelight.data.deadline import remaining
from limelight.data.errors import DataUnavailable
from limelight.platform.observability import logger, metrics
from limelight.platform.realtime import Event, EventsRefused, Realtime, RealtimeUnavailable
from limelight.platform.settings import PublisherSettings
from limelight.realtime import queries

TOPICS: Final = 16
"""Topics that are claimed at once, and sent at the same time."""
EVENTS: Final = 50
"""Events of a topic in one call, within what a project's rate lets through at once."""
COUNTS: Final = 500
"""Streams whose viewer counts are told at once."""
PURGE_BATCH: Final = 5_000
LEASE_SECONDS: Final = 30.0
TIDYING_SECONDS: Final = 3.0
"""Kept back of the invocation to purge and to measure."""
LEAVING_SECONDS: Final = 20.0
"""Kept back for the calls that are under way when the run ends, and for tidying up."""

type Params = dict[str, object]


@dataclass(frozen=True, slots=True)
class Claim:
    """A topic that is ours to send until `ends` (monotonic), and the events to send of it."""

    topic: str
    lease: UUID
    events: Sequence[Event]
    ends: float


@dataclass(slots=True)
class Delivery:
    """What became of a claim: the ids of the events that were sent, and what stopped the rest."""

    claim: Claim
    sent: list[int] = field(default_factory=list)
    refused: Event | None = None
    trouble: RealtimeUnavailable | None = None

    @property
    def is_complete(self) -> bool:
        return self.refused is None and self.trouble is None


def publish() -> int:
    """Publishes for as long as a run stays; answers how many events were published.

    An outage, be it Realtime's or the database's, is sat out: nothing is lost, it only waits.
    """
    settings = PublisherSettings()
    stays = min(settings.publisher_lifetime_seconds, remaining() - LEAVING_SECONDS)
    with Realtime() as realtime, ThreadPoolExecutor(TOPICS) as senders:
        publisher = _Publisher(realtime, senders)
        publisher.run(time.monotonic() + stays, settings.publisher_interval_seconds)
    _purge()
    _measure()
    return publisher.published


class _Publisher:
    """One run of the publisher."""

    def __init__(self, realtime: Realtime, senders: ThreadPoolExecutor) -> None:
        self.published = 0
        self._realtime = realtime
        self._senders = senders
        self._troubles: Counter[str] = Counter()

    def run(self, ends: float, interval: float) -> None:
        """Looks for events until `ends` (monotonic), every `interval` seconds when idle."""
        while True:
            looked = time.monotonic()
            is_behind = self._look()
            now = time.monotonic()
            if now >= ends:
                break
            if not is_behind:
                time.sleep(max(min(looked + interval, ends) - now, 0.0))
        if self._troubles:
            logger.warning("events delayed", extra={"troubles": dict(self._troubles)})

    def _look(self) -> bool:
        """Sends what is due. Answers whether there is likely more, so that nobody should sleep."""
        try:
            system.fetch_all(queries.TELL_VIEWER_COUNTS, {"batch": COUNTS})
            claims = _claim(self._realtime.seconds_per_call)
            deliveries = list(self._senders.map(partial(_deliver, self._realtime), claims))
            self._settle([one for one in deliveries if one.is_complete])
            for delivery in deliveries:
                self._note(delivery)
        except DataUnavailable as outage:
            self._troubles[f"database: {outage}"] += 1
            return False
        return len(claims) == TOPICS or any(len(one.events) == EVENTS for one in claims)

    def _settle(self, deliveries: Sequence[Delivery]) -> None:
        """Lets the topics go whose events were all sent, in one round trip."""
        if not deliveries:
            return
        params = {
            "lease": deliveries[0].claim.lease,
            "topics": [one.claim.topic for one in deliveries],
            "sent": [event_id for one in deliveries for event_id in one.sent],
        }
        self.published += _row(queries.SETTLE, params)["published"]

    def _note(self, delivery: Delivery) -> None:
        """Has a topic rest that did not get everything through."""
        claim = delivery.claim
        params: Params = {"topic": claim.topic, "lease": claim.lease, "sent": delivery.sent}
        if delivery.refused:
            self._refuse(delivery.refused, params)
        elif delivery.trouble:
            self._troubles[f"realtime: {delivery.trouble}"] += 1
            params["at_least"] = delivery.trouble.retry_after
            self.published += _row(queries.REST, params)["published"]

    def _refuse(self, event: Event, params: Params) -> None:
        self._troubles["realtime: refused"] += 1
        row = _row(queries.REFUSE, params | {"refused": event.id})
        self.published += row["published"]
        if row["set_aside"]:
            logger.error("event set aside", extra={"outbox_id": event.id, "event": event.name})


def _claim(seconds_per_call: float) -> list[Claim]:
    """Claims what is due. Nothing is sent after `ends`: the last call is over before the lease."""
    lasts = min(LEASE_SECONDS, remaining() - TIDYING_SECONDS)
    ends = time.monotonic() + lasts - seconds_per_call
    rows = system.fetch_all(
        queries.CLAIM, {"topics": TOPICS, "events": EVENTS, "seconds": LEASE_SECONDS}
    )
    return [
        Claim(row["topic"], row["lease"], [_event(one) for one in row["events"]], ends)
        for row in rows
    ]


def _event(row: system.Row) -> Event:
    return Event(row["id"], UUID(row["eventId"]), row["event"], row["payload"])


def _deliver(realtime: Realtime, claim: Claim) -> Delivery:
    """Sends a topic's events in one call; one by one when Realtime refuses that call."""
    delivery = Delivery(claim)
    try:
        try:
            _send(realtime, delivery, claim.events)
        except EventsRefused:
            _send_singly(realtime, delivery)
    except RealtimeUnavailable as trouble:
        delivery.trouble = trouble
    return delivery


def _send_singly(realtime: Realtime, delivery: Delivery) -> None:
    """Up to the event that is refused: those behind it wait, so that the order stays."""
    for event in delivery.claim.events:
        try:
            _send(realtime, delivery, [event])
        except EventsRefused:
            delivery.refused = event
            return


def _send(realtime: Realtime, delivery: Delivery, events: Sequence[Event]) -> None:
    if time.monotonic() >= delivery.claim.ends:
        raise RealtimeUnavailable("too slow for the lease")
    realtime.send(delivery.claim.topic, events)
    delivery.sent += [event.id for event in events]


def _purge() -> None:
    """Forgets what was published long ago."""
    while _row(queries.PURGE, {"batch": PURGE_BATCH})["purged"] == PURGE_BATCH:
        if remaining() < 1:
            return


def _measure() -> None:
    """What the alarms watch: how long events wait, and how many were set aside."""
    state = _row(queries.STATE, {})
    metrics.add_metric(name="OutboxLag", unit=MetricUnit.Seconds, value=state["lag_seconds"])
    metrics.add_metric(name="DeadLetters", unit=MetricUnit.Count, value=state["dead_letters"])


def _row(query: system.Query, params: Params) -> system.Row:
    row = system.fetch_one(query, params)
    if row is None:
        raise RuntimeError(f"{query.name} answered nothing")
    return row
