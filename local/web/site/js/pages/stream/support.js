// @ts-check
/** Gifts and tips, and who gave most. */
import { get } from "../../api.js";
import { html, nothing, repeat } from "../../html.js";
import { Newest } from "../../page.js";
import { Payment } from "../../payment.js";
import { coins, count, person, pressed, receipt } from "../../ui.js";

export class SupportBox {
  /** @param {import("../stream.js").Stream} page */
  constructor(page) {
    this.page = page;
    this.reading = new Newest();
    /** @type {any[] | null} */
    this.gifts = null;
    /** @type {any[]} */
    this.supporters = [];
    /** The payment of each button, by the gift's id; a tip's is `tip`. @type {Map<string, Payment>} */
    this.payments = new Map();
    this.last = "";
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

  /**
   * Pays by a button: pressed again before it is settled, it is the same payment.
   *
   * @param {string} name
   * @param {string} action
   * @param {unknown} body
   */
  async pay(name, action, body) {
    const { page, payments } = this;
    const next = new Payment(`${page.path}/${action}`, body, { update: page.update });
    const payment = pressed(payments.get(name), next);
    payments.set(name, payment);
    this.last = name;
    page.update();
    if (await payment.send()) await page.app.refreshMe();
  }

  /** @param {SubmitEvent} event */
  tip = (event) => {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    this.pay("tip", "tip", { amount: Number(fields.get("amount")), message: fields.get("message") || null });
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
              <button type="button" class="gift ${gift.rarity}" @click=${() => this.pay(gift.id, "gift", { giftId: gift.id, quantity: 1 })}>
                <span>${gift.name}</span><span class="price">${coins(gift.price)}</span>
              </button>`,
          )}
        </div>
        <form class="row" @submit=${this.tip}>
          <label>Tip <input name="amount" type="number" min="1" max="100000" value="10" required></label>
          <label class="grow">With a word <input name="message" maxlength="500" autocomplete="off"></label>
          <button>Send tip</button>
        </form>
        ${receipt(this.payments.get(this.last) ?? null)}
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
