// @ts-check
/** The frame around every page: who is signed in, where one can go, and the page at the address. */
import { get, Problem } from "./api.js";
import { onRoom } from "./chart.js";
import { html, nothing, render } from "./html.js";
import { accessToken, signOut, supabase } from "./session.js";
import { count, problemBox } from "./ui.js";
import { Admin } from "./pages/admin.js";
import { Analytics } from "./pages/analytics.js";
import { Calls } from "./pages/calls.js";
import { Explore } from "./pages/explore.js";
import { Profile } from "./pages/profile.js";
import { Shows } from "./pages/shows.js";
import { SignIn } from "./pages/signin.js";
import { Stream } from "./pages/stream.js";
import { Studio } from "./pages/studio.js";
import { Wallet } from "./pages/wallet.js";

/** @typedef {import("./page.js").Page} Page */

/** @type {Record<string, typeof import("./page.js").Page>} */
const PAGES = {
  explore: Explore,
  stream: Stream,
  profile: Profile,
  shows: Shows,
  calls: Calls,
  wallet: Wallet,
  studio: Studio,
  analytics: Analytics,
  admin: Admin,
  "sign-in": SignIn,
};

const root = /** @type {HTMLElement} */ (document.getElementById("app"));

class App {
  /** @type {import("./page.js").Me | null} */
  me = null;
  /** @type {Page | null} */
  page = null;
  name = "";
  /** @type {Problem | null} */
  problem = null;

  async start() {
    supabase.auth.onAuthStateChange((/** @type {string} */ event) => {
      if (event === "SIGNED_OUT") this.me = null;
    });
    await this.refreshMe();
    addEventListener("hashchange", () => this.open());
    onRoom(this.update);
    this.open();
  }

  /** Who is signed in, with their wallet, as the API sees them. */
  refreshMe = async () => {
    try {
      this.me = (await accessToken()) ? await get("/api/user/me") : null;
      this.problem = null;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem = error;
    }
    this.update();
  };

  /** @param {string} path */
  go = (path) => {
    if (location.hash === `#${path}`) this.open();
    else location.hash = path;
  };

  /** Opens the page at the address. */
  open() {
    const [name, ...params] = location.hash.replace(/^#\//, "").split("/").map(decodeURIComponent);
    const known = PAGES[name] ?? Explore;
    this.name = PAGES[name] ? name : "explore";
    const kind = known.private && !this.me ? SignIn : known;
    this.page?.close();
    this.page = new kind(this, params);
    this.update();
    this.page.open();
    // Whoever works by keyboard or ear begins at the page's heading.
    /** @type {HTMLElement | null} */ (root.querySelector("main h1"))?.focus();
  }

  update = () => {
    if (!this.page) return;
    document.title = `${this.page.title} · Limelight`;
    render(this.view(this.page), root);
  };

  leave = async () => {
    await signOut();
    this.me = null;
    this.go("/explore");
  };

  /** @param {Page} page */
  view(page) {
    return html`
      <a class="skip" href="#main" @click=${skip}>Skip to the content</a>
      <header>
        <a class="brand" href="#/explore">Limelight<span class="sub"> console</span></a>
        <nav aria-label="Pages">${this.places().map(([name, label]) => html`<a href="#/${name}" aria-current=${this.name === name ? "page" : nothing}>${label}</a>`)}</nav>
        ${this.me ? this.account(this.me) : html`<a class="account" href="#/sign-in">Sign in</a>`}
      </header>
      <main id="main" tabindex="-1">
        ${problemBox(this.problem)}
        ${page.view()}
      </main>`;
  }

  /** @param {import("./page.js").Me} me */
  account(me) {
    return html`
      <div class="account">
        <span class="who">${me.displayName} <span class="badge ${me.role}">${me.role}</span></span>
        <a href="#/wallet" aria-label="Wallet: ${me.wallet.availableBalance} coins available"><span class="coin" aria-hidden="true"></span><span id="balance">${count(me.wallet.availableBalance)}</span></a>
        <button type="button" class="small" @click=${this.leave}>Sign out</button>
      </div>`;
  }

  /** @returns {[string, string][]} */
  places() {
    /** @type {[string, string][]} */
    const places = [["explore", "Explore"], ["shows", "Shows"]];
    if (this.me) places.push(["calls", "Calls"], ["wallet", "Wallet"], ["studio", "Studio"]);
    if (this.me?.role === "creator") places.push(["analytics", "Analytics"]);
    if (this.me?.role === "admin") places.push(["admin", "Admin"]);
    return places;
  }
}

/** Moves on to the content without changing the address, which says what page it is. @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

await new App().start();
