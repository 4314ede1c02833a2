// @ts-check
/** Calls: those that wait for a creator's answer, and what became of the others. */
import { get, post } from "../api.js";
import { Channel } from "../channel.js";
import { html, nothing } from "../html.js";
import { Page } from "../page.js";
import { Till } from "../payment.js";
import { badge, button, coins, figures, list, outcome, person, receipt, when, words } from "../ui.js";

const OPEN = ["pending", "accepted", "active"];
const CLOSING = ["cancel", "reject", "end"];

export class Calls extends Page {
  static private = true;
  title = "Calls";
  acting = this.task();
  /** What closes calls and moves coins, by its path. @type {Map<string, Till>} */
  tills = new Map();
  /** @type {any} */
  settings = null;
  rows = this.listing((cursor) => get("/api/calls/history", { cursor }), "calls");
  /** @type {Channel | null} */
  channel = null;

  get isCreator() {
    return this.app.me?.role === "creator";
  }

  async open() {
    this.channel = new Channel(`user:${this.app.me?.id}`, this.hear, () => this.rows.first(), () => this.update());
    await Promise.all([
      this.rows.first(),
      this.isCreator && this.acting.run(async () => {
        this.settings = await get("/api/creator/settings");
      }),
    ]);
  }

  close() {
    super.close();
    this.channel?.close();
  }

  /** @param {string} event */
  hear = (event) => {
    if (event !== "call") return;
    this.rows.first();
    this.app.refreshMe();
  };

  view() {
    return html`
      <h1 tabindex="-1">Calls</h1>
      ${this.settings ? figures([["Rate", html`${coins(this.settings.callRatePerMinute)} a minute`], ["At least", `${this.settings.minimumCallDuration} minutes`], ["Open to calls", this.settings.isAvailableForCalls ? "yes" : "no"]]) : nothing}
      ${outcome(this.acting)}
      ${list(this.rows, (rows) => html`<ul class="cards">${rows.map((call) => this.card(call))}</ul>`, this.isCreator ? "Nobody has asked for a call yet." : "No calls yet. Ask for one on a creator's page.")}`;
  }

  /** @param {any} call */
  card(call) {
    const isFan = call.fan.id === this.app.me?.id;
    return html`
      <li class="card">
        <h2>${isFan ? "With" : "From"} ${person(isFan ? call.creator : call.fan)} ${badge(call.status)}</h2>
        <p>${coins(call.ratePerMinute)} a minute, ${call.estimatedMinutes} minutes expected · ${when(call.requestedAt)}</p>
        ${call.status === "completed" ? html`<p>Billed ${call.billedMinutes} minutes: ${coins(call.charged)}</p>` : nothing}
        ${call.endReason ? html`<p class="muted">Ended by ${call.endedBy} (${words(call.endReason)})</p>` : nothing}
        ${OPEN.includes(call.status) ? html`<p class="row">${this.actions(call, isFan)}</p>` : nothing}
        ${CLOSING.map((action) => receipt(this.till(call, action)))}
      </li>`;
  }

  /** What this party may do next. @param {any} call @param {boolean} isFan */
  actions(call, isFan) {
    const joined = isFan ? call.fanJoinedAt : call.creatorJoinedAt;
    const start = button(this.acting, "Join the call", () => this.move(call, "start"));
    if (call.status === "active") return html`${joined ? nothing : start} ${this.pays(call, "end", "End the call")}`;
    if (call.status === "accepted") return html`${joined ? "Waiting for the other side. " : start} ${this.pays(call, "cancel", "Cancel")}`;
    if (isFan) return this.pays(call, "cancel", "Cancel");
    return html`${button(this.acting, "Accept", () => this.move(call, "accept"))} ${this.pays(call, "reject", "Reject")}`;
  }

  /** @param {any} call @param {string} action */
  async move(call, action) {
    await post(`/api/calls/${call.id}/${action}`);
    await this.rows.first();
  }

  /** Each way to close a call is a decision of its own. @param {any} call @param {string} action */
  till(call, action) {
    const path = `/api/calls/${call.id}/${action}`;
    const till = this.tills.get(path) ?? new Till(this, path, () => Promise.all([this.rows.first(), this.app.refreshMe()]));
    this.tills.set(path, till);
    return till;
  }

  /** A button whose press moves coins. @param {any} call @param {string} action @param {string} label */
  pays(call, action, label) {
    return html`<button type="button" @click=${() => this.till(call, action).press(undefined, label)}>${label}</button>`;
  }
}
