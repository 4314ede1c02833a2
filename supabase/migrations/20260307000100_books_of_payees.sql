-- The books of calls, shows and purchases look at both sides: not only that whoever owed coins paid them, but
-- that whoever earned them has them, and that coins were sold for what Stripe took, no more than once.

create or replace function ledger.call_violations()
returns table (invariant text, subject text, detail text)
language sql
stable
security definer
set search_path = ''
as $$
  with paid as (
    select
      c.id,
      count(distinct t.id) as payments,
      coalesce(-sum(e.amount) filter (where w.user_id = c.fan_id and e.type = 'call_charge'), 0) as coins,
      coalesce(
        sum(e.amount) filter (where w.user_id = c.creator_id or w.system_account = 'platform_fees'), 0
      ) as received
    from public.calls c
    left join public.transfers t on t.subject_type = 'call'
      and t.subject_id = c.id
      and t.reverses is null
    left join public.entries e on e.transfer_id = t.id
    left join public.wallets w on w.id = e.wallet_id
    group by c.id
  )
  select 'a call is billed once', p.id::text, format('%s payments', p.payments)
  from paid p
  where p.payments > 1

  union all

  select 'a call is charged what was paid for it', c.id::text, format('charged %s, paid %s', c.charged, p.coins)
  from public.calls c
  join paid p on p.id = c.id
  where c.charged <> p.coins

  union all

  select 'a call''s creator and the platform have what was paid', p.id::text,
    format('paid %s, received %s', p.coins, p.received)
  from paid p
  where p.received <> p.coins

  union all

  select 'a closed call holds no coins', c.id::text, format('hold %s', h.id)
  from public.calls c
  join public.holds h on h.purpose = 'call' and h.subject_id = c.id
  where c.ended_at is not null
    and h.status = 'active'

  union all

  select 'an open call has its hold', c.id::text, c.status
  from public.calls c
  where c.ended_at is null
    and not exists (select from public.holds h where h.id = c.hold_id and h.status = 'active')

  union all

  select 'an active call is covered by its hold', c.id::text,
    format('hold %s, covered until %s', h.amount, c.covered_until)
  from public.calls c
  join public.holds h on h.id = c.hold_id
  where c.status = 'active'
    and c.covered_until <> c.started_at + make_interval(mins => (h.amount / c.rate_per_minute)::integer)
$$;

