"""All SQL of the wallet."""

from limelight.data.system import Query

BALANCE = Query(
    "wallet.balance",
    """
    select balance, held_balance, available_balance
    from public.balances
    where user_id = %(user_id)s
    """,
    repeatable=True,
)

TRANSACTIONS = Query(
    "wallet.transactions",
    """
    select
      e.id as entry_id,
      e.transfer_id,
      e.type,
      e.amount,
      e.description,
      t.subject_type,
      t.subject_id,
      e.created_at
    from public.entries e
    join public.transfers t on t.id = e.transfer_id
    where e.wallet_id = (select w.id from public.wallets w where w.user_id = %(user_id)s)
      and (%(type)s::text is null or e.type = %(type)s)
      and (%(before_id)s::bigint is null or e.id < %(before_id)s)
    order by e.id desc
    limit %(limit)s
    """,
    repeatable=True,
)

PAYOUTS = Query(
    "wallet.payouts",
    """
    select id, user_id, amount, usd_cents, status, requested_at, closed_at
    from public.payouts
    where user_id = %(user_id)s
      and (
        %(requested_at)s::timestamptz is null
        or (requested_at, id) < (%(requested_at)s::timestamptz, %(id)s::uuid)
      )
    order by requested_at desc, id desc
    limit %(limit)s
    """,
    repeatable=True,
)
