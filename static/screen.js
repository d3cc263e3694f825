// The screen: its bands, its STOP, its sheets, and how a new step takes the place of the old one.

import { play } from "./sound.js";
import { parsed } from "./trusted.js";

const FLASH_MS = 400;
const SETTLE_MS = 300;
const MOST_AFTER = 4;
const STOP_AGAIN_MS = 4_000;
const PAINT_MS = 100;

let stopShownAt = Infinity;
let stopTimer = 0;
let stopTone = "stop";
let flashTimer = 0;

export const $ = (id) => document.getElementById(id);

/** A code as it can be read. */
export function printable(raw) {
  return raw.replace(/[\x00-\x1f]/g, " ").slice(0, 60);
}

/** The scan band's state and the page's own line in it. */
export function band(state, words) {
  const scan = $("scan");
  if (!scan) return;
  clearTimeout(flashTimer);
  scan.dataset.state = state;
  $("note").textContent = words;
}

/** A message of the page's own. It stays until the next scan: nobody has to look within a second. */
export function tell(words, state, tone) {
  band(state, words);
  if (tone) play(tone);
}

/** Shows for a moment how a scan went. `words` stay longer. */
export function flash(state, words = "") {
  band(state, words);
  flashTimer = setTimeout(() => band("ready", words), FLASH_MS);
}

export function closeSheets() {
  for (const sheet of document.querySelectorAll(".sheet")) sheet.hidden = true;
  $("waiting")?.remove();
}

/** Kept when what was changed has been painted. A page that is hidden paints nothing. */
export function painted() {
  return new Promise((kept) => { requestAnimationFrame(() => setTimeout(kept)); setTimeout(kept, PAINT_MS); });
}

/** The fragment goes in by morph: what has not changed stays, so the live region is read out and focus stays. */
export async function swap(text) {
  const task = $("task");
  const step = $("screen")?.dataset.step;
  await htmx.swap({ sourceElement: task, target: task, text, swap: "innerMorph" });
  if ($("screen").dataset.step !== step) settle(task);
}

/** This device's own next step goes in whole: on a slow phone a morph would take as long as all the rest. */
export function put(text) {
  const task = $("task");
  const { step } = $("screen").dataset;
  task.replaceChildren(...parsed(text).body.childNodes);
  if ($("screen").dataset.step !== step) settle(task);
  painted().then(() => htmx.process(task)); // its links
}

/** For a moment taps are ignored: the second tap of a double tap belongs to the screen that has gone. */
function settle(task) {
  task.classList.add("is-settling");
  setTimeout(() => task.classList.remove("is-settling"), SETTLE_MS);
}

// --- STOP ------------------------------------------------------------------------------------------------------------

export function shownStop() {
  const stop = $("stop");
  return stop && !stop.hidden ? stop : null;
}

/** The STOP that could not be seen yet when a scan was read, to be put on the next screen too. */
export function unseenStop(read_at) {
  return read_at < stopShownAt ? (shownStop()?.cloneNode(true) ?? null) : null;
}

/**
 * A scan that was read before the STOP could be seen does not clear it: the server has judged it against the same
 * step, its own result is added as a line, and the STOP stays until the worker answers it.
 */
export function keepStop(stop, words) {
  shownStop()?.remove();
  $("screen").append(stop);
  if (!words || stop.querySelectorAll(".stop__after").length >= MOST_AFTER) return; // the queue's list has them all
  const line = document.createElement("p");
  line.className = "stop__after";
  line.textContent = `Scanned after it: ${words}`;
  stop.querySelector(".stop__body").append(line);
}

/** Shows a STOP in words: { title, say, scanned, wanted, next, tone }. Its end is what ends every STOP. */
export function showStop({ title, say, scanned, wanted, next, tone = "stop" }) {
  $("stop")?.remove();
  const stop = $("stop-blank").content.firstElementChild.cloneNode(true);
  const put = (selector, words) => { if (words) stop.querySelector(selector).textContent = words; };
  put("h2", title);
  put(".say", say);
  put(".then", next);
  for (const [selector, words] of [[".scanned", scanned], [".wanted", wanted]]) {
    put(selector, words);
    if (!words) for (const each of [stop.querySelector(selector), stop.querySelector(selector).previousElementSibling]) each.remove();
  }
  stop.classList.toggle("stop--warn", tone === "warn");
  $("screen").append(stop);
}

export function putStopAside() {
  $("stop").hidden = true;
  stopShownAt = Infinity;
  clearTimeout(stopTimer);
}

/** After a verdict: a STOP sounds once more when nobody comes; of what is on record, the band has the colour. */
export function afterVerdict(outcome, tone, isOnRecord = true) {
  const isStop = shownStop() !== null;
  clearTimeout(stopTimer);
  if (outcome === "refused") stopTone = tone;
  if (!isStop) stopShownAt = Infinity;
  else if (stopShownAt === Infinity) stopShownAt = performance.now();
  if (isStop) stopTimer = setTimeout(() => shownStop() && play(stopTone), STOP_AGAIN_MS);
  if (outcome === "refused") band(tone === "warn" ? "warn" : "stop", "");
  else if (isOnRecord) flash(tone === "warn" ? "warn" : "ok");
}
