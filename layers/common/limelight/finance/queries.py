"""All SQL of the financial report."""

from limelight.data.system import Query

REPORT = Query(
    "finance.report",
    """
    with books as (
      select
        w.system_account,
        u.role,
        sum(e.amount) as coins
      from public.entries e
      join public.wallets w on w.id = e.wallet_id
      left join public.users u on u.id = w.user_id
      group by w.system_account, u.role
    ), balances as (
      select
        coalesce(sum(coins) filter (where system_account is null), 0)::bigint as in_circulation,
        coalesce(sum(coins) filter (where system_account = 'show_escrow'), 0)::bigint as in_escrow,
        coalesce(sum(coins) filter (where role = 'creator'), 0)::bigint as owed_to_creators,
        coalesce(sum(coins) filter (where system_account = 'platform_fees'), 0)::bigint
          as platform_fees,
        coalesce(sum(coins), 0)::bigint as trial_balance
      from books
    ), holds as (
      select coalesce(sum(amount), 0)::bigint as held
      from public.holds
      where status = 'active'
    ), payouts as (
      select
        coalesce(sum(amount) filter (where status = 'requested'), 0)::bigint as payouts_open,
        coalesce(sum(amount) filter (where status = 'settled'), 0)::bigint as paid_out
      from public.payouts
    ), debts as (
      select coalesce(sum(amount - collected), 0)::bigint as debts
      from ledger.debts
    ), sales as (
      select
        coalesce(sum(coins), 0)::bigint as coins_sold,
        coalesce(sum(price_cents), 0)::bigint as coins_sold_cents
      from public.purchases
      where status = 'paid'
    ), credits as (
      select
        (created_at at time zone 'UTC')::date as day,
        type,
        sum(amount) as coins,
        count(*) as entries
      from public.entries
      where amount > 0
      group by 1, 2
    ), by_type as (
      select type, sum(coins)::bigint as coins, sum(entries)::bigint as entries
      from credits
      group by type
    ), by_day as (
      select day, type, coins::bigint as coins, entries
      from credits
      where day > (now() at time zone 'UTC')::date - %(days)s::integer
    )
    select
      balances.*,
      holds.*,
      payouts.*,
      debts.*,
      sales.*,
      (select coalesce(jsonb_agg(t order by t.type), '[]') from by_type t) as by_type,
      (select coalesce(jsonb_agg(d order by d.day desc, d.type), '[]') from by_day d) as by_day
    from balances
    cross join holds
    cross join payouts
    cross join debts
    cross join sales
    """,
    repeatable=True,
)
"""One statement, so that all figures are of one moment."""
