// @ts-check
/** A live stream: chat, gifts, leaderboard, goals and polls that move as others act. */
import { get, letGo, post } from "../api.js";
import { Channel } from "../channel.js";
import { html, nothing } from "../html.js";
import { Page } from "../page.js";
import { Payment } from "../payment.js";
import { badge, coins, count, loading, person, pressed, problemBox, receipt } from "../ui.js";
import { ChatBox } from "./stream/chat.js";
import { GoalBox } from "./stream/goals.js";
import { HostBox } from "./stream/host.js";
import { PollBox } from "./stream/polls.js";
import { SupportBox } from "./stream/support.js";
import { video } from "./stream/video.js";

const HEARTBEAT_SECONDS = 20;

export class Stream extends Page {
  title = "Stream";
  id = this.params[0];
  path = `/api/streams/${this.id}`;
  /** @type {any} */
  stream = null;
  /** @type {any} */
  pass = null;
  opening = this.task();
  /** @type {Payment | null} */
  ticket = null;
  viewers = 0;
  isLive = false;
  chat = new ChatBox(this);
  support = new SupportBox(this);
  goals = new GoalBox(this);
  polls = new PollBox(this);
  host = new HostBox(this);
  /** @type {Channel | null} */
  channel = null;
  beat = 0;

  get isHost() {
    return this.app.me !== null && this.app.me.id === this.stream?.creator.id;
  }

  open() {
    return this.opening.run(async () => {
      // Whoever may not watch learns why here, and nothing else is asked.
      this.stream = await get(this.path);
      this.title = this.stream.title;
      this.viewers = this.stream.currentViewers;
      this.update();
      if (!this.isOpen) return;
      if (this.stream.status === "live") this.listen();
      await Promise.all([this.refresh(), this.enter()]);
    });
  }

  listen() {
    this.channel ??= new Channel(`stream:${this.id}`, this.hear, this.refresh, (isLive) => {
      this.isLive = isLive;
      this.update();
    });
    this.beat ||= window.setInterval(this.stay, HEARTBEAT_SECONDS * 1000);
  }

  /** Takes a seat, and the pass to the room. */
  async enter() {
    if (this.stream.status !== "live" || !this.app.me) return;
    if (!this.isHost) this.viewers = (await post(`${this.path}/join`)).currentViewers;
    this.pass = await get(this.isHost ? `${this.path}/broadcast-token` : `${this.path}/token`);
  }

  /** Reads again everything that moves. */
  refresh = async () => {
    await Promise.all([this.chat, this.support, this.goals, this.polls].map((box) => box.open()));
  };

  /** Reads one part again, because of what was heard. @param {{open: () => Promise<unknown>}} box */
  again(box) {
    box.open().catch(letGo);
  }

  /** Is heard of, so that it counts as being there. */
  stay = () => this.app.me && post(`${this.path}/${this.isHost ? "heartbeat" : "viewer-heartbeat"}`).catch(letGo);

  /** @param {string} event @param {any} payload */
  hear = (event, payload) => {
    if (event === "viewer_count") this.viewers = payload.currentViewers;
    if (event === "stream_ended") this.stream = { ...this.stream, status: "ended" };
    for (const box of [this.chat, this.support, this.goals, this.polls]) box.hear(event, payload);
    this.update();
  };

  close() {
    super.close();
    this.channel?.close();
    clearInterval(this.beat);
    if (this.channel && this.app.me && !this.isHost) post(`${this.path}/leave`).catch(letGo);
  }

  view() {
    if (!this.stream) return html`<h1 tabindex="-1">Stream</h1>${this.opening.problem ? this.closed() : loading()}`;
    const { title, creator, status, category, totalCoins } = this.stream;
    return html`
      <h1 tabindex="-1">${title}</h1>
      <p class="row">
        ${badge(status)} <span>${person(creator)} · ${category}</span>
        <span id="viewers">${count(this.viewers)} watching</span>
        <span class="muted" role="status">${status === "live" ? (this.isLive ? "Live updates" : "Looking every 5 seconds") : nothing}</span>
      </p>
      ${problemBox(this.opening.problem)}
      ${status === "ended" ? html`<p class="notice" role="status">The stream is over. It earned ${coins(totalCoins)}.</p>` : nothing}
      <div class="stage">
        <div class="wide">
          ${video(this.pass, this.isHost)}
          ${this.isHost ? this.host.view() : this.support.shop()}
          ${this.polls.view()}
          ${this.goals.view()}
        </div>
        <div>
          ${this.chat.view()}
          ${this.support.board()}
        </div>
      </div>`;
  }

  /** Why it is not shown, and what would help. */
  closed() {
    const { code, extra } = /** @type {import("../api.js").Problem} */ (this.opening.problem);
    return html`
      ${problemBox(this.opening.problem)}
      ${code === "ticket_required"
        ? html`<button type="button" @click=${this.buy}>Buy a ticket for ${coins(extra.ticketPrice)}</button>${receipt(this.ticket)}`
        : nothing}`;
  }

  buy = async () => {
    this.ticket = pressed(this.ticket, new Payment(`${this.path}/ticket`, undefined, { update: this.update }));
    if (!(await this.ticket.send())) return;
    await this.app.refreshMe();
    await this.open();
  };
}
