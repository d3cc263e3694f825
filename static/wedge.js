// The keyboard wedge: tells a scanner's burst of keys from a person's typing.
//
// A scan is at least 3 characters, closed by Enter or Tab, whose typical gap is shorter than any person's.
// Keys come by keydown on the document; where an input method hides them, by `input` on a hidden field.
// Times are the events' own timeStamps: a busy page delays its handlers, never the stamps.

const GS = "\x1d";
const MIN_LENGTH = 3;
const MAX_LENGTH = 256;
const IDLE_MS = 100; // a longer gap ends a scan, until slower gaps have been learned
const IDLE_CEILING_MS = 500;
const TYPICAL_MS = 110; // people type at 120 ms a key and more
const FIELD_TYPICAL_MS = 60; // in a text field a fast typist must not lose words: be surer
const FIELD_MIN_LENGTH = 6;
const TIMING_KEY = "scandock.wedge.gaps";
const NOT_TEXT = new Set(["button", "checkbox", "color", "file", "hidden", "image", "radio", "range", "reset", "submit"]);

/** Starts listening. Handlers: onScan(text), onHalf(text), onKey(char | "Enter") for slow single keys. */
export function listen(field, handlers) {
  const wedge = new Wedge(field, handlers);
  document.addEventListener("keydown", (event) => wedge.keydown(event), true);
  document.addEventListener("keyup", (event) => wedge.keyup(event), true);
  field.addEventListener("input", (event) => wedge.input(event));
  field.addEventListener("beforeinput", (event) => wedge.lineBreak(event));
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
  #altDigits = "";
  #seen = ""; // what the hidden field held at its last input event
  #timer = 0;
  #learned = remembered();

  constructor(field, handlers) {
    this.#field = field;
    this.#handlers = handlers;
  }

  /** The longest gap inside one scan, in ms: four times what this device's scanner shows, never under the default. */
  get idle_ms() {
    return Math.min(IDLE_CEILING_MS, Math.max(IDLE_MS, 4 * percentile(this.#learned, 0.95)));
  }

  keydown(event) {
    if (event.isComposing || event.keyCode === 229 || event.key === "Unidentified") return; // comes by `input`
    if (event.repeat) return this.#swallow(event); // a held key is not a scanner
    if (this.#altDigit(event)) return;
    if (this.#isEnd(event)) return this.#end(event.timeStamp, event);
    const char = charOf(event, this.#chars !== "");
    if (char === null || (char === " " && !this.#chars && isPressable(event.target))) return;
    this.#push(char, event.timeStamp);
    this.#swallow(event, char === GS);
  }

  /** Keys reach text fields only: elsewhere they would fill the hidden field or press what has the focus. */
  #swallow(event, always = false) {
    const isCommand = event.metaKey || ((event.altKey || event.ctrlKey) && !event.getModifierState("AltGraph"));
    const isCharacter = event.key.length === 1 && !isCommand;
    if (always || (isCharacter && !isTextField(event.target, this.#field))) event.preventDefault();
  }

  keyup(event) {
    if (event.key !== "Alt" || !this.#altDigits) return;
    const code = Number(this.#altDigits);
    this.#altDigits = "";
    if (code === 29 || (code >= 32 && code < 127)) this.#push(String.fromCharCode(code), event.timeStamp);
  }

  /** Input methods that send no keys: whatever the hidden field gained since the last event. */
  input(event) {
    const value = this.#field.value;
    const gained = value.startsWith(this.#seen) ? value.slice(this.#seen.length) : value;
    this.#seen = value;
    // A one-line field drops line ends from its value; the event still has them.
    const text = /[\r\n\t]/.test(event.data ?? "") ? event.data : gained;
    for (const char of text) {
      if (/[\r\n\t]/.test(char)) this.#end(event.timeStamp, event);
      else this.#push(char === "\u241d" ? GS : char, event.timeStamp);
    }
  }

  lineBreak(event) {
    if (event.inputType === "insertLineBreak") this.#end(event.timeStamp, event);
  }

  #isEnd(event) {
    if (event.key === "Enter" || event.key === "Tab") return true;
    // Scanners that send control characters as Ctrl+letter: J is LF, M is CR.
    return this.#chars !== "" && event.ctrlKey && !event.altKey && /^[jm]$/i.test(event.key);
  }

  /** Alt+029 and its like: digits on the number pad while Alt is held, the character when it is let go. */
  #altDigit(event) {
    if (!event.altKey || event.ctrlKey || !/^[0-9]$/.test(event.key)) return false;
    this.#altDigits += event.key;
    this.#last = this.#chars ? event.timeStamp : this.#last;
    event.preventDefault();
    return true;
  }

  #push(char, time) {
    const gap = time - this.#last;
    if (this.#chars && gap > this.idle_ms) this.#giveUp();
    this.#last = time;
    if (this.#chars) this.#gaps.push(gap);
    else this.#typedInto = snapshot(document.activeElement, this.#field);
    if (this.#chars.length >= MAX_LENGTH) this.#tooLong = true;
    else this.#chars += char;
    clearTimeout(this.#timer);
    // Well after the limit, so that keys still queued behind a busy page are judged by their stamps first.
    const patience_ms = this.#chars.length < MIN_LENGTH ? 150 : 500;
    this.#timer = setTimeout(() => this.#giveUp(), this.idle_ms + patience_ms);
  }

  #end(time, event) {
    if (this.#chars && time - this.#last > this.idle_ms) this.#giveUp();
    if (!this.#chars) return this.#loneEnter(event);
    const { text, gaps, into, tooLong } = this.#take();
    if (!looksScanned(text, gaps, into)) return into || this.#typed(text, event);
    event.preventDefault();
    event.stopImmediatePropagation();
    if (into) restore(into);
    if (tooLong) return this.#handlers.onHalf(text);
    this.#learn(gaps);
    this.#handlers.onScan(text);
  }

  #loneEnter(event) {
    this.#clearField();
    if (event.key === "Enter" && isNowhere(event.target, this.#field)) this.#handlers.onKey?.("Enter");
  }

  #typed(text, event) {
    for (const char of text) this.#handlers.onKey?.(char);
    if (event.key === "Enter" && isNowhere(event.target, this.#field)) this.#handlers.onKey?.("Enter");
  }

  /** The keys stopped without a terminator: half a scan is said and thrown away, slow keys are typing. */
  #giveUp() {
    if (!this.#chars) return;
    const { text, gaps, into } = this.#take();
    if (into) return;
    if (text.length >= MIN_LENGTH && percentile(gaps, 0.5) <= TYPICAL_MS) this.#handlers.onHalf(text);
    else for (const char of text) this.#handlers.onKey?.(char);
  }

  #take() {
    const taken = { text: this.#chars, gaps: this.#gaps, into: this.#typedInto, tooLong: this.#tooLong };
    [this.#chars, this.#gaps, this.#typedInto, this.#tooLong] = ["", [], null, false];
    clearTimeout(this.#timer);
    this.#clearField();
    return taken;
  }

  #clearField() {
    this.#seen = "";
    if (this.#field.value) this.#field.value = "";
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

/** The character a key stands for, GS included, or null. Only `event.key` knows the keyboard's layout. */
function charOf(event, inScan) {
  const altGr = event.getModifierState("AltGraph");
  if (event.metaKey || (event.altKey && !altGr && !event.ctrlKey)) return null;
  if (event.ctrlKey && !altGr) return event.key === "]" || event.key === GS || event.code === "BracketRight" ? GS : null;
  if (event.key === "\u241d" || (event.key === "F8" && inScan)) return GS;
  return event.key.length === 1 ? event.key : null;
}

function looksScanned(text, gaps, into) {
  const typical = percentile(gaps, 0.5);
  if (into) return text.length >= FIELD_MIN_LENGTH && typical <= FIELD_TYPICAL_MS;
  return text.length >= MIN_LENGTH && typical <= TYPICAL_MS;
}

function isTextField(element, wedgeField) {
  if (!element || element === wedgeField) return false;
  if (element.isContentEditable || element.tagName === "TEXTAREA") return true;
  return element.tagName === "INPUT" && !NOT_TEXT.has(element.type);
}

/** Space presses a button or link that has the focus; no code begins with one. */
function isPressable(element) {
  return element instanceof Element && element.matches("button, a, select, input:not([id='wedge'])");
}

function isNowhere(element, wedgeField) {
  return element === wedgeField || element === document.body || element === document;
}

function snapshot(element, wedgeField) {
  if (!isTextField(element, wedgeField) || element.isContentEditable) return null;
  return { element, value: element.value };
}

function restore({ element, value }) {
  element.value = value;
  element.dispatchEvent(new Event("input", { bubbles: true }));
}

function percentile(values, part) {
  if (!values.length) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}
