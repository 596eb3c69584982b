import { useRef } from "preact/hooks";

interface Props {
  label: string;
  accept: string;
  primary?: boolean;
  onFile: (file: File) => void;
}

/** A button that asks for a file. */
export function OpenButton({ label, accept, primary, onFile }: Props) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class={primary ? "primary" : ""} onClick={() => field.current!.click()}>
        {label}
      </button>
      <input
        ref={field}
        type="file"
        accept={accept}
        aria-label={label}
        hidden
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file) onFile(file);
        }}
      />
    </>
  );
}
