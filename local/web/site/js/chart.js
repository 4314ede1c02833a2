// @ts-check
/** Bars in SVG, with the same figures as a table for whoever cannot see them. */
import { html, nothing, svg } from "./html.js";
import { count, table } from "./ui.js";

const WIDTH = 720;
const HEIGHT = 220;
const LEFT = 44;
const BOTTOM = 24;
const LINES = 4;
const WIDEST = 48;

/**
 * Stacked bars: one for each row, a colour for each series.
 *
 * @param {string} title
 * @param {{label: string, values: number[]}[]} rows
 * @param {string[]} series
 */
export function stackedBars(title, rows, series) {
  const top = roundUp(Math.max(1, ...rows.map((row) => sum(row.values))));
  const step = (WIDTH - LEFT) / rows.length;
  const wide = Math.min(step * 0.7, WIDEST);
  /** @param {number} value */
  const tall = (value) => (value / top) * (HEIGHT - BOTTOM - 8);
  const every = Math.ceil(rows.length / 6);
  const grid = Array.from({ length: LINES + 1 }, (_, index) => (top / LINES) * index);
  return html`
    <figure>
      <figcaption>${title}</figcaption>
      <svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}. The same figures are in the table below.">
        ${grid.map((value) => svg`
          <line x1=${LEFT} x2=${WIDTH} y1=${HEIGHT - BOTTOM - tall(value)} y2=${HEIGHT - BOTTOM - tall(value)}></line>
          <text x=${LEFT - 6} y=${HEIGHT - BOTTOM - tall(value) + 4} text-anchor="end">${count(Math.round(value))}</text>`)}
        ${rows.map((row, index) => svg`
          ${stack(row.values).map(([from, value], place) => value ? svg`
            <rect class="series-${place + 1}" x=${LEFT + (index + 0.5) * step - wide / 2} width=${wide}
              y=${HEIGHT - BOTTOM - tall(from + value)} height=${tall(value)}></rect>` : nothing)}
          ${index % every === 0 ? svg`<text x=${LEFT + (index + 0.5) * step} y=${HEIGHT - 6} text-anchor="middle">${row.label}</text>` : nothing}`)}
      </svg>
      <ul class="legend">${series.map((name, place) => html`<li class="series-${place + 1}"><span>${name}</span></li>`)}</ul>
      <details>
        <summary>As a table</summary>
        ${table(title, ["", ...series], rows.map((row) => [row.label, ...row.values.map(count)]))}
      </details>
    </figure>`;
}

/** Each value with where it begins. @param {number[]} values @returns {[number, number][]} */
function stack(values) {
  let from = 0;
  return values.map((value) => {
    from += value;
    return [from - value, value];
  });
}

/** @param {number[]} values */
const sum = (values) => values.reduce((total, value) => total + value, 0);

/** A figure that is not less, with round ones at the lines below it. @param {number} value */
function roundUp(value) {
  const least = Math.max(1, value / LINES);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 3, 5].find((one) => one * power >= least) ?? 10;
  return step * power * LINES;
}
