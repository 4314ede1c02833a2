-- One's own entries, pending credits and holds are looked up by one's wallet.
--
-- A policy's `x in (select …)` is no join: it is worked out for every row of the table, so whoever read
-- their own entries without naming the wallet read everybody's. A user has one wallet, and `x = (select …)`
-- is worked out first and goes along the index. The wallet is under its own policy, as before: who is
-- suspended has none.

alter policy entries_read_own on public.entries
  using (wallet_id = (select w.id from public.wallets w where w.user_id = (select auth.uid())));
alter policy pending_credits_read_own on ledger.pending_credits
  using (wallet_id = (select w.id from public.wallets w where w.user_id = (select auth.uid())));
alter policy holds_read_own on public.holds
  using (wallet_id = (select w.id from public.wallets w where w.user_id = (select auth.uid())));
