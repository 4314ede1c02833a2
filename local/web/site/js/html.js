// @ts-check
/** Templates: lit-html, vendored. Everything that is shown goes through it, and so is escaped. */
export { html, svg, nothing, render } from "../vendor/lit-html/lit-html.js";
export { repeat } from "../vendor/lit-html/directives/repeat.js";
export { live } from "../vendor/lit-html/directives/live.js";
