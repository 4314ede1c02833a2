// @ts-check
/** What the database spends its time on. */
import { get } from "../../api.js";
import { html } from "../../html.js";
import { count, list, table } from "../../ui.js";

const ORDERS = [["mean", "slowest on average"], ["total", "most time in all"], ["frequent", "most frequent"]];

export class Queries {
  /** @param {import("../admin.js").Admin} page */
  constructor(page) {
    this.by = "mean";
    this.rows = page.listing(() => get("/api/admin/queries", { by: this.by, limit: 20 }), "queries");
  }

  open() {
    return this.rows.first();
  }

  /** @param {Event} event */
  choose = (event) => {
    this.by = /** @type {HTMLSelectElement} */ (event.currentTarget).value;
    this.open();
  };

  view() {
    return html`
      <label>Order <select @change=${this.choose}>${ORDERS.map(([value, label]) => html`<option value=${value}>${label}</option>`)}</select></label>
      ${list(this.rows, (rows) => table("Statements", ["Calls", "Mean ms", "p99 ms", "Total ms", "Statement"], rows.map(row)), "No statement was counted yet.")}`;
  }
}

/** @param {any} one */
const row = (one) => [count(one.calls), one.meanMs.toFixed(2), one.p99Ms.toFixed(2), count(Math.round(one.totalMs)), html`<code tabindex="0">${one.query.trim()}</code>`];
