// The log-in page: a badge scan fills the form, the PIN comes from our own pad, both together are sent.

import { device } from "./ids.js";
import { Outbox } from "./outbox.js";
import { openPad, press, value } from "./pad.js";
import { cleaned, focusField, isHalfTooOften } from "./profile.js";
import { isOff, play, unlockOnGesture } from "./sound.js";
import { lockWork } from "./store.js";
import { listen } from "./wedge.js";

const $ = (id) => document.getElementById(id);
const form = $("badge-form");

for (const field of document.querySelectorAll('input[name="device"]')) field.value = device();
listen($("wedge"), { onScan: (text) => readBadge(cleaned(text, "wedge").raw), onHalf: halfRead, onKey: typed });
unlockOnGesture(isOff);
document.addEventListener("click", clicked);
$("photo").addEventListener("change", ({ target }) => target.files.length && look("photo", target));
window.addEventListener("pageshow", () => focusField($("wedge")));
takeBadgeAlong();
lockWork().catch(() => {}); // nobody is logged in here: what an opened station would show is for its person only
const outbox = new Outbox(0, { token: () => "", front: () => "", shown: () => undefined, settled: async () => {}, changed: paintWaiting });

/** Scans of whoever was here last are sent by the device, whoever comes next. */
function paintWaiting() {
  const { waiting } = outbox?.queue ?? {};
  const [box] = document.querySelectorAll(".login__locked");
  if (!box || waiting === undefined) return;
  const words = waiting ? `${waiting} scan${waiting > 1 ? "s" : ""} stay${waiting > 1 ? "" : "s"} on this phone and ${waiting > 1 ? "are" : "is"} sent by it.` : "";
  const line = box.querySelector("span") ?? box.appendChild(document.createElement("span"));
  line.textContent = words;
  box.hidden = !box.textContent.trim();
}

/** A badge was scanned. Quick digits after it are a PIN typed on a bench keyboard. */
function readBadge(code) {
  if (form.elements.badge.value && /^\d{3,12}$/.test(code)) return typePin(code);
  showPanel("by-badge");
  form.elements.badge.value = code;
  $("badge-band").dataset.read = "";
  tell("\u2713 Badge read. Type your PIN.", "ok");
}

/** A badge scanned on another screen to change who works here: only the PIN is missing. */
function takeBadgeAlong() {
  const badge = sessionStorage.getItem("scandock.badge");
  sessionStorage.removeItem("scandock.badge");
  if (badge) readBadge(badge);
}

function tell(words, tone) {
  $("badge-band").textContent = words;
  play(tone);
}

function halfRead() {
  tell(isHalfTooOften() ? "Half codes again and again. Check the scanner." : "Half a code. Scan again.", "warn");
}

function typePin(digits) {
  for (const digit of digits) press(openPad(), digit);
  send();
}

function typed(key) {
  const pad = openPad();
  if (!pad) return false;
  if (key === "Enter") send();
  return key === "Enter" || press(pad, key);
}

function send() {
  const pad = openPad();
  if (!form.elements.badge.value) return tell("Scan your badge first", "warn");
  if (!value(pad)) return tell("Type your PIN", "warn");
  form.elements.pin.value = value(pad);
  form.submit();
}

function clicked(event) {
  const button = event.target.closest("button[data-key], button[data-local]");
  if (!button) return;
  const { key, local } = button.dataset;
  if (event.detail) button.blur();
  if (local === "camera") look("camera");
  else if (local) showPanel(`by-${local}`);
  else if (key === "DONE") send();
  else press(openPad(), key);
}

/** A badge by camera or photo. */
async function look(how, field) {
  try {
    (await import("./camera-badge.js"))[how]({ read: readBadge, tell, field });
  } catch {
    tell("No connection. Try again.", "warn");
  }
}

function showPanel(id) {
  for (const error of document.querySelectorAll(".login__error")) error.remove(); // it was about the other panel
  for (const name of ["by-badge", "by-password"]) $(name).hidden = name !== id;
}
