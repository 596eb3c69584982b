/**
 * The service worker of a written site: it keeps what the page needs, so that the page works without a network from the
 * second visit on, and takes a newer version only when the page says so. `dawg studio --write` puts `SITE` before it.
 */

interface Extendable extends Event {
  waitUntil: (done: Promise<unknown>) => void;
}

interface Fetching extends Extendable {
  request: Request;
  respondWith: (response: Promise<Response>) => void;
}

interface Scope {
  registration: ServiceWorkerRegistration;
  clients: { claim: () => Promise<void> };
  skipWaiting: () => Promise<void>;
  addEventListener: <Kind extends Event>(name: string, listener: (event: Kind) => void) => void;
}

/** Digest of all files; those that a first visit needs; those that wait until they are asked for. */
declare const SITE: { version: string; first: string[]; later: string[] };

const scope = self as unknown as Scope;
const PREFIX = "dawg-studio-";
const NAME = `${PREFIX}${SITE.version}`;
const base = scope.registration.scope;
const at = (address: string): string => new URL(address, base).href;
const first = SITE.first.map(at);
const later = new Set(SITE.later.map(at));
const page = at("./");

/** Has it its digest in its name? Then it never changes, and an older version's is as good. */
const isImmutable = (url: string): boolean => url.startsWith(at("assets/"));

const kept = async (url: string): Promise<Response | undefined> => (isImmutable(url) ? caches.match(url) : undefined);

async function install(): Promise<void> {
  const cache = await caches.open(NAME);
  await Promise.all(
    first.map(async (url) => {
      const response = (await kept(url)) ?? (await fetch(url, { cache: isImmutable(url) ? "default" : "no-cache" }));
      if (!response.ok) throw new Error(`${url} did not load: the server answered ${response.status}`);
      await cache.put(url, response);
    }),
  );
}

async function activate(): Promise<void> {
  const cache = await caches.open(NAME);
  for (const url of later) {
    const response = await kept(url);
    if (response) await cache.put(url, response);
  }
  const older = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== NAME);
  await Promise.all(older.map((name) => caches.delete(name)));
  await scope.clients.claim();
}

async function answer(request: Request, url: string): Promise<Response> {
  const cache = await caches.open(NAME);
  const known = await cache.match(url);
  if (known) return known;
  const response = await fetch(request);
  if (response.ok && later.has(url)) await cache.put(url, response.clone());
  return response;
}

/** All that waits, too: for a page that is installed as an app. */
async function takeAll(): Promise<void> {
  const cache = await caches.open(NAME);
  for (const url of later) if (!(await cache.match(url))) await cache.add(url);
}

scope.addEventListener<Extendable>("install", (event) => event.waitUntil(install()));
scope.addEventListener<Extendable>("activate", (event) => event.waitUntil(activate()));
scope.addEventListener<Fetching>("fetch", (event) => {
  const { request } = event;
  const url = request.url.replace(/[?#].*/, "").replace(at("index.html"), page);
  if (request.method === "GET" && (first.includes(url) || later.has(url))) event.respondWith(answer(request, url));
});
scope.addEventListener<Extendable & MessageEvent<"update" | "all">>("message", (event) => {
  event.waitUntil(event.data === "update" ? scope.skipWaiting() : takeAll());
});
