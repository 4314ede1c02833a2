// @ts-check
/** The API as this client calls it: JSON in, JSON out, and a Problem when it was refused. */
import { config } from "./config.js";
import { accessToken } from "./session.js";

/** What was refused, or did not arrive, in words for a person. */
export class Problem extends Error {
  /**
   * @param {{status: number, code: string, title: string, detail: string, instance: string,
   *   errors?: {pointer?: string, parameter?: string, detail: string}[]}} body
   * @param {number | null} retryAfter Seconds to wait before another try.
   */
  constructor(body, retryAfter = null) {
    super(body.title);
    this.status = body.status;
    this.code = body.code;
    this.title = body.title;
    this.detail = body.detail;
    this.requestId = body.instance;
    this.errors = body.errors ?? [];
    this.retryAfter = retryAfter;
    /** Whatever else the problem carries: a price, a balance, a wait. */
    this.extra = /** @type {Record<string, any>} */ (body);
  }

  /** Whether nobody knows what became of the request: it may be sent again, with the same key. */
  get isOpen() {
    return this.status === 0 || this.status >= 500;
  }
}

/** For what the next look makes up for: a refusal is let go, a mistake is not. @param {unknown} error */
export function letGo(error) {
  if (!(error instanceof Problem)) throw error;
}

/**
 * @typedef {Record<string, string | number | null | undefined>} Query
 * @typedef {{body?: unknown, key?: string, query?: Query}} Options
 */

/**
 * Calls the API.
 *
 * @param {string} method
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<{data: any, replayed: boolean}>}
 * @throws {Problem}
 */
export async function call(method, path, { body, key, query } = {}) {
  const requestId = crypto.randomUUID();
  const headers = new Headers({ "X-Request-Id": requestId });
  const token = await accessToken();
  if (token) headers.set("Authorization", `Bearer ${token}`);
  if (key) headers.set("Idempotency-Key", key);
  if (body !== undefined) headers.set("Content-Type", "application/json");

  let answer;
  let text;
  try {
    answer = await fetch(config.apiUrl + path + search(query), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    text = await answer.text();
  } catch {
    throw unanswered(requestId);
  }
  if (!answer.ok) throw read(answer, text, requestId);
  return { data: JSON.parse(text), replayed: answer.headers.has("Idempotent-Replayed") };
}

/** @param {string} path @param {Query} [query] */
export const get = async (path, query) => (await call("GET", path, { query })).data;
/** @param {string} path @param {unknown} [body] */
export const post = async (path, body) => (await call("POST", path, { body })).data;
/** @param {string} path @param {unknown} body */
export const patch = async (path, body) => (await call("PATCH", path, { body })).data;
/** @param {string} path */
export const remove = async (path) => (await call("DELETE", path)).data;

/** @param {Query} [query] */
function search(query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : "";
}

/** @param {Response} answer @param {string} text @param {string} requestId */
function read(answer, text, requestId) {
  const seconds = Number(answer.headers.get("Retry-After"));
  try {
    return new Problem({ instance: requestId, ...JSON.parse(text) }, seconds || null);
  } catch {
    const title = `Answered with ${answer.status}`;
    const detail = "The answer is not one of the API's own.";
    return new Problem({ status: answer.status, code: "unknown", title, detail, instance: requestId }, seconds || null);
  }
}

/** @param {string} requestId */
function unanswered(requestId) {
  return new Problem({
    status: 0,
    code: "unanswered",
    title: "No answer",
    detail: "The API could not be reached. Check the line, then try again.",
    instance: requestId,
  });
}
