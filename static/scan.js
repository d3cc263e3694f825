// The station's page: a scan comes in, is acknowledged at once, is sent, and the answer is shown with one tone.
//
// Nothing here holds the state of the work. The page is read anew at each scan, so a swap can never leave it behind.

import { device, deviceTime, uuid7 } from "./ids.js";
import { isMisread } from "./misread.js";
import { Outbox } from "./outbox.js";
import { codeOf, openPad, press } from "./pad.js";
import { asksForCheck, cleaned, focusField, isHalfTooOften, share, waveAway } from "./profile.js";
import { isOff, play, unlockOnGesture } from "./sound.js";
import { parsed, serviceWorkerPath } from "./trusted.js";
import { listen } from "./wedge.js";

const SAME_READ_MS = 600; // one pull of the trigger may be read twice
const SAME_READ_COUNTING_MS = 250; // where each unit is scanned, the same code is soon meant again
const FLASH_MS = 400;
const SLOW_MS = 400;
const SETTLE_MS = 300;
const STOP_AGAIN_MS = 4_000;

const $ = (id) => document.getElementById(id);
const wedgeField = $("wedge");
let lastRead = { raw: "", at: -Infinity };
let stopShownAt = Infinity;
let stopTimer = 0;
let flashTimer = 0;
let slowTimer = 0;

const outbox = new Outbox(document.body.dataset.person ?? "", {
  token: () => $("screen")?.dataset.csrf ?? "",
  freshToken,
  target: () => $("screen").dataset.scanUrl,
  deliver,
  changed: paintStatus,
});

listen(wedgeField, { onScan: (text, at) => heard(text, "wedge", at), onHalf: halfRead, onKey: typed });
unlockOnGesture(paintStatus);
document.addEventListener("click", clicked);
document.addEventListener("change", pictured);
for (const type of ["online", "pageshow", "focus"]) window.addEventListener(type, resume);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && resume());
document.addEventListener("htmx:after:swap", resume);
document.addEventListener("htmx:before:swap", guardPage);
document.addEventListener("htmx:error", () => tell("No connection. Try again.", "warn", "warn"));
setInterval(paintClock, 10_000);
resume();
share($("screen")?.dataset.csrf ?? "").then(paintStatus, () => {}); // the next page tries again
navigator.serial?.getPorts().then((ports) => ports.length && joinSerial());
navigator.serviceWorker?.register(serviceWorkerPath()).then(updateBetweenTasks, () => {});

/** Only where a scanner was connected before, by a tap on the scanner check. */
async function joinSerial() {
  return (await import("./serial.js")).rejoin({ onScan: (text) => heard(text, "serial"), onHalf: halfRead });
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
  if (outbox.isFull) return tell("Too many scans wait. Find a connection first.", "stop", "stop");
  acknowledge(raw, JSON.parse(screen.dataset.expects));
  const scan = { scan_id: uuid7(), raw, at: deviceTime(), device: device(), page: screen.dataset.scanUrl, read_at: performance.now() };
  outbox.add({ ...scan, ...known });
}

/** The same code again, too soon to be meant. Each repeat starts the time anew: a scanner held on a code is one read. */
function isSameRead(raw, isCounting, at) {
  const isSame = raw === lastRead.raw && at - lastRead.at < (isCounting ? SAME_READ_COUNTING_MS : SAME_READ_MS);
  lastRead = { raw, at };
  return isSame;
}

/** Shows at once that the code was read, and whether this step waits for it. The tone comes with the verdict. */
function acknowledge(raw, expected) {
  const bare = raw.replace(/^\][A-Za-z][0-9]/, "");
  const isExpected = expected.includes(raw) || expected.includes(bare);
  clearTimeout(slowTimer);
  if (isMisread(raw)) return band("warn", `Misread? ${printable(raw)}`); // sent all the same: the record is the server's
  band("read", `${isExpected ? "\u2713 " : ""}${printable(raw)}`);
  slowTimer = setTimeout(() => {
    if (outbox.waiting.length && outbox.word === "ONLINE") band("sending", `Sending ${printable(raw)}`);
  }, SLOW_MS);
}

