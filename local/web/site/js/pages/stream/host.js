// @ts-check
/** The host's own tools: goals, polls, the pace of the chat, bans, and the end. */
import { post, remove } from "../../api.js";
import { html, nothing } from "../../html.js";
import { ask, button, outcome } from "../../ui.js";

const PACES = [0, 5, 10, 15, 30, 60, 120, 300];

export class HostBox {
  /** @param {import("../stream.js").Stream} page */
  constructor(page) {
    this.page = page;
    this.task = page.task();
    /** Banned from here, as long as this page is open. @type {{id: string, displayName: string}[]} */
    this.banned = [];
  }

  /** @param {{id: string, displayName: string}} user */
  noteBan(user) {
    this.banned = [...this.banned.filter((one) => one.id !== user.id), user];
  }

  view() {
    const { page } = this;
    if (page.stream.status !== "live") return nothing;
    const pace = async (/** @type {Event} */ event) => {
      const seconds = Number(/** @type {HTMLSelectElement} */ (event.currentTarget).value);
      await ask(this.task, async () => {
        await post(`${page.path}/slow-mode`, { seconds });
        return seconds ? `One line every ${seconds} seconds.` : "Everybody may write as often as they like.";
      });
    };
    const end = async () => {
      page.stream = await post(`${page.path}/end`);
    };
    return html`
      <section aria-labelledby="host">
        <h2 id="host">Your stream</h2>
        <details><summary>Set a goal</summary>${page.goals.form()}</details>
        <details><summary>Open a poll</summary>${page.polls.form()}</details>
        <div class="row">
          <label>Slow mode
            <select @change=${pace}><option value="" disabled selected>choose</option>${PACES.map((seconds) => html`<option value=${seconds}>${seconds ? `${seconds} seconds` : "off"}</option>`)}</select>
          </label>
          ${button(this.task, "End the stream", end, "danger")}
        </div>
        ${this.banned.map((user) => html`<p>${user.displayName} is banned. ${button(this.task, `Let ${user.displayName} back`, () => this.lift(user), "small")}</p>`)}
        ${outcome(this.task)}
      </section>`;
  }

  /** @param {{id: string, displayName: string}} user */
  async lift(user) {
    await remove(`${this.page.path}/ban/${user.id}`);
    this.banned = this.banned.filter((one) => one.id !== user.id);
    return `${user.displayName} may come back.`;
  }
}
