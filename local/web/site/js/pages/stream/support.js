// @ts-check
/** Gifts and tips, and who gave most. */
import { get } from "../../api.js";
import { html, nothing, repeat } from "../../html.js";
import { Newest } from "../../page.js";
import { Till } from "../../payment.js";
import { coins, count, person, receipt } from "../../ui.js";

export class SupportBox {
  /** @param {import("../stream.js").Stream} page */
  constructor(page) {
    this.page = page;
    this.reading = new Newest();
    /** @type {any[] | null} */
    this.gifts = null;
    /** @type {any[]} */
    this.supporters = [];
    /** @type {Map<string, Till>} */
    this.tills = new Map();
    this.tipping = this.till("tip", "tip");
    this.news = "";
  }

  async open() {
    const board = this.reading.read(get(`${this.page.path}/leaderboard`, { limit: 10 }), ({ supporters }) => {
      this.supporters = supporters;
    });
    this.gifts ??= (await get("/api/gifts")).gifts;
    await board;
    this.page.update();
  }

  /** @param {string} event @param {any} payload */
  hear(event, payload) {
    if (event !== "gift" && event !== "tip") return;
    const what = event === "gift" ? `${payload.quantity} × ${payload.gift.name}` : `${payload.amount} coins`;
    this.news = `${payload.sender.displayName} gave ${what}`;
    this.page.again(this);
  }

  /** Each button has its own. @param {string} action @param {string} name The gift's id, or `tip`. */
  till(action, name) {
    const { page } = this;
    const till = this.tills.get(name) ?? new Till(page, `${page.path}/${action}`, () => page.app.refreshMe(), name);
    this.tills.set(name, till);
    return till;
  }

  /** What was paid last, and whatever is not settled yet. */
  receipts() {
    const tills = [this.tipping, ...(this.gifts ?? []).map((gift) => this.till("gift", gift.id))];
    const last = Math.max(...tills.map((till) => till.payment?.changedAt ?? 0));
    return tills.filter((till) => till.isOpen || till.payment?.changedAt === last).map(receipt);
  }

  /** @param {SubmitEvent} event */
  tip = (event) => {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const amount = Number(fields.get("amount"));
    return this.tipping.press({ amount, message: fields.get("message") || null }, `A tip of ${amount} coins`);
  };

  shop() {
    const { app, stream } = this.page;
    if (stream.status !== "live") return nothing;
    if (!app.me) return html`<p class="notice"><a href="#/sign-in">Sign in</a> to chat and to send gifts.</p>`;
    return html`
      <section aria-labelledby="gifts">
        <h2 id="gifts">Gifts</h2>
        <div class="gifts">
          ${(this.gifts ?? []).map(
            (gift) => html`
              <button type="button" class="gift ${gift.rarity}" @click=${() => this.till("gift", gift.id).press({ giftId: gift.id, quantity: 1 }, gift.name)}>
                <span>${gift.name}</span><span class="price">${coins(gift.price)}</span>
              </button>`,
          )}
        </div>
        <form class="row" @submit=${this.tip}>
          <label>Tip <input name="amount" type="number" min="1" max="100000" value="10" required></label>
          <label class="grow">With a word <input name="message" maxlength="500" autocomplete="off"></label>
          <button>Send tip</button>
        </form>
        ${this.receipts()}
      </section>`;
  }

  board() {
    return html`
      <section aria-labelledby="board">
        <h2 id="board">Top supporters</h2>
        <p class="done" role="status">${this.news}</p>
        ${this.supporters.length
          ? html`<ol class="board">${repeat(this.supporters, (one) => one.user.id, (one) => html`<li>${person(one.user)} ${coins(one.coins)} <span class="muted">${count(one.gifts)} gifts</span></li>`)}</ol>`
          : html`<p class="empty">Nobody yet.</p>`}
      </section>`;
  }
}
