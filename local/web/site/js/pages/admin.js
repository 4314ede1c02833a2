// @ts-check
/** The admin desk: applications, users, the books, and what the database is slow at. */
import { get } from "../api.js";
import { html } from "../html.js";
import { Page } from "../page.js";
import { Applications } from "./admin/applications.js";
import { Finance } from "./admin/finance.js";
import { Queries } from "./admin/queries.js";
import { Users } from "./admin/users.js";
import { count, figures, problemBox } from "../ui.js";

/** @type {Record<string, [string, any]>} */
const DESKS = {
  applications: ["Applications", Applications],
  users: ["Users", Users],
  finance: ["Finance", Finance],
  queries: ["Slow queries", Queries],
};

export class Admin extends Page {
  static private = true;
  name = this.params[0] in DESKS ? this.params[0] : "applications";
  title = DESKS[this.name][0];
  reading = this.task();
  /** @type {any} */
  stats = null;
  desk = new DESKS[this.name][1](this);

  open() {
    return Promise.all([
      this.reading.run(async () => {
        this.stats = await get("/api/admin/stats");
      }),
      this.desk.open(),
    ]);
  }

  view() {
    return html`
      <h1 tabindex="-1">Admin desk</h1>
      ${problemBox(this.reading.problem)}
      ${this.stats
        ? figures([
            ["Users", count(this.stats.users)],
            ["Creators", count(this.stats.creators)],
            ["Suspended", count(this.stats.suspendedUsers)],
            ["Applications that wait", count(this.stats.pendingApplications)],
            ["Live streams", count(this.stats.liveStreams)],
            ["Open payouts", count(this.stats.openPayouts)],
          ])
        : ""}
      <nav class="desks" aria-label="Desks">${Object.entries(DESKS).map(([name, [label]]) => html`<a href="#/admin/${name}" aria-current=${name === this.name ? "page" : "false"}>${label}</a>`)}</nav>
      <section aria-labelledby="desk">
        <h2 id="desk">${this.title}</h2>
        ${this.desk.view()}
      </section>`;
  }
}
