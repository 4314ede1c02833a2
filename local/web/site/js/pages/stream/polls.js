// @ts-check
/** The stream's poll: votes as they come in; the host opens and closes it. */
import { get, post } from "../../api.js";
import { html, nothing, repeat } from "../../html.js";
import { Newest } from "../../page.js";
import { button, count, onSubmit, outcome } from "../../ui.js";

export class PollBox {
  /** @param {import("../stream.js").Stream} page */
  constructor(page) {
    this.page = page;
    this.voting = page.task();
    this.reading = new Newest();
    /** The newest one. @type {any} */
    this.poll = null;
  }

  open() {
    return this.reading.read(get(`${this.page.path}/polls`, { limit: 1 }), ({ polls }) => {
      this.poll = polls[0] ?? null;
      this.page.update();
    });
  }

  /** @param {string} event @param {any} payload */
  hear(event, payload) {
    if (event !== "poll") return;
    const own = this.poll?.id === payload.id ? this.poll.myVote : null;
    // Everybody is told the same: what one voted for oneself is kept.
    this.poll = { ...payload, myVote: own };
  }

  view() {
    const { poll, page } = this;
    if (!poll) return nothing;
    const closing = async () => {
      this.poll = await post(`${page.path}/polls/${poll.id}/end`);
    };
    return html`
      <section aria-labelledby="poll">
        <h2 id="poll">Poll: ${poll.question}</h2>
        <ul class="poll">${repeat(poll.options, (one) => one.id, (one) => this.option(one))}</ul>
        <p class="muted">${count(poll.totalVotes)} ${poll.totalVotes === 1 ? "vote" : "votes"}${poll.isOpen ? "" : ", closed"}</p>
        ${page.isHost && poll.isOpen ? button(this.voting, "Close the poll", closing) : nothing}
        ${outcome(this.voting)}
      </section>`;
  }

  /** @param {any} option */
  option(option) {
    const { poll, page } = this;
    const mayVote = poll.isOpen && page.app.me && !page.isHost && !poll.myVote;
    const vote = async () => {
      this.poll = await post(`${page.path}/polls/${poll.id}/vote`, { optionId: option.id });
    };
    return html`
      <li>
        <label>${option.label}${poll.myVote === option.id ? " (your vote)" : ""}
          <progress max=${Math.max(poll.totalVotes, 1)} .value=${option.votes}></progress></label>
        <span>${count(option.votes)}</span>
        ${mayVote ? button(this.voting, html`Vote<span class="hidden"> for ${option.label}</span>`, vote, "small") : nothing}
      </li>`;
  }

  form() {
    const ask = async (/** @type {Record<string, string>} */ { question, options, seconds }) => {
      const labels = options.split("\n").map((line) => line.trim()).filter(Boolean);
      this.poll = await post(`${this.page.path}/polls`, { question, options: labels, durationSeconds: Number(seconds) });
      return "The poll is open.";
    };
    return html`
      <form @submit=${onSubmit(this.voting, ask)}>
        <label>Question <input name="question" maxlength="200" autocomplete="off" required></label>
        <label>Options, one a line <textarea name="options" rows="3" required></textarea></label>
        <label>Seconds <input name="seconds" type="number" min="10" max="3600" value="300" required></label>
        <button ?disabled=${this.voting.busy}>Open poll</button>
      </form>
      ${this.poll ? nothing : outcome(this.voting)}`;
  }
}
