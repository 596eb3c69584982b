/** Files of this site, checked against the digest that their declaration gives. */

const hex = (bytes: ArrayBuffer): string =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Of the disk, where the host is Node: its `fetch` knows no files. */
async function ofDisk(url: URL): Promise<Response> {
  const files = "node:fs/promises";
  const { readFile } = (await import(/* @vite-ignore */ files)) as { readFile: (url: URL) => Promise<BodyInit> };
  return new Response(await readFile(url));
}

async function answered(url: URL): Promise<Response> {
  if (url.protocol === "file:") return ofDisk(url);
  let response: Response;
  try {
    response = await fetch(url);
  } catch {
    throw new Error(`${url.pathname} did not load: the server does not answer`);
  }
  if (!response.ok) throw new Error(`${url.pathname} did not load: the server answered ${response.status}`);
  return response;
}

export async function fetchJson<Value>(url: URL): Promise<Value> {
  const response = await answered(url);
  try {
    return (await response.json()) as Value;
  } catch {
    throw new Error(`${url.pathname} is not JSON; it is damaged`);
  }
}

/** The bytes of a file whose SHA-256 is known. Throws when they are others than promised. */
export async function fetchChecked(url: URL, sha256: string | undefined): Promise<ArrayBuffer> {
  const bytes = await (await answered(url)).arrayBuffer();
  if (sha256 === undefined) throw new Error(`${url.pathname} has no digest in its declaration, so it cannot be trusted`);
  // Browsers give digests on https and on localhost only.
  const found = hex(await crypto.subtle.digest("SHA-256", bytes));
  if (found !== sha256) {
    throw new Error(
      `${url.pathname} is not the file that was declared: its digest is ${found.slice(0, 12)}…, ` +
        `expected ${sha256.slice(0, 12)}…; fetch or export it again`,
    );
  }
  return bytes;
}
