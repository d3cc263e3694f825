// The device's profile: what the scanner check has found out about the scanner of this device.
//
// It lies on the server and is kept here, so that a scan is cleaned without asking. It is used for what came from that
// scanner and that channel only: codes of the camera, of buttons and of the pad are clean already.

import { device } from "./ids.js";
import { GS } from "./keys.js";

const KEY = "scandock.profile";
const HALVES_KEY = "scandock.halves";
const HALVES = 3; // half codes in this time: something is wrong with the scanner
const HALVES_MS = 10 * 60_000;
const AWAY_KEY = "scandock.unasked";
let known = stored(KEY);
let isShared = false;

/** The profile or null: { channel, source, end, prefix, suffix, gs_key, gs_text, sends_gs, has_aim, gap_ms, keyboard }. */
export function profile() {
  return known;
}

/** Keeps a profile on this device. `bursts` are what it was found by, if the server has not stored it yet. */
export function keep(found, bursts = null) {
  known = found && { ...found, ...(bursts && { bursts }) };
  put(KEY, known);
}

/** What was scanned, without what this scanner adds, and whether it sends separators (undefined: not known). */
export function cleaned(text, channel) {
  if (known?.channel !== channel) return { raw: text };
  const { prefix, suffix, gs_text, sends_gs } = known;
  let raw = text;
  if (prefix && raw.startsWith(prefix)) raw = raw.slice(prefix.length);
  if (suffix && raw.endsWith(suffix)) raw = raw.slice(0, -suffix.length);
  if (gs_text && mayBeGs1(raw)) raw = raw.replaceAll(gs_text, GS);
  return { raw, sends_gs };
}

/** Only GS1 data has separators: the symbol says so, or it starts like a field and the scanner names no symbols. */
function mayBeGs1(raw) {
  return /^\](C1|d2|Q3|e[0-2]|J1|z1)/.test(raw) || (!known.has_aim && /^\x1d?\d\d/.test(raw));
}

/** Brings server and device to the same: sends what was found before the log-in, or takes over what the server knows. */
export async function share(token) {
  const headers = { "X-CSRFToken": token, Accept: "application/json" };
  if (known?.bursts) {
    const body = new URLSearchParams({ device: device(), bursts: JSON.stringify(known.bursts) });
    const answer = await fetch("/scanner/profile", { method: "POST", body, headers });
    if (answer.ok || answer.status === 422) keep(answer.ok ? await answer.json() : null);
  } else {
    const answer = await fetch(`/scanner/profile?device=${encodeURIComponent(device())}`, { headers });
    if (answer.status === 200 && !answer.redirected) keep(await answer.json());
    else if (answer.status === 204 && known) put(AWAY_KEY, keep(null)); // dropped at the desk
  }
  isShared = true;
}

/** Whether this device is offered the check. */
export function asksForCheck() {
  return isShared && !known && !stored(AWAY_KEY);
}

/** Never again on this device. */
export function waveAway() {
  isShared = false;
  put(AWAY_KEY, true);
}

/** Notes a half code. True when they are so many that the scanner should be checked. */
export function isHalfTooOften() {
  const recent = [...(stored(HALVES_KEY) ?? []), Date.now()].filter((at) => Date.now() - at < HALVES_MS);
  const isTooOften = recent.length >= HALVES;
  put(HALVES_KEY, isTooOften ? [] : recent);
  return isTooOften;
}

/** Gives the scanner's field the focus, if nothing else has it. Some handhelds go deaf when they are told of no keyboard. */
export function focusField(field, keyboard = known?.keyboard) {
  if (document.activeElement && document.activeElement !== document.body) return;
  if (keyboard === "plain") {
    field.removeAttribute("inputmode");
    field.readOnly = true; // while it gets the focus, no keyboard opens
    setTimeout(() => { field.readOnly = false; }, 50);
  }
  field.focus({ preventScroll: true });
}

/** For this page only, where the browser keeps nothing. */
function put(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value ?? null));
  } catch {}
}

function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}
