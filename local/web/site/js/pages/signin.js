// @ts-check
/** Signing in, with one click as somebody of the demo, or signing up. */
import { post, Problem } from "../api.js";
import { config } from "../config.js";
import { html, nothing } from "../html.js";
import { Page } from "../page.js";
import { signIn } from "../session.js";
import { onSubmit, outcome } from "../ui.js";

export class SignIn extends Page {
  title = "Sign in";
  entering = this.task();
  joining = this.task();

  /** @param {string} email @param {string} password */
  enter(email, password) {
    return async () => {
      try {
        await signIn(email, password);
      } catch (error) {
        throw refused(/** @type {any} */ (error));
      }
      await this.app.refreshMe();
      // Whoever came here from a page that wanted them signed in goes back to it.
      this.app.go(location.hash.startsWith("#/sign-in") ? "/explore" : location.hash.slice(1));
    };
  }

  view() {
    return html`
      <h1 tabindex="-1">Sign in</h1>
      ${config.demo.length ? this.demo() : nothing}
      <div class="columns">
        <section aria-labelledby="in">
          <h2 id="in">With your account</h2>
          <form @submit=${onSubmit(this.entering, (fields) => this.enter(fields.email, fields.password)())}>
            <label>E-mail <input name="email" type="email" autocomplete="username" required></label>
            <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
            <button ?disabled=${this.entering.busy}>Sign in</button>
          </form>
          ${outcome(this.entering)}
        </section>
        <section aria-labelledby="up">
          <h2 id="up">New here</h2>
          <form @submit=${onSubmit(this.joining, (fields) => this.join(fields))}>
            <label>User name <input name="username" autocomplete="off" required></label>
            <label>E-mail <input name="email" type="email" autocomplete="email" required></label>
            <label>Password <input name="password" type="password" autocomplete="new-password" required></label>
            <button ?disabled=${this.joining.busy}>Sign up</button>
          </form>
          ${outcome(this.joining)}
        </section>
      </div>`;
  }

  demo() {
    return html`
      <section aria-labelledby="demo">
        <h2 id="demo">As somebody of the demo</h2>
        <p>Each tab is somebody of its own: open several beside each other.</p>
        <div class="row">
          ${config.demo.map(
            (one) => html`
              <button type="button" class="demo" ?disabled=${this.entering.busy}
                @click=${() => this.entering.run(this.enter(one.email, one.password))}>
                ${one.name}<span class="badge ${one.who}">${one.who}</span>
              </button>`,
          )}
        </div>
      </section>`;
  }

  /** @param {Record<string, string>} fields */
  async join(fields) {
    const { message, session } = await post("/api/auth/signup", fields);
    if (session) await this.enter(fields.email, fields.password)();
    return message;
  }
}

/** What Supabase Auth refused, as a problem. @param {{message: string, status?: number, code?: string}} error */
const refused = (error) =>
  new Problem({
    status: error.status ?? 0,
    code: error.code ?? "sign_in_refused",
    title: "Not signed in",
    detail: error.message,
    instance: "none: Supabase Auth answered",
  });
