// @ts-check
/** Where a creator goes live, and where a fan asks to become one. */
import { get, patch, post } from "../api.js";
import { html, nothing } from "../html.js";
import { Page } from "../page.js";
import { badge, coins, count, list, onSubmit, outcome, table, when } from "../ui.js";

export class Studio extends Page {
  static private = true;
  title = "Studio";
  starting = this.task();
  applying = this.task();
  setting = this.task();
  /** @type {any} */
  active = null;
  /** @type {any} */
  application = null;
  /** @type {any} */
  settings = null;
  streams = this.listing((cursor) => get("/api/streams/my-streams", { cursor }), "streams");

  get isCreator() {
    return this.app.me?.role === "creator";
  }

  open() {
    if (!this.isCreator) {
      return this.applying.run(async () => {
        this.application = (await get("/api/creator/apply")).application;
      });
    }
    return Promise.all([
      this.starting.run(async () => {
        this.active = (await get("/api/streams/active")).stream;
      }),
      this.setting.run(async () => {
        this.settings = await get("/api/creator/settings");
      }),
      this.streams.first(),
    ]);
  }

  view() {
    return html`<h1 tabindex="-1">Studio</h1>${this.isCreator ? this.desk() : this.apply()}`;
  }

  desk() {
    return html`
      <div class="columns">
        ${this.active
          ? html`<section aria-labelledby="now"><h2 id="now">You are live</h2><p><a href="#/stream/${this.active.id}">${this.active.title}</a>: ${count(this.active.currentViewers)} watching</p></section>`
          : this.goLive()}
        ${this.settings ? this.calls() : nothing}
      </div>
      <section aria-labelledby="streams">
        <h2 id="streams">Your streams</h2>
        ${list(this.streams, (rows) => table("Your streams, newest first", ["Title", "State", "Began", "Most viewers", "Earned"], rows.map(row)), "You have not streamed yet.")}
      </section>`;
  }

  goLive() {
    const create = async (/** @type {Record<string, string>} */ fields) => {
      const price = fields.privacy === "ticketed" ? { ticketPrice: Number(fields.ticketPrice) } : {};
      const { title, category, privacy } = fields;
      const stream = await post("/api/streams/create", { title, category, privacy, ...price });
      this.app.go(`/stream/${stream.id}`);
    };
    return html`
      <section aria-labelledby="golive">
        <h2 id="golive">Go live</h2>
        <form @submit=${onSubmit(this.starting, create)}>
          <label>Title <input name="title" maxlength="100" autocomplete="off" required></label>
          <label>Category <input name="category" maxlength="50" value="music" required></label>
          <label>Who may watch
            <select name="privacy">
              <option value="public">everybody</option>
              <option value="followers">followers</option>
              <option value="ticketed">holders of a ticket</option>
            </select>
          </label>
          <label>Price of a ticket, where it takes one <input name="ticketPrice" type="number" min="1" max="100000" value="50"></label>
          <button ?disabled=${this.starting.busy}>Go live</button>
        </form>
        ${outcome(this.starting)}
      </section>`;
  }

  calls() {
    const change = async (/** @type {FormData} */ fields) => {
      this.settings = await patch("/api/creator/settings", {
        callRatePerMinute: Number(fields.get("rate")),
        minimumCallDuration: Number(fields.get("minimum")),
        isAvailableForCalls: fields.has("available"),
      });
      return "Saved.";
    };
    /** @param {SubmitEvent} event */
    const submit = (event) => {
      event.preventDefault();
      const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
      this.setting.run(() => change(fields));
    };
    return html`
      <section aria-labelledby="settings">
        <h2 id="settings">Calls</h2>
        <form @submit=${submit}>
          <label>Coins a minute <input name="rate" type="number" min="1" .value=${this.settings.callRatePerMinute} required></label>
          <label>Minutes at least <input name="minimum" type="number" min="1" max="240" .value=${this.settings.minimumCallDuration} required></label>
          <label class="check"><input name="available" type="checkbox" ?checked=${this.settings.isAvailableForCalls}> Open to calls</label>
          <button ?disabled=${this.setting.busy}>Save</button>
        </form>
        ${outcome(this.setting)}
      </section>`;
  }

  apply() {
    const { application } = this;
    const send = async (/** @type {Record<string, string>} */ fields) => {
      this.application = await post("/api/creator/apply", fields);
      return "Sent. An admin will look at it.";
    };
    return html`
      <section aria-labelledby="apply">
        <h2 id="apply">Become a creator</h2>
        ${application ? html`<p>Your application of ${when(application.createdAt)} is ${badge(application.status)}</p>` : nothing}
        ${this.applying.busy || application?.status === "pending"
          ? nothing
          : html`
              <form @submit=${onSubmit(this.applying, send)}>
                <label>Name <input name="displayName" maxlength="50" required></label>
                <label>About you <textarea name="bio" maxlength="500" rows="2" required></textarea></label>
                <label>Why <textarea name="whyCreator" maxlength="2000" rows="3" required></textarea></label>
                <label>What you will stream <input name="contentType" maxlength="100" required></label>
                <button>Apply</button>
              </form>`}
        ${outcome(this.applying)}
      </section>`;
  }
}

/** @param {any} stream */
const row = (stream) => [
  html`<a href="#/stream/${stream.id}">${stream.title}</a>`,
  badge(stream.status),
  when(stream.startedAt),
  count(stream.peakViewers),
  coins(stream.totalCoins),
];
