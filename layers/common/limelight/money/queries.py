"""The ledger's functions (migrations `ledger`, `streams`): one call, one transaction.

All take an idempotency key, so that a call whose answer was lost is asked again and takes effect
once.
"""

from limelight.data.system import Query

GIFT = Query(
    "ledger.gift",
    """
    select replayed, response
    from ledger.gift(
      %(sender_id)s,
      %(stream_id)s,
      %(gift_id)s,
      %(quantity)s::integer,
      %(key)s,
      %(payload_hash)s,
      %(request_id)s
    )
    """,
    repeatable=True,
)

ADJUST = Query(
    "ledger.adjust",
    """
    select replayed, response
    from ledger.adjust(
      %(admin_id)s,
      %(owner_id)s,
      %(amount)s::bigint,
      %(reason)s,
      %(key)s,
      %(payload_hash)s,
      %(request_id)s
    )
    """,
    repeatable=True,
)
