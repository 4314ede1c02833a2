"""What the tests of the admin desk share: asking it, and reading its audit log."""

from typing import Any

from tests.integration.api import Answer, Api
from tests.integration.people import Owner, Person


def act(api: Api, admin: Person, person: Person, what: str, /, **body: object) -> Answer:
    """One of the desk's actions on somebody."""
    path = f"/api/admin/users/{person.id}/{what}"
    return api.post(path, admin.token, body) if body else api.post(path, admin.token)


def audit(owner: Owner, person: Person) -> list[tuple[Any, ...]]:
    """Who did what to somebody, oldest first: `(actor, action, before, after, request id)`."""
    return owner.execute(
        """
        select actor_id, action, before, after, request_id
        from audit_log
        where subject_id = %s
        order by id
        """,
        [person.id],
    ).fetchall()
