// @ts-check
/**
 * A payment: one decision to spend coins, however often the button is pressed and the line breaks.
 *
 * Its key is made when it is decided, before the first try, and goes with every try. The server
 * moves the coins once for a key, so trying again is safe until an answer is known. Until then the
 * payment is kept with the tab: leaving the page, or loading it anew, does not forget the key.
 */
import { call, Problem } from "./api.js";
import { goTo } from "./ui.js";

const TRIES = 4;
const PAUSE_SECONDS = 1;
/** Said before anybody looks whether the key is known: nothing about a try that went before. */
const IN_FRONT = [401, 403, 429];

/** Payments whose end is not known, by whose they are and what for. @type {Map<string, Payment>} */
const open = new Map();

export class Payment {
  /**
   * @param {string} path
   * @param {unknown} body
   * @param {string} what What is decided, in words for a person.
   * @param {string} [key]
   */
  constructor(path, body, what, key = crypto.randomUUID()) {
    this.path = path;
    this.body = body;
    this.what = what;
    this.key = key;
    this.tries = 0;
    /** Tries that are not answered yet. */
    this.flying = 0;
    /** Whether a try may have moved the coins without our knowing. */
    this.isDoubtful = false;
    /** When the next try may go, in milliseconds since the epoch. */
    this.notBefore = 0;
    /** @type {"sending" | "waiting" | "paid" | "refused" | "unknown"} */
    this.state = "sending";
    /** When it last moved on, in milliseconds since the epoch. */
    this.changedAt = 0;
    this.replayed = false;
    /** @type {Problem | null} */
    this.problem = null;
    /** @type {any} */
    this.answer = null;
    /** Hears of each change. */
    this.update = () => {};
  }

  /** Whether it is settled what became of it: the next press is another payment. */
  get isSettled() {
    return this.state === "paid" || this.state === "refused";
  }

  /** @param {unknown} body */
  isFor(body) {
    return JSON.stringify(this.body) === JSON.stringify(body);
  }

  /**
   * Sends it, again and again while nobody knows what became of it, always with its one key.
   * Pressed again meanwhile, it is sent once more, and is still the same payment.
   *
   * @returns {Promise<any>} The answer, or null when it is still not known or was refused.
   */
  async send() {
    // Its next try comes by itself.
    if (this.state === "waiting") return null;
    for (let left = TRIES; left > 0 && !this.isSettled; left -= 1) {
      await this.turn();
      if (this.isSettled || !(await this.attempt())) return this.answer;
    }
    if (!this.isSettled && !this.flying) this.change("unknown");
    return this.answer;
  }

  /** Waits until the next try may go. */
  async turn() {
    while (Date.now() < this.notBefore && !this.isSettled) {
      this.change("waiting");
      await pause(this.notBefore - Date.now());
    }
  }

  /** @returns {Promise<boolean>} Whether to try again. */
  async attempt() {
    this.tries += 1;
    this.flying += 1;
    this.change("sending");
    try {
      const { data, replayed } = await call("POST", this.path, { body: this.body, key: this.key });
      this.flying -= 1;
      this.settle(data, replayed);
      return false;
    } catch (error) {
      this.flying -= 1;
      if (!(error instanceof Problem)) throw error;
      return this.judge(error);
    }
  }

  /** @param {Problem} problem @returns {boolean} Whether to try again. */
  judge(problem) {
    if (this.isSettled) return false;
    this.problem = problem;
    const isOpen = problem.isOpen || (problem.status === 409 && problem.retryAfter !== null);
    if (isOpen) this.isDoubtful = true;
    // Another try is on its way, and may still be paid: its answer decides.
    else if (this.flying) return false;
    else if (!this.isDoubtful || !IN_FRONT.includes(problem.status)) {
      this.change("refused");
      return false;
    }
    if (problem.status === 401 || problem.status === 403) {
      this.change("unknown");
      return false;
    }
    this.notBefore = Date.now() + (problem.retryAfter ?? PAUSE_SECONDS) * 1000;
    return true;
  }

  /** What was paid is paid, whatever another try was told. @param {any} answer @param {boolean} replayed */
  settle(answer, replayed) {
    this.answer = answer;
    this.replayed = replayed;
    this.problem = null;
    this.change("paid");
  }

  /** @param {Payment["state"]} state */
  change(state) {
    this.state = state;
    this.changedAt = Date.now();
    this.update();
  }
}

/** Where one thing is paid for: one decision at a time, and no other before it is settled. */
export class Till {
  /**
   * @param {import("./page.js").Page} page
   * @param {string} path
   * @param {() => unknown} paid Reads again what a payment has changed.
   * @param {string} [name] Tells apart what has its path in common.
   */
  constructor(page, path, paid, name = "") {
    this.page = page;
    this.path = path;
    this.paid = paid;
    this.name = name;
    /** @type {Payment | null} */
    this.current = null;
    /** Whether something else was asked for before the payment was settled. */
    this.isHeldUp = false;
  }

  /** Each person of this tab has payments of their own. */
  get slot() {
    return `limelight.payment ${this.page.app.me?.id} ${this.path} ${this.name}`;
  }

  /** What is paid here, or what an earlier page has left open. */
  get payment() {
    if (!this.current) this.take(recall(this.slot, this.path));
    return this.current;
  }

  get isOpen() {
    return this.payment !== null && !this.payment.isSettled;
  }

  /** @param {Payment | null} payment */
  take(payment) {
    this.current = payment;
    if (!payment) return;
    const { slot } = this;
    payment.update = () => {
      if (payment.isSettled) forget(slot, payment);
      this.page.update();
    };
  }

  /**
   * Pays. Pressed again before it is settled, it is the same payment; with something else in the
   * fields, nothing is sent, since the open one may have been paid.
   *
   * @param {unknown} body
   * @param {string} what
   */
  async press(body, what) {
    const { payment } = this;
    this.isHeldUp = payment !== null && !payment.isSettled && !payment.isFor(body);
    if (this.isHeldUp) return this.page.update();
    if (!payment || payment.isSettled) {
      const next = new Payment(this.path, body, what);
      keep(this.slot, next);
      this.take(next);
    }
    await this.send();
  }

  /** Asks again what became of the open payment, with its own key and body. */
  send = async () => {
    const { payment } = this;
    if (!payment) return;
    if (await payment.send()) await this.paid();
    else if (payment.state === "refused" || payment.state === "unknown") goTo(payment.problem);
  };
}

/** @param {string} slot @param {Payment} payment */
function keep(slot, payment) {
  const { body, what, key } = payment;
  open.set(slot, payment);
  sessionStorage.setItem(slot, JSON.stringify({ body, what, key }));
}

/** @param {string} slot @param {Payment} payment */
function forget(slot, payment) {
  if (open.get(slot) !== payment) return;
  open.delete(slot);
  sessionStorage.removeItem(slot);
}

/** The payment that is open for this. @param {string} slot @param {string} path */
function recall(slot, path) {
  const known = open.get(slot);
  if (known) return known;
  const kept = sessionStorage.getItem(slot);
  if (!kept) return null;
  // The page was loaded anew while it was open.
  const { body, what, key } = JSON.parse(kept);
  const payment = new Payment(path, body, what, key);
  payment.isDoubtful = true;
  payment.state = "unknown";
  open.set(slot, payment);
  return payment;
}

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
