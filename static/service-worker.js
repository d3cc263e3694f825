// The service worker: keeps the versioned shell and one page without data, so that the app opens without a network.
// SHELL = {version, shell, offline} is written above by the server. Pages, fragments and data are never stored.
// The camera's files are large and seldom wanted: they are stored when they are first used.

const CACHE = `shell-${SHELL.version}`;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...SHELL.shell, SHELL.offline])));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOldVersions().then(() => self.clients.claim()));
});

// A new version waits until the home screen lets it in: work in hand is never cut in two.
self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => caches.match(SHELL.offline)));
  else if (new URL(request.url).pathname.startsWith("/shell/")) event.respondWith(fromShell(request));
});

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
