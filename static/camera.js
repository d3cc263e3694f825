// The camera as a scanner: it stays open from scan to scan and from page to page, and never holds up the page.
//
// Loaded when it is first opened. The stream lives here, the decoding in camera-worker.js, the decision in agreement.js.

import { Agreement } from "./agreement.js";
import { cameraWorkerPath } from "./trusted.js";

const FRAME_MS = 66; // about 15 pictures a second; more only warms the phone
const LONG_SIDE = [1_280, 960, 640]; // of the picture that is decoded; a slow phone gets a smaller one
const SLOW_MS = 180;
const DARK_MS = 2_000;
const MEMORY = "scandock.camera";
const GOODS = ["EANUPC", "EAN13", "EAN8", "UPCA", "UPCE", "Code128", "ITF", "DataBar", "Code39", "DataMatrix", "QRCode"];
const CARRIERS = [...GOODS, "Code93", "Codabar", "PDF417", "Aztec", "MaxiCode"];
const FORMATS = { tracking: CARRIERS }; // by step; a carrier's label may be anything
const ON_SITE = "The camera needs a safe (https) address. Use PHOTO here, or ask for the https address.";
const SAYS = {
  NotFoundError: "This device shows no camera. Use PHOTO or a scanner.",
  OverconstrainedError: "That camera is gone. Tap here for another one.",
  NotReadableError: "Another app holds the camera. Close it, then tap here.",
  AbortError: "The camera did not start. Tap here to try again.",
  dark: "The camera shows nothing. Tap here to start it again.",
  away: "Tap here to start the camera again.",
};

let panel = null;
let camera = null;

/** Opens the camera, or closes it. Hooks: read(text, symbology), expected() -> texts, step() -> its name. */
export async function toggle(hooks) {
  if (panel) return close();
  await styles();
  panel = document.getElementById("camera-blank").content.firstElementChild.cloneNode(true);
  document.body.append(panel);
  document.body.classList.add("has-camera");
  panel.addEventListener("click", pressed);
  camera = new Camera(panel.querySelector("video"), hooks);
  camera.start();
}

/** The strip's own style sheet, fetched with the first camera and then kept by the page. */
function styles() {
  if (document.getElementById("camera-styles")) return null;
  const link = Object.assign(document.createElement("link"), { id: "camera-styles", rel: "stylesheet" });
  link.href = new URL("css/camera.css", import.meta.url).href;
  const loaded = new Promise((done) => { link.onload = link.onerror = done; });
  document.head.append(link);
  return loaded;
}

function close() {
  camera?.stop();
  panel?.remove();
  document.body.classList.remove("has-camera");
  panel = camera = null;
}

function pressed(event) {
  const key = event.target.closest("[data-camera]")?.dataset.camera;
  event.target.closest("button")?.blur(); // a wedge scanner's Enter must not press it again
  if (key === "close") close();
  else if (key) camera.press(key);
  else if (panel.dataset.state === "off") camera.start();
}

class Camera {
  #video;
  #hooks;
  #worker = null;
  #stream = null;
  #agreement = new Agreement();
  #memory = remembered();
  #isBusy = false;
  #size = 0; // index into LONG_SIDE
  #lastFrame = 0;
  #lightSince = 0;
  #runs = 0; // each start has a number: frames of an earlier one are dropped
  #hidden = () => this.#visibility();

  constructor(video, hooks) {
    this.#video = video;
    this.#hooks = hooks;
  }

