// The outbox: scans on their way to the server, first in first out, one at a time, never dropped.
//
// A scan keeps its id however often it is sent, so the server can tell a repeat from a new scan.
// What waits is mirrored in localStorage, one key a scan: a reload loses nothing and two tabs never overwrite each other.

import { parsed } from "./trusted.js";

const PREFIX = "scandock.scan.";
const TIMEOUT_MS = 10_000;
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000];
const LIMIT = 50; // more than a page can stand for; the offline store will hold more
const FINAL = new Set([400, 403, 404, 405, 409, 410, 413, 414, 415, 422, 431]); // asking again gives the same
const PASSING = new Set([429, 502, 503, 504]); // asking again may give another answer, whoever gave this one

/**
 * Hooks: token() and freshToken() give the CSRF token, target() the URL for a scan made on this page,
 * deliver(scan, answer) shows what came back and may return a promise, changed() repaints the counts.
 */
export class Outbox {
  waiting = [];
  word = "ONLINE"; // what the last request showed: ONLINE, OFFLINE or SERVER 503
  #person;
  #hooks;
  #busy = false;
  #failures = 0;
  #timer = 0;

  constructor(person, hooks) {
    this.#person = person;
    this.#hooks = hooks;
    this.waiting = stored().filter((scan) => scan.person === person);
  }

  get isFull() {
    return this.waiting.length >= LIMIT;
  }

  /** Keeps the scan, then sends it. It is stored before anything is shown. */
  add(scan) {
    const kept = { ...scan, person: this.#person };
    this.waiting.push(kept);
    store(kept);
    this.#hooks.changed();
    return this.drain();
  }

  /** Sends what waits, oldest first, until one does not come through. */
  async drain() {
    if (this.#busy) return;
    this.#busy = true;
    clearTimeout(this.#timer);
    try {
      while (this.waiting.length && (await this.#sendFirst()));
    } finally {
      this.#busy = false;
      this.#hooks.changed();
    }
  }

  async #sendFirst() {
    const scan = this.waiting[0];
    // A scan belongs to the page that is shown when its turn comes, and to that one for good.
    if (!scan.url) store(Object.assign(scan, { url: scan.isLeftOver ? scan.page : this.#hooks.target() }));
    const answer = await this.#ask(scan);
    if (answer.kind === "lost") return this.#later(answer.word);
    this.#failures = 0;
    this.word = "ONLINE";
    if (answer.kind === "login") return location.assign(answer.to), false; // kept: sent after the log-in
    this.waiting.shift();
    forget(scan);
    this.#hooks.changed();
    await this.#hooks.deliver(scan, answer);
    return true;
  }

  async #ask(scan) {
    const first = await post(scan, this.#hooks.token());
    if (first.status !== 400) return first;
    const token = await this.#hooks.freshToken(); // a page left open overnight holds an old token
    return token ? post(scan, token) : first;
  }

  #later(word) {
    this.word = word;
    const pause = PAUSES_MS[Math.min(this.#failures++, PAUSES_MS.length - 1)];
    this.#timer = setTimeout(() => this.drain(), pause);
    return false;
  }
}

/**
 * Sends one scan. The answer's kind:
 *   ours   the task's new screen and the verdict       told   words about this scan, but no screen
 *   moved  the work goes on at another address         login  the session is over
 *   final  refused without a word, for good            lost   no answer, or not ours: the scan stays and is sent again
 * Only an answer that names the scan's id is ours; a captive portal's page is a lost connection.
 */
async function post(scan, token) {
  const { scan_id, raw, symbology, sends_gs, at, device } = scan;
  const known = { ...(symbology && { symbology }), ...(typeof sends_gs === "boolean" && { sends_gs }) };
  const form = new URLSearchParams({ scan_id, raw, at, device, ...known });
  const headers = { "X-CSRFToken": token, "HX-Request": "true", "HX-Request-Type": "partial", Accept: "text/html" };
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(scan.url, { method: "POST", body: form, headers, signal });
    return judge(scan, response, await response.text());
  } catch {
    return { kind: "lost", word: "OFFLINE" };
  }
}

function judge(scan, response, text) {
  const to = response.headers.get("HX-Redirect") ?? response.headers.get("HX-Location");
  if (response.status === 401) return { kind: "login", to: to ?? "/login" };
  if (to && response.ok) return { kind: "moved", to };
  if (PASSING.has(response.status)) return { kind: "lost", word: `SERVER ${response.status}` };
  const page = parsed(text);
  const verdict = page.getElementById("verdict");
  const kind = page.getElementById("screen") ? "ours" : "told";
  if (verdict?.dataset.scan === scan.scan_id) return { kind, status: response.status, text, verdict };
  if (FINAL.has(response.status)) return { kind: "final", status: response.status };
  return { kind: "lost", word: response.ok ? "OFFLINE" : `SERVER ${response.status}` };
}

function store(scan) {
  try {
    localStorage.setItem(PREFIX + scan.scan_id, JSON.stringify(scan));
  } catch {
    // Full or forbidden: the scan still waits in memory.
  }
}

function forget(scan) {
  try {
    localStorage.removeItem(PREFIX + scan.scan_id);
  } catch {
    // Nothing was stored either.
  }
}

/** What an earlier page left, oldest first: the ids sort by time. */
function stored() {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).sort();
    return keys.map((key) => ({ ...JSON.parse(localStorage.getItem(key)), isLeftOver: true, read_at: 0 }));
  } catch {
    return [];
  }
}
