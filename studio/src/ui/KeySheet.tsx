import { useEffect, useRef } from "preact/hooks";
import { LISTS, sheetOpen } from "./keys";
import { Close } from "./icons";

/** All keys, in a dialog: the browser moves the focus into it, closes it by Escape, and brings the focus back. */
export function KeySheet() {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = sheetOpen.value;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
  }, [isOpen]);
  const close = (): void => dialog.current!.close();
  if (!isOpen) return null;
  return (
    <dialog
      ref={dialog}
      class="card sheet"
      aria-labelledby="sheet-title"
      onClose={() => (sheetOpen.value = false)}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <header class="row">
        <h2 id="sheet-title">Keys</h2>
        <button type="button" class="round plain" aria-label="Close" onClick={close}>
          <Close />
        </button>
      </header>
      {LISTS.map(({ title, shortcuts }) => (
        <table key={title}>
          <caption>{title}</caption>
          <tbody>
            {shortcuts.map(({ keys, does }) => (
              <tr key={does}>
                <th scope="row">
                  {keys.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </th>
                <td>{does}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
      <p class="quiet">
        On a Mac, Cmd is Ctrl. While you type in a field, and in a list or on a tick box that has the focus, their own keys
        come first.
      </p>
    </dialog>
  );
}
