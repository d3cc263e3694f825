// The outbox: brings what waits in the queue to the server, whichever page of this device has made it.
//
// The scan of the person who looks at its page goes there as a form and brings the next screen back. All else goes to
// /device/scans, under the device's own credential: several at once, another page's, another person's, a session that is
// over. Only an answer that names the scan is an answer; a portal's page, a redirect, a foreign JSON is no network.

import { deviceTime, VERSION } from "./ids.js";
import { Queue } from "./queue.js";
import * as store from "./store.js";
import { parsed } from "./trusted.js";

const FORM_MS = 10_000;
const BATCH_MS = 20_000;
const BEAT_MS = 60_000;
const LOCK_MS = 30_000; // a page that was frozen while it sent must not hold up the others
const [MOST, OLDEST_MS] = [500, 8 * 3_600_000];
const WEEK_MS = 7 * 86_400_000;
const [MANY, OLD_MS] = [50, 30 * 60_000];
const OURS = "X-Scan"; // names the scan where an answer has no page that could

/**
 * Hooks: token() and freshToken() give the form token, front() the scan address of the page in front, changed() repaints,
 * shown(scan) tells what the person was shown of a scan: "" nothing yet, undefined if it is not this page's; settled(pairs)
 * is kept when [scan, result] have been shown; left() hears of another person on another page of this device.
 */
export class Outbox {
  word = "ONLINE"; // what the last request showed: ONLINE, OFFLINE, SERVER 503, REVOKED
  isSessionOver = false;
  queue;
  #person;
  #hooks;
  #made = new Map(); // scans of this page since it was loaded, and whether they have been sent once
  #turn = null; // a turn at the lock that has been asked for
  #oldest = { at: "", born: 0 };
  #others = globalThis.BroadcastChannel && new BroadcastChannel("scandock");

