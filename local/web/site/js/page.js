// @ts-check
/** What every page is made of: its state, its view, and pieces of work that may be refused. */
import { Problem } from "./api.js";

/** A piece of work that somebody asked for: under way, done, or refused. */
export class Task {
  /** @param {() => void} update */
  constructor(update) {
    this.update = update;
    this.busy = false;
    /** @type {Problem | null} */
    this.problem = null;
    this.done = "";
    /** @type {(() => Promise<string | void>) | null} */
    this.waiting = null;
  }

  /**
   * Reads something again; asked for while it is being read, it is read once more.
   *
   * @param {() => Promise<string | void>} work
   */
  async refresh(work) {
    this.waiting = work;
    if (this.busy) return;
    while (this.waiting) {
      const next = this.waiting;
      this.waiting = null;
      await this.run(next);
    }
  }

  /**
   * @param {() => Promise<string | void>} work What it answers is said when it is done.
   * @returns {Promise<boolean>} Whether it was done.
   */
  async run(work) {
    if (this.busy) return false;
    Object.assign(this, { busy: true, problem: null, done: "" });
    this.update();
    try {
      this.done = (await work()) || "";
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem = error;
      return false;
    } finally {
      this.busy = false;
      this.update();
    }
  }
}

/** Something that is read again and again: an answer that came after a newer one is dropped. */
export class Newest {
  turn = 0;

  /** @param {Promise<any>} reading @param {(answer: any) => void} take */
  async read(reading, take) {
    this.turn += 1;
    const turn = this.turn;
    const answer = await reading;
    if (turn === this.turn) take(answer);
  }
}

/** A list that is read page by page. */
export class Listing {
  /**
   * @param {() => void} update
   * @param {(cursor: string | null) => Promise<any>} load
   * @param {string} name The member of the answer that holds the rows.
   */
  constructor(update, load, name) {
    this.task = new Task(update);
    this.load = load;
    this.name = name;
    /** @type {any[] | null} */
    this.rows = null;
    /** @type {string | null} */
    this.next = null;
  }

  /** Reads it from its beginning. */
  first() {
    return this.task.refresh(async () => {
      const answer = await this.load(null);
      this.rows = answer[this.name];
      this.next = answer.nextCursor ?? null;
    });
  }

  more() {
    return this.task.run(async () => {
      const answer = await this.load(this.next);
      this.rows = [...(this.rows ?? []), ...answer[this.name]];
      this.next = answer.nextCursor;
    });
  }
}

/**
 * One page. Its state is its fields; whoever changes them calls `update`.
 *
 * @typedef {{id: string, username: string, displayName: string, role: string,
 *   wallet: {balance: number, heldBalance: number, availableBalance: number}}} Me
 * @typedef {{me: Me | null, update: () => void, refreshMe: () => Promise<void>,
 *   go: (path: string) => void}} App
 */
export class Page {
  title = "Limelight";
  /** Whether the page is for people who are signed in. */
  static private = false;

  /** @param {App} app @param {string[]} params The rest of the address. */
  constructor(app, params) {
    this.app = app;
    this.params = params;
    this.isOpen = true;
    this.update = () => this.isOpen && app.update();
  }

  task() {
    return new Task(this.update);
  }

  /** @param {(cursor: string | null) => Promise<any>} load @param {string} name */
  listing(load, name) {
    return new Listing(this.update, load, name);
  }

  /** Reads what the page shows. @returns {unknown} */
  open() {
    return null;
  }

  /** @returns {unknown} */
  view() {
    return null;
  }

  close() {
    this.isOpen = false;
  }
}
