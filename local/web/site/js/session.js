// @ts-check
/** Who is signed in, by Supabase Auth. Each tab is somebody of its own. */
import { config } from "./config.js";

/** supabase-js, loaded before the modules are. */
export const supabase = /** @type {any} */ (globalThis).supabase.createClient(
  config.supabaseUrl,
  config.publishableKey,
  // The session lies with the tab: two windows beside each other can be two people.
  { auth: { storage: sessionStorage, storageKey: "limelight", detectSessionInUrl: false } },
);

/** @returns {Promise<string | null>} The access token, renewed by supabase-js when it is about to end. */
export async function accessToken() {
  const { data } = await supabase.auth.getSession();
  return data.session?.access_token ?? null;
}

/**
 * @param {string} email
 * @param {string} password
 */
export async function signIn(email, password) {
  const { error } = await supabase.auth.signInWithPassword({ email, password });
  if (error) throw error;
}

export async function signOut() {
  // This window's session alone: the same person may be signed in elsewhere.
  await supabase.auth.signOut({ scope: "local" });
}
