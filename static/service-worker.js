// The service worker: keeps the versioned shell and one page without data, so that the app opens without a network.
// SHELL = {version, shell, offline} is written above by the server. Pages, fragments and data are never stored.
// The camera's files are large and seldom wanted: they are stored when they are first used.

const CACHE = `shell-${SHELL.version}`;
const PATIENCE_MS = 2_000; // for a page; a form that was sent has as long as it takes
const AT_HAND_MS = 400; // for a page where the work in hand can be shown in its stead

let isAnswering = false; // a page has just heard the server

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...SHELL.shell, SHELL.offline])));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOldVersions().then(() => self.clients.claim()));
});

// A new version waits until the home screen lets it in: work in hand is never cut in two.
self.addEventListener("message", ({ data }) => {
  if (data === "take over") self.skipWaiting();
  if (data === "it answers") isAnswering = true;
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (request.method === "GET" && new URL(request.url).pathname.startsWith("/shell/")) event.respondWith(fromShell(request));
});

/** The network's page, or after some patience the station's own, which knows the work in hand. */
async function page(request) {
  const patience = new AbortController();
  const giveUp = () => patience.abort();
  let isOver = false; // a page that has begun to come is never cut off
  const giveUpForWork = async () => (await isAtHand(new URL(request.url))) && !isOver && giveUp();
  const waits = request.method === "GET" ? [setTimeout(giveUp, PATIENCE_MS)] : [];
  if (waits.length && !isAnswering) waits.push(setTimeout(giveUpForWork, AT_HAND_MS));
  isAnswering = false;
  try {
    const answer = await fetch(request, { signal: patience.signal });
    if (!isGateways(answer)) return answer;
  } catch {
    // no network
  } finally {
    isOver = true;
    waits.forEach(clearTimeout);
  }
  return (await caches.match(SHELL.offline)) ?? Response.error();
}

/** Whether the page at an address can show the work in hand (store.js) when it is opened without a network. */
function isAtHand({ pathname }) {
  return new Promise((found) => {
    const asked = indexedDB.open("scandock");
    asked.onupgradeneeded = () => asked.transaction.abort(); // there is none, and it is not for us to make it
    asked.onerror = () => found(false);
    asked.onsuccess = () => {
      const end = (is) => { asked.result.close(); found(is); };
      try {
        const get = asked.result.transaction("work").objectStore("work").get("where");
        get.onerror = () => end(false);
        get.onsuccess = () => {
          const { url, version, isLocked } = get.result ?? {};
          end(version === SHELL.version && !isLocked && ["/", url].includes(pathname));
        };
      } catch {
        end(false); // another version's
      }
    };
  });
}

/** Whether a proxy in between answers for a server that it does not reach. All pages of ours have a policy. */
function isGateways({ status, headers }) {
  return status >= 502 && status <= 504 && !headers.has("Content-Security-Policy");
}

async function fromShell(request) {
  const known = await caches.match(request);
  if (known) return known;
  const response = await fetch(request);
  if (response.ok && new URL(request.url).pathname.startsWith(`/shell/${SHELL.version}/`)) {
    const cache = await caches.open(CACHE);
    await cache.put(request, response.clone()).catch(() => {}); // a full phone goes on without it
  }
  return response;
}

async function forgetOldVersions() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
}
