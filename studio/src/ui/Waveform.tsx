import { useRef, useState } from "preact/hooks";
import { columns } from "../audio/peaks";
import * as player from "../state/player";
import { after, before } from "../state/store";
import { colour, useFrames, useSize, wiped } from "./canvas";
import { clock } from "./time";

/** Farther than this a press is a drag, which marks a loop. */
const DRAG_PX = 5;

function drawOutlines(canvas: HTMLCanvasElement, size: { width: number; height: number }): void {
  const context = wiped(canvas, size);
  const middle = size.height / 2;
  // The result lies behind: it shows where it goes beyond the original, and the original where it does.
  const sides = [
    { peaks: after.value?.peaks, fill: colour("after"), alpha: 0.8 },
    { peaks: before.value?.peaks, fill: colour("before"), alpha: 0.55 },
  ];
  for (const { peaks, fill, alpha } of sides) {
    if (!peaks) continue;
    context.fillStyle = fill;
    context.globalAlpha = alpha;
    columns(peaks, size.width).forEach(([low, high], x) => {
      const top = middle - Math.min(1, high) * (middle - 2);
      const bottom = middle - Math.max(-1, low) * (middle - 2);
      context.fillRect(x, top, 1, Math.max(1, bottom - top));
    });
  }
}

export function Waveform() {
  const [box, size] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const press = useRef<number | null>(null);
  const [at, setAt] = useState(0);
  const spoken = player.playing.value ? at : player.rest.value;
  const length = player.duration.value;
  const { width } = size;

  if (canvas.current && width > 0) drawOutlines(canvas.current, size);
  useFrames(() => {
    const now = player.position();
    if (head.current) head.current.style.transform = `translateX(${(now / length) * width}px)`;
    if (Math.floor(now) !== Math.floor(at)) setAt(now);
  }, player.playing.value);

  const secondsAt = (event: PointerEvent): number => {
    const { left } = box.current!.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - left) / width, 0), 1) * length;
  };
  const dragged = (event: PointerEvent): { from: number; to: number } | null => {
    const start = press.current;
    if (start === null || Math.abs(secondsAt(event) - start) * width < DRAG_PX * length) return null;
    const [from, to] = [start, secondsAt(event)].sort((a, b) => a - b) as [number, number];
    return { from, to };
  };
  const { seek } = player;
  const mark = (edge: "from" | "to"): void => {
    const part = { ...(player.region.value ?? { from: 0, to: length }), [edge]: player.position() };
    if (part.from < part.to) player.setLoop(true, part);
  };
  const keys: Record<string, () => void> = {
    ArrowRight: () => seek(player.position() + 1),
    ArrowUp: () => seek(player.position() + 1),
    ArrowLeft: () => seek(player.position() - 1),
    ArrowDown: () => seek(player.position() - 1),
    PageUp: () => seek(player.position() + 10),
    PageDown: () => seek(player.position() - 10),
    Home: () => seek(0),
    End: () => seek(length),
    "[": () => mark("from"),
    "]": () => mark("to"),
    Escape: () => player.setLoop(player.looping.value, null),
  };
  const region = player.region.value;
  return (
    <div
      ref={box}
      class="waveform"
      role="slider"
      tabIndex={0}
      aria-label="Position in the song"
      aria-describedby="keys-hint"
      aria-valuemin={0}
      aria-valuemax={Math.round(length)}
      aria-valuenow={Math.round(spoken)}
      aria-valuetext={`${clock(spoken, false)} of ${clock(length, false)}`}
      onPointerDown={(event) => {
        press.current = secondsAt(event);
        box.current!.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        const part = dragged(event);
        if (part) player.region.value = part;
      }}
      onPointerUp={(event) => {
        const part = dragged(event);
        if (part) player.setLoop(true, part);
        else seek(secondsAt(event));
        press.current = null;
      }}
      onKeyDown={(event) => {
        const action = keys[event.key];
        if (!action || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        action();
      }}
    >
      <canvas ref={canvas} aria-hidden="true" />
      {region && (
        <div
          class="region"
          style={{ left: `${(region.from / length) * 100}%`, width: `${((region.to - region.from) / length) * 100}%` }}
        />
      )}
      <div ref={head} class="playhead" />
    </div>
  );
}
