"""GET /api/admin/analytics."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.api import Api
from tests.integration.people import Owner, People, Person

PATH = "/api/admin/analytics"


def analytics(api: Api, admin: Person) -> dict[str, Any]:
    answer = api.get(PATH, admin.token)
    assert answer.status == 200
    shown: dict[str, Any] = answer.json
    return shown


def test_there_are_thirty_days_and_today_is_the_last(api: Api, admin: Person) -> None:
    days = [one["day"] for one in analytics(api, admin)["signUps"]]

    today = datetime.now(UTC).date()
    assert days == [str(today - timedelta(days=back)) for back in range(29, -1, -1)]


def test_days_and_growth_equal_a_naive_count(
    api: Api, owner: Owner, people: People, admin: Person
) -> None:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    moments = [
        *[today - timedelta(days=3, seconds=-1)] * 2,  # the first second of a day
        today - timedelta(days=3, seconds=1),  # the last second of the day before it
        today - timedelta(days=29),
        today - timedelta(days=29, seconds=1),  # the day before the period
        today - timedelta(days=59),
        today - timedelta(days=59, seconds=1),  # before both periods
    ]
    for moment in moments:
        owner.execute("update users set created_at = %s where id = %s", [moment, people.fan().id])

    shown = analytics(api, admin)

    created = [
        row[0].astimezone(UTC).date() for row in owner.execute("select created_at from users")
    ]
    naive = Counter(created)
    assert {one["day"]: one["count"] for one in shown["signUps"]} == {
        str(day): naive[day] for day in (today.date() - timedelta(days=n) for n in range(30))
    }
    present = sum(naive[today.date() - timedelta(days=n)] for n in range(30))
    previous = sum(naive[today.date() - timedelta(days=n)] for n in range(30, 60))
    assert (shown["signUpsInPeriod"], shown["signUpsBefore"]) == (present, previous)
    assert shown["growthPercent"] == round(100 * (present - previous) / previous, 1)


def test_roles_and_applications_are_counted_over_all(api: Api, owner: Owner, admin: Person) -> None:
    shown = analytics(api, admin)

    roles = owner.execute(
        "select role, count(*) from users where status <> 'deleted' group by role"
    ).fetchall()
    applications = owner.execute(
        "select status, count(*) from creator_applications group by status"
    ).fetchall()
    assert shown["roles"] == {"fan": 0, "creator": 0, "admin": 0} | dict(roles)
    assert shown["applications"] == {"pending": 0, "approved": 0, "rejected": 0} | dict(
        applications
    )
