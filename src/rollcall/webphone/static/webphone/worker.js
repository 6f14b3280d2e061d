// The service worker of the web phone. The server puts KEPT before this: a name that changes with the
// files, the files, the page to show without a network. No page with people on it is ever kept.

const files = new Map(KEPT.files.map((address) => [new URL(address, location.origin).pathname, address]));

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(KEPT.name);
    await cache.addAll([...KEPT.files, KEPT.offline].map((address) => new Request(address, { cache: "no-cache" })));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith("rollcall-phone-") && name !== KEPT.name);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

const orKept = async (request, address) => {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await (await caches.open(KEPT.name)).match(address);
    if (kept) return kept;
    throw error;
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.mode === "navigate" && pathname.startsWith(KEPT.home)) {
    event.respondWith(orKept(request, KEPT.offline));
  } else if (files.has(pathname)) {
    event.respondWith(orKept(request, files.get(pathname)));
  }
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil((async () => {
    const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const phone = open.find((each) => new URL(each.url).pathname.startsWith(KEPT.home));
    if (phone) await phone.focus();
    else await self.clients.openWindow(KEPT.home);
  })());
});
