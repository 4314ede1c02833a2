// @ts-check
/** Ticketed shows: what is coming, one of them, and one's tickets. */
import { get, post } from "../api.js";
import { html, nothing } from "../html.js";
import { Page } from "../page.js";
import { Payment } from "../payment.js";
import { badge, button, coins, count, figures, list, loading, outcome, person, pressed, problemBox, receipt, when, words } from "../ui.js";

export class Shows extends Page {
  title = "Shows";
  id = this.params[0];
  /** @type {any} */
  show = null;
  reading = this.task();
  reminding = this.task();
  /** @type {Payment | null} */
  purchase = null;
  upcoming = this.listing((cursor) => get("/api/shows/upcoming", { cursor }), "shows");
  tickets = this.listing((cursor) => get("/api/shows/my-tickets", { cursor }), "tickets");

  open() {
    if (this.id) return this.reading.run(() => this.read());
    return Promise.all([this.upcoming.first(), this.app.me ? this.tickets.first() : null]);
  }

  async read() {
    this.show = await get(`/api/shows/${this.id}`);
    this.title = this.show.title;
  }

  view() {
    return this.id ? this.one() : this.all();
  }

  all() {
    return html`
      <h1 tabindex="-1">Shows</h1>
      <section aria-labelledby="upcoming">
        <h2 id="upcoming">Coming</h2>
        ${list(this.upcoming, (rows) => html`<ul class="cards">${rows.map(card)}</ul>`, "No show is planned.")}
      </section>
      ${this.app.me
        ? html`
            <section aria-labelledby="tickets">
              <h2 id="tickets">Your tickets</h2>
              ${list(this.tickets, (rows) => html`<ul class="cards">${rows.map(ticketCard)}</ul>`, "You have no tickets.")}
            </section>`
        : nothing}`;
  }

  one() {
    const { show } = this;
    if (!show) return html`<h1 tabindex="-1">Show</h1>${this.reading.problem ? problemBox(this.reading.problem) : loading()}`;
    return html`
      <h1 tabindex="-1">${show.title}</h1>
      <p class="row">${badge(show.status)} <span>${person(show.creator)} · ${words(show.showType)}</span></p>
      ${show.description ? html`<p>${show.description}</p>` : nothing}
      ${figures([["Starts", when(show.scheduledStart)], ["Lasts", `${show.durationMinutes} minutes`], ["Ticket", coins(show.ticketPrice)], ["Sold", count(show.ticketsSold)], ["Left", show.ticketsRemaining === null ? "any number" : count(show.ticketsRemaining)]])}
      ${show.ticket ? html`<p class="notice" role="status">You have ticket number ${show.ticket.ticketNumber}, for ${coins(show.ticket.price)}.</p>` : this.offer()}
      ${receipt(this.purchase)}
      ${this.app.me && show.status === "scheduled" ? html`<p>${show.hasReminder ? "You will be reminded." : button(this.reminding, "Remind me", () => this.remind())}</p>${outcome(this.reminding)}` : nothing}`;
  }

  offer() {
    const { me } = this.app;
    if (!me) return html`<p class="notice"><a href="#/sign-in">Sign in</a> to buy a ticket.</p>`;
    if (me.id === this.show.creator.id || !["scheduled", "live"].includes(this.show.status)) return nothing;
    return html`<p><button type="button" @click=${this.buy}>Buy a ticket for ${coins(this.show.ticketPrice)}</button></p>`;
  }

  buy = async () => {
    this.purchase = pressed(this.purchase, new Payment(`/api/shows/${this.id}/purchase`, undefined, { update: this.update }));
    if (await this.purchase.send()) await Promise.all([this.open(), this.app.refreshMe()]);
  };

  async remind() {
    await post(`/api/shows/${this.id}/remind-me`);
    await this.read();
  }
}

/** @param {any} show */
const card = (show) => html`
  <li class="card">
    <h3><a href="#/shows/${show.id}">${show.title}</a></h3>
    <p>${person(show.creator)} · ${when(show.scheduledStart)}</p>
    <p>${badge(show.status)} ${coins(show.ticketPrice)} · ${show.ticketsRemaining === null ? "seats for all" : `${count(show.ticketsRemaining)} seats left`}</p>
  </li>`;

/** @param {any} ticket */
const ticketCard = (ticket) => html`
  <li class="card">
    <h3><a href="#/shows/${ticket.showId}">${ticket.show.title}</a></h3>
    <p>Number ${ticket.ticketNumber} ${badge(ticket.status)} · ${when(ticket.show.scheduledStart)}</p>
  </li>`;
