// The keyboard wedge: tells a scanner's burst of keys from a person's typing.
//
// A scan is at least 3 characters, closed by Enter, Tab or the key of the device's profile, whose typical gap is shorter
// than any person's. What keys and input methods send comes as tokens from keys.js.

import { GS, Keys, isTextField, percentile } from "./keys.js";
import { profile } from "./profile.js";

const MIN_LENGTH = 3;
const MAX_LENGTH = 256;
const IDLE_MS = 100; // a longer gap ends a scan, until slower gaps have been learned
const IDLE_CEILING_MS = 500;
const TYPICAL_MS = 110; // people type at 120 ms a key and more
const FIELD_TYPICAL_MS = 60; // in a text field a fast typist must not lose words: be surer
const FIELD_MIN_LENGTH = 6;
const TIMING_KEY = "scandock.wedge.gaps";
const GS_KEYS = new Set([GS, "Ctrl+]", "Alt+029", "Alt+29"]);
const GS_KEY_IN_SCAN = "F8"; // between two scans it is a key like any other

/** Starts listening. Handlers: onScan(text, time), onHalf(text), onKey(char | "Enter" | "BACK"), true if it was taken. */
export function listen(field, handlers) {
  const wedge = new Wedge(field, handlers);
  wedge.keys.listen();
  return wedge;
}

export class Wedge {
  #field;
  #handlers;
  #chars = "";
  #gaps = [];
  #last = -Infinity;
  #tooLong = false;
  #typedInto = null; // the text field that had the focus at the first key, and what it held
  #dropped = null; // what was given up last, until it is clear that nothing follows
  #timer = 0;
  #learned = remembered();

  constructor(field, handlers) {
    this.#field = field;
    this.#handlers = handlers;
    this.keys = new Keys(field, this);
  }