  async start() {
    this.#halt();
    if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) return this.#off(ON_SITE);
    this.#say("Starting the camera …", "starting");
    const run = ++this.#runs;
    try {
      const stream = await this.#open();
      if (run !== this.#runs) return stopTracks(stream);
      this.#stream = stream;
      this.#video.srcObject = stream;
      await this.#video.play();
    } catch (error) {
      if (run === this.#runs) this.#off(error.name === "NotAllowedError" ? denied() : SAYS[error.name] ?? SAYS.AbortError);
      return;
    }
    this.#track.addEventListener("ended", () => run === this.#runs && this.#off(SAYS.away));
    document.addEventListener("visibilitychange", this.#hidden);
    this.#lightSince = performance.now();
    this.#say("", "on");
    await this.#prepare();
    this.#nextFrame(run);
  }

  stop() {
    this.#halt();
    this.#worker?.terminate();
    this.#worker = null;
  }

  press(key) {
    this.#keys[key]?.();
  }

  get #track() {
    return this.#stream.getVideoTracks()[0];
  }

  /** The camera that was used last on this device; else the one on its back. */
  async #open() {
    const size = { width: { ideal: 1_920 }, height: { ideal: 1_080 } };
    const ask = (video) => navigator.mediaDevices.getUserMedia({ audio: false, video: { ...size, ...video } });
    const known = this.#memory.id;
    if (known) {
      try {
        return await ask({ deviceId: { exact: known } });
      } catch (error) {
        if (error.name !== "OverconstrainedError" && error.name !== "NotFoundError") throw error;
        this.#remember({ id: "" }); // another phone, or the browser has renamed it
      }
    }
    return ask({ facingMode: { ideal: "environment" } });
  }

  #halt() {
    this.#runs++;
    document.removeEventListener("visibilitychange", this.#hidden);
    if (this.#stream) stopTracks(this.#stream);
    this.#stream = null;
    this.#video.srcObject = null;
    this.#isBusy = false;
  }

  /** In the background the stream is given back; iOS would return it black. On return it starts by itself, or by a tap. */
  #visibility() {
    if (document.visibilityState === "hidden") {
      this.#halt();
      document.addEventListener("visibilitychange", this.#hidden);
      this.#say(SAYS.away, "off");
    } else if (isApple()) {
      this.#say(SAYS.away, "off");
    } else {
      this.start();
    }
  }

  // --- what this camera can do ---

  async #prepare() {
    const can = this.#track.getCapabilities?.() ?? {};
    const devices = (await navigator.mediaDevices.enumerateDevices().catch(() => [])).filter((device) => device.kind === "videoinput");
    this.#show("torch", can.torch);
    this.#show("zoom", can.zoom?.max > 1);
    this.#show("near", can.focusMode?.includes("manual") && can.focusDistance);
    this.#show("next", devices.length > 1);
    if (can.zoom?.max > 1) await this.#zoomTo(Math.min(this.#memory.zoom ?? 1, can.zoom.max));
    await this.#focus(can);
  }

  #keys = {
    torch: async () => {
      const isOn = !this.#track.getSettings().torch;
      await this.#apply({ torch: isOn });
      this.#key("torch").setAttribute("aria-pressed", String(isOn));
    },
    zoom: () => {
      const { max } = this.#track.getCapabilities().zoom;
      const steps = [1, 1.5, 2, 3].filter((step) => step <= max);
      const now = this.#memory.zoom ?? 1;
      return this.#zoomTo(steps.find((step) => step > now + 0.01) ?? steps[0]);
    },
    near: () => {
      this.#remember({ near: !this.#memory.near });
      return this.#focus(this.#track.getCapabilities());
    },
    next: async () => {
      const devices = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
      const at = devices.findIndex((device) => device.deviceId === this.#track.getSettings().deviceId);
      this.#remember({ id: devices[(at + 1) % devices.length].deviceId, zoom: 1, near: false });
      return this.start();
    },
  };

