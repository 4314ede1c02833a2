-- Supabase Auth knows no infinity: it can read no account that is banned until then, and no list that has
-- one in it. Whom the desk deletes is banned until a day that it can read. What Auth was about to do for
-- them is forgotten as well: it names the address that they had, or were to have.

update auth.users
set banned_until = '9999-12-31 00:00:00+00'
where banned_until = 'infinity';

create or replace function public.desk_delete_user(user_id uuid, admin_id uuid, request_id text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  changed public.users := private.lock_user(user_id);
  nobody text := 'deleted_' || substr(md5(user_id::text), 1, 12);
begin
  if user_id = admin_id then
    perform private.fail(403, 'own_account');
  end if;
  if changed.role = 'admin' then
    perform private.fail(409, 'is_admin');
  end if;

  perform private.end_live_streams_of(user_id);
  delete from public.follows f where user_id in (f.follower_id, f.followee_id);
  delete from public.blocked_users b where user_id in (b.blocker_id, b.blocked_id);
  delete from public.username_changes c where c.user_id = desk_delete_user.user_id;
  delete from public.creator_applications a where a.user_id = desk_delete_user.user_id;
  update public.profiles p
  set username = nobody,
      display_name = 'Deleted user',
      bio = null,
      avatar_url = null,
      banner_url = null,
      location = null,
      website = null,
      twitter_handle = null,
      instagram_handle = null,
      is_creator_verified = false
  where p.user_id = desk_delete_user.user_id;

  delete from auth.sessions s where s.user_id = desk_delete_user.user_id;
  delete from auth.identities i where i.user_id = desk_delete_user.user_id;
  -- Newer ones keep what a token was sent to in a table of its own.
  if to_regclass('auth.one_time_tokens') is not null then
    delete from auth.one_time_tokens t where t.user_id = desk_delete_user.user_id;
  end if;
  update auth.users u
  set email = nobody || '@deleted.invalid',
      encrypted_password = null,
      raw_user_meta_data = '{}',
      phone = null,
      email_change = '',
      phone_change = '',
      confirmation_token = '',
      recovery_token = '',
      email_change_token_new = '',
      email_change_token_current = '',
      phone_change_token = '',
      reauthentication_token = '',
      banned_until = '9999-12-31 00:00:00+00'
  where u.id = user_id;
  update public.users u
  set status = 'deleted',
      role = 'fan',
      suspended_at = null,
      suspension_reason = null
  where u.id = user_id;

  perform private.audit(
    admin_id, 'user.delete', 'user', user_id,
    jsonb_build_object('status', changed.status), jsonb_build_object('status', 'deleted'),
    request_id
  );
  return private.desk_user(user_id);
end
$$;
