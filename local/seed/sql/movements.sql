-- What moves coins from one wallet to another. The areas that follow write here; books.sql makes
-- transfers and entries of it, in the order of time.

create temporary table movement (
  at timestamptz not null,
  id uuid not null,
  operation text not null,
  actor_id uuid not null,
  key text not null,
  subject_type text not null,
  subject_id uuid not null,
  payer bigint not null,
  payee bigint not null,
  amount bigint not null,
  debit_type text not null,
  credit_type text not null,
  description text
) on commit drop;

-- What is set aside at the world's present, and must be in the wallet.
create temporary table held (
  at timestamptz not null,
  id uuid not null,
  payer bigint not null,
  amount bigint not null
) on commit drop;

create function pg_temp.system_wallet(account text)
returns bigint
language sql
stable
as $$
  select id
  from public.wallets
  where system_account = account
$$;
