-- Paid messages have books as good as gifts have: each was paid by who was to pay it, to whom it was
-- due, and no coins went for a message that there is not. Before, the payer's side alone was looked at.

create or replace function ledger.message_violations()
returns table (invariant text, subject text, detail text)
language sql
stable
security definer
set search_path = ''
as $$
  with paid as (
    select
      k.transfer_id,
      'message_unlock' as operation,
      k.message_id as subject_id,
      k.user_id as payer,
      m.sender_id as payee,
      k.price as coins
    from public.message_unlocks k
    join public.messages m on m.id = k.message_id
    union all
    select
      m.transfer_id,
      'dm_tip',
      m.conversation_id,
      m.sender_id,
      case m.sender_id when c.first_id then c.second_id else c.first_id end,
      m.tip_amount
    from public.messages m
    join public.conversations c on c.id = m.conversation_id
    where m.kind = 'tip'
  ), moved as (
    select
      t.id as transfer_id,
      t.operation,
      t.subject_id,
      t.actor_id as payer,
      coalesce(-sum(e.amount) filter (where w.user_id = t.actor_id), 0) as coins,
      coalesce(
        sum(e.amount) filter (where w.user_id = p.payee or w.system_account = 'platform_fees'), 0
      ) as received
    from public.transfers t
    left join paid p on p.transfer_id = t.id
    left join public.entries e on e.transfer_id = t.id
    left join public.wallets w on w.id = e.wallet_id
    where t.operation in ('message_unlock', 'dm_tip')
    group by t.id
  )
  select 'what was paid for messages is what was moved', coalesce(p.transfer_id, m.transfer_id)::text,
    format('%s of %s coins, %s of %s', p.operation, p.coins, m.operation, m.coins)
  from paid p
  full join moved m on m.transfer_id = p.transfer_id
  where (p.operation, p.subject_id, p.payer, p.coins)
      is distinct from (m.operation, m.subject_id, m.payer, m.coins)

  union all

  select 'a message''s payee and the platform have what was paid', m.transfer_id::text,
    format('paid %s, received %s', m.coins, m.received)
  from moved m
  where m.received <> m.coins
$$;
