// Six tones and their buzz, made by the browser itself. Good and bad differ by three octaves and by rhythm.

const note = (hertz, at_ms, length_ms, shape = "sine") => ({ hertz, at_ms, length_ms, shape });

const TONES = {
  ok: [note(1760, 0, 70)],
  line: [note(1320, 0, 70), note(1760, 80, 70)],
  done: [note(1320, 0, 90), note(1760, 100, 90), note(2349, 200, 140)],
  warn: [note(880, 0, 120, "triangle"), note(880, 200, 120, "triangle")],
  stop: [note(220, 0, 250, "square"), note(220, 350, 250, "square")],
  tick: [note(2000, 0, 4)],
};

const BUZZ = { ok: [40], line: [40, 40, 40], done: [40, 40, 40, 40, 80], warn: [120, 80, 120], stop: [300, 100, 300], tick: [10] };

let context = null;

/** Plays one outcome: a tone and a buzz. Nothing is kept for later: a late tone would belong to another scan. */
export function play(name) {
  const tone = name in TONES ? name : "stop";
  document.dispatchEvent(new CustomEvent("scandock:tone", { detail: tone }));
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(BUZZ[tone]);
  if (context?.state !== "running") return;
  for (const part of TONES[tone]) sound(part);
}

/** Whether tones can be heard: browsers keep them off until the first key or tap. */
export function isOff() {
  return context?.state !== "running";
}

/** Switches the tones on at the first gesture and calls `onChange` whenever they go on or off. */
export function unlockOnGesture(onChange) {
  const unlock = () => {
    context ??= makeContext(onChange);
    if (context && context.state !== "running") context.resume().then(onChange, onChange);
  };
  for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, unlock, true);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && context) unlock();
    onChange();
  });
  onChange();
}

function makeContext(onChange) {
  const Context = window.AudioContext ?? window.webkitAudioContext;
  if (!Context) return null;
  const made = new Context({ latencyHint: "interactive" });
  made.addEventListener("statechange", onChange);
  return made;
}

function sound({ hertz, at_ms, length_ms, shape }) {
  const start = context.currentTime + at_ms / 1000;
  const end = start + length_ms / 1000;
  const voice = new OscillatorNode(context, { type: shape, frequency: hertz });
  const volume = new GainNode(context, { gain: 0 });
  // A ramp of 2 ms at both ends: an abrupt edge is heard as a click, and every click as a tick.
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(shape === "square" ? 0.5 : 0.9, start + 0.002);
  volume.gain.setValueAtTime(shape === "square" ? 0.5 : 0.9, Math.max(start + 0.002, end - 0.002));
  volume.gain.linearRampToValueAtTime(0, end);
  voice.connect(volume).connect(context.destination);
  voice.start(start);
  voice.stop(end);
}
