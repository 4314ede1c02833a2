// @ts-check
/** A channel of Realtime, and short polling for as long as it cannot be listened to. */
import { letGo } from "./api.js";
import { supabase } from "./session.js";

const POLL_SECONDS = 5;

/**
 * What a topic tells while a page is open. supabase-js joins again by itself when the line breaks;
 * a channel that Realtime has closed, as it does when the token ends, is joined anew from here.
 */
export class Channel {
  /**
   * @param {string} topic `stream:<id>` or `user:<id>`.
   * @param {(event: string, payload: any) => void} hear
   * @param {() => unknown} refresh Reads again what events would have told.
   * @param {(isLive: boolean) => void} tell Hears whether events come by themselves.
   */
  constructor(topic, hear, refresh, tell) {
    this.topic = topic;
    this.hear = hear;
    this.refresh = refresh;
    this.tell = tell;
    this.isLive = false;
    /** Events are delivered at least once: what was heard is not heard again. @type {Set<string>} */
    this.heard = new Set();
    this.poll = setInterval(this.mind, POLL_SECONDS * 1000);
    this.channel = this.join();
  }

  join() {
    const channel = supabase
      .channel(this.topic, { config: { private: true } })
      .on("broadcast", { event: "*" }, (/** @type {any} */ message) => {
        const id = message.payload.eventId;
        if (this.heard.has(id)) return;
        this.heard.add(id);
        this.hear(message.event, message.payload);
      });
    return channel.subscribe((/** @type {string} */ status) => this.change(status === "SUBSCRIBED"));
  }

  /** Makes up for a channel that tells nothing. */
  mind = () => {
    if (this.isLive) return;
    if (this.channel.state === "closed") this.channel = this.join();
    this.look();
  };

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
