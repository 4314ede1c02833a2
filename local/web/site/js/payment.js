// @ts-check
/**
 * A payment: one decision to spend coins, however often the button is pressed and the line breaks.
 *
 * Its key is made when it is decided, before the first try, and goes with every try. The server
 * moves the coins once for a key, so trying again is safe until an answer is known.
 */
import { call, Problem } from "./api.js";

const TRIES = 4;
const PAUSE_SECONDS = 1;

export class Payment {
  /**
   * @param {string} path
   * @param {unknown} body
   * @param {{method?: string, update: () => void}} options `update` hears of each change.
   */
  constructor(path, body, { method = "POST", update }) {
    this.method = method;
    this.path = path;
    this.body = body;
    this.update = update;
    this.key = crypto.randomUUID();
    this.tries = 0;
    /** @type {"sending" | "waiting" | "paid" | "refused" | "unknown"} */
    this.state = "sending";
    this.replayed = false;
    /** @type {Problem | null} */
    this.problem = null;
    /** @type {any} */
    this.answer = null;
  }

  /** Whether it is settled what became of it: the next press is another payment. */
  get isSettled() {
    return this.state === "paid" || this.state === "refused";
  }

  /** Whether it is for the same. @param {Payment} other */
  isLike(other) {
    return this.path === other.path && JSON.stringify(this.body) === JSON.stringify(other.body);
  }

  /**
   * Sends it, again and again while nobody knows what became of it, always with its one key.
   * Pressed again meanwhile, it is sent once more, and is still the same payment.
   *
   * @returns {Promise<any>} The answer, or null when it is still not known or was refused.
   */
  async send() {
    for (let left = TRIES; left > 0 && !this.isSettled; left -= 1) {
      this.tries += 1;
      this.change("sending");
      try {
        const { data, replayed } = await call(this.method, this.path, { body: this.body, key: this.key });
        if (!this.isSettled) this.settle(data, replayed);
        return this.answer;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (this.isSettled) return this.answer;
        this.problem = error;
        if (!error.isOpen && !(error.status === 409 && error.retryAfter)) {
          this.change("refused");
          return null;
        }
        this.change("waiting");
        if (left > 1) await pause(error.retryAfter ?? PAUSE_SECONDS);
      }
    }
    if (!this.isSettled) this.change("unknown");
    return this.answer;
  }

  /** @param {any} answer @param {boolean} replayed */
  settle(answer, replayed) {
    this.answer = answer;
    this.replayed = replayed;
    this.problem = null;
    this.change("paid");
  }

  /** @param {Payment["state"]} state */
  change(state) {
    this.state = state;
    this.update();
  }
}

/** @param {number} seconds */
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
