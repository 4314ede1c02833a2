// @ts-check
/** A channel of Realtime, and short polling for as long as it cannot be listened to. */
import { letGo } from "./api.js";
import { supabase } from "./session.js";

const POLL_SECONDS = 5;

export class Channel {
  /**
   * @param {string} topic `stream:<id>` or `user:<id>`.
   * @param {(event: string, payload: any) => void} hear
   * @param {() => unknown} refresh Reads again what events would have told.
   * @param {(isLive: boolean) => void} tell Hears whether events come by themselves.
   */
  constructor(topic, hear, refresh, tell) {
    this.refresh = refresh;
    this.tell = tell;
    this.isLive = false;
    /** Events are delivered at least once: what was heard is not heard again. @type {Set<string>} */
    this.heard = new Set();
    this.poll = setInterval(() => this.isLive || this.look(), POLL_SECONDS * 1000);
    this.channel = supabase
      .channel(topic, { config: { private: true } })
      .on("broadcast", { event: "*" }, (/** @type {any} */ message) => {
        const id = message.payload.eventId;
        if (this.heard.has(id)) return;
        this.heard.add(id);
        hear(message.event, message.payload);
      })
      .subscribe((/** @type {string} */ status) => this.change(status === "SUBSCRIBED"));
  }

  /** @param {boolean} isLive */
  change(isLive) {
    if (isLive === this.isLive) return;
    this.isLive = isLive;
    this.tell(isLive);
    // What happened while nobody listened.
    if (isLive) this.look();
  }

  async look() {
    try {
      await this.refresh();
    } catch (error) {
      letGo(error);
    }
  }

  close() {
    clearInterval(this.poll);
    supabase.removeChannel(this.channel);
  }
}
