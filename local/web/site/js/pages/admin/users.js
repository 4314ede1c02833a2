// @ts-check
/** Users: who they are, and suspending them. */
import { get, post } from "../../api.js";
import { html } from "../../html.js";
import { badge, list, onSubmit, outcome, person, table, when } from "../../ui.js";

export class Users {
  /** @param {import("../admin.js").Admin} page */
  constructor(page) {
    this.page = page;
    this.acting = page.task();
    this.search = "";
    this.status = "";
    this.rows = page.listing((cursor) => get("/api/admin/users", { cursor, search: this.search, status: this.status }), "users");
  }

  open() {
    return this.rows.first();
  }

  view() {
    return html`
      <form class="row" role="search" @submit=${this.look}>
        <label>Name or e-mail <input name="search" type="search" maxlength="100"></label>
        <label>State
          <select name="status">
            <option value="">any</option>
            ${["active", "suspended", "deleted"].map((status) => html`<option>${status}</option>`)}
          </select>
        </label>
        <button>Search</button>
      </form>
      ${outcome(this.acting)}
      ${list(this.rows, (rows) => table("Users found", ["Who", "E-mail", "Role", "State", "Since", "Suspension"], rows.map((one) => this.row(one))), "Nobody is like that.")}`;
  }

  /** @param {any} one */
  row(one) {
    return [person(one), one.email, badge(one.role), badge(one.status, one.status === "active" ? "" : one.status), when(one.createdAt), one.status === "deleted" ? "" : this.suspension(one)];
  }

  /** @param {any} one */
  suspension(one) {
    const action = one.status === "suspended" ? "unsuspend" : "suspend";
    const label = action === "suspend" ? "Suspend" : "Lift";
    const act = async (/** @type {Record<string, string>} */ { reason }) => {
      await post(`/api/admin/users/${one.id}/suspend`, { action, reason });
      await this.page.open();
      return action === "suspend" ? `${one.displayName} is suspended.` : `${one.displayName} is back.`;
    };
    return html`
      <form class="row" @submit=${onSubmit(this.acting, act)}>
        <label><span class="hidden">Reason, for ${one.displayName}</span><input name="reason" placeholder="Reason" maxlength="500" required></label>
        <button class="small" ?disabled=${this.acting.busy} aria-label="${label} ${one.displayName}">${label}</button>
      </form>`;
  }

  /** @param {SubmitEvent} event */
  look = (event) => {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    this.search = String(fields.get("search"));
    this.status = String(fields.get("status"));
    this.rows.first();
  };
}
