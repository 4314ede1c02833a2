-- What must hold of shows and their coins, always.

-- What must never be true of shows and their coins, as rows; see ledger.violations.
create function ledger.show_violations()
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

grant execute on function ledger.show_violations() to limelight_backend;
