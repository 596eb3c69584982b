/** A few values that this browser keeps from visit to visit, by name, in IndexedDB. */

const NAME = "dawg-studio";
const TABLE = "session";

const done = <Value>(request: IDBRequest<Value>): Promise<Value> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("it was refused"));
  });

let opened: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  opened ??= (async () => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
    return done(request);
  })();
  return opened;
}

const table = async (mode: IDBTransactionMode): Promise<IDBObjectStore> =>
  (await open()).transaction(TABLE, mode).objectStore(TABLE);

export async function load<Value>(name: string): Promise<Value | undefined> {
  return done((await table("readonly")).get(name) as IDBRequest<Value | undefined>);
}

export async function keep(name: string, value: unknown): Promise<void> {
  await done((await table("readwrite")).put(value, name));
}

export async function clear(): Promise<void> {
  await done((await table("readwrite")).clear());
}
