// @ts-check
/** Pieces that pages have in common. */
import { html, nothing } from "./html.js";
import { Payment } from "./payment.js";

/** @typedef {import("./page.js").Task} Task */
/** @typedef {import("./page.js").Listing} Listing */
/** @typedef {import("./api.js").Problem} Problem */

const number = new Intl.NumberFormat("en");
const moment = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const clock = new Intl.DateTimeFormat("en", { timeStyle: "short" });

/** @param {number | null | undefined} value */
export const count = (value) => (value === null || value === undefined ? "–" : number.format(value));
/** @param {number} value */
export const coins = (value) => html`<span class="coins">${number.format(value)}<span class="unit"> ${value === 1 || value === -1 ? "coin" : "coins"}</span></span>`;
/** @param {string | null} iso */
export const when = (iso) => (iso ? html`<time datetime=${iso}>${moment.format(new Date(iso))}</time>` : "–");
/** @param {string} iso */
export const at = (iso) => html`<time datetime=${iso}>${clock.format(new Date(iso))}</time>`;
/** A word of the API's as a person writes it. @param {string} word */
export const words = (word) => word.replaceAll("_", " ");

/** @param {{username: string, displayName: string}} user */
export const person = (user) => html`<a href="#/profile/${user.username}">${user.displayName}</a>`;

/** @param {string} word @param {string} [kind] */
export const badge = (word, kind = word) => html`<span class="badge ${kind}">${words(word)}</span>`;

/** What was refused, as a person would want it, with the id to quote. @param {Problem | null} problem */
export function problemBox(problem) {
  if (!problem) return nothing;
  return html`
    <div class="problem" role="alert">
      <p class="title">${problem.title}</p>
      <p>${problem.detail}</p>
      ${problem.errors.length ? html`<ul>${problem.errors.map((one) => html`<li><strong>${field(one)}</strong>: ${one.detail}</li>`)}</ul>` : nothing}
      ${problem.extra.required === undefined ? nothing : html`<p>It takes ${coins(problem.extra.required)}; you have ${coins(problem.extra.available)}.</p>`}
      ${problem.retryAfter ? html`<p>Try again in ${problem.retryAfter} s.</p>` : nothing}
      <p class="request">
        Request <code>${problem.requestId}</code>
        <button type="button" class="small" @click=${() => navigator.clipboard.writeText(problem.requestId)}>Copy id</button>
      </p>
    </div>`;
}

/** @param {{pointer?: string, parameter?: string}} error */
const field = ({ pointer, parameter }) => (pointer ? pointer.slice(1).replaceAll("/", " › ") : parameter) || "body";

/** What became of a piece of work. @param {Task} task */
export const outcome = (task) => html`
  ${problemBox(task.problem)}
  <p class="done" role="status">${task.done}</p>`;

/**
 * A button that asks for a piece of work.
 *
 * @param {Task} task
 * @param {unknown} label
 * @param {() => Promise<string | void>} work
 * @param {string} [kind]
 */
export const button = (task, label, work, kind = "") =>
  html`<button type="button" class=${kind} ?disabled=${task.busy} @click=${() => task.run(work)}>${label}</button>`;

/**
 * Hands the fields of a form to a piece of work; what was done clears the form.
 *
 * @param {Task} task
 * @param {(fields: Record<string, string>) => Promise<string | void>} work
 */
export const onSubmit = (task, work) => async (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.currentTarget);
  const fields = /** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form)));
  if (await task.run(() => work(fields))) form.reset();
};

/**
 * Rows, and a button for the next ones.
 *
 * @param {Listing} listing
 * @param {(rows: any[]) => unknown} view
 * @param {string} none What to say when there is nothing.
 */
export const list = (listing, view, none) => html`
  ${problemBox(listing.task.problem)}
  ${listing.rows === null ? (listing.task.busy ? loading() : nothing) : listing.rows.length ? view(listing.rows) : html`<p class="empty">${none}</p>`}
  ${listing.next ? html`<button type="button" ?disabled=${listing.task.busy} @click=${() => listing.more()}>Show more</button>` : nothing}`;

export const loading = () => html`<p class="loading" role="status">Loading…</p>`;

/**
 * A table that scrolls by itself where the screen is narrow.
 *
 * @param {string} caption
 * @param {string[]} heads
 * @param {unknown[][]} rows
 */
export const table = (caption, heads, rows) => html`
  <div class="scroll" role="region" aria-label=${caption} tabindex="0">
    <table>
      <caption>${caption}</caption>
      <thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
      <tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
    </table>
  </div>`;

/**
 * Pairs of a name and a figure.
 *
 * @param {[string, unknown][]} pairs
 */
export const figures = (pairs) =>
  html`<dl class="figures">${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;

/**
 * The payment that a press is for: the one that is still open, or another.
 *
 * @param {Payment | null | undefined} current
 * @param {Payment} next
 */
export const pressed = (current, next) => (current && !current.isSettled && current.isLike(next) ? current : next);

const STATES = {
  sending: "Sending…",
  waiting: "No answer yet: trying again with the same key.",
  paid: "Done, once.",
  refused: "Refused: no coin has moved.",
  unknown: "Not known yet. Press again: the key stays the same, and it is done once at most.",
};

/** How a payment stands, with the key that it is known by. @param {Payment | null} payment */
export function receipt(payment) {
  if (!payment) return nothing;
  const tries = payment.tries > 1 ? ` ${payment.tries} tries.` : "";
  return html`
    <div class="receipt">
      <p role="status">${STATES[payment.state]}${tries}${payment.replayed ? " The server gave its first answer again." : ""}</p>
      <p class="request">Key <code>${payment.key}</code></p>
      ${payment.state === "refused" || payment.state === "unknown" ? problemBox(payment.problem) : nothing}
    </div>`;
}
