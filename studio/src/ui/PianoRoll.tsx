import type { Bundle } from "../bundle/bundle";
export function PianoRoll({ bundle }: { bundle: Bundle }) {
  return <p>{bundle.declaration.plugin}</p>;
}
