"""The ledger's functions (migrations `ledger` and after): one call, one transaction.

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

TIP = Query(
    "ledger.tip",
    """
    select replayed, response
    from ledger.tip(
      %(sender_id)s,
      %(stream_id)s,
      %(amount)s::bigint,
      %(message)s,
      %(key)s,
      %(payload_hash)s,
      %(request_id)s
    )
    """,
    repeatable=True,
)

BUY_TICKET = Query(
    "ledger.buy_ticket",
    """
    select replayed, response
    from ledger.buy_ticket(
      %(buyer_id)s,
      %(stream_id)s,
      %(key)s,
      %(payload_hash)s,
      %(request_id)s
    )
    """,
    repeatable=True,
)

UNLOCK_MESSAGE = Query(
    "ledger.unlock_message",
    """
    select replayed, response
    from ledger.unlock_message(
      %(buyer_id)s,
      %(message_id)s,
      %(key)s,
      %(payload_hash)s,
      %(request_id)s
    )
    """,
    repeatable=True,
)

TIP_PARTY = Query(
    "ledger.tip_party",
    """
    select replayed, response
    from ledger.tip_party(
      %(sender_id)s,
      %(conversation_id)s,
      %(amount)s::bigint,
      %(content)s,
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

REQUEST_PAYOUT = Query(
    "ledger.request_payout",
    """
    select replayed, response
    from ledger.request_payout(
      %(owner_id)s,
      %(amount)s::bigint,
      %(key)s,
      %(payload_hash)s,
      %(request_id)s
    )
    """,
    repeatable=True,
)

CLOSE_PAYOUT = Query(
    "ledger.close_payout",
    """
    select replayed, response
    from ledger.close_payout(
      %(admin_id)s,
      %(payout_id)s,
      %(settle)s::boolean,
      %(key)s,
      %(payload_hash)s,
      %(request_id)s
    )
    """,
    repeatable=True,
)

OPEN_PURCHASE = Query(
    "ledger.open_purchase",
    """
    select id, coins, price_cents, currency, response
    from ledger.open_purchase(%(buyer_id)s, %(package_id)s, %(key)s, %(payload_hash)s)
    """,
    repeatable=True,
)

ATTACH_CHECKOUT = Query(
    "ledger.attach_checkout",
    """
    select ledger.attach_checkout(%(purchase_id)s, %(session_id)s, %(response)s::jsonb) as response
    """,
    repeatable=True,
)

APPLY_CHECKOUT = Query(
    "ledger.apply_checkout",
    """
    select ledger.apply_checkout(
      %(event_id)s,
      %(event_type)s,
      %(purchase_id)s,
      %(session_id)s,
      %(payment_intent_id)s,
      %(amount_cents)s::bigint,
      %(currency)s,
      %(state)s,
      %(request_id)s
    ) as outcome
    """,
    repeatable=True,
)

APPLY_REFUND = Query(
    "ledger.apply_refund",
    """
    select ledger.apply_refund(
      %(event_id)s,
      %(event_type)s,
      %(payment_intent_id)s,
      %(cents)s::bigint,
      %(request_id)s
    ) as outcome
    """,
    repeatable=True,
)

APPLY_DISPUTE = Query(
    "ledger.apply_dispute",
    """
    select ledger.apply_dispute(
      %(event_id)s,
      %(event_type)s,
      %(dispute_id)s,
      %(payment_intent_id)s,
      %(cents)s::bigint,
      %(stage)s::integer,
      %(request_id)s
    ) as outcome
    """,
    repeatable=True,
)

IGNORE_EVENT = Query(
    "ledger.ignore_event",
    """
    select ledger.ignore_event(%(event_id)s, %(event_type)s) as outcome
    """,
    repeatable=True,
)

REQUEST_CALL = Query(
    "ledger.request_call",
    """
    select replayed, response
    from ledger.request_call(
      %(fan_id)s,
      %(creator_id)s,
      %(estimated_minutes)s::integer,
      %(key)s,
      %(payload_hash)s,
      %(request_id)s
    )
    """,
    repeatable=True,
)

REJECT_CALL = Query(
    "ledger.reject_call",
    """
    select replayed, response
    from ledger.reject_call(%(call_id)s, %(caller_id)s, %(key)s, %(payload_hash)s, %(request_id)s)
    """,
    repeatable=True,
)

CANCEL_CALL = Query(
    "ledger.cancel_call",
    """
    select replayed, response
    from ledger.cancel_call(%(call_id)s, %(caller_id)s, %(key)s, %(payload_hash)s, %(request_id)s)
    """,
    repeatable=True,
)

END_CALL = Query(
    "ledger.end_call",
    """
    select replayed, response
    from ledger.end_call(%(call_id)s, %(caller_id)s, %(key)s, %(payload_hash)s, %(request_id)s)
    """,
    repeatable=True,
)

EXPIRE_CALL = Query(
    "ledger.expire_call",
    """
    select ledger.expire_call(%(call_id)s, %(request_id)s) as done
    """,
    repeatable=True,
)

EXTEND_CALL = Query(
    "ledger.extend_call",
    """
    select ledger.extend_call(%(call_id)s, %(request_id)s) as done
    """,
    repeatable=True,
)

BUY_SHOW_TICKET = Query(
    "ledger.buy_show_ticket",
    """
    select replayed, response
    from ledger.buy_show_ticket(
      %(buyer_id)s,
      %(show_id)s,
      %(key)s,
      %(payload_hash)s,
      %(request_id)s
    )
    """,
    repeatable=True,
)

CANCEL_SHOW = Query(
    "ledger.cancel_show",
    """
    select replayed, response
    from ledger.cancel_show(
      %(caller_id)s,
      %(show_id)s,
      %(key)s,
      %(payload_hash)s,
      %(request_id)s
    )
    """,
    repeatable=True,
)

END_SHOW = Query(
    "ledger.end_show",
    """
    select replayed, response
    from ledger.end_show(
      %(caller_id)s,
      %(show_id)s,
      %(key)s,
      %(payload_hash)s,
      %(request_id)s
    )
    """,
    repeatable=True,
)

SETTLE_OVERDUE_SHOW = Query(
    "ledger.settle_overdue_show",
    """
    select ledger.settle_overdue_show(%(show_id)s, 'job:expire_shows')::integer as done
    """,
    repeatable=True,
)

ENFORCE_SUSPENSION = Query(
    "ledger.enforce_suspension",
    """
    select ledger.enforce_suspension(
      %(user_id)s,
      %(batch)s,
      'job:enforce_suspensions'
    ) as done
    """,
    repeatable=True,
)

RELEASE_DUE_HOLDS = Query(
    "ledger.release_due_holds",
    """
    select released
    from ledger.release_due_holds(%(batch)s)
    """,
    repeatable=True,
)

FOLD_PENDING = Query(
    "ledger.fold_pending",
    """
    select ledger.fold_pending(%(batch)s) as done
    """,
    repeatable=True,
)

PURGE_KEYS = Query(
    "ledger.purge_keys",
    """
    select ledger.purge_keys(%(batch)s) as done
    """,
    repeatable=True,
)

TAKE_TIME = Query(
    "ledger.take_time",
    """
    set local statement_timeout = '14min'
    """,
)

RECONCILE = Query(
    "ledger.reconcile",
    """
    select ledger.reconcile() as done
    """,
    repeatable=True,
)
