// The store: what this device keeps of a station's work, in IndexedDB, so that neither a reload nor a dead battery loses it.
//
//   scans   what waits to be sent, in the order in which it was made, by whomever: it belongs to the device
//   told    what became of late scans and needs a decision, until the person it concerns has seen it
//   work    the work in hand: "where" (who, which task, which step) and "steps" (its coming screens)
//
// A write is kept when its transaction is complete and, with durability "strict", on the disk: only then may a tone sound.
// Where a browser keeps nothing, the same lies in memory, and `isLasting` says so.

import "./vendor/idb-8.0.4.umd.js";

const STRICT = { durability: "strict" };
const OPENS_WITHIN_MS = 5_000;
const memory = { scans: [], told: [], work: new Map() };

/** Whether what is stored outlives the page. True until it has shown that it does not. */
export let isLasting = true;

let opened = null;

/** The database, or null where there is none. */
function base() {
  opened ??= Promise.race([open(), late()]).catch(() => {
    isLasting = false;
    return null;
  });
  return opened;
}

/** A database that does not open must not keep a scan waiting. */
function late() {
  return new Promise((_, reject) => setTimeout(reject, OPENS_WITHIN_MS));
}

async function open() {
  const { openDB } = globalThis.idb;
  const db = await openDB("scandock", 1, {
    upgrade(made) {
      made.createObjectStore("scans", { autoIncrement: true }).createIndex("scan_id", "scan_id", { unique: true });
      made.createObjectStore("told", { keyPath: "scan_id" });
      made.createObjectStore("work");
    },
    blocking: (_old, _new, { target }) => target.close(), // a newer version of the app wants it
    terminated: () => { opened = null; }, // the browser has lost it: the next one who asks opens it anew
  });
  navigator.storage?.persist?.().catch(() => {}); // asked, not required: an installed app gets it without a question
  return db;
}

/**
 * Writes by `act(transaction)`, which waits for all that it asks for; kept when it is on the disk. Rejects when nothing
 * was written.
 */
async function write(names, act) {
  const db = await base();
  const transaction = db.transaction(names, "readwrite", STRICT);
  await Promise.all([act(transaction), transaction.done]);
}

/** Keeps a scan. Rejects when it cannot: a full disk, a database that has failed. */
export async function add(scan) {
  if (!(await base())) return void memory.scans.push(scan);
  await write(["scans"], ({ store }) => store.add(scan));
}

/** The oldest scans, at most so many. */
export async function oldest(most) {
  const db = await base();
  return db ? db.getAll("scans", null, most) : memory.scans.slice(0, most);
}

/** All scans that wait, oldest first. */
export function all() {
  return oldest(undefined);
}

/** Forgets scans and keeps what of them is to be told, both or neither. */
export async function done(ids, told = []) {
  if (!(await base())) {
    memory.scans = memory.scans.filter((scan) => !ids.includes(scan.scan_id));
    return void memory.told.push(...told);
  }
  await write(["scans", "told"], async (transaction) => {
    const scans = transaction.objectStore("scans");
    const puts = told.map((each) => transaction.objectStore("told").put(each));
    const keys = await Promise.all([...ids.map((id) => scans.index("scan_id").getKey(id)), ...puts]);
    await Promise.all(keys.slice(0, ids.length).filter((key) => key !== undefined).map((key) => scans.delete(key)));
  });
}

/** Notes something more of scans that wait: what their person was shown, or another address. */
export async function amend(ids, facts) {
  for (const scan of memory.scans) if (ids.includes(scan.scan_id)) Object.assign(scan, facts);
  if (!(await base())) return;
  await write(["scans"], async ({ store }) => {
    for (let at = await store.openCursor(); at; at = await at.continue()) {
      if (ids.includes(at.value.scan_id)) await at.update({ ...at.value, ...facts });
    }
  });
}

/** What a person has still to see, oldest first. */
export async function told(person) {
  const db = await base();
  const all = db ? await db.getAll("told") : memory.told;
  return all.filter((each) => each.person === person).sort((one, other) => (one.at < other.at ? -1 : 1));
}

/** Forgets what its person was told of a scan: they have seen it. */
export async function seen(scan_id) {
  memory.told = memory.told.filter((each) => each.scan_id !== scan_id);
  if (await base()) await write(["told"], ({ store }) => store.delete(scan_id));
}

/** A part of the work in hand, "where" or "steps"; undefined when there is none. */
export async function work(part) {
  const db = await base();
  return db ? db.get("work", part) : memory.work.get(part);
}

/** Keeps parts of the work in hand. It can be fetched again, so a full disk is no reason to stop. */
export async function keepWork(parts) {
  for (const [part, value] of Object.entries(parts)) memory.work.set(part, value);
  const db = await base();
  if (!db) return;
  const transaction = db.transaction("work", "readwrite");
  const puts = Object.entries(parts).map(([part, value]) => transaction.store.put(value, part));
  await Promise.all([...puts, transaction.done]).catch(() => {});
}

/** Nobody sees the work in hand any more. */
export async function clearWork() {
  memory.work.clear();
  const db = await base();
  await db?.clear("work");
}

/** Hides the work in hand until its person has logged in again. */
export async function lockWork() {
  const where = await work("where");
  if (where) await keepWork({ where: { ...where, isLocked: true } });
}
