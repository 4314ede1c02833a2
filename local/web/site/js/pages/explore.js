// @ts-check
/** What is on: live streams, and creators by rank. */
import { get } from "../api.js";
import { html, nothing } from "../html.js";
import { Page } from "../page.js";
import { badge, count, list, person } from "../ui.js";

const FILTERS = [["", "Everybody"], ["live", "Live"], ["online", "Online"], ["new", "New"]];

export class Explore extends Page {
  title = "Explore";
  filter = "";
  search = "";
  live = this.listing((cursor) => get("/api/streams/live", { cursor }), "streams");
  creators = this.listing(
    (cursor) => get("/api/explore", { cursor, filter: this.filter, search: this.search }),
    "creators",
  );

  open() {
    return Promise.all([this.live.first(), this.creators.first()]);
  }

  view() {
    return html`
      <h1 tabindex="-1">Explore</h1>
      <section aria-labelledby="live">
        <h2 id="live">Live now</h2>
        ${list(this.live, (rows) => html`<ul class="cards">${rows.map(streamCard)}</ul>`, "Nobody is live at the moment.")}
      </section>
      <section aria-labelledby="creators">
        <h2 id="creators">Creators</h2>
        <form class="row" role="search" @submit=${this.look}>
          <label>Name <input name="search" type="search" maxlength="50"></label>
          <label>Show
            <select name="filter">${FILTERS.map(([value, label]) => html`<option value=${value}>${label}</option>`)}</select>
          </label>
          <button>Search</button>
        </form>
        ${list(this.creators, (rows) => html`<ul class="cards">${rows.map(creatorCard)}</ul>`, "No creator is like that.")}
      </section>`;
  }

  /** @param {SubmitEvent} event */
  look = (event) => {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    this.filter = String(fields.get("filter"));
    this.search = String(fields.get("search"));
    this.creators.first();
  };
}

/** @param {any} stream */
const streamCard = (stream) => html`
  <li class="card">
    <h3><a href="#/stream/${stream.id}">${stream.title}</a></h3>
    <p>${person(stream.creator)} · ${stream.category}</p>
    <p>${badge("live")} ${stream.privacy === "public" ? nothing : badge(stream.privacy)} ${count(stream.currentViewers)} watching</p>
  </li>`;

/** @param {any} creator */
const creatorCard = (creator) => html`
  <li class="card">
    <h3>${person(creator)}</h3>
    <p class="muted">@${creator.username} · ${count(creator.followerCount)} followers</p>
    <p>${creator.isLive ? badge("live") : creator.isOnline ? badge("online") : nothing}
      ${creator.isCreatorVerified ? badge("verified") : nothing} ${creator.isNew ? badge("new") : nothing}</p>
    ${creator.liveStream ? html`<p><a href="#/stream/${creator.liveStream.id}">Watch “${creator.liveStream.title}”</a></p>` : nothing}
  </li>`;
