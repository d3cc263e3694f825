// The station's page: what the scanner, the hand and the browser do to it, and who takes care of each.
//
// Nothing here holds the state of the work. The page is read anew at each scan, so a swap can never leave it behind.

import { beat } from "./outbox.js";
import { codeOf, openPad, press } from "./pad.js";
import { asksForCheck, cleaned, focusField, isHalfTooOften, share, waveAway } from "./profile.js";
import { $, band, closeSheets, putStopAside, tell } from "./screen.js";
import { isOff, play, unlockOnGesture } from "./sound.js";
import { isLasting, lockWork, told } from "./store.js";
import { serviceWorkerPath } from "./trusted.js";
import { listen } from "./wedge.js";
import * as work from "./work.js";

const SAME_READ_MS = 600; // one pull of the trigger may be read twice
const SAME_READ_COUNTING_MS = 250; // where each unit is scanned, the same code is soon meant again
const LOOK_MS = 10_000;

const wedgeField = $("wedge");
const { dataset } = document.body;
const cold = "cold" in dataset ? await import("./cold.js") : null; // opened without a network
const where = await cold?.open();
const person = Number(dataset.person) || 0;
let lastRead = { raw: "", at: -Infinity };
let undecided = 0; // results that the person has still to see
let registration = null;

work.start({ person, about, moved: visit, changed, told: countDecisions, came: stepCame });
const replayed = where && work.replay(where.behind, where.figures);
// What is scanned meanwhile is judged behind it.
listen(wedgeField, { onScan: async (text, at) => { await replayed; heard(text, "wedge", at); }, onHalf: halfRead, onKey: typed });
await replayed;
unlockOnGesture(paintStatus);
document.addEventListener("click", clicked);
document.addEventListener("change", pictured);
document.addEventListener("submit", submitted);
for (const type of ["online", "pageshow", "focus"]) window.addEventListener(type, resume);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && resume());
document.addEventListener("htmx:after:swap", pageCame);
document.addEventListener("htmx:before:swap", guardPage);
document.addEventListener("htmx:error", () => tell("No connection. Try again.", "warn", "warn"));
setInterval(look, LOOK_MS);
resume();
beat(work.outbox, () => $("screen")?.dataset.scanUrl);
if (!cold) share($("screen")?.dataset.csrf ?? "").then(paintStatus, () => {}); // the next page tries again
navigator.serial?.getPorts().then((ports) => ports.length && joinSerial());
// The version that has taken over: its own scripts, and what they load later, belong together.
if (navigator.serviceWorker?.controller) navigator.serviceWorker.addEventListener("controllerchange", () => isBetweenTasks() && location.reload());
navigator.serviceWorker?.register(serviceWorkerPath()).then((made) => { registration = made; updateBetweenTasks(); }, () => {});

/** Only where a scanner was connected before, by a tap on the scanner check. */
async function joinSerial() {
  return (await import("./serial.js")).rejoin({ onScan: (text) => heard(text, "serial"), onHalf: halfRead });
}

/** What a start without a network has to know of this page. */
function about() {
  const { theme, hand } = document.documentElement.dataset;
  return { person, url: location.pathname, theme, hand, idle: dataset.idle ?? "" };
}

/** A scanner has sent a text: what its profile knows is put right first. */
function heard(text, channel, at) {
  const { raw, sends_gs } = cleaned(text, channel);
  if (raw) read(raw, { sends_gs }, at);
}

function halfRead() {
  tell("Half a code. Scan again.", "warn", "warn");
  const offer = $("check-offer");
  if (offer && isHalfTooOften()) offer.hidden = false;
}

/**
 * A code has been read, by scanner, camera, photo, button or pad, at a time in ms. `known` is what else is known of
 * this one read: symbology, sends_gs.
 */
function read(raw, known = {}, at = performance.now()) {
  const screen = $("screen");
  if (!screen) return;
  closeSheets();
  if (isSameRead(raw, screen.dataset.counts === "true", at)) return play("tick");
  const { full } = work.outbox;
  if (full) return tell(`${full} Find a connection first.`, "stop", "stop");
  work.take(raw, known, performance.now());
}

/** The same code again, too soon to be meant. Each repeat starts the time anew: a scanner held on a code is one read. */
function isSameRead(raw, isCounting, at) {
  const isSame = raw === lastRead.raw && at - lastRead.at < (isCounting ? SAME_READ_COUNTING_MS : SAME_READ_MS);
  lastRead = { raw, at };
  return isSame;
}

/** Goes on at another address within this page. A badge leads to the log-in, which is given the badge. */
function visit(path, raw) {
  const isLeaving = path === "/login";
  if (isLeaving && !isLasting && work.outbox.queue.waiting) return tell("This browser keeps nothing. Change people when all is sent.", "stop", "stop");
  play("ok");
  if (isLeaving) {
    sessionStorage.setItem("scandock.badge", raw);
    return location.assign(path);
  }
  if (path === "/logout") return logOut();
  return htmx.ajax("GET", path, { target: "#page", select: "#page", swap: "outerHTML", push: "true" });
}

/** What is not one of our pages (a captive portal's, a proxy's) must not take this one's place. */
function guardPage(event) {
  const { ctx, tasks } = event.detail;
  if (!ctx.select || tasks.some((task) => task.type === "main" && task.fragment.childElementCount)) return;
  event.preventDefault();
  tell("No connection. Try again.", "warn", "warn");
}

/** This device has gone on to another step. */
function stepCame() {
  paintClock();
  paintStatus();
}

