-- One list of everything that must never be true: the ledger's own books, and what each domain that
-- moves coins keeps beside them. The nightly reconciliation and every test ask it.

alter function ledger.violations() rename to book_violations;

create function ledger.violations()
returns table (invariant text, subject text, detail text)
language sql
stable
security definer
set search_path = ''
as $$
  select * from ledger.book_violations()
  union all
  select * from ledger.support_violations()
  union all
  select * from ledger.call_violations()
  union all
  select * from ledger.show_violations()
  union all
  select * from ledger.message_violations()
$$;

revoke execute on function ledger.book_violations() from limelight_backend;
grant execute on function ledger.violations() to limelight_backend;
