// Ahead: the coming screens of the task in hand, and what a scan means there when the server cannot be asked in time.
//
// The server has played the task's next steps and sent their screens (scanner/ahead). Nothing is decided here: a scan is
// looked up, shown, stored and sent, and the server decides when it comes.

import { checkCharacter, VERSION } from "./ids.js";
import * as store from "./store.js";

const TASK = /^\/\w+\/\d+\/scan$/;
const NEAR = 8; // as many steps on, the screens must be here
const FETCH_MS = 15_000;

let task = ""; // the scan address of the task whose steps these are
let steps = {};
let asked = ""; // the step at which the server was asked last

/**
 * What a code means at a step: { kind: "ok", to, tone, add?, figure?, final?, asks? }, { kind: "stop" }, or { kind: "kept", needs?, back? },
 * which only the server can judge: `needs` says in words why, `back` that it is the step that the device came from;
 * `asks`, that the server has the first word where it can be reached.
 */
export function meaning(at, raw) {
  const step = steps[at];
  if (!step) return { kind: "kept" };
  const bare = raw.replace(/^\][A-Za-z][0-9]/, "");
  const way = wayOf(step, raw, bare);
  if (way) return knows(way.to) ? { ...way, kind: "ok" } : { kind: "kept", needs: way.needs, back: way.back };
  const upper = bare.toUpperCase(); // typed by hand, the server may take it
  return step.other === "stop" && !wayOf(step, upper, upper) ? { kind: "stop" } : { kind: "kept", needs: step.needs };
}

function wayOf(step, raw, bare) {
  for (const code of [raw, bare]) {
    if (Object.hasOwn(step.ways ?? {}, code)) return step.ways[code];
    const like = step.like?.find(({ re }) => new RegExp(re).test(code));
    if (like) return like;
  }
  const [, code, figure, check] = bare.match(/^(CQ(\d{1,6}))([0-9A-Z])$/) ?? [];
  const isFigure = step.pad?.quantity && code && checkCharacter(code) === check;
  return isFigure ? { to: step.pad.quantity, tone: "ok", figure: Number(figure) } : null;
}

/** The screen of a step, as HTML. */
export function screenOf(at) {
  return steps[at].html;
}

/** Whether the server's own screen of a step shows more than the one that is here. */
export function isBare(at) {
  return Boolean(steps[at]?.bare);
}

/** Whether a step is known here. */
export function knows(at) {
  return Object.hasOwn(steps, at);
}

/**
 * The server has shown a step of a task: asks for what comes, if little of it is here, and notes where the work stands.
 * `about` is what a start without a network needs to know of the page: { person, url, theme, hand, idle }.
 */
export async function stand({ scanUrl, at }, about) {
  if (!TASK.test(scanUrl)) return task && /^\/lookup\/task\//.test(scanUrl) ? forget() : undefined;
  if (task !== scanUrl) await begin(scanUrl);
  note(at, about);
  if (at && asked !== at && (!asked || !isEnough(at))) {
    await fetchSteps(at);
    note(at, about);
  }
}

/** Another task, or another page: what was kept of it helps until the server has been asked. */
async function begin(scanUrl) {
  [task, steps, asked] = [scanUrl, {}, ""];
  const kept = await store.work("steps");
  if (task === scanUrl && kept?.task === scanUrl && kept.version === VERSION) steps = kept.steps;
}

/** Notes where the work stands, for a start without a network: by which scan it came there, and what was counted. */
export function note(at, about, last = null, figures = {}) {
  if (knows(at)) store.keepWork({ where: { ...about, to: task, at, last, figures, version: VERSION } });
}

/**
 * The work in hand as it was stored, with its screen (html) and the scans that were made behind it (behind); undefined
 * when there is none that may be shown.
 */
export async function restore() {
  const [where, kept] = [await store.work("where"), await store.work("steps")];
  if (!where || where.isLocked || where.version !== VERSION || kept?.task !== where.to) return undefined;
  [task, steps] = [where.to, kept.steps];
  if (!knows(where.at)) return undefined;
  const own = (await store.all()).filter((scan) => scan.to === task && scan.person === where.person);
  const behind = own.slice(own.findIndex((scan) => scan.scan_id === where.last) + 1);
  return { ...where, html: steps[where.at].html, behind };
}

/** The server has said otherwise than what was known here: the next step asks anew. */
export function doubt() {
  asked = "";
}

/** Forgets the work in hand: it is done, or somebody else's. */
export function forget() {
  [task, steps, asked] = ["", {}, ""];
  return store.clearWork();
}

/** Whether every way from here leads to screens that are here, for some steps or to the end. */
function isEnough(at) {
  let edge = [at];
  const known = new Set();
  for (let far = 0; far < NEAR && edge.length; far++) {
    if (edge.some((each) => !knows(each))) return false;
    for (const each of edge) known.add(each);
    const ways = edge.flatMap((each) => [...Object.values(steps[each].ways ?? {}), ...(steps[each].like ?? [])]);
    edge = [...new Set(ways.map((way) => way.to))].filter((each) => each && !known.has(each));
  }
  return true;
}

async function fetchSteps(at) {
  const from = task;
  asked = at;
  try {
    const response = await fetch(from.replace(/scan$/, "ahead"), { redirect: "error", signal: AbortSignal.timeout(FETCH_MS) });
    const said = await response.json();
    if (!response.ok || said.to !== from || from !== task || !said.steps) return;
    steps = said.steps;
    await store.keepWork({ steps: { task, steps, version: VERSION } });
  } catch {
    asked = ""; // the next step asks again
  }
}
