// @ts-check
/**
 * Where the API and Supabase are: what the server that serves this page was told.
 *
 * @typedef {{who: string, name: string, email: string, password: string}} DemoAccount
 * @type {{apiUrl: string, supabaseUrl: string, publishableKey: string, demo: DemoAccount[]}}
 */
export const config = await fetch("config.json").then((answer) => answer.json());
