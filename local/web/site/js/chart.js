// @ts-check
/** Bars in SVG, with the same figures as a table for whoever cannot see them. */
import { html, nothing, svg } from "./html.js";
import { count, table } from "./ui.js";

/** Where there are columns beside each other. */
const DESK = matchMedia("(min-width: 56rem)");
/** About as many units as pixels, so that the text is as large as written. */
const WIDE = { page: 1080, column: 520, telephone: 310 };
const LABEL = 90;
const HEIGHT = 220;
const LEFT = 52;
const BOTTOM = 24;
const LINES = 4;
const WIDEST = 48;

/** Has charts drawn again when there is room for more, or for less. @param {() => void} update */
export const onRoom = (update) => DESK.addEventListener("change", update);

/** @typedef {{label: string, values: number[]}} Row */
/** @typedef {"page" | "column"} Room How wide a chart is where there are columns. */
/** @typedef {{left: number, share: number, from: number, value: number}} Bar Shares of a row's place. */

/**
 * One bar for each row, a part of it for each series.
 *
 * @param {string} title
 * @param {Row[]} rows
 * @param {string[]} series
 * @param {Room} [room]
 */
export function stackedBars(title, rows, series, room = "page") {
  return chart(title, rows, series, room, (values) => {
    let from = 0;
    return values.map((value) => {
      from += value;
      return { left: 0, share: 1, from: from - value, value };
    });
  });
}

/**
 * A bar for each series, beside each other for each row.
 *
 * @param {string} title
 * @param {Row[]} rows
 * @param {string[]} series
 * @param {Room} [room]
 */
export function groupedBars(title, rows, series, room = "page") {
  const share = 1 / series.length;
  return chart(title, rows, series, room, (values) =>
    values.map((value, place) => ({ left: place * share, share, from: 0, value })),
  );
}

/**
 * @param {string} title
 * @param {Row[]} rows
 * @param {string[]} series
 * @param {Room} room
 * @param {(values: number[]) => Bar[]} arrange
 */
function chart(title, rows, series, room, arrange) {
  const bars = rows.map((row) => arrange(row.values));
  const top = roundUp(Math.max(1, ...bars.flat().map(({ from, value }) => from + value)));
  const width = WIDE[DESK.matches ? room : "telephone"];
  const step = (width - LEFT) / rows.length;
  const wide = Math.min(step * 0.7, WIDEST * (1 / (bars[0]?.[0].share ?? 1)));
  /** @param {number} value */
  const tall = (value) => (value / top) * (HEIGHT - BOTTOM - 8);
  const every = Math.ceil((rows.length * LABEL) / (width - LEFT));
  const grid = Array.from({ length: LINES + 1 }, (_, index) => (top / LINES) * index);
  /** @param {number} index */
  const middle = (index) => LEFT + (index + 0.5) * step;
  return html`
    <figure>
      <figcaption>${title}</figcaption>
      <svg class="chart" viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-label="${title}. The same figures are in the table below.">
        ${grid.map((value) => svg`
          <line x1=${LEFT} x2=${width} y1=${HEIGHT - BOTTOM - tall(value)} y2=${HEIGHT - BOTTOM - tall(value)}></line>
          <text x=${LEFT - 6} y=${HEIGHT - BOTTOM - tall(value) + 4} text-anchor="end">${count(Math.round(value))}</text>`)}
        ${rows.map((row, index) => svg`
          ${bars[index].map(({ left, share, from, value }, place) => value ? svg`
            <rect class="series-${place + 1}" x=${middle(index) + (left - 0.5) * wide} width=${share * wide}
              y=${HEIGHT - BOTTOM - tall(from + value)} height=${tall(value)}></rect>` : nothing)}
          ${index % every === 0 ? svg`<text x=${middle(index)} y=${HEIGHT - 6} text-anchor="middle">${row.label}</text>` : nothing}`)}
      </svg>
      <ul class="legend">${series.map((name, place) => html`<li class="series-${place + 1}"><span>${name}</span></li>`)}</ul>
      <details>
        <summary>As a table</summary>
        ${table(title, ["", ...series], rows.map((row) => [row.label, ...row.values.map(count)]))}
      </details>
    </figure>`;
}

/** A figure that is not less, with round ones at the lines below it. @param {number} value */
function roundUp(value) {
  const least = Math.max(1, value / LINES);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 3, 5].find((one) => one * power >= least) ?? 10;
  return step * power * LINES;
}
