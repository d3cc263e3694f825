// Scanner check: records how known symbols arrive and shows what the server finds in it.
//
// Here nothing is taken for typing: all keys of a burst are kept as they come, with or without an end.

import { device } from "./ids.js";
import { Keys } from "./keys.js";
import { focusField, keep } from "./profile.js";
import { isOff, play, unlockOnGesture } from "./sound.js";

const QUIET_MS = 600; // as long without a key: the burst is over
const SHORTEST = 3; // fewer keys are a hand on the keyboard

const $ = (id) => document.getElementById(id);
const field = $("wedge");
let bursts = [];
let burst = null;
let ended = null; // the last burst, as it was when the keys stopped
let keyboard = "none";
let timer = 0;
let last = Promise.resolve();
let scanner = null;

const keys = new Keys(field, { token, restart: () => { [burst, ended] = [null, null]; clearTimeout(timer); }, held: prevent, between() {}, hearsTyping: () => false });
keys.listen();
unlockOnGesture(() => {});
document.addEventListener("click", clicked);
for (const type of ["pageshow", "focus"]) window.addEventListener(type, () => focusField(field, keyboard));
focusField(field, keyboard);
if (navigator.serial) {
  document.querySelector("[data-local=connect]").hidden = false;
  navigator.serial.getPorts().then((ports) => ports.length && use(ports[0]));
}

function token(name, time, event) {
  if (!burst && ended && time - ended.at <= QUIET_MS) takeUpAgain();
  if (!burst && (name.length > 1 || (name === " " && event.target !== field))) return; // keys that begin no code
  burst ??= { tokens: [], gaps: [], source: event.type === "input" ? "input" : "keys", has_caps: false, at: time };
  if (burst.tokens.length) burst.gaps.push(Math.round(time - burst.at));
  burst.at = time;
  burst.tokens.push(name);
  if (event.getModifierState?.("CapsLock")) burst.has_caps = true;
  prevent(event);
  clearTimeout(timer);
  timer = setTimeout(finish, QUIET_MS);
}

/** The page was so busy that the timer came before a key that had been pressed in time. */
function takeUpAgain() {
  bursts = bursts.filter((each) => each !== ended.found);
  burst = ended;
}

function prevent(event) {
  if (event.type === "keydown") event.preventDefault();
}

function finish() {
  [ended, burst] = [burst, null];
  keys.forget();
  const { tokens, gaps, source, has_caps } = ended;
  // What came in one piece has no gaps to speak of, and the Enter after it belongs to no key before.
  const found = { tokens: tokens.slice(0, 300), gaps: source === "input" ? [] : gaps.slice(0, 299), source, has_caps };
  if (tokens.length >= SHORTEST) ended.found = add(found);
}

function add(found) {
  const { asks, done } = $("screen").dataset;
  const added = { asked: asks, keyboard, ...found };
  bursts = [...(done === "true" ? [] : bursts), added].slice(-20);
  look();
  return added;
}

/** Asks the server what the scans so far say. One after the other: an older answer must not cover a newer one. */
function look() {
  last = last.then(show).catch(() => note("No connection. Scan again.", "warn"));
}

async function show() {
  const { csrf, read } = $("screen").dataset;
  const text = await (await post("/scanner/check", { bursts: JSON.stringify(bursts) }, csrf)).text();
  await htmx.swap({ sourceElement: $("task"), target: $("task"), text, swap: "innerMorph" });
  const now = $("screen").dataset;
  const isBad = now.done === "true" ? !now.profile : Number(now.read) <= Number(read) && now.problems;
  play(isBad ? "stop" : now.profile ? "done" : "ok");
}

async function post(path, values, csrf) {
  const headers = { "X-CSRFToken": csrf, "HX-Request-Type": "partial", Accept: "text/html, application/json" };
  const answer = await fetch(path, { method: "POST", body: new URLSearchParams(values), headers });
  if (!answer.ok && answer.status !== 401) throw new Error(`${path} ${answer.status}`);
  return answer;
}

async function save() {
  const { csrf, profile } = $("screen").dataset;
  const found = JSON.parse(profile);
  keep(found, bursts); // at work at once, whatever the network does
  try {
    const answer = await post("/scanner/profile", { device: device(), bursts: JSON.stringify(bursts) }, csrf);
    const isStored = answer.ok && !answer.redirected;
    if (isStored) keep(await answer.json());
    note(isStored ? "Saved for this device." : "Kept here. It is stored after the log-in.", "ok");
  } catch {
    note("Kept here. It is stored when there is a connection.", "ok");
  }
  play("ok");
}

function note(words, state) {
  $("note").textContent = words;
  $("scan").dataset.state = state;
}

function clicked(event) {
  const button = event.target.closest("button[data-local]");
  if (event.detail) button?.blur();
  if (button) LOCAL[button.dataset.local]();
  focusField(field, keyboard);
}

const LOCAL = {
  more: () => { $("more").hidden = false; },
  close: () => { $("more").hidden = true; },
  sound: testSound,
  save,
  again: () => { bursts = []; LOCAL.close(); look(); },
  plain: () => { keyboard = "plain"; field.blur(); LOCAL.close(); note("Scan twice now.", "ready"); },
  connect,
};

/** The good tone and the bad one, as loud as this device is now. */
function testSound() {
  play("ok");
  setTimeout(() => play("stop"), 700);
  note(isOff() ? "Sound is off in this browser." : "One high, then two low. Not heard? Turn it up.", isOff() ? "warn" : "ready");
}

async function connect() {
  const { choose } = await import("./serial.js");
  const port = await choose();
  if (port) await use(port);
}

async function use(port) {
  const { SerialScanner } = await import("./serial.js");
  await scanner?.close();
  scanner = new SerialScanner({
    onScan: (text) => add({ tokens: [...text, "Enter"], gaps: [], source: "serial", has_caps: false }),
    onHalf: (text) => add({ tokens: [...text], gaps: [], source: "serial", has_caps: false }),
    onState: (state) => { $("serial-state").textContent = `Scanner: ${state}`; },
  });
  scanner.use(port);
}