function printable(raw) {
  return raw.replace(/[\x00-\x1f]/g, " ").slice(0, 60);
}

/** Shows what came back for one scan. */
async function deliver(scan, answer) {
  clearTimeout(slowTimer);
  if (answer.kind === "moved") return visit(answer.to, scan.raw);
  if (answer.kind === "final") return stopHere(`The server would not take ${printable(scan.raw)} (${answer.status}).`, "stop");
  if (answer.kind === "told") return stopHere(answer.verdict.textContent.trim(), answer.verdict.dataset.tone);
  const { outcome, tone } = answer.verdict.dataset;
  if (scan.url !== $("screen")?.dataset.scanUrl) return elsewhere(answer.verdict);
  const unseenStop = (scan.read_at ?? 0) < stopShownAt ? shownStop()?.cloneNode(true) : null;
  await swap(answer.text);
  if (unseenStop) keepStop(unseenStop, answer.verdict);
  play(tone);
  afterVerdict(outcome, tone);
}

/** The fragment goes in by morph: what has not changed stays, so the live region is read out and focus stays. */
async function swap(text) {
  const task = $("task");
  const step = $("screen")?.dataset.step;
  await htmx.swap({ sourceElement: task, target: task, text, swap: "innerMorph" });
  if ($("screen").dataset.step !== step) settle(task);
}

/** For a moment taps are ignored: the second tap of a double tap belongs to the screen that has gone. */
function settle(task) {
  task.classList.add("is-settling");
  setTimeout(() => task.classList.remove("is-settling"), SETTLE_MS);
}

function afterVerdict(outcome, tone) {
  const isStop = shownStop() !== null;
  clearTimeout(stopTimer);
  if (!isStop) stopShownAt = Infinity;
  else if (stopShownAt === Infinity) stopShownAt = performance.now();
  if (isStop) stopTimer = setTimeout(() => shownStop() && play(tone), STOP_AGAIN_MS);
  if (outcome === "refused") band(tone === "warn" ? "warn" : "stop", "");
  else flash(tone === "warn" ? "warn" : "ok");
  paintStatus();
}

/**
 * A scan that was read before the STOP could be seen does not clear it: the server has judged it against the same
 * step, its own result is added as a line, and the STOP stays until the worker answers it.
 */
function keepStop(stop, verdict) {
  shownStop()?.remove();
  const line = document.createElement("p");
  line.className = "stop__after";
  line.textContent = `Scanned after it: ${verdict.textContent.trim()}`;
  stop.querySelector(".stop__body").append(line);
  $("screen").append(stop);
}

function shownStop() {
  const stop = $("stop");
  return stop && !stop.hidden ? stop : null;
}

function elsewhere(verdict) {
  play(verdict.dataset.tone);
  tell(`Earlier scan: ${verdict.textContent.trim()}`, verdict.dataset.outcome === "refused" ? "stop" : "ok");
}

/** A STOP of the page's own, for answers that bring no screen. */
function stopHere(words, tone) {
  shownStop()?.remove();
  const stop = $("stop-blank").content.firstElementChild.cloneNode(true);
  stop.querySelector(".say").textContent = words;
  $("screen").append(stop);
  play(tone);
  afterVerdict("refused", tone);
}

/** Goes on at another address within this page. A badge leads to the log-in, which is given the badge. */
function visit(path, raw) {
  play("ok");
  if (path === "/login") {
    sessionStorage.setItem("scandock.badge", raw);
    return location.assign(path);
  }
  if (path === "/logout") return outbox.waiting.length ? tell("Scans wait. Log out when they are sent.", "warn", "warn") : $("out").submit();
  return htmx.ajax("GET", path, { target: "#page", select: "#page", swap: "outerHTML", push: "true" });
}

/** What is not one of our pages (a captive portal's, a proxy's) must not take this one's place. */
function guardPage(event) {
  const { ctx, tasks } = event.detail;
  if (!ctx.select || tasks.some((task) => task.type === "main" && task.fragment.childElementCount)) return;
  event.preventDefault();
  tell("No connection. Try again.", "warn", "warn");
}

