"""All SQL of the financial report."""

from limelight.data.system import Query

REPORT = Query(
    "finance.report",
    """
    with books as (
      select
        w.system_account,
        u.role,
        sum(e.amount)::bigint as coins
      from public.entries e
      join public.wallets w on w.id = e.wallet_id
      left join public.users u on u.id = w.user_id
      group by w.system_account, u.role
    )
    select
      coalesce(sum(coins) filter (where system_account is null), 0)::bigint as in_circulation,
      coalesce(sum(coins) filter (where system_account = 'show_escrow'), 0)::bigint as in_escrow,
      coalesce(sum(coins) filter (where role = 'creator'), 0)::bigint as owed_to_creators,
      coalesce(sum(coins) filter (where system_account = 'platform_fees'), 0)::bigint
        as platform_fees,
      coalesce(sum(coins), 0)::bigint as trial_balance,
      (select coalesce(sum(h.amount), 0)::bigint from public.holds h where h.status = 'active')
        as held,
      (
        select coalesce(sum(p.amount) filter (where p.status = 'requested'), 0)::bigint
        from public.payouts p
      ) as payouts_open,
      (
        select coalesce(sum(p.amount) filter (where p.status = 'settled'), 0)::bigint
        from public.payouts p
      ) as paid_out,
      (select coalesce(sum(d.amount - d.collected), 0)::bigint from ledger.debts d) as debts,
      (
        select coalesce(sum(b.coins), 0)::bigint
        from public.purchases b
        where b.status = 'paid'
      ) as coins_sold,
      (
        select coalesce(sum(b.price_cents), 0)::bigint
        from public.purchases b
        where b.status = 'paid'
      ) as coins_sold_cents
    from books
    """,
    repeatable=True,
)

BY_DAY = Query(
    "finance.by_day",
    """
    select
      (e.created_at at time zone 'UTC')::date as day,
      e.type,
      sum(e.amount)::bigint as coins,
      count(*) as entries
    from public.entries e
    where e.amount > 0
      and e.created_at >= (date_trunc('day', now() at time zone 'UTC') - %(days)s * interval '1 day')
        at time zone 'UTC'
    group by 1, 2
    order by 1 desc, 2
    limit %(limit)s
    """,
    repeatable=True,
)

BY_TYPE = Query(
    "finance.by_type",
    """
    select
      e.type,
      sum(e.amount)::bigint as coins,
      count(*) as entries
    from public.entries e
    where e.amount > 0
    group by 1
    order by 1
    """,
    repeatable=True,
)
