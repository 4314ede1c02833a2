// @ts-check
/** A creator's figures as charts: earnings by day and source, beside the window before. */
import { get } from "../api.js";
import { groupedBars, stackedBars } from "../chart.js";
import { html, nothing } from "../html.js";
import { Page } from "../page.js";
import { coins, count, figures, loading, person, problemBox, table, when, words } from "../ui.js";

const PERIODS = [["7", "7 days"], ["30", "30 days"], ["90", "90 days"], ["all", "since the beginning"]];
const SOURCES = ["gifts", "tips", "tickets", "calls", "shows", "messages"];

export class Analytics extends Page {
  static private = true;
  title = "Analytics";
  period = "30";
  /** @type {any} */
  figures = null;
  reading = this.task();

  open() {
    return this.reading.refresh(async () => {
      this.figures = await get("/api/creator/analytics", { period: this.period });
    });
  }

  /** @param {Event} event */
  choose = (event) => {
    this.period = /** @type {HTMLSelectElement} */ (event.currentTarget).value;
    this.open();
  };

  view() {
    return html`
      <h1 tabindex="-1">Analytics</h1>
      <label>Window
        <select @change=${this.choose}>${PERIODS.map(([value, label]) => html`<option value=${value} ?selected=${value === this.period}>${label}</option>`)}</select>
      </label>
      ${problemBox(this.reading.problem)}
      ${this.figures ? this.charts() : this.reading.busy ? loading() : nothing}`;
  }

  charts() {
    const { overview, daily, topGifters, recentActivity, streams, calls, shows } = this.figures;
    const days = daily.map((/** @type {any} */ day) => ({ label: day.day.slice(5), values: SOURCES.map((source) => day[source] ?? 0) }));
    const now = SOURCES.map((source) => ({ label: source, values: [overview.earnings[source].value, overview.earnings[source].previous ?? 0] }));
    return html`
      <section aria-labelledby="overview">
        <h2 id="overview">In this window, and in the one before</h2>
        ${figures([
          ["Earned", compared(overview.earnings.total)],
          ["New followers", compared(overview.newFollowers)],
          ["Views", compared(overview.views)],
          ["Streams", count(streams.count)],
          ["Call minutes", count(calls.minutes)],
          ["Show tickets", count(shows.tickets)],
        ])}
      </section>
      <section aria-labelledby="daily">
        <h2 id="daily">Earnings</h2>
        ${days.length ? stackedBars("Coins earned by day and source", days, SOURCES) : html`<p class="empty">Nothing was earned yet.</p>`}
        ${groupedBars("Coins by source, now and in the window before", now, ["this window", "the one before"])}
      </section>
      <div class="columns">
        <section aria-labelledby="top">
          <h2 id="top">Top supporters</h2>
          ${topGifters.length
            ? stackedBars("Coins given", topGifters.map((/** @type {any} */ one) => ({ label: one.displayName, values: [one.coins] })), ["coins"], "column")
            : html`<p class="empty">Nobody yet.</p>`}
        </section>
        <section aria-labelledby="recent">
          <h2 id="recent">Lately</h2>
          ${table("What happened last", ["When", "What", "Who", "Coins"], recentActivity.map((/** @type {any} */ one) => [when(one.createdAt), words(one.type), one.user ? person(one.user) : "somebody", one.coins === null ? "" : coins(one.coins)]))}
        </section>
      </div>`;
  }
}

/** A figure with what it was before. @param {{value: number, previous: number | null, change: number | null}} figure */
function compared({ value, previous, change }) {
  if (previous === null) return count(value);
  const kind = value >= previous ? "up" : "down";
  return html`${count(value)} <span class=${kind}>${change === null ? "" : `${change > 0 ? "+" : ""}${change} %`}</span> <span class="muted">before: ${count(previous)}</span>`;
}
