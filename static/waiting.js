// The queue on the screen: what waits on this device, what needs a decision, and a way out for both.
//
// A person sees their own scans only; of others' they see how many there are. Loaded when it is first wanted.

import { device, deviceTime } from "./ids.js";
import { printable } from "./screen.js";
import * as store from "./store.js";

const EVERY_MS = 1_000;
const SEEN = { ok: "right here", stop: "STOP here", kept: "not judged yet" };
const CAME = { refused: "When it came, it was not booked.", accepted: "You saw STOP. It was booked all the same." };
const NOT_OFFLINE = "Not without a network: log in, log out, other work than this, labels, closing a manifest, releasing a hold.";
let page = null; // what the station's page gave: { person, outbox, changed, tell }

/** Opens the sheet over the step. Any scan closes it. */
export async function open(given) {
  page = given;
  const sheet = made("section", { className: "sheet waiting", id: "waiting", ariaLabel: "Waiting" });
  document.querySelector("#screen, .screen").append(sheet);
  await paint(sheet);
  const timer = setInterval(() => (sheet.isConnected ? paint(sheet) : clearInterval(timer)), EVERY_MS);
}

/** Paints it anew, if anything has changed. */
async function paint(sheet) {
  const [scans, told] = [await store.all(), await store.told(page.person)];
  const { word } = page.outbox;
  const state = JSON.stringify([scans.length, told.length, word, scans[0]?.scan_id]);
  if (sheet.dataset.state === state) return;
  sheet.dataset.state = state;
  const own = scans.filter((scan) => scan.person === page.person);
  const body = made("div", { className: "waiting__body grows", tabIndex: 0 });
  if (told.length) body.append(made("h3", {}, `Needs a decision: ${told.length}`), ...told.map(decision));
  body.append(made("h3", {}, `Waiting to be sent: ${scans.length}`), made("ul", { className: "list" }, ...own.map(row)));
  if (own.length < scans.length) body.append(made("p", {}, `${scans.length - own.length} of other people. They are sent too.`));
  if (word === "REVOKED") body.append(made("p", {}, "The desk has revoked this device. Export what waits and give it to the desk."));
  if (!store.isLasting) body.append(made("p", {}, "This browser keeps nothing: do not close it before all is sent."));
  body.append(made("p", { className: "waiting__not" }, NOT_OFFLINE));
  sheet.replaceChildren(made("h2", {}, word === "ONLINE" ? "Queue" : `Queue: ${word}`), body, foot(scans));
}

function row(scan) {
  const what = made("span", {}, `${taskOf(scan)} `, made("b", { className: "mono" }, printable(scan.raw)));
  return made("li", { className: "list__row" }, made("b", {}, timeOf(scan)), what, made("small", {}, SEEN[scan.seen] ?? ""));
}

/** A late result in sentences, with the one thing to do, until its person has seen it. */
function decision(entry) {
  const found = `${timeOf(entry)} ${taskOf(entry)}: you scanned ${entry.scanned || printable(entry.raw)}.`;
  const came = CAME[entry.outcome] ?? "It was booked, and the desk looks at it.";
  const ok = button("OK", async () => {
    await store.seen(entry.scan_id);
    page.changed();
  });
  ok.classList.add("button--go");
  const what = [entry.title, entry.say].filter(Boolean).join(": ");
  const words = [found, came, what, entry.next].filter(Boolean);
  return made("article", { className: "decision" }, ...words.map((each) => made("p", {}, each)), ok);
}

function foot(scans) {
  const send = button("Send now", async () => {
    await page.outbox.drain();
    if (page.outbox.isDown) page.tell("No connection. Nothing is lost.", "offline", "warn");
  });
  const out = button("Export", () => save(scans));
  const back = button("Back", () => {});
  back.dataset.local = "close";
  const some = scans.length ? [send, out] : [];
  const copy = scans.length && navigator.clipboard ? [button("Copy", () => navigator.clipboard.writeText(textOf(scans)).then(() => page.tell("Copied.", "ok"), () => {}))] : [];
  return made("div", { className: "sheet__foot tiles" }, ...some, ...copy, back);
}

/** What waits as a file that the desk can read in. It stays here until it is sent. */
function save(scans) {
  const url = URL.createObjectURL(new Blob([textOf(scans)], { type: "application/json" }));
  made("a", { href: url, download: `scandock-unsent-${device().slice(-6)}-${deviceTime().slice(0, 16).replace(/\D/g, "")}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function textOf(scans) {
  return JSON.stringify({ kind: "scandock-unsent", version: 1, device: device(), exported_at: deviceTime(), scans }, null, 1);
}

function taskOf({ to }) {
  const [, kind, task] = to.match(/^\/(\w+)\/(\d+)\/scan$/) ?? [];
  return kind ? `${kind.toUpperCase()} ${task}` : "LOOK UP";
}

function timeOf({ at }) {
  return at.slice(11, 19);
}

function button(words, act) {
  const node = made("button", { type: "button", className: "button" }, words);
  node.addEventListener("click", act);
  return node;
}

function made(tag, facts, ...children) {
  const node = Object.assign(document.createElement(tag), facts);
  node.append(...children);
  return node;
}