/** A fragment has come, or another page. */
function pageCame({ detail }) {
  resume();
  if (detail.ctx.select) work.stand();
}

// --- the end of a shift ----------------------------------------------------------------------------------------------

/** Log-out and lock have something to clear on this device first. */
function submitted(event) {
  const { pathname } = new URL(event.target.action);
  if (pathname !== "/logout" && pathname !== "/lock") return;
  event.preventDefault();
  if (pathname === "/logout") logOut();
  else if (isLasting) lockWork().finally(() => event.target.submit());
  else import("./leave.js").then(({ lock }) => lock());
}

/** Loaded with the first log-out: a start without a network has it too. */
async function logOut() {
  const token = (await work.freshToken()) || $("screen").dataset.csrf;
  import("./leave.js").then(({ logOut }) => logOut({ token, tell, outbox: work.outbox }), () => tell("Log out needs the network.", "warn", "warn"));
}

// --- hands -----------------------------------------------------------------------------------------------------------

function clicked(event) {
  const button = event.target.closest("button[data-code], button[data-key], button[data-local]");
  if (button) pressed(button, event);
  else if (event.target.closest(".link")) openQueue();
  focusField(wedgeField); // a tap beside everything takes the focus away, and input methods need it
}

function pressed(button, event) {
  const { code, key, local } = button.dataset;
  if (event.detail) button.blur(); // a scanner's Enter must not press the last button again
  if (code) read(code);
  else if (local) LOCAL[local]?.();
  else if (key === "DONE") sendPad(button.closest(".pad"));
  else press(button.closest(".pad"), key);
}

const LOCAL = {
  more: () => { $("more").hidden = false; },
  pad: () => { $("pad-sheet").hidden = false; },
  close: closeSheets,
  back: putStopAside,
  sound: () => play("ok"),
  camera: openCamera,
  queue: openQueue,
  unasked: () => { waveAway(); paintStatus(); },
};

/** The camera is fetched when it is first wanted; scanners never pay for it. */
function openCamera() {
  return fetched(async () => (await import("./camera.js")).toggle({ read: (text, symbology) => read(text, { symbology }), expected: () => JSON.parse($("screen")?.dataset.expects ?? "[]"), step: () => $("screen")?.dataset.step }));
}

/** What waits on this device and what needs a decision. */
function openQueue() {
  return fetched(async () => (await import("./waiting.js")).open({ person, outbox: work.outbox, changed: countDecisions, tell }));
}

/** Does what has to be fetched first. */
async function fetched(act, words = "No connection. Try again.") {
  closeSheets();
  await act().catch(() => tell(words, "warn", "warn"));
}

/** A photo has been taken. What reads it is loaded with the first one. */
async function pictured({ target }) {
  if (target.id !== "photo" || !target.files.length) return;
  const [file] = target.files;
  target.value = ""; // the same picture may be chosen again
  tell("Reading the photo", "sending");
  const given = { read: (raw, symbology) => read(raw, { symbology, sends_gs: true }), tell, freshToken: work.freshToken, screen: $("screen") };
  await fetched(async () => (await import("./photo.js")).readPhoto(file, given), "No connection. Take the photo again.");
}

/** A key pressed by hand on a bench keyboard goes to the pad that is open. */
function typed(key) {
  const pad = openPad();
  if (!pad) return false;
  if (key === "Enter") sendPad(pad);
  return key === "Enter" || press(pad, key);
}

function sendPad(pad) {
  const { code, problem } = codeOf(pad);
  if (problem) return tell(problem, "warn", "warn");
  read(code);
}

// --- what the page shows of the device -------------------------------------------------------------------------------

function resume() {
  countDecisions();
  paintClock();
  focusField(wedgeField);
  work.goOn();
}

function look() {
  paintClock();
  work.goOn();
}

/** The figures of the queue have changed. */
function changed() {
  paintStatus();
  updateBetweenTasks();
}

async function countDecisions() {
  undecided = (await told(person)).length;
  paintStatus();
}

function paintStatus() {
  const link = $("link");
  if (!link || !work.outbox) return;
  const { word, queue: { waiting, downAt }, isDown } = work.outbox;
  link.dataset.state = isDown ? "offline" : "online";
  const depth = waiting > 1 || (isDown && waiting) ? ` q${waiting}` : "";
  const since = isDown ? ` since ${clock(downAt)}` : "";
  const toDecide = undecided ? ` · ${undecided} to decide` : "";
  const words = `${word}${depth}${since}${toDecide}`;
  if (link.textContent !== words) link.textContent = words;
  document.documentElement.dataset.sound = isOff() ? "off" : "on"; // there from the start, so that nothing moves when it is known
  if ($("unchecked")) $("unchecked").hidden = !asksForCheck();
  const { state } = $("scan")?.dataset ?? {};
  if (state === "ready" && !isLasting) band("ready", "This browser keeps nothing.");
  if (isDown && waiting && ["ready", "right", "sending", "offline"].includes(state)) band("offline", work.saved());
}

function paintClock() {
  if ($("clock")) $("clock").textContent = clock();
}

function clock(at = Date.now()) {
  return new Date(at).toTimeString().slice(0, 5);
}

/** A new version takes over only where no work can be cut in two: on the home screen, while nothing is being sent. */
function updateBetweenTasks() {
  if (isBetweenTasks()) registration?.waiting?.postMessage("take over");
}

function isBetweenTasks() {
  return $("screen")?.dataset.step === "home" && !work.outbox.queue.isSending;
}
