import type { JSX } from "preact";

const drawn = (path: string) => (): JSX.Element => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={path} />
  </svg>
);

export const Play = drawn("M8 5v14l11-7z");
export const Pause = drawn("M7 5h4v14H7zM13 5h4v14h-4z");
export const Loop = drawn("M17 4l4 4-4 4V9H7a2 2 0 0 0-2 2v1H3v-1a4 4 0 0 1 4-4h10zM7 20l-4-4 4-4v3h10a2 2 0 0 0 2-2v-1h2v1a4 4 0 0 1-4 4H7z");
export const Undo = drawn("M9 5L3 11l6 6v-4h5a4 4 0 0 1 0 8h-3v2h3a6 6 0 0 0 0-12H9z");
export const Redo = drawn("M15 5l6 6-6 6v-4h-5a4 4 0 0 0 0 8h3v2h-3a6 6 0 0 1 0-12h5z");
export const Close = drawn("M6.4 5L5 6.4 10.6 12 5 17.6 6.4 19l5.6-5.6 5.6 5.6 1.4-1.4-5.6-5.6L19 6.4 17.6 5 12 10.6z");
export const Earlier = drawn("M14 6l1.4 1.4L10.8 12l4.6 4.6L14 18l-6-6z");
export const Later = drawn("M10 6l6 6-6 6-1.4-1.4 4.6-4.6-4.6-4.6z");
export const Spark = drawn("M12 2l2.2 6.8L21 11l-6.8 2.2L12 20l-2.2-6.8L3 11l6.8-2.2z");
export const Stop = drawn("M6 6h12v12H6z");
export const Dice = drawn("M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zm3 3.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zm8 8a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zm-4-4a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z");
export const Locked = drawn("M17 9h-1V7a4 4 0 0 0-8 0v2H7a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-8a2 2 0 0 0-2-2zm-7-2a2 2 0 0 1 4 0v2h-4z");
export const Unlocked = drawn("M17 9h-7V6.5a2 2 0 0 1 4 0V7h2v-.5a4 4 0 0 0-8 0V9H7a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-8a2 2 0 0 0-2-2zm0 10H7v-8h10z");