/** A new CSRF token from the page itself, or "" when even that does not come. */
async function freshToken() {
  try {
    const page = await (await fetch(location.href, { headers: { Accept: "text/html" } })).text();
    const screen = parsed(page).getElementById("screen");
    if (screen) $("screen").dataset.csrf = screen.dataset.csrf;
    return screen?.dataset.csrf ?? "";
  } catch {
    return "";
  }
}

function band(state, words) {
  const scan = $("scan");
  if (!scan) return;
  clearTimeout(flashTimer);
  scan.dataset.state = state;
  $("note").textContent = words;
}

function flash(state) {
  band(state, "");
  flashTimer = setTimeout(() => band("ready", ""), FLASH_MS);
}

/** A message of the page's own. It stays until the next scan: nobody has to look within a second. */
function tell(words, state, tone) {
  band(state, words);
  if (tone) play(tone);
}

function clicked(event) {
  const button = event.target.closest("button[data-code], button[data-key], button[data-local]");
  if (button) pressed(button, event);
  focusField(wedgeField); // a tap beside everything takes the focus away, and input methods need it
}

function pressed(button, event) {
  const { code, key, local } = button.dataset;
  if (event.detail) button.blur(); // a scanner's Enter must not press the last button again
  if (code) read(code);
  else if (local) LOCAL[local]();
  else if (key === "DONE") sendPad(button.closest(".pad"));
  else press(button.closest(".pad"), key);
}

const LOCAL = {
  more: () => { $("more").hidden = false; },
  pad: () => { $("pad-sheet").hidden = false; },
  close: closeSheets,
  back: () => { $("stop").hidden = true; stopShownAt = Infinity; clearTimeout(stopTimer); },
  sound: () => play("ok"),
  camera: openCamera,
  send: () => { closeSheets(); outbox.drain(); },
  unasked: () => { waveAway(); paintStatus(); },
};

/** The camera is fetched when it is first wanted; scanners never pay for it. */
async function openCamera() {
  closeSheets();
  try {
    await (await import("./camera.js")).toggle({ read: (text, symbology) => read(text, { symbology }), expected: () => JSON.parse($("screen")?.dataset.expects ?? "[]"), step: () => $("screen")?.dataset.step });
  } catch {
    tell("No connection. Try again.", "warn", "warn");
  }
}

function closeSheets() {
  for (const sheet of document.querySelectorAll(".sheet")) sheet.hidden = true;
}

/** A photo has been taken. What reads it is loaded with the first one. */
async function pictured({ target }) {
  if (target.id !== "photo" || !target.files.length) return;
  const [file] = target.files;
  target.value = ""; // the same picture may be chosen again
  closeSheets();
  tell("Reading the photo", "sending");
  try {
    await (await import("./photo.js")).readPhoto(file, { read: (raw, symbology) => read(raw, { symbology, sends_gs: true }), tell, freshToken, screen: $("screen") });
  } catch {
    tell("No connection. Take the photo again.", "warn", "warn");
  }
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

function resume() {
  paintStatus();
  paintClock();
  focusField(wedgeField);
  if (outbox.waiting.length) outbox.drain();
}

function paintStatus() {
  const link = $("link");
  if (!link) return;
  const count = outbox.waiting.length;
  const isOnline = outbox.word === "ONLINE";
  link.dataset.state = isOnline ? "online" : "offline";
  const depth = isOnline ? (count > 1 ? ` q${count}` : "") : ` ${count} waiting`;
  const words = outbox.word + depth;
  if (link.textContent !== words) link.textContent = words;
  if (!isOnline && count && $("scan").dataset.state !== "stop") band("offline", `${count} waiting to be sent. Nothing is lost.`);
  $("muted").hidden = !isOff();
  const send = $("send-now");
  if (send) send.hidden = !count;
  const unchecked = $("unchecked");
  if (unchecked) unchecked.hidden = !asksForCheck();
}

function paintClock() {
  const clock = $("clock");
  if (clock) clock.textContent = new Date().toTimeString().slice(0, 5);
}

/** A new version takes over only where no work can be cut in two: on the home screen. */
function updateBetweenTasks(registration) {
  if ($("screen")?.dataset.step === "home") registration?.waiting?.postMessage("take over");
}
