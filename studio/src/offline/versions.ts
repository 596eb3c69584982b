/** The page's side of the service worker: without a network from the second visit on, a newer version by consent. */
import "./versions.css";

/** Only a page that was written for a web host has one. */
const isWritten = (): boolean => document.querySelector('link[rel="manifest"]') !== null;

export async function followVersions(): Promise<void> {
  const { serviceWorker } = navigator;
  if (!serviceWorker || !isWritten()) return;
  const registration = await serviceWorker.register(new URL("sw.js", document.baseURI));
  const look = (): void => {
    if (registration.waiting && serviceWorker.controller) offer(registration.waiting);
  };
  look();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", look));
  const takeAll = async (): Promise<void> => (await serviceWorker.ready).active?.postMessage("all");
  addEventListener("appinstalled", () => void takeAll());
  if (matchMedia("(display-mode: standalone)").matches) await takeAll();
}

/** Ask whether the newer version may take over; the session is kept. */
function offer(waiting: ServiceWorker): void {
  if (document.querySelector(".version")) return;
  const box = document.createElement("aside");
  box.className = "version";
  box.setAttribute("role", "status");
  const button = document.createElement("button");
  button.textContent = "Update";
  button.onclick = () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    waiting.postMessage("update");
  };
  box.append("A newer version is here. ", button);
  document.body.append(box);
}
