// @ts-check
/** Who wants to become a creator. */
import { get, post } from "../../api.js";
import { html } from "../../html.js";
import { button, list, outcome, when } from "../../ui.js";

export class Applications {
  /** @param {import("../admin.js").Admin} page */
  constructor(page) {
    this.page = page;
    this.reviewing = page.task();
    this.rows = page.listing((cursor) => get("/api/admin/applications", { cursor, status: "pending" }), "applications");
  }

  open() {
    return this.rows.first();
  }

  view() {
    return html`
      ${outcome(this.reviewing)}
      ${list(this.rows, (rows) => html`<ul class="cards">${rows.map((one) => this.card(one))}</ul>`, "No application waits.")}`;
  }

  /** @param {any} one */
  card(one) {
    /** @param {string} action @param {string} done */
    const review = (action, done) => async () => {
      await post(`/api/admin/applications/${one.id}/${action}`);
      await this.page.open();
      return `${one.displayName} ${done}.`;
    };
    return html`
      <li class="card">
        <h3>${one.displayName} <span class="muted">@${one.applicant.username}</span></h3>
        <p>${one.bio}</p>
        <p>Will stream ${one.contentType}: ${one.whyCreator}</p>
        <p class="muted">${one.applicant.email} · ${when(one.createdAt)}</p>
        <p class="row">
          ${button(this.reviewing, "Approve", review("approve", "is a creator now"))}
          ${button(this.reviewing, "Reject", review("reject", "was refused"), "danger")}
        </p>
      </li>`;
  }
}
