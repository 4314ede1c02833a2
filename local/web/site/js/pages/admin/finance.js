// @ts-check
/** The books: what was sold, what is owed, and the trial balance, which must be zero. */
import { get } from "../../api.js";
import { stackedBars } from "../../chart.js";
import { html } from "../../html.js";
import { coins, count, figures, loading, problemBox, table, words } from "../../ui.js";

const DAYS = 30;
const money = new Intl.NumberFormat("en", { style: "currency", currency: "USD" });

export class Finance {
  /** @param {import("../admin.js").Admin} page */
  constructor(page) {
    this.task = page.task();
    /** @type {any} */
    this.report = null;
  }

  open() {
    return this.task.run(async () => {
      this.report = await get("/api/admin/finance", { days: DAYS });
    });
  }

  view() {
    const { report } = this;
    if (!report) return this.task.problem ? problemBox(this.task.problem) : loading();
    const balanced = report.trialBalance === 0;
    return html`
      <p class=${balanced ? "notice" : "problem"} role="status">Trial balance: <strong id="trial-balance">${count(report.trialBalance)}</strong>${balanced ? ". Every entry has its other side." : ". It must be zero: stop payouts and look at ledger.violations()."}</p>
      ${figures([
        ["Sold", html`${coins(report.coinsSold)} <span class="muted">for ${money.format(report.coinsSoldCents / 100)}</span>`],
        ["In circulation", coins(report.inCirculation)],
        ["Set aside", coins(report.held)],
        ["In escrow", coins(report.inEscrow)],
        ["Owed to creators", coins(report.owedToCreators)],
        ["Payouts open", coins(report.payoutsOpen)],
        ["Paid out", coins(report.paidOut)],
        ["Platform fees", coins(report.platformFees)],
        ["Debts", coins(report.debts)],
      ])}
      ${stackedBars(`Entries of the last ${DAYS} days, by day`, byDay(report.byDay), ["entries"])}
      ${table("By type of entry", ["Type", "Coins", "Entries"], report.byType.map((/** @type {any} */ one) => [words(one.type), coins(one.coins), count(one.entries)]))}`;
  }
}

/** @param {{day: string, entries: number}[]} totals */
function byDay(totals) {
  /** @type {Map<string, number>} */
  const days = new Map();
  for (const { day, entries } of totals) days.set(day, (days.get(day) ?? 0) + entries);
  return [...days].sort().map(([day, entries]) => ({ label: day.slice(5), values: [entries] }));
}