  async #zoomTo(zoom) {
    await this.#apply({ zoom });
    this.#remember({ zoom });
    this.#key("zoom").textContent = `${zoom}×`;
  }

  /** Continuous focus finds labels at arm's length; small codes held close want the near end of the lens. */
  async #focus(can) {
    const isNear = Boolean(this.#memory.near && can.focusDistance);
    if (isNear) await this.#apply({ focusMode: "manual", focusDistance: can.focusDistance.min });
    else if (can.focusMode?.includes("continuous")) await this.#apply({ focusMode: "continuous" });
    this.#key("near").setAttribute("aria-pressed", String(isNear));
  }

  async #apply(setting) {
    try {
      await this.#track.applyConstraints({ advanced: [setting] });
    } catch {
      // The camera does without: it said that it could, and cannot now.
    }
  }

  #remember(changes) {
    this.#memory = { ...this.#memory, ...changes };
    try {
      localStorage.setItem(MEMORY, JSON.stringify(this.#memory));
    } catch {
      // A browser that keeps nothing asks again next time.
    }
  }

  // --- pictures ---

  #nextFrame(run) {
    const go = () => run === this.#runs && this.#frame(run);
    if (this.#video.requestVideoFrameCallback) this.#video.requestVideoFrameCallback(go);
    else setTimeout(go, FRAME_MS);
  }

  async #frame(run) {
    const now = performance.now();
    if (!this.#isBusy && now - this.#lastFrame >= FRAME_MS && this.#video.videoWidth) {
      this.#isBusy = true;
      this.#lastFrame = now;
      try {
        this.#send(await this.#picture(), run);
      } catch {
        this.#isBusy = false; // no picture this time
      }
    }
    this.#nextFrame(run);
  }

  /** The part of the camera's picture that is seen on the screen, made no larger than the decoder wants it. */
  #picture() {
    const { videoWidth, videoHeight, clientWidth, clientHeight } = this.#video;
    const scale = Math.max(clientWidth / videoWidth, clientHeight / videoHeight);
    const [width, height] = [clientWidth / scale, clientHeight / scale].map(Math.round);
    const shrink = Math.min(1, LONG_SIDE[this.#size] / Math.max(width, height));
    const [left, top] = [(videoWidth - width) / 2, (videoHeight - height) / 2].map(Math.round);
    return createImageBitmap(this.#video, left, top, width, height, {
      resizeWidth: Math.round(width * shrink), resizeHeight: Math.round(height * shrink), resizeQuality: "medium",
    });
  }

  #send(picture, run) {
    this.#worker ??= new Worker(cameraWorkerPath(new URL("camera-worker.js", import.meta.url)));
    this.#worker.onmessage = ({ data }) => this.#answer(data, run);
    const formats = FORMATS[this.#hooks.step()] ?? GOODS;
    this.#worker.postMessage({ picture, formats }, [picture]);
  }

  #answer({ codes, engine, fault, isDark, took_ms }, run) {
    if (run !== this.#runs) return;
    this.#isBusy = false;
    if (fault) return this.#say("The reader could not be loaded. It tries again.", "on");
    if (panel.dataset.engine !== engine) this.#say("", "on");
    panel.dataset.engine = engine;
    if (took_ms > SLOW_MS && engine && this.#size < LONG_SIDE.length - 1 && this.#lastFrame > this.#lightSince + 2_000) this.#size++;
    const now = performance.now();
    if (!isDark) this.#lightSince = now;
    else if (now - this.#lightSince > DARK_MS) return this.#off(SAYS.dark);
    const code = this.#agreement.see(codes, this.#hooks.expected(), now);
    if (!code) return;
    panel.dataset.flash = String(Number(panel.dataset.flash ?? 0) ^ 1);
    this.#hooks.read(code.text, code.symbology);
  }

  // --- words and keys ---

  #off(words) {
    this.#halt();
    this.#say(words, "off");
  }

  #say(words, state) {
    if (!panel) return;
    panel.dataset.state = state;
    panel.querySelector(".camera__words").textContent = words;
  }

  #key(name) {
    return panel.querySelector(`[data-camera=${name}]`);
  }

  #show(name, isThere) {
    this.#key(name).hidden = !isThere;
  }
}

function stopTracks(stream) {
  for (const track of stream.getTracks()) track.stop();
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(MEMORY) ?? "{}") ?? {};
  } catch {
    return {};
  }
}

function isApple() {
  return /iPhone|iPad|iPod/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
}

/** Where the right is given again, in the words of this platform. */
function denied() {
  if (isApple()) return "The camera is not allowed. Settings, Safari (or this app), Camera: Allow. Then tap here.";
  if (/Android/.test(navigator.userAgent)) return "The camera is not allowed. Tap the sign left of the address, Permissions, Camera: Allow. Then tap here.";
  return "The camera is not allowed for this page. Allow it at the left of the address line, then tap here.";
}
