// Keys: every way in which a scanner types, as one stream of tokens.
//
// A token is one character ("a", GS itself), or the name of a key that is none: "Enter", "Tab", "F8", "Ctrl+]",
// "Alt+029". Only `event.key` is asked: it knows the keyboard's layout, key codes do not. Times are the events' own
// timeStamps: a busy page delays its handlers, never the stamps.

export const GS = "\x1d";
const MODIFIERS = /^(Shift|Control|Alt|AltGraph|Meta|CapsLock|NumLock|ScrollLock|Fn|FnLock|Dead|Process|Unidentified)$/;
const NOT_TEXT = new Set(["button", "checkbox", "color", "file", "hidden", "image", "radio", "range", "reset", "submit"]);

export class Keys {
  #field;
  #hear;
  #altDigits = "";
  #altEcho = false; // Windows types the character of Alt+029 as well, after the keys
  #ended = ""; // text with its line end, as an input method is about to put it in
  #keyed = 0; // characters that came as keys and will come once more by `input`, because a text field takes them
  #seen = new WeakMap(); // what a field held before this input event

  /**
   * Calls hear.token(token, time, event, before) (before: what a text field held, when no key told of the text),
   * hear.restart() when an input method types anew, hear.held(event), and hear.between(time): no token yet, but at work.
   */
  constructor(field, hear) {
    [this.#field, this.#hear] = [field, hear];
  }

  /** Listens on the whole page, before anything else does. */
  listen() {
    document.addEventListener("keydown", (event) => this.keydown(event), true);
    document.addEventListener("keyup", (event) => this.keyup(event), true);
    document.addEventListener("input", (event) => this.input(event), true);
    document.addEventListener("beforeinput", (event) => this.beforeInput(event), true);
  }

  keydown(event) {
    if (event.isComposing || event.keyCode === 229 || !event.key) return; // comes by `input`
    if (event.repeat) return this.#hear.held(event); // a held key is not a scanner
    if (this.#altDigit(event)) return;
    const token = tokenOf(event);
    this.#altEcho = false;
    this.#keyed = token.length === 1 && isTextField(event.target, this.#field) ? this.#keyed + 1 : 0;
    if (token) this.#hear.token(token, event.timeStamp, event);
  }

  /** Alt+029 and its like: digits on the number pad while Alt is held, the character when it is let go. */
  #altDigit(event) {
    if (!event.altKey || event.ctrlKey || !/^[0-9]$/.test(event.key) || !/^Numpad/.test(event.code)) return false;
    this.#altDigits += event.key;
    this.#hear.between(event.timeStamp);
    event.preventDefault();
    return true;
  }

  keyup(event) {
    if (event.key !== "Alt" || !this.#altDigits) return;
    const code = Number(this.#altDigits);
    const token = code >= 32 && code < 127 ? String.fromCharCode(code) : `Alt+${this.#altDigits}`;
    this.#altDigits = "";
    this.#altEcho = true;
    this.#hear.token(token, event.timeStamp, event);
  }

  /** Input methods that send no keys: whatever the field gained since the last event. */
  input(event) {
    const field = event.target;
    if (!this.#isHeard(field)) return;
    const { value } = field;
    const seen = this.#seen.get(field) ?? "";
    this.#seen.set(field, value);
    if (this.#isEcho(event, value.length - seen.length)) return;
    const isAdded = value.startsWith(seen);
    if (!isAdded) this.#hear.restart(); // the method has corrected itself: what counts is what stands there now
    const text = this.#ended || (isAdded ? value.slice(seen.length) : value);
    this.#ended = "";
    const before = field === this.#field ? undefined : seen;
    for (const char of text) this.#hear.token(CONTROLS[char] ?? char, event.timeStamp, event, before);
  }

  beforeInput(event) {
    if (!this.#isHeard(event.target)) return;
    if (event.target !== this.#field) this.#seen.set(event.target, event.target.value);
    // A one-line field drops line ends from its value; what is about to be put in still has them.
    this.#ended = /[\r\n\t]/.test(event.data ?? "") ? event.data : "";
    if (event.inputType === "insertLineBreak") this.#hear.token("Enter", event.timeStamp, event);
  }

  #isHeard(field) {
    return field === this.#field || (typeof field.value === "string" && this.#hear.hearsTyping(field));
  }

  /** Whether this text was heard as keys already. */
  #isEcho(event, gained) {
    const isAlt = this.#altEcho && gained === 1;
    this.#altEcho = false;
    if (isAlt) return true;
    if (!this.#keyed || event.target === this.#field) return false;
    this.#keyed -= 1;
    return true;
  }

  /** What a field holds now is old: only what comes from here on was typed. */
  forget(field = this.#field) {
    if (field === this.#field && field.value) field.value = "";
    this.#seen.set(field, field.value);
  }
}

const CONTROLS = { "\r": "Enter", "\n": "Enter", "\t": "Tab", "\u241d": GS };

/** The token of one key, or "" for keys that only change others. */
function tokenOf(event) {
  const { key } = event;
  if (MODIFIERS.test(key) || event.metaKey) return "";
  const isAltGr = event.getModifierState("AltGraph") || (event.altKey && event.ctrlKey);
  if (event.ctrlKey && !isAltGr) {
    return key === GS || key === "]" || event.code === "BracketRight" ? "Ctrl+]" : `Ctrl+${key.toUpperCase()}`;
  }
  // Some handhelds say that Alt is held for every key they send, so Alt alone takes nothing away.
  return key === "\u241d" ? GS : key;
}

/** Whether a person may be writing text there. */
export function isTextField(element, wedgeField) {
  if (!element || element === wedgeField) return false;
  if (element.isContentEditable || element.tagName === "TEXTAREA") return true;
  return element.tagName === "INPUT" && !NOT_TEXT.has(element.type);
}

/** The value below which `part` of the values lie; 0 of none. */
export function percentile(values, part) {
  if (!values.length) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}
