// @ts-check
/** Where the picture would be: LiveKit is not part of the stack, so its token is shown instead. */
import { html, nothing } from "../../html.js";
import { at } from "../../ui.js";

/** @param {{url: string, token: string, expiresAt: string} | null} pass @param {boolean} isHost */
export function video(pass, isHost) {
  if (!pass) return nothing;
  const { sub, video: grant } = claims(pass.token);
  return html`
    <section class="video" aria-labelledby="video">
      <h2 id="video">Video</h2>
      <p>No picture here: it goes through LiveKit, not through this API. A client of LiveKit
        ${isHost ? "publishes" : "subscribes"} with this token.</p>
      <details>
        <summary>Room and token</summary>
        <dl class="figures">
          <div><dt>Server</dt><dd><code>${pass.url}</code></dd></div>
          <div><dt>Room</dt><dd><code>${grant.room}</code></dd></div>
          <div><dt>Identity</dt><dd><code>${sub}</code></dd></div>
          <div><dt>May publish</dt><dd>${grant.canPublish ? "yes" : "no"}</dd></div>
          <div><dt>Good until</dt><dd>${at(pass.expiresAt)}</dd></div>
        </dl>
      </details>
    </section>`;
}

/** What a token says; whether it is true is LiveKit's to check. @param {string} token */
const claims = (token) => JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
