// @ts-check
/** Somebody's page: following, calling, their stream and their next show. */
import { get, post, remove } from "../api.js";
import { html, nothing } from "../html.js";
import { Page } from "../page.js";
import { Payment } from "../payment.js";
import { badge, button, coins, count, loading, outcome, pressed, problemBox, receipt, when } from "../ui.js";

export class Profile extends Page {
  title = this.params[0];
  /** @type {any} */
  profile = null;
  reading = this.task();
  following = this.task();
  /** @type {Payment | null} */
  request = null;

  open() {
    return this.reading.run(async () => {
      this.profile = await get(`/api/profile/${encodeURIComponent(this.params[0])}`);
      this.title = this.profile.displayName;
    });
  }

  view() {
    const { profile } = this;
    if (!profile) return html`<h1 tabindex="-1">${this.params[0]}</h1>${this.reading.problem ? problemBox(this.reading.problem) : loading()}`;
    return html`
      <h1 tabindex="-1">${profile.displayName}</h1>
      <p class="row"><span class="muted">@${profile.username}</span> ${badge(profile.role)} ${profile.isCreatorVerified ? badge("verified") : nothing}
        <span>${count(profile.followerCount)} followers</span> <span>${count(profile.followingCount)} following</span></p>
      ${profile.bio ? html`<p>${profile.bio}</p>` : nothing}
      ${this.isAnother ? this.follow() : nothing}
      ${profile.liveStream ? html`<p>${badge("live")} <a href="#/stream/${profile.liveStream.id}">Watch “${profile.liveStream.title}”</a></p>` : nothing}
      ${profile.nextShow ? html`<p>Next show: <a href="#/shows/${profile.nextShow.id}">${profile.nextShow.title}</a>, ${when(profile.nextShow.scheduledStart)}, ${coins(profile.nextShow.ticketPrice)}</p>` : nothing}
      ${profile.callSettings ? this.calls(profile.callSettings) : nothing}`;
  }

  get isAnother() {
    return this.app.me !== null && this.app.me.id !== this.profile.id;
  }

  follow() {
    const { id, isFollowing } = this.profile;
    const change = async () => {
      await (isFollowing ? remove : post)(`/api/follow/${id}`);
      this.profile = await get(`/api/profile/${encodeURIComponent(this.params[0])}`);
    };
    return html`<p>${button(this.following, isFollowing ? "Unfollow" : "Follow", change)}</p>${outcome(this.following)}`;
  }

  /** @param {any} settings */
  calls(settings) {
    const { callRatePerMinute: rate, minimumCallDuration: minimum } = settings;
    return html`
      <section aria-labelledby="call">
        <h2 id="call">Paid call</h2>
        <p>${coins(rate)} a minute, ${minimum} minutes at least: ${coins(rate * minimum)} are set aside when you ask.</p>
        ${!this.isAnother
          ? nothing
          : settings.isAvailableForCalls
            ? html`
                <form class="row" @submit=${this.ask}>
                  <label>Minutes you expect <input name="minutes" type="number" min="1" max="240" value=${minimum} required></label>
                  <button>Ask for a call</button>
                </form>`
            : html`<p class="notice">Takes no calls at the moment.</p>`}
        ${receipt(this.request)}
        ${this.request?.answer ? held(this.request.answer) : nothing}
      </section>`;
  }

  /** @param {SubmitEvent} event */
  ask = async (event) => {
    event.preventDefault();
    const minutes = Number(new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)).get("minutes"));
    const body = { creatorId: this.profile.id, estimatedMinutes: minutes };
    this.request = pressed(this.request, new Payment("/api/calls/request", body, { update: this.update }));
    if (await this.request.send()) await this.app.refreshMe();
  };
}

/** @param {any} answer */
const held = (answer) => html`
  <p class="notice" role="status">${coins(answer.held)} are set aside; ${coins(answer.availableBalance)} are left to spend.
    <a href="#/calls">Go to your calls</a></p>`;
