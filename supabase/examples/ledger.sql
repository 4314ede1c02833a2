-- The ledger in one sitting. `ledger.out` is what psql prints; a test runs both and compares.
-- Ids and times differ from run to run and are never shown.

\set QUIET on
\pset footer off
\set VERBOSITY terse

-- Ann watches, Cleo streams, Ada runs the platform.
insert into auth.users (id, email, raw_user_meta_data)
values
  ('a0000000-0000-4000-8000-00000000000a', 'ann@example.com', '{"username": "ann_watches"}'),
  ('c0000000-0000-4000-8000-00000000000c', 'cleo@example.com', '{"username": "cleo_plays"}'),
  ('d0000000-0000-4000-8000-00000000000d', 'ada@example.com', '{"username": "ada_runs_it"}');
update public.users set role = 'admin' where email = 'ada@example.com';

\set ann '''a0000000-0000-4000-8000-00000000000a'''
\set cleo '''c0000000-0000-4000-8000-00000000000c'''
\set ada '''d0000000-0000-4000-8000-00000000000d'''
\set stream '''50000000-0000-4000-8000-000000000005'''
\set call '''60000000-0000-4000-8000-000000000006'''
\set show '''70000000-0000-4000-8000-000000000007'''
\set crown '''00000000-0000-4000-8000-000000000007'''

insert into public.streams (id, creator_id, title, category, status, started_at, host_seen_at)
values (:stream, :cleo, 'Piano', 'music', 'live', now(), now());

create temporary view who as
select p.display_name as who, b.balance, b.held_balance as held, b.available_balance as available
from public.balances b
join public.profiles p on p.user_id = b.user_id
where p.username in ('ann_watches', 'cleo_plays')
order by p.username;

\echo '1. A promo: coins come from the promo account'
select response - 'transfer_id' - 'user_id' as answer
from ledger.adjust(:ada, :ann, 500, 'Welcome', 'key 1', 'payload 1', 'request 1');

\echo '2. A gift: one call moves the coins and writes the gift, the chat line and the event'
select replayed, response -> 'gift' ->> 'name' as gift, response -> 'balance' as balance
from ledger.gift(:ann, :stream, :crown, 1, 'key 2', 'payload 2', 'request 2');
select * from who;

\echo '3. The same key again: the same answer, and nothing moves'
select replayed, response -> 'gift' ->> 'name' as gift, response -> 'balance' as balance
from ledger.gift(:ann, :stream, :crown, 1, 'key 2', 'payload 2', 'request 3');

\echo '4. The same key for something else is refused'
select replayed from ledger.gift(:ann, :stream, :crown, 2, 'key 2', 'payload 4', 'request 4');

\echo '5. More than there is, is refused with what there is'
\set VERBOSITY default
\set SHOW_CONTEXT never
select replayed from ledger.gift(:ann, :stream, :crown, 5, 'key 5', 'payload 5', 'request 5');
\set VERBOSITY terse

\echo '6. A call: 150 coins are set aside'
select ledger.authorise(:ann, 150, 'call', 'call', :call, '1 hour') as hold \gset
select * from who;

\echo '7. The call cost more than was set aside: the wallet pays what it can, the rest is told'
select captured, shortfall
from ledger.capture(:'hold', 450, :cleo, 'call_charge', 'call_earnings', :ada, 'key 7', 'request 7');
select * from who;

\echo '8. A closed hold is closed'
select captured
from ledger.capture(:'hold', 1, :cleo, 'call_charge', 'call_earnings', :ada, 'key 8', 'request 8');

\echo '9. Another hold, given back: the second time nothing is left to release'
select replayed from ledger.adjust(:ada, :ann, 100, 'Sorry', 'key 9', 'payload 9', 'request 9');
select ledger.authorise(:ann, 60, 'call', 'call', :call, '1 hour') as hold \gset
select ledger.void_hold(:'hold') as first, ledger.void_hold(:'hold') as second;

\echo '10. Two tickets go to escrow; one show is paid out, less the platform''s fifth; one refunded'
insert into ledger.fee_rates values ('escrow_release', 2000);
select ledger.deposit(:ann, 40, 'show_ticket', 'show', :show, 'seat 1', 'request 10') is not null as paid;
select ledger.deposit(:ann, 40, 'show_ticket', 'show', :show, 'seat 2', 'request 10') as seat \gset
select ledger.release_escrow(:cleo, 40, 'show_earnings', 'show', :show, :ada, 'seat 1', 'request 10')
  is not null as released;
select ledger.reverse(:'seat', 'escrow_refund', 'refund', :ada, 'seat 2', 'request 10')
  is not null as refunded;
select * from who;

\echo '11. A transfer is reversed once'
select ledger.reverse(:'seat', 'escrow_refund', 'refund', :ada, 'key 11', 'request 11');

\echo '12. Cleo asks for her dollars, and Ada sends them'
select response -> 'payout' -> 'amount' as coins, response -> 'payout' -> 'usd_cents' as cents
from ledger.request_payout(:cleo, 500, 'key 12', 'payload 12', 'request 12');
select response -> 'payout' ->> 'status' as status
from public.payouts p
cross join ledger.close_payout(:ada, p.id, true, 'key 12', 'payload 12', 'request 12')
where p.user_id = :cleo;
select * from who;

\echo '13. A goal, and a tip that reaches it'
select title, target_amount, progress, status
from private.create_goal(:stream, :cleo, 'New strings', 25, 'An encore');
select replayed, response -> 'stream_tip' ->> 'message' as tip, response -> 'balance' as balance
from ledger.tip(:ann, :stream, 25, 'Encore!', 'key 13', 'payload 13', 'request 13');
select title, target_amount, progress, status from public.stream_goals;
select * from who;

\echo '14. Where every coin is: the entries of all accounts sum to zero'
select coalesce(w.system_account, p.display_name) as account, sum(e.amount) as coins
from public.entries e
join public.wallets w on w.id = e.wallet_id
left join public.profiles p on p.user_id = w.user_id
group by 1
having sum(e.amount) <> 0
order by 1;
select sum(amount) from public.entries;

\echo '15. History is not rewritten, by anybody'
update public.entries set amount = 1000000;

\echo '16. And nothing is wrong'
select count(*) as violations
from (select * from ledger.violations() union all select * from ledger.support_violations()) v;
