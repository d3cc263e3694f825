// The queue: scans on their way to the server, oldest first, each gone only when the server has named it.
//
// A state machine and nothing else: it knows no page, no network and no clock but those it is given, so that it runs in a
// browser and in a simulation alike. What it keeps lies in its store; what it holds itself is only for showing.

const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000]; // a minute after the network is back all must be sent
const MOST_AT_ONCE = 20;
const FINAL = new Set([200, 422]); // on record; can never be on record. All else may be another answer next time.

/**
 * Hooks:
 *   store    add(scan), oldest(n), done(ids, pairs), all(): promises. `add` rejects when the scan cannot be kept; `done`
 *            forgets the scans and keeps what of the pairs is to be told, both or neither.
 *   send     (scans, waiting) => [{ scan_id, status, answer }] or null when there was no answer of ours. It may answer
 *            for some of them only, and it may reject: that is no answer either.
 *   clock    now() in ms, after(ms, act) which returns what calls it off
 *   changed  () => {}: the figures below have changed
 *   settled  (pairs) => promise: these [scan, result] have left the queue; the next are sent when it is kept
 */
export class Queue {
  waiting = 0; // scans that the store holds
  oldestAt = ""; // when the oldest of them was made, by the device's clock
  downAt = null; // since when nothing comes through, by clock.now(); null: the last request did
  isSending = false;
  #hooks;
  #run = null;
  #isAsked = false;
  #failures = 0;
  #most = MOST_AT_ONCE;
  #callOff = () => {};

  constructor(hooks) {
    this.#hooks = { changed: () => {}, settled: async () => {}, ...hooks };
  }

  /** Keeps a scan. It is stored when this is kept, and was not when this rejects. */
  async add(scan) {
    await this.#hooks.store.add(scan);
    this.waiting += 1;
    this.oldestAt ||= scan.at;
    this.#hooks.changed();
  }

  /** Counts anew what the store holds: it may be another page's doing. */
  async refresh() {
    const all = await this.#hooks.store.all();
    this.waiting = all.length;
    this.oldestAt = all[0]?.at ?? "";
    this.#hooks.changed();
  }

  /** Sends what waits, until all is sent or nothing comes through. Asked again meanwhile, it looks once more. */
  drain() {
    this.#isAsked = true;
    this.#run ??= this.#rounds();
    return this.#run;
  }

  async #rounds() {
    this.isSending = true;
    this.#callOff();
    try {
      while (this.#isAsked) {
        this.#isAsked = false;
        while (await this.#round());
      }
    } catch (fault) {
      this.#later(); // the store's or the page's own fault, no reason to stop for good
      throw fault;
    } finally {
      [this.#run, this.isSending] = [null, false]; // at once: who asks from here on starts anew
      this.#hooks.changed();
    }
  }

  /** Sends the oldest. True when there may be more to send at once. */
  async #round() {
    const { store, send, settled } = this.#hooks;
    const scans = await store.oldest(this.#most);
    if (!scans.length) return false;
    const results = await Promise.resolve(send(scans, this.waiting)).catch(() => null);
    const pairs = matched(scans, results);
    if (!pairs.length) return this.#failed(scans.some(({ scan_id }) => results?.some((each) => each.scan_id === scan_id)));
    await store.done(pairs.map(([scan]) => scan.scan_id), pairs);
    [this.#failures, this.downAt, this.#most] = [0, null, Math.min(MOST_AT_ONCE, this.#most * 2)];
    await this.refresh();
    await settled(pairs);
    return true;
  }

  /** Nothing came through: fewer next time. What the server cannot take now must not hold up what is behind it: more. */
  #failed(isAnswered) {
    if (!isAnswered) this.downAt ??= this.#hooks.clock.now();
    this.#most = isAnswered ? Math.min(MOST_AT_ONCE, this.#most * 2) : Math.max(1, this.#most >> 2);
    return this.#later();
  }

  /** Tries again by itself, each time a little later. */
  #later() {
    this.#isAsked = false;
    this.#callOff();
    const pause_ms = PAUSES_MS[Math.min(this.#failures++, PAUSES_MS.length - 1)];
    this.#callOff = this.#hooks.clock.after(pause_ms, () => this.drain().catch(() => {}));
    return false;
  }
}

/** The scans that an answer names with a final status, oldest first, each with its result. */
function matched(scans, results) {
  const final = new Map((results ?? []).filter((each) => FINAL.has(each.status)).map((each) => [each.scan_id, each]));
  return scans.filter((scan) => final.has(scan.scan_id)).map((scan) => [scan, final.get(scan.scan_id)]);
}
