// @ts-check
/** Goals, which gifts and tips move; the host sets them. */
import { get, post, remove } from "../../api.js";
import { html, nothing, repeat } from "../../html.js";
import { Newest } from "../../page.js";
import { button, count, onSubmit, outcome } from "../../ui.js";

export class GoalBox {
  /** @param {import("../stream.js").Stream} page */
  constructor(page) {
    this.page = page;
    this.setting = page.task();
    this.reading = new Newest();
    /** @type {any[]} */
    this.goals = [];
  }

  open() {
    return this.reading.read(get(`${this.page.path}/goals`), ({ goals }) => {
      this.goals = goals;
      this.page.update();
    });
  }

  /** @param {string} event */
  hear(event) {
    if (["goal", "gift", "tip"].includes(event)) this.page.again(this);
  }

  view() {
    if (!this.goals.length) return nothing;
    return html`
      <section aria-labelledby="goals">
        <h2 id="goals">Goals</h2>
        ${repeat(this.goals, (goal) => goal.id, (goal) => this.goal(goal))}
        ${outcome(this.setting)}
      </section>`;
  }

  /** @param {any} goal */
  goal(goal) {
    const drop = async () => {
      await remove(`${this.page.path}/goals/${goal.id}`);
      await this.open();
    };
    return html`
      <div class="goal">
        <label>${goal.title} <progress max=${goal.targetAmount} .value=${Math.min(goal.progress, goal.targetAmount)}></progress></label>
        <p>${count(goal.progress)} of ${count(goal.targetAmount)} coins${goal.status === "completed" ? ": reached!" : ""} <span class="muted">${goal.rewardText}</span></p>
        ${this.page.isHost && goal.status === "active" ? button(this.setting, "Remove", drop, "small") : nothing}
      </div>`;
  }

  form() {
    const set = async (/** @type {Record<string, string>} */ fields) => {
      const goal = await post(`${this.page.path}/goals`, {
        title: fields.title,
        targetAmount: Number(fields.targetAmount),
        rewardText: fields.rewardText || null,
      });
      await this.open();
      return `“${goal.title}” is set.`;
    };
    return html`
      <form @submit=${onSubmit(this.setting, set)}>
        <label>Goal <input name="title" maxlength="100" autocomplete="off" required></label>
        <label>Coins <input name="targetAmount" type="number" min="1" value="100" required></label>
        <label>Reward <input name="rewardText" maxlength="200" autocomplete="off"></label>
        <button ?disabled=${this.setting.busy}>Set goal</button>
      </form>
      ${this.goals.length ? nothing : outcome(this.setting)}`;
  }
}
