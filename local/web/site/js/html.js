// @ts-check
/** Templates: lit-html, vendored. Everything that is shown goes through it, and so is escaped. */
import { repeat as repeated } from "../vendor/lit-html/directives/repeat.js";

export { html, svg, nothing, render } from "../vendor/lit-html/lit-html.js";

/**
 * Rows that keep their elements, and with them focus and place, as others come and go.
 *
 * @param {any[]} rows
 * @param {(row: any) => unknown} key
 * @param {(row: any) => unknown} view
 */
export const repeat = (rows, key, view) => repeated(rows, key, view);
