// Drives static/queue.js outside of any browser: prints one line of JSON for each rule of tests/browser/test_queue.py.
//
// node queue_rules.mjs <path of queue.js>. Time is a list of acts that wait; nothing here takes longer than it computes.

import { pathToFileURL } from "node:url";

const { Queue } = await import(pathToFileURL(process.argv[2]));
const scan = (n) => ({ scan_id: `id-${n}`, raw: `RAW${n}`, at: `2026-11-25T08:00:0${n % 10}+00:00` });
const taken = (scans) => scans.map(({ scan_id }) => ({ scan_id, status: 200, answer: {} }));
const turn = () => new Promise((done) => setImmediate(done));

function world(send, { isFull = false } = {}) {
  const kept = [];
  const timers = [];
  const log = { sent: [], settled: [], timers, kept, now: 0 };
  const store = {
    add: async (each) => { await turn(); if (isFull) throw new Error("full"); kept.push(each); },
    oldest: async (n) => { await turn(); return kept.slice(0, n); },
    done: async (ids) => { await turn(); kept.splice(0, kept.length, ...kept.filter((each) => !ids.includes(each.scan_id))); },
    all: async () => { await turn(); return [...kept]; },
  };
  const clock = {
    now: () => log.now,
    after: (ms, act) => { const timer = { ms, act }; timers.push(timer); return () => timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0); },
  };
  const queue = new Queue({
    store,
    clock,
    send: async (scans, waiting) => { log.sent.push([scans.map((each) => each.scan_id), waiting]); return send(scans, log); },
    settled: async (pairs) => { log.settled.push(...pairs.map(([each]) => each.scan_id)); },
  });
  return { queue, log };
}

async function add(queue, from, to) {
  for (let n = from; n <= to; n++) await queue.add(scan(n));
}

const rules = {
  async order() {
    const { queue, log } = world(taken);
    await add(queue, 1, 45);
    await queue.drain();
    return { sent: log.sent.map(([ids]) => ids.length), settled: log.settled, left: log.kept.length, waiting: queue.waiting };
  },
  async foreign() {
    const answers = [null, "<html>", [{ scan_id: "other", status: 200 }], [{ scan_id: "id-1", status: 404 }], [{ scan_id: "id-1", status: 503 }]];
    const left = [];
    for (const answer of answers) {
      const { queue, log } = world(async () => { if (answer === "<html>") throw new TypeError("not JSON"); return answer; });
      await add(queue, 1, 1);
      await queue.drain();
      left.push([log.kept.length, queue.waiting, queue.downAt, log.timers.length]);
    }
    return left;
  },
  async some() {
    const { queue, log } = world((scans, { sent }) => (sent.length === 1 ? taken(scans.slice(0, 2)) : null));
    await add(queue, 1, 3);
    await queue.drain();
    return { left: log.kept.map((each) => each.scan_id), settled: log.settled, timers: log.timers.length };
  },
  async pauses() {
    const { queue, log } = world(() => null);
    await add(queue, 1, 30);
    await queue.drain();
    const pauses = [];
    for (let n = 0; n < 10; n++) {
      const [timer] = log.timers.splice(0);
      pauses.push(timer.ms);
      timer.act();
      await new Promise((done) => setTimeout(done, 2));
    }
    return { pauses, sizes: log.sent.map(([ids]) => ids.length), timers: log.timers.length };
  },
  async meanwhile() {
    let queue; // a scan that comes while the last answer is on its way is sent without another word
    const made = world(async (scans, { sent }) => { if (sent.length === 1) { await queue.add(scan(2)); queue.drain(); } return taken(scans); });
    queue = made.queue;
    await add(queue, 1, 1);
    await queue.drain();
    return { sent: made.log.sent.map(([ids]) => ids), left: made.log.kept.length };
  },
  async wake() {
    const { queue, log } = world(taken); // asked in the very moment in which a run ends
    await add(queue, 1, 1);
    const first = queue.drain().then(() => queue.add(scan(2)).then(() => queue.drain()));
    await first;
    return { left: log.kept.length, sent: log.sent.length };
  },
  async fault() {
    const { queue, log } = world((scans, { sent }) => (sent.length < 4 ? null : scans.map(({ scan_id }) => ({ scan_id, status: scan_id === "id-1" ? 500 : 200, answer: {} }))));
    await add(queue, 1, 1);
    for (let n = 0; n < 3; n++) await queue.drain();
    await add(queue, 2, 30);
    for (let n = 0; n < 3; n++) await queue.drain();
    return { left: log.kept.map((each) => each.scan_id), down: queue.downAt, timers: log.timers.length };
  },
  async full() {
    const { queue, log } = world(taken, { isFull: true });
    const said = await queue.add(scan(1)).then(() => "kept", () => "refused");
    return { said, waiting: queue.waiting, left: log.kept.length };
  },
  async back() {
    const { queue, log } = world((scans, { sent }) => (sent.length < 3 ? null : taken(scans)));
    await add(queue, 1, 2);
    log.now = 777;
    await queue.drain();
    const down = queue.downAt;
    log.now = 999;
    await queue.drain();
    const still = queue.downAt;
    await queue.drain();
    return { down, still, after: queue.downAt, left: log.kept.length, timers: log.timers.length };
  },
};

for (const [name, rule] of Object.entries(rules)) console.log(JSON.stringify([name, await rule()]));