  /** The longest gap inside one scan, in ms: four times what this device's scanner shows, never under the default. */
  get idle_ms() {
    const slow = Math.max(percentile(this.#learned, 0.95), profile()?.gap_ms ?? 0);
    return Math.min(IDLE_CEILING_MS, Math.max(IDLE_MS, 4 * slow));
  }

  token(token, time, event, before) {
    if (this.#isEnd(token)) return this.#end(token, time, event);
    const char = this.#charOf(token);
    if (char === null || (char === " " && !this.#chars && isPressable(event.target))) return;
    this.#push(char, time, before);
    this.#swallow(event, char === GS);
  }

  held(event) {
    this.#swallow(event);
  }

  between(time) {
    if (this.#chars) this.#last = time;
  }

  restart() {
    [this.#chars, this.#gaps, this.#tooLong] = ["", [], false];
  }

  /** In a text field, text without keys is a scan only where the scanner is known to send no keys. */
  hearsTyping(field) {
    return profile()?.source === "input" && isTextField(field, this.#field);
  }

  #isEnd(token) {
    if (token === "Enter" || token === "Tab") return true;
    // Scanners that send control characters as Ctrl+letter: J is LF, M is CR.
    return this.#chars !== "" && (token === "Ctrl+J" || token === "Ctrl+M" || token === profile()?.end);
  }

  #charOf(token) {
    if (GS_KEYS.has(token)) return GS;
    if (this.#chars && (token === GS_KEY_IN_SCAN || (token.length > 1 && token === profile()?.gs_key))) return GS;
    return [...token].length === 1 ? token : null;
  }

  /** Keys reach text fields only: elsewhere they would fill the hidden field or press what has the focus. */
  #swallow(event, always = false) {
    if (event.type !== "keydown") return;
    const isCommand = event.metaKey || (event.ctrlKey && !event.getModifierState("AltGraph"));
    const isCharacter = event.key.length === 1 && !isCommand;
    if (always || (isCharacter && !isTextField(event.target, this.#field))) event.preventDefault();
  }

  #push(char, time, before) {
    this.#settle(time);
    const gap = time - this.#last;
    this.#last = time;
    if (this.#chars) this.#gaps.push(gap);
    else this.#typedInto = snapshot(document.activeElement, this.#field, before);
    if (this.#chars.length >= MAX_LENGTH) this.#tooLong = true;
    else this.#chars += char;
    clearTimeout(this.#timer);
    // Well after the limit, so that keys still queued behind a busy page are judged by their stamps first.
    const patience_ms = this.#chars.length < MIN_LENGTH ? 150 : 500;
    this.#timer = setTimeout(() => this.#giveUp(), this.idle_ms + patience_ms);
  }

  /** Judges by the stamp of the next key whether it belongs to what came before. */
  #settle(time) {
    const isLate = time - this.#last > this.idle_ms;
    if (this.#chars && isLate) this.#giveUp();
    if (this.#dropped && !isLate) this.#takeUpAgain();
    this.#dropped = null;
  }

  #end(token, time, event) {
    this.#settle(time);
    if (!this.#chars) return this.#loneEnd(token, event);
    const { text, gaps, into, tooLong } = this.#take();
    if (!looksScanned(text, gaps, into)) return into || this.#typed(text, token, event);
    event.preventDefault();
    event.stopImmediatePropagation();
    if (into) this.#restore(into);
    if (tooLong) return this.#handlers.onHalf(text);
    this.#learn(gaps);
    this.#handlers.onScan(text, time);
  }

  #loneEnd(token, event) {
    this.keys.forget();
    if (token === "Enter" && isNowhere(event.target, this.#field)) this.#handlers.onKey?.("Enter");
  }

  #typed(text, token, event) {
    for (const char of text) this.#handlers.onKey?.(char);
    if (token === "Enter" && isNowhere(event.target, this.#field)) this.#handlers.onKey?.("Enter");
  }

  /** The keys stopped without a terminator: half a scan is said and thrown away, slow keys are typing. */
  #giveUp() {
    if (!this.#chars) return;
    const { text, gaps, into } = this.#take();
    this.#dropped = { text, gaps, into, typed: 0 };
    if (into) return;
    if (text.length >= MIN_LENGTH && percentile(gaps, 0.5) <= TYPICAL_MS) this.#handlers.onHalf(text);
    else for (const char of text) this.#dropped.typed += this.#handlers.onKey?.(char) ? 1 : 0;
  }

  /** The page was so busy that the timer came before a key that had been pressed in time: no part of a code is lost. */
  #takeUpAgain() {
    const { text, gaps, into, typed } = this.#dropped;
    [this.#chars, this.#gaps, this.#typedInto] = [text, gaps, into];
    for (let count = 0; count < typed; count++) this.#handlers.onKey("BACK");
  }

  #take() {
    const taken = { text: this.#chars, gaps: this.#gaps, into: this.#typedInto, tooLong: this.#tooLong };
    [this.#chars, this.#gaps, this.#typedInto, this.#tooLong] = ["", [], null, false];
    clearTimeout(this.#timer);
    this.keys.forget();
    return taken;
  }

  #restore({ element, value }) {
    element.value = value;
    this.keys.forget(element);
    element.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #learn(gaps) {
    if (gaps.length < 5) return;
    this.#learned = [...this.#learned, ...gaps.map(Math.round)].slice(-200);
    try {
      localStorage.setItem(TIMING_KEY, JSON.stringify(this.#learned));
    } catch {
      // A browser that keeps nothing learns anew on each page.
    }
  }
}

function remembered() {
  try {
    const gaps = JSON.parse(localStorage.getItem(TIMING_KEY) ?? "[]");
    return Array.isArray(gaps) ? gaps.filter(Number.isFinite) : [];
  } catch {
    return [];
  }
}

function looksScanned(text, gaps, into) {
  const typical = percentile(gaps, 0.5);
  if (into?.isBlind && !/\d/.test(text)) return false; // a word that was swiped or suggested
  if (into) return text.length >= FIELD_MIN_LENGTH && typical <= FIELD_TYPICAL_MS;
  return text.length >= MIN_LENGTH && typical <= TYPICAL_MS;
}

/** Space presses a button or link that has the focus; no code begins with one. */
function isPressable(element) {
  return element instanceof Element && element.matches("button, a, select, input:not([id='wedge'])");
}

function isNowhere(element, wedgeField) {
  return element === wedgeField || element === document.body || element === document;
}

function snapshot(element, wedgeField, before) {
  if (!isTextField(element, wedgeField) || element.isContentEditable) return null;
  return { element, value: before ?? element.value, isBlind: before !== undefined };
}
