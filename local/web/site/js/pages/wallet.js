// @ts-check
/** The wallet: what is there, what is set aside, and every movement. */
import { get } from "../api.js";
import { html, nothing } from "../html.js";
import { Page } from "../page.js";
import { Payment } from "../payment.js";
import { badge, coins, figures, list, pressed, problemBox, receipt, table, when, words } from "../ui.js";

const TYPES = ["purchase", "gift", "stream_tip", "stream_ticket", "call_charge", "call_earnings", "show_ticket",
  "show_earnings", "message_unlock", "dm_tip", "refund", "payout", "payout_return", "promo_credit", "adjustment"];

export class Wallet extends Page {
  static private = true;
  title = "Wallet";
  type = "";
  /** @type {any} */
  balance = null;
  reading = this.task();
  /** @type {Payment | null} */
  payout = null;
  rows = this.listing((cursor) => get("/api/wallet/transactions", { cursor, type: this.type }), "transactions");
  payouts = this.listing((cursor) => get("/api/wallet/payouts", { cursor }), "payouts");

  get isCreator() {
    return this.app.me?.role === "creator";
  }

  open() {
    return Promise.all([
      this.reading.run(async () => {
        this.balance = await get("/api/wallet/balance");
      }),
      this.rows.first(),
      this.isCreator ? this.payouts.first() : null,
    ]);
  }

  view() {
    return html`
      <h1 tabindex="-1">Wallet</h1>
      ${problemBox(this.reading.problem)}
      ${this.balance ? this.standing() : nothing}
      ${this.isCreator ? this.payoutBox() : nothing}
      <section aria-labelledby="ledger">
        <h2 id="ledger">Ledger</h2>
        <label>Show
          <select @change=${this.choose}>
            <option value="">everything</option>
            ${TYPES.map((type) => html`<option value=${type}>${words(type)}</option>`)}
          </select>
        </label>
        ${list(this.rows, (rows) => table("Your ledger", ["When", "What", "Coins", "For"], rows.map(entry)), "Nothing has moved yet.")}
      </section>`;
  }

  standing() {
    const { balance, heldBalance, availableBalance } = this.balance;
    return figures([["Balance", coins(balance)], ["Set aside", coins(heldBalance)], ["Available", coins(availableBalance)]]);
  }

  payoutBox() {
    return html`
      <section aria-labelledby="payouts">
        <h2 id="payouts">Payouts</h2>
        <form class="row" @submit=${this.ask}>
          <label>Coins <input name="amount" type="number" min="100" value="100" required></label>
          <button>Ask for a payout</button>
        </form>
        ${receipt(this.payout)}
        ${list(this.payouts, (rows) => table("Your payouts", ["Asked", "Coins", "State"], rows.map((one) => [when(one.requestedAt), coins(one.amount), badge(one.status)])), "No payout was asked for yet.")}
      </section>`;
  }

  /** @param {SubmitEvent} event */
  ask = async (event) => {
    event.preventDefault();
    const amount = Number(new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)).get("amount"));
    this.payout = pressed(this.payout, new Payment("/api/wallet/payouts/request", { amount }, { update: this.update }));
    if (await this.payout.send()) await Promise.all([this.open(), this.app.refreshMe()]);
  };

  /** @param {Event} event */
  choose = (event) => {
    this.type = /** @type {HTMLSelectElement} */ (event.currentTarget).value;
    this.rows.first();
  };
}

/** @param {any} row */
const entry = (row) => [when(row.createdAt), words(row.type), coins(row.amount), row.description ?? words(row.subjectType)];
