"""The ledger's statements that no endpoint sends yet: holds, escrow, reversals."""

from typing import Final

from lambda_pool import Query

AUTHORISE: Final = Query(
    "money.authorise",
    """
    select ledger.authorise(
      %(owner)s, %(amount)s::bigint, 'call', 'call', %(subject)s, %(lifetime)s::interval
    ) as hold
    """,
)
EXTEND: Final = Query(
    "money.extend",
    "select ledger.extend_hold(%(hold)s, %(amount)s::bigint, '1 hour')",
)
VOID: Final = Query("money.void", "select ledger.void_hold(%(hold)s) as released")
CAPTURE: Final = Query(
    "money.capture",
    """
    select transfer_id, captured, shortfall
    from ledger.capture(
      %(hold)s, %(amount)s::bigint, %(payee)s,
      'call_charge', 'call_earnings', %(actor)s, %(key)s, 'q'
    )
    """,
)
DEPOSIT: Final = Query(
    "money.deposit",
    """
    select ledger.deposit(
      %(buyer)s, %(amount)s::bigint, 'show_ticket', 'show', %(subject)s, %(key)s, 'q'
    ) as transfer
    """,
)
RELEASE_ESCROW: Final = Query(
    "money.release_escrow",
    """
    select ledger.release_escrow(
      %(payee)s, %(amount)s::bigint, 'show_earnings', 'show', %(subject)s, %(payee)s, %(key)s, 'q'
    ) as transfer
    """,
)
REVERSE: Final = Query(
    "money.reverse",
    """
    select ledger.reverse(
      %(transfer)s, %(operation)s, 'refund', %(actor)s, %(key)s, 'q'
    ) as transfer
    """,
)

# Shows

START_SHOW: Final = Query(
    "money.start_show",
    "select private.start_show(%(show)s, %(creator)s)",
)
ENTER_SHOW: Final = Query(
    "money.enter_show",
    "select * from private.join_show(%(show)s, %(visitor)s)",
)
REMIND: Final = Query(
    "money.remind",
    "select private.remind_of_show(%(show)s, %(person)s)",
)
RESCHEDULE: Final = Query(
    "money.reschedule",
    "select private.update_show(%(show)s, %(creator)s, %(changes)s::jsonb)",
)
CLAIM_REMINDERS: Final = Query(
    "money.claim_reminders",
    "select user_id from private.claim_show_reminders(%(batch)s, '7 days', '2 minutes')",
)
