// Phones with the product's own queue, whose clock, disk and network are what a simulation says.
//
//   node phones.mjs <queue.js>
//
// Reads one line of JSON for each thing that happens and answers with one line once nothing moves any more:
// what was sent, when the next timer is due, what each phone holds. A page that is reloaded leaves only its store.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { Queue } = await import(pathToFileURL(process.argv[2]));

let now = 0; // ms of the simulation
let phones = [];
let out = []; // requests that left since the last line
let requests = new Map();
let timers = new Set();
let number = 0;

class Phone {
  kept = []; // the disk: outlives every page
  settled = []; // ids that left the queue since the last line
  refused = []; // ids that could not be kept
  isFull = false;
  ahead = 0; // of our clock, in ms
  pages = [];

  constructor(at) {
    this.at = at;
    this.open();
  }

  /** Another page of this phone; with `isReload` the ones before it are gone, whatever they were doing. */
  open(isReload = false) {
    if (isReload) this.pages.forEach((page) => { page.isGone = true; });
    if (isReload) this.pages = [];
    const page = { isGone: false };
    page.queue = new Queue({ store: this.store(page), send: (scans) => this.send(page, scans), clock: clockOf(page) });
    this.pages.push(page);
    return page.queue.refresh().then(() => page.queue.drain());
  }

  store(page) {
    const alive = async (act) => { await turn(); return page.isGone ? never() : act(); };
    return {
      add: (scan) => alive(() => { if (this.isFull) throw new Error("full"); this.kept.push(structuredClone(scan)); }),
      oldest: (n) => alive(() => structuredClone(this.kept.slice(0, n))),
      all: () => alive(() => structuredClone(this.kept)),
      done: (ids, pairs) => alive(() => {
        if (this.isFull) throw new Error("full");
        this.kept = this.kept.filter(({ scan_id }) => !ids.includes(scan_id));
        this.settled.push(...pairs.map(([{ scan_id }, { status, answer }]) => ({ scan_id, status, answer })));
      }),
    };
  }

  /** As static/outbox.js sends what has waited: the results of an answer of ours, else null. */
  async send(page, scans) {
    const r = ++number;
    out.push({ r, phone: this.at, body: JSON.stringify({ sent_at: new Date(now + this.ahead).toISOString(), scans }) });
    const answer = await new Promise((done) => requests.set(r, done));
    if (page.isGone) return never();
    try {
      const said = JSON.parse(answer);
      return Array.isArray(said?.results) ? said.results : null;
    } catch {
      return null;
    }
  }
}

function clockOf(page) {
  return {
    now: () => now,
    after: (ms, act) => {
      const timer = { at: now + ms, act, page };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
}

const turn = () => new Promise((done) => setImmediate(done));
const never = () => new Promise(() => {});

const acts = {
  reset: ({ count }) => {
    [now, number] = [0, 0];
    [timers, requests, out] = [new Set(), new Map(), []];
    phones = Array.from({ length: count }, (_, at) => new Phone(at));
  },
  scan: ({ phone, scan }) => {
    const at = new Date(now + phones[phone].ahead).toISOString();
    const { queue } = phones[phone].pages.at(-1);
    const refuse = () => { phones[phone].refused.push(scan.scan_id); };
    queue.add({ ...scan, at }).then(() => queue.drain(), refuse).catch(() => {});
  },
  answer: ({ r, text }) => { requests.get(r)?.(text); requests.delete(r); },
  reload: ({ phone }) => { phones[phone].open(true).catch(() => {}); },
  tab: ({ phone }) => { phones[phone].open().catch(() => {}); },
  full: ({ phone, isFull }) => { phones[phone].isFull = isFull; },
  clock: ({ phone, ahead }) => { phones[phone].ahead = ahead; },
  tick: () => {
    for (const timer of [...timers].filter(({ at }) => at <= now)) {
      timers.delete(timer);
      if (!timer.page.isGone) timer.act();
    }
  },
};

/** Until every promise has come to rest: each step of the queue takes one turn. */
async function rest() {
  let before;
  do {
    before = `${number} ${timers.size} ${phones.map((each) => `${each.kept.length} ${each.settled.length} ${each.pages.map(({ queue }) => queue.waiting)}`)}`;
    for (let n = 0; n < 6; n++) await turn();
  } while (before !== `${number} ${timers.size} ${phones.map((each) => `${each.kept.length} ${each.settled.length} ${each.pages.map(({ queue }) => queue.waiting)}`)}`);
}

function told() {
  const state = phones.map((each) => ({
    kept: each.kept.map(({ scan_id }) => scan_id),
    settled: each.settled.splice(0),
    refused: each.refused.splice(0),
    waiting: each.pages.map(({ queue }) => queue.waiting),
    isSending: each.pages.some(({ queue }) => queue.isSending),
  }));
  const due = [...timers].filter(({ page }) => !page.isGone).map(({ at }) => at);
  return { sent: out.splice(0), due: due.length ? Math.min(...due) : null, phones: state };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { t, ...act } = JSON.parse(line);
  now = t;
  acts[act.do](act);
  await rest();
  console.log(JSON.stringify(told()));
}
