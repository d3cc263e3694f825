// Our own keypad. What is typed leaves as a code, like everything else a person does here.

import { checkCharacter } from "./ids.js";

const LONGEST = { quantity: 6, digits: 12, date: 6, weight: 7, text: 40, pin: 12 };
const GS1_PREFIX = { lot: "]C110", serial: "]C121", expiry: "]C117", best_before: "]C115" };

/** The pad that is on the screen now, or null. */
export function openPad() {
  return [...document.querySelectorAll(".pad[data-kind]")].find((pad) => pad.offsetParent !== null) ?? null;
}

/** Presses one key of a pad: a character, BACK, CLEAR, or a page name. True when the pad took it. */
export function press(pad, key) {
  if (key === "LETTERS" || key === "SIGNS") return turnPage(pad, key);
  const typed = value(pad);
  if (key === "BACK") return show(pad, typed.slice(0, -1));
  if (key === "CLEAR") return show(pad, "");
  const isFilled = valueBox(pad).hasAttribute("data-filled"); // a suggested figure is replaced, not added to
  const next = (isFilled ? "" : typed) + key.toUpperCase();
  if (!isTypable(pad.dataset.kind, next)) return false;
  const longest = GS1_PREFIX[pad.dataset.name] && pad.dataset.kind === "text" ? 20 : LONGEST[pad.dataset.kind];
  return next.length <= longest && show(pad, next);
}

/** The code that DONE sends, or { problem } in a worker's words. */
export function codeOf(pad) {
  const { kind, name } = pad.dataset;
  const text = value(pad);
  if (!text) return { problem: "Type it first" };
  if (kind === "quantity") return { code: withCheck(`CQ${Number(text)}`) };
  if (kind === "date") return dateCode(text, name);
  if (kind === "weight") return weightCode(text);
  // The separator says that the text ends here: "ABC21XYZ1" typed as a lot is that lot, not a lot and a serial number.
  if (kind === "text" && GS1_PREFIX[name]) return { code: `${GS1_PREFIX[name]}${text}\x1d` };
  return { code: text };
}

export function value(pad) {
  return valueBox(pad).dataset.value;
}

function withCheck(code) {
  return code + checkCharacter(code);
}

function dateCode(text, name) {
  const [month, day] = [Number(text.slice(2, 4)), Number(text.slice(4, 6))];
  if (text.length < 6) return { problem: "Year, month, day: two digits each" };
  if (month < 1 || month > 12 || day > daysIn(Number(text.slice(0, 2)), month)) return { problem: "There is no such day" };
  return { code: GS1_PREFIX[name] + text };
}

/** Day 00 stands for the end of the month on GS1 labels, so it is allowed. */
function daysIn(year, month) {
  return new Date(2000 + year, month, 0).getDate();
}

/** AI 3303: kilograms with three decimals in six digits. */
function weightCode(text) {
  const grams = Math.round(Number(text) * 1000);
  if (!(grams > 0) || grams > 999_999) return { problem: "Kilograms, up to 999.999" };
  return { code: `]C13303${String(grams).padStart(6, "0")}` };
}

function isTypable(kind, text) {
  if (kind === "text") return /^[0-9A-Z\-/. _+#]*$/.test(text);
  if (kind === "weight") return /^\d{0,3}(\.\d{0,3})?$/.test(text);
  return /^\d*$/.test(text);
}

function valueBox(pad) {
  return pad.querySelector(".pad__value");
}

function show(pad, text) {
  const box = valueBox(pad);
  box.dataset.value = text;
  box.removeAttribute("data-filled");
  box.toggleAttribute("data-long", text.length > 7);
  box.textContent = text && shown(pad.dataset.kind, text);
  return true;
}

function shown(kind, text) {
  if (kind === "pin") return "\u25cf".repeat(text.length);
  if (kind === "weight") return `${text} kg`;
  if (kind !== "date") return text;
  const digits = text.padEnd(6, "_");
  return `20${digits.slice(0, 2)}-${digits.slice(2, 4)}-${digits.slice(4)}`;
}

function turnPage(pad, page) {
  for (const keys of pad.querySelectorAll("[data-page]")) keys.hidden = keys.dataset.page !== page;
  return true;
}
