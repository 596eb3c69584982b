import { useEffect, useRef } from "preact/hooks";
import { moved, nearest, spoken } from "#web/engine/knob";
import type { EffectEntry } from "#web/engine/manifest";
import type { Setting } from "#web/engine/recipe";
import { commit } from "../state/store";
import { handTurns } from "../state/suggestion";
import type { Scale } from "./scale";

/** Positions, in the effect's list of knobs, of what makes a band. */
export interface Band {
  name: string;
  number: number;
  frequency: number;
  gain: number;
  q: number | undefined;
  kind: number | undefined;
}

interface Props {
  band: Band;
  entry: EffectEntry;
  setting: Setting;
  scale: Scale;
  ghosts: (number | null)[];
}

const RADIUS = 12;
/** A drag this long with Shift held turns Q through a hundredth of its travel. */
const Q_DRAG_PX = 3;

export function BandNode({ band, entry, setting, scale, ghosts }: Props) {
  const node = useRef<SVGGElement>(null);
  const drag = useRef<{ id: number; dx: number; dy: number; lastY: number } | null>(null);
  const { id, knobs } = setting;
  const knob = (place: number) => entry.knobs[place]!;
  const at = (values: readonly (number | null)[]): { x: number; y: number } => ({
    x: scale.x(values[band.frequency] ?? knobs[band.frequency]!),
    y: scale.y(values[band.gain] ?? knobs[band.gain]!),
  });
  const turnTo = (moves: [number | undefined, number][]): void => {
    handTurns(id, new Map(moves.filter((move): move is [number, number] => move[0] !== undefined)));
  };
  const turnQ = (moves: number): void => {
    if (band.q !== undefined) turnTo([[band.q, moved(knob(band.q), knobs[band.q]!, moves)]]);
  };
  const { x, y } = at(knobs);
  const ghost = at(ghosts);
  const words = [band.kind, band.frequency, band.gain, band.q]
    .filter((place): place is number => place !== undefined)
    .map((place) => `${place === band.q ? "Q " : ""}${spoken(knob(place), knobs[place]!)}`);

  // The wheel would scroll the page; Preact's listeners cannot prevent that, being passive in some browsers.
  const wheel = useRef(turnQ);
  wheel.current = turnQ;
  useEffect(() => {
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      wheel.current(event.deltaY < 0 ? 2 : -2);
      commit();
    };
    const element = node.current!;
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, []);

  const onPointerMove = (event: PointerEvent): void => {
    const now = drag.current;
    if (!now || event.pointerId !== now.id) return;
    if (event.shiftKey) {
      const moves = Math.trunc((now.lastY - event.clientY) / Q_DRAG_PX);
      if (moves === 0) return;
      now.lastY = event.clientY;
      turnQ(moves);
    } else {
      turnTo([
        [band.frequency, nearest(knob(band.frequency), scale.hz(event.clientX - now.dx))],
        [band.gain, nearest(knob(band.gain), scale.decibels(event.clientY - now.dy))],
      ]);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const [frequency, gain] = [knob(band.frequency), knob(band.gain)];
    const keys: Record<string, () => void> = {
      ArrowRight: () => turnTo([[band.frequency, moved(frequency, knobs[band.frequency]!, 1)]]),
      ArrowLeft: () => turnTo([[band.frequency, moved(frequency, knobs[band.frequency]!, -1)]]),
      ArrowUp: () => turnTo([[band.gain, moved(gain, knobs[band.gain]!, 1)]]),
      ArrowDown: () => turnTo([[band.gain, moved(gain, knobs[band.gain]!, -1)]]),
      PageUp: () => turnQ(2),
      PageDown: () => turnQ(-2),
      Home: () => turnTo([[band.gain, gain.minimum]]),
      End: () => turnTo([[band.gain, gain.maximum]]),
      Delete: () => turnTo([[band.gain, gain.default]]),
    };
    const action = keys[event.key];
    if (!action || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    action();
  };
  return (
    <>
      {(ghost.x !== x || ghost.y !== y) && (
        <g class="ghost-node" aria-hidden="true">
          <line x1={x} y1={y} x2={ghost.x} y2={ghost.y} />
          <circle cx={ghost.x} cy={ghost.y} r={RADIUS - 2} />
          <text x={ghost.x} y={ghost.y + 4}>
            {band.number + 1}
          </text>
        </g>
      )}
      <g
        ref={node}
        class={`node hue-${band.number % 8}`}
        role="slider"
        tabindex={0}
        aria-label={`${band.name} node`}
        aria-valuemin={knob(band.gain).minimum}
        aria-valuemax={knob(band.gain).maximum}
        aria-valuenow={knobs[band.gain]}
        aria-valuetext={words.join(", ")}
        onPointerDown={(event) => {
          node.current!.setPointerCapture(event.pointerId);
          drag.current = { id: event.pointerId, dx: event.clientX - x, dy: event.clientY - y, lastY: event.clientY };
        }}
        onPointerMove={onPointerMove}
        onPointerUp={() => {
          drag.current = null;
          commit();
        }}
        onDblClick={() => {
          turnTo([[band.gain, knob(band.gain).default]]);
          commit();
        }}
        onKeyDown={onKeyDown}
        onKeyUp={commit}
      >
        <circle class="halo" cx={x} cy={y} r={RADIUS + 9} />
        <circle class="disc" cx={x} cy={y} r={RADIUS} />
        <text x={x} y={y + 4}>
          {band.number + 1}
        </text>
      </g>
    </>
  );
}
