// The places where text may become more than text. The page's policy (trusted-types) allows no others.

const CAMERA_WORKER = /^\/shell\/[0-9a-f]+\/camera-worker\.js$/;

const policy = window.trustedTypes?.createPolicy("scandock", {
  createHTML: (text) => text, // only for parsed(), whose document never runs anything
  createScriptURL: (path) => {
    if (path !== "/service-worker.js" && !CAMERA_WORKER.test(path)) throw new TypeError(`not a script of ours: ${path}`);
    return path;
  },
});

/** A page or fragment as a document that is looked at, not shown: its scripts do not run. */
export function parsed(text) {
  return new DOMParser().parseFromString(policy?.createHTML(text) ?? text, "text/html");
}

export function serviceWorkerPath() {
  return policy?.createScriptURL("/service-worker.js") ?? "/service-worker.js";
}

/** The path of the camera's decoder, from its URL on this origin. */
export function cameraWorkerPath({ pathname }) {
  return policy?.createScriptURL(pathname) ?? pathname;
}
