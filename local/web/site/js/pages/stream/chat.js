// @ts-check
/** The chat, newest line at the bottom; the host moderates in it. */
import { get, post, remove } from "../../api.js";
import { html, nothing, repeat } from "../../html.js";
import { Newest } from "../../page.js";
import { ask, at, onSubmit, outcome, person } from "../../ui.js";

const KEPT = 100;
/** Pixels from the bottom that still count as reading along. */
const NEAR = 60;
const TIMEOUT_MINUTES = 10;

export class ChatBox {
  /** @param {import("../stream.js").Stream} page */
  constructor(page) {
    this.page = page;
    this.writing = page.task();
    this.moderating = page.task();
    this.reading = new Newest();
    /** Ids of lines that are gone. @type {Set<string>} */
    this.dropped = new Set();
    /** Oldest first. @type {any[]} */
    this.lines = [];
  }

  open() {
    return this.reading.read(get(`${this.page.path}/messages`, { limit: 50 }), ({ messages }) => {
      const read = messages.reverse().filter((/** @type {any} */ line) => !this.dropped.has(line.id));
      const known = new Set(read.map((/** @type {any} */ line) => line.id));
      // What was heard while this was read is newer than it.
      const newest = read.at(-1)?.createdAt ?? "";
      this.lines = [...read, ...this.lines.filter((line) => !known.has(line.id) && line.createdAt > newest)];
      this.show();
    });
  }

  /** Shows the newest line, unless somebody is reading further up. */
  show() {
    const before = document.querySelector(".chat");
    const follows = !before || before.scrollHeight - before.scrollTop - before.clientHeight < NEAR;
    this.page.update();
    const box = document.querySelector(".chat");
    if (box && follows) box.scrollTop = box.scrollHeight;
  }

  /** @param {string} event @param {any} payload */
  hear(event, payload) {
    if (event === "chat") this.add(payload);
    if (event === "chat_deleted") this.drop(payload.id);
    // A gift and a tip write their line themselves.
    if (event === "gift" || event === "tip") this.page.again(this);
  }

  /** @param {any} line */
  add(line) {
    if (this.lines.some((one) => one.id === line.id)) return;
    this.lines = [...this.lines, line].slice(-KEPT);
    this.show();
  }

  /** @param {string} id */
  drop(id) {
    this.dropped.add(id);
    this.lines = this.lines.filter((one) => one.id !== id);
  }

  view() {
    const { app, stream } = this.page;
    return html`
      <section aria-labelledby="chat">
        <h2 id="chat">Chat</h2>
        <div class="chat" role="log" aria-live="polite" aria-labelledby="chat" tabindex="0">
          <ol>${repeat(this.lines, (line) => line.id, (line) => this.line(line))}</ol>
        </div>
        ${outcome(this.moderating)}
        ${app.me && stream.status === "live" ? this.form() : nothing}
      </section>`;
  }

  form() {
    const write = async (/** @type {Record<string, string>} */ { content }) => {
      this.add(await post(`${this.page.path}/message`, { content }));
    };
    return html`
      <form class="row" @submit=${onSubmit(this.writing, write)}>
        <label class="grow"><span class="hidden">Message</span>
          <input name="content" maxlength="500" placeholder="Say something" autocomplete="off" required></label>
        <button ?disabled=${this.writing.busy}>Send</button>
      </form>
      ${outcome(this.writing)}`;
  }

  /** @param {any} line */
  line(line) {
    return html`
      <li class="line-${line.kind}">
        ${person(line.user)} <span class="muted">${at(line.createdAt)}</span>
        ${this.page.isHost && line.kind === "chat" ? this.tools(line) : nothing}
        <br>${line.content}
      </li>`;
  }

  /** What a host may do about a line, and about who wrote it. @param {any} line */
  tools(line) {
    const { path, app } = this.page;
    const name = line.user.displayName;
    /** @param {string} label @param {string} what @param {() => Promise<string>} work */
    const tool = (label, what, work) =>
      html`<button type="button" class="small" aria-label=${what} ?disabled=${this.moderating.busy} @click=${() => ask(this.moderating, work)}>${label}</button>`;
    return html`<span class="tools">
      ${tool("Delete", `Delete this line of ${name}`, async () => {
        await remove(`${path}/messages/${line.id}`);
        this.drop(line.id);
        return "The line is gone.";
      })}
      ${line.user.id === app.me?.id
        ? nothing
        : html`
            ${tool("Time out", `Time ${name} out`, async () => {
              await post(`${path}/timeout`, { userId: line.user.id, minutes: TIMEOUT_MINUTES });
              return `${name} cannot write for ${TIMEOUT_MINUTES} minutes.`;
            })}
            ${tool("Ban", `Ban ${name}`, async () => {
              await post(`${path}/ban`, { userId: line.user.id });
              this.page.host.noteBan(line.user);
              return `${name} is banned from this stream.`;
            })}`}
    </span>`;
  }
}