  constructor(person, hooks) {
    [this.#person, this.#hooks] = [person, hooks];
    this.queue = new Queue({
      store: { ...store, done: (ids, pairs) => store.done(ids, pairs.map((pair) => this.#toTell(pair)).filter(Boolean)) },
      send: (scans, waiting) => this.#send(scans, waiting),
      clock: { now: Date.now, after: (ms) => { const timer = setTimeout(() => this.drain(), ms); return () => clearTimeout(timer); } },
      changed: () => this.#changed(),
      settled: async (pairs) => {
        this.#others?.postMessage(pairs);
        for (const [scan] of pairs) this.#made.delete(scan.scan_id);
        await hooks.settled(pairs);
      },
    });
    this.#others?.addEventListener("message", ({ data }) => this.#heard(data));
    if (person) this.#others?.postMessage(person); // a page without one says nothing of who has logged in
    this.queue.refresh().then(() => this.drain());
  }

  get isDown() {
    return this.queue.downAt !== null;
  }

  /** Why no more work is taken until some of it is sent, or "". A clock that jumps while the page is open changes nothing here. */
  get full() {
    if (this.queue.waiting >= MOST) return "Too many scans wait.";
    return this.isDown && this.#age() > OLDEST_MS ? "The oldest scan waits too long." : "";
  }

  /** Time to look for a network. */
  get isLate() {
    return this.isDown && (this.queue.waiting >= MANY || this.#age() > OLD_MS);
  }

  #age() {
    return this.queue.waiting ? performance.now() - this.#oldest.born : 0;
  }

  /** Keeps a scan that was made here. Rejects when it cannot be kept. */
  async add(scan) {
    this.#made.set(scan.scan_id, false);
    await this.queue.add(scan);
    this.#others?.postMessage([]);
  }

  /** The scans of this page that nobody has sent yet go to another address: the page they were made on has moved. */
  async readdress(from, to) {
    const ids = [...this.#made].filter(([, isSent]) => !isSent).map(([id]) => id);
    const moved = (await store.all()).filter((scan) => scan.to === from && ids.includes(scan.scan_id));
    if (moved.length) await store.amend(moved.map((scan) => scan.scan_id), { to });
  }

  /** Its person has logged out: the other pages follow. */
  left() {
    this.#others?.postMessage(0);
  }

  /** Sends what waits. One page of the device at a time, where the browser can tell; ids keep the rest from harm. */
  drain() {
    if (this.queue.isSending || !navigator.locks) return this.queue.drain();
    this.#turn ??= this.#takeTurn();
    return this.#turn;
  }

  async #takeTurn() {
    const go = () => {
      clearTimeout(timer);
      this.#turn = null; // who asks from here on joins the queue's run, or takes a turn of their own
      return this.queue.drain();
    };
    const wait = new AbortController();
    const timer = setTimeout(() => wait.abort(), LOCK_MS);
    let isOurs = false;
    const held = navigator.locks.request("scandock.drain", { signal: wait.signal }, () => { isOurs = true; return go(); });
    await held.catch((fault) => (isOurs ? Promise.reject(fault) : go()));
  }

  /** Another page of this device has kept or sent something; what it has sent has come through. */
  async #heard(pairs) {
    if (!Array.isArray(pairs)) return void (pairs !== this.#person && this.#hooks.left?.());
    if (pairs.length) [this.queue.downAt, this.word] = [null, "ONLINE"];
    await this.queue.refresh();
    // Its own, and what moves the work on its screen: but another page's way is not this one's.
    const ours = pairs.filter(([scan, { to }]) => this.#made.delete(scan.scan_id) || (!to && scan.to === this.#hooks.front()));
    if (ours.length) await this.#hooks.settled(ours);
  }

  #changed() {
    const at = this.queue.oldestAt;
    if (at !== this.#oldest.at) this.#oldest = { at, born: performance.now() - ageOf(at) };
    this.#hooks.changed();
  }

  async #send(scans, waiting) {
    const [scan] = scans;
    const isFront = scan.to === this.#hooks.front() && this.#made.has(scan.scan_id) && this.#hooks.token();
    const isFirst = waiting === 1 || isLeading(scan.to);
    let answer = isFront && isFirst && !this.isSessionOver ? await this.#post(scan) : undefined;
    answer = answer === undefined ? await this.#batch(scans) : answer;
    // Without a credential of its own a device still has its person's session.
    if (answer === undefined && scan.person === this.#person && this.#hooks.token()) answer = await this.#post(scan);
    if (answer) this.word = "ONLINE";
    return answer ?? null;
  }

  /** As a form. The result, null without a network, undefined when this is not the way for this scan. */
  async #post(scan) {
    const isAgain = this.#made.get(scan.scan_id);
    this.#tried([scan]);
    let answer = await form(this.#asShown(scan, isAgain), this.#hooks.token());
    if (answer?.status === 400) { // left open overnight
      const token = await this.#hooks.freshToken();
      if (this.isSessionOver) return undefined;
      answer = await form(this.#asShown(scan, isAgain), token);
    }
    if (answer?.result && this.#isAnswered(answer.result)) answer = await form(this.#asShown(scan, true), this.#hooks.token());
    if (!answer) return this.#lost("OFFLINE");
    if (answer.result) return [answer.result];
    if (answer.status === 401) this.isSessionOver = true;
    if (answer.status === 429 || answer.status >= 500) return this.#lost(`SERVER ${answer.status}`);
    return answer.status >= 400 ? undefined : this.#lost("OFFLINE");
  }

  /** By the device's own credential. The results, null without a network, undefined without the credential. */
  async #batch(scans) {
    this.#tried(scans);
    const body = { sent_at: deviceTime(), scans: scans.map((scan) => this.#asShown(scan, true)) };
    const { status, said } = await ask("/device/scans", body, BATCH_MS);
    if (Array.isArray(said?.results)) return said.results.map((each) => (this.#isAnswered(each) ? { ...each, status: 0 } : each)); // sent again, with the answer
    if (status === 403 && said?.code === "device_revoked") return this.#lost("REVOKED");
    if (said && (status === 401 || status === 403)) return void this.#lost("LOG IN");
    return this.#lost(status >= 400 ? `SERVER ${status}` : "OFFLINE");
  }

  /**
   * With what its person was shown. At first only a STOP: that is never booked any more, but where this device has called
   * it right the server may still ask. Sent again, it says so too, for by then its person has gone on.
   */
  #asShown(scan, isAgain) {
    const seen = this.#hooks.shown(scan) || scan.seen;
    return { ...scan, seen: isAgain || seen === "stop" ? seen : undefined };
  }

  /** Whether the server asks for a second scan of what its person has seen to be right, and has gone on from. */
  #isAnswered({ scan_id, answer }) {
    return answer?.code === "twice" && this.#hooks.shown({ scan_id }) === "ok";
  }

  #tried(scans) {
    for (const { scan_id } of scans) if (this.#made.has(scan_id)) this.#made.set(scan_id, true);
  }

  #lost(word) {
    this.word = word;
    return null;
  }

  /** What its person has still to be told of a scan that came late. What they saw at once, or see now, is not told again. */
  #toTell([scan, { status, answer, page, to }]) {
    const outcome = status === 422 ? "refused" : answer?.outcome;
    const shown = this.#hooks.shown(scan);
    const isSeen = scan.to === this.#hooks.front() && (page || shown === "");
    if (isSeen || to || answer?.tone === "tick" || outcome === ((shown || scan.seen) === "stop" ? "refused" : "accepted")) return null;
    const { scan_id, person, at, raw } = scan;
    const { title = "", say = "", next = "", scanned = "" } = answer;
    return { scan_id, person, at, raw, to: scan.to, outcome, title, say, next, scanned };
  }
}

/** How old a scan is, in ms. Nobody walks about for a week: then the clock has been set since, and it counts as new. */
function ageOf(at) {
  const age_ms = Date.now() - Date.parse(at);
  return age_ms > 0 && age_ms < WEEK_MS ? age_ms : 0;
}

/** Whether a scan may lead to another page: then those behind it are judged there. */
function isLeading(to) {
  return to === "/scan" || to.startsWith("/lookup/");
}

async function form({ scan_id, raw, at, device, person, symbology, sends_gs, seen, to }, token) {
  const known = { ...(symbology && { symbology }), ...(typeof sends_gs === "boolean" && { sends_gs }), ...(seen && { seen }) };
  const body = new URLSearchParams({ scan_id, raw, at, device, person, sent_at: deviceTime(), ...known });
  const headers = { "X-CSRFToken": token, "HX-Request": "true", "HX-Request-Type": "partial", Accept: "text/html" };
  try {
    const response = await fetch(to, { method: "POST", body, headers, redirect: "manual", signal: AbortSignal.timeout(FORM_MS) });
    return { status: response.status, result: resultOf(scan_id, response, await response.text()) };
  } catch {
    return null;
  }
}

/** The result in an answer of ours, or undefined. */
function resultOf(scan_id, response, page) {
  const { status, headers, ok } = response;
  const to = headers.get("HX-Redirect") ?? headers.get("HX-Location");
  if (to && ok && headers.get(OURS) === scan_id) return { scan_id, status: 200, to };
  const found = parsed(page);
  const verdict = found.getElementById("verdict");
  const isOurs = verdict?.dataset.scan === scan_id && (ok || status === 422) && found.getElementById("screen");
  return isOurs ? { scan_id, status, page, answer: { ...verdict.dataset, say: verdict.textContent.trim() } } : undefined;
}

/** Asks in JSON: { status, said }, said undefined when the answer was none of ours, status 0 when none came. */
export async function ask(path, body, within_ms) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  let status = 0;
  try {
    const signal = AbortSignal.timeout(within_ms);
    const response = await fetch(path, { method: "POST", body: JSON.stringify(body), headers, redirect: "manual", signal });
    status = response.status;
    return { status, said: await response.json() };
  } catch {
    return { status };
  }
}

// --- the heartbeat ---------------------------------------------------------------------------------------------------

/**
 * Once a minute, while the page lives, the device tells how it is and hears whether its task is still its own. `scanUrl()`
 * names the task in hand.
 */
export function beat(outbox, scanUrl) {
  const once = () => sendBeat(outbox, scanUrl).catch(() => {});
  setInterval(once, BEAT_MS);
  once();
}

async function sendBeat({ queue }, scanUrl) {
  const task = taskOf(scanUrl());
  const battery = await navigator.getBattery?.().then(({ level }) => Math.round(level * 100), () => null);
  const facts = { unsent: queue.waiting, oldest_at: queue.oldestAt || null, battery: battery ?? null, version: VERSION };
  const { said } = await ask("/device/heartbeat", { sent_at: deviceTime(), ...facts, tasks: task ? [task] : [] }, FORM_MS);
  if (task && task === taskOf(scanUrl()) && said?.leases?.[task] === "taken") (await import("./leave.js")).takenOver();
}

function taskOf(scanUrl) {
  return Number(scanUrl?.match(/^\/\w+\/(\d+)\/scan$/)?.[1]);
}