create or replace function ledger.show_violations()
returns table (invariant text, subject text, detail text)
language sql
stable
security definer
set search_path = ''
as $$
  with tickets as (
    select
      t.show_id,
      count(*) as issued,
      min(t.number) as first,
      max(t.number) as last,
      count(*) filter (where t.status = 'valid') as valid,
      coalesce(sum(t.price) filter (where t.status = 'valid'), 0) as paid,
      coalesce(sum(t.price) filter (where t.status = 'refunded'), 0) as refunded
    from public.show_tickets t
    group by t.show_id
  ), escrow as (
    select
      x.subject_id as show_id,
      sum(e.amount) as held,
      coalesce(-sum(e.amount) filter (where x.operation = 'escrow_refund'), 0) as refunded,
      coalesce(-sum(e.amount) filter (where x.operation = 'escrow_release'), 0) as released
    from public.transfers x
    join public.entries e on e.transfer_id = x.id
    join public.wallets w on w.id = e.wallet_id
    where w.system_account = 'show_escrow'
      and x.subject_type = 'show'
    group by x.subject_id
  ), release as (
    select
      s.id as show_id,
      coalesce(-sum(e.amount) filter (where w.system_account = 'show_escrow'), 0) as coins,
      coalesce(
        sum(e.amount) filter (where w.user_id = s.creator_id or w.system_account = 'platform_fees'), 0
      ) as received
    from public.shows s
    join public.entries e on e.transfer_id = s.release_transfer_id
    join public.wallets w on w.id = e.wallet_id
    group by s.id
  ), books as (
    select
      s.id,
      s.status,
      s.sold,
      s.issued,
      coalesce(t.issued, 0) as tickets,
      coalesce(t.first, 1) as first,
      coalesce(t.last, 0) as last,
      coalesce(t.valid, 0) as valid,
      coalesce(t.paid, 0) as paid,
      coalesce(t.refunded, 0) as tickets_refunded,
      coalesce(e.held, 0) as held,
      coalesce(e.refunded, 0) as refunded,
      coalesce(e.released, 0) as released
    from public.shows s
    left join tickets t on t.show_id = s.id
    left join escrow e on e.show_id = s.id
  )
  select 'escrow of a show = its valid tickets until it is over', b.id::text,
    format('%s: escrow %s, tickets %s', b.status, b.held, b.paid)
  from books b
  where b.held <> case when b.status in ('scheduled', 'live') then b.paid else 0 end

  union all

  select 'tickets are numbered 1 to n', b.id::text,
    format('%s tickets, %s to %s, counter %s', b.tickets, b.first, b.last, b.issued)
  from books b
  where (b.first, b.last, b.issued) is distinct from (1, b.tickets, b.tickets)

  union all

  select 'sold = valid tickets', b.id::text, format('sold %s, valid %s', b.sold, b.valid)
  from books b
  where b.sold <> b.valid

  union all

  select 'a cancelled show has no valid ticket', b.id::text, format('%s valid', b.valid)
  from books b
  where b.status = 'cancelled'
    and b.valid > 0

  union all

  select 'what was refunded = refunded tickets', b.id::text,
    format('refunded %s, tickets %s', b.refunded, b.tickets_refunded)
  from books b
  where b.refunded <> b.tickets_refunded

  union all

  select 'an ended show released what was paid, and no other did', b.id::text,
    format('%s: released %s, paid %s', b.status, b.released, b.paid)
  from books b
  where b.released <> case when b.status = 'ended' then b.paid else 0 end

  union all

  select 'a show''s creator and the platform have what was released', r.show_id::text,
    format('released %s, received %s', r.coins, r.received)
  from release r
  where r.received <> r.coins

  union all

  select 'a ticket was paid by its holder, and refunded to them once', t.id::text,
    format('price %s, paid %s, refunded %s in %s', t.price, p.amount, r.amount, r.entries)
  from public.show_tickets t
  left join public.wallets w on w.user_id = t.user_id
  cross join lateral (
    select coalesce(-sum(e.amount), 0) as amount
    from public.entries e
    where e.transfer_id = t.transfer_id
      and e.wallet_id = w.id
  ) p
  cross join lateral (
    select coalesce(sum(e.amount), 0) as amount, count(*) as entries
    from public.entries e
    where e.transfer_id = t.refund_transfer_id
      and e.wallet_id = w.id
  ) r
  where (p.amount, r.amount, r.entries) is distinct from (
    t.price,
    case when t.status = 'refunded' then t.price else 0 end,
    case when t.status = 'refunded' and t.price > 0 then 1 else 0 end
  )
$$;

-- What was sold, less what was taken back of it; what a buyer still owes of that is not taken yet.
create function ledger.purchase_violations()
returns table (invariant text, subject text, detail text)
language sql
stable
security definer
set search_path = ''
as $$
  with moved as (
    select
      t.subject_id as purchase_id,
      coalesce(-sum(e.amount) filter (where w.system_account = 'coin_sales'), 0) as sold,
      coalesce(sum(e.amount) filter (where w.user_id = p.user_id), 0) as received
    from public.transfers t
    left join public.purchases p on p.id = t.subject_id
    join public.entries e on e.transfer_id = t.id
    join public.wallets w on w.id = e.wallet_id
    where t.subject_type = 'purchase'
      and t.reverses is null
    group by t.subject_id
  ), owed as (
    select d.subject_id as purchase_id, sum(d.amount - d.collected) as coins
    from ledger.debts d
    group by d.subject_id
  ), due as (
    select
      p.id as purchase_id,
      case p.status when 'paid' then p.coins - p.taken_back_coins + coalesce(o.coins, 0) else 0 end as coins
    from public.purchases p
    left join owed o on o.purchase_id = p.id
  )
  select 'a buyer has what was bought, less what was taken back', coalesce(d.purchase_id, m.purchase_id)::text,
    format('due %s, sold %s, received %s', d.coins, m.sold, m.received)
  from due d
  full join moved m on m.purchase_id = d.purchase_id
  where (coalesce(m.sold, 0), coalesce(m.received, 0)) is distinct from (d.coins, d.coins)
$$;

create or replace function ledger.violations()
returns table (invariant text, subject text, detail text)
language sql
stable
security definer
set search_path = ''
as $$
  select * from ledger.book_violations()
  union all
  select * from ledger.purchase_violations()
  union all
  select * from ledger.support_violations()
  union all
  select * from ledger.call_violations()
  union all
  select * from ledger.show_violations()
  union all
  select * from ledger.message_violations()
$$;
