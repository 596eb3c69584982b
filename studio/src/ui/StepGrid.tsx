import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Bundle, Lane } from "#web/bundle/bundle";
import { START, VELOCITY } from "#web/engine/notes";
import { type Note, BEATS_PER_BAR, STEPS_PER_BAR, STEPS_PER_BEAT, cells, changed, lateS, placeName, placed, stepOf, stepS } from "../score/grid";
import * as pieces from "../state/pieces";
import * as preview from "../state/preview";
import { announce } from "../state/store";
import { useFrames } from "./canvas";
import { Locked, Unlocked } from "./icons";

/** What one press of a key changes. */
const VELOCITY_STEP = 4 / 127;
const LATE_STEP_S = 0.002;
/** What a drag over this many pixels changes velocity by, from nothing to all. */
const VELOCITY_PX = 90;
/** A shorter movement is a click. */
const CLICK_PX = 3;
/** The column of the locks. */
const LOCK = -1;

/** Bars that are shown at once; on a narrow screen one at first. */
const SIZES = [1, 2];
const NARROW_PX = 700;
/** Widths of the names, and of a step at the least. */
const [NAMES_PX, STEP_PX] = [90, 15];

interface Place {
  lane: number;
  /** Of the whole piece; `LOCK` for the lane's lock. */
  step: number;
}

function timing(note: Note, tempo: number): string {
  const ms = Math.round(1000 * lateS(note, tempo));
  return ms === 0 ? "on the beat" : `${Math.abs(ms)} ms ${ms > 0 ? "late" : "early"}`;
}

/** A cell in words. */
function named(lane: Lane, step: number, notes: readonly Note[], tempo: number): string {
  const loudest = notes.toSorted((a, b) => b[VELOCITY]! - a[VELOCITY]!)[0];
  if (!loudest) return `${lane.name}, ${placeName(step)}: nothing`;
  const velocity = Math.round(loudest[VELOCITY]! * 127);
  const more = notes.length > 1 ? `, ${notes.length} strokes` : "";
  return `${lane.name}, ${placeName(step)}: velocity ${velocity}, ${timing(loudest, tempo)}${more}`;
}

/** Strokes of one cell: height is velocity, the place from left to right is timing. */
function Strokes({ notes, tempo }: { notes: readonly Note[]; tempo: number }) {
  return (
    <>
      {notes.map((note, i) => (
        <i
          key={i}
          style={{ height: `${note[VELOCITY]! * 100}%`, left: `${50 + (lateS(note, tempo) / stepS(tempo)) * 100}%` }}
        />
      ))}
    </>
  );
}

export function StepGrid({ bundle }: { bundle: Bundle }) {
  const { lanes } = pieces.editorOf(bundle);
  const { score, locked } = pieces.pieceOf(bundle);
  const { notes, tempo, bars } = score;
  const size = useSignal(innerWidth < NARROW_PX ? 1 : 2);
  /** A step of the page that is shown. */
  const first = useSignal(0);
  const focus = useSignal<Place>({ lane: lanes.length - 1, step: 0 });
  const grid = useRef<HTMLDivElement>(null);
  const isMoved = useRef(false);
  const line = useRef<HTMLSpanElement>(null);
  const drag = useRef<{ place: Place; x: number; y: number; from: readonly Note[]; isNew: boolean; moved: boolean } | null>(null);

  const steps = bars * STEPS_PER_BAR;
  const wide = Math.min(size.value, bars) * STEPS_PER_BAR;
  const from = Math.floor(Math.min(first.value, steps - 1) / wide) * wide;
  const at = focus.value;
  const isShown = at.step === LOCK || (at.step >= from && at.step < Math.min(from + wide, steps));
  const step = isShown ? at.step : from;
  const shown = Array.from({ length: Math.min(wide, steps - from) }, (_, i) => from + i);
  const found = cells(notes, lanes, tempo);
  const notesAt = ({ lane, step }: Place): readonly Note[] => found.get(`${lane} ${step}`) ?? [];

  useFrames(() => {
    if (!line.current || !grid.current) return;
    const now = preview.position() / stepS(tempo) - from;
    const cell = grid.current.querySelector<HTMLElement>("[role=row]:last-child [data-step]");
    line.current.hidden = !preview.playing.value || now < 0 || now >= shown.length || !cell;
    if (cell) line.current.style.left = `${cell.offsetLeft + now * cell.offsetWidth}px`;
  }, preview.playing.value);

  const go = (to: Place): void => {
    focus.value = to;
    if (to.step !== LOCK) first.value = to.step;
    isMoved.current = true;
  };
  useLayoutEffect(() => {
    if (!isMoved.current) return;
    isMoved.current = false;
    grid.current?.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  });
  /** Others in place of the strokes of a cell. */
  const put = (place: Place, others: readonly Note[]): void => {
    const now = pieces.pieceOf(bundle).score;
    const gone = new Set(cells(now.notes, lanes, tempo).get(`${place.lane} ${place.step}`) ?? []);
    pieces.edit(bundle, { notes: [...now.notes.filter((note) => !gone.has(note)), ...others] });
  };
  const toggle = (place: Place): void => {
    const isThere = notesAt(place).length > 0;
    put(place, isThere ? [] : [placed(place.step, 1, lanes[place.lane]!.pitches[0]!, tempo)]);
    pieces.commit(bundle);
    announce(`${lanes[place.lane]!.name}, ${placeName(place.step)}: ${isThere ? "nothing" : "a stroke"}`);
  };
  /** Louder or softer, and earlier or later; no stroke leaves its cell. */
  const shaped = (strokes: readonly Note[], louder: number, later: number): Note[] =>
    strokes.map((note) => {
      const moved = changed(note, { [VELOCITY]: note[VELOCITY]! + louder, [START]: note[START]! + later });
      return stepOf(moved, tempo) === stepOf(note, tempo) ? moved : changed(note, { [VELOCITY]: note[VELOCITY]! + louder });
    });
  const lock = (lane: Lane): void => pieces.setLocked(bundle, lane.name, !locked.has(lane.name));

  const onKey = (event: KeyboardEvent): void => {
    const { lane } = at;
    const strokes = notesAt({ lane, step });
    const shape: Record<string, [number, number]> = {
      ArrowUp: [VELOCITY_STEP, 0],
      ArrowDown: [-VELOCITY_STEP, 0],
      ArrowRight: [0, LATE_STEP_S],
      ArrowLeft: [0, -LATE_STEP_S],
    };
    const way = event.shiftKey ? shape[event.key] : undefined;
    if (way) {
      event.preventDefault();
      if (strokes.length === 0) return;
      put({ lane, step }, shaped(strokes, ...way));
      pieces.commit(bundle);
      return;
    }
    const last = lanes.length - 1;
    const end = from + shown.length - 1;
    const targets: Record<string, Place> = {
      ArrowRight: { lane, step: step === LOCK ? from : Math.min(step + 1, steps - 1) },
      ArrowLeft: { lane, step: step === from && from === 0 ? LOCK : Math.max(step - 1, LOCK) },
      ArrowDown: { lane: Math.min(lane + 1, last), step },
      ArrowUp: { lane: Math.max(lane - 1, 0), step },
      Home: event.ctrlKey ? { lane: 0, step: 0 } : { lane, step: step === from ? LOCK : from },
      End: event.ctrlKey ? { lane: last, step: steps - 1 } : { lane, step: end },
      PageDown: { lane, step: Math.min(Math.max(step, 0) + wide, steps - 1) },
      PageUp: { lane, step: Math.max(step - wide, 0) },
    };
    const target = targets[event.key];
    if (target) {
      event.preventDefault();
      go(target);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (step === LOCK) lock(lanes[lane]!);
      else toggle({ lane, step });
    } else if ((event.key === "Delete" || event.key === "Backspace") && strokes.length > 0) {
      event.preventDefault();
      toggle({ lane, step });
    }
  };

  const onDown = (event: PointerEvent, place: Place): void => {
    if (event.button !== 0) return;
    event.preventDefault();
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    const there = notesAt(place);
    const made = placed(place.step, 1, lanes[place.lane]!.pitches[0]!, tempo);
    drag.current = { place, x: event.clientX, y: event.clientY, from: there.length > 0 ? there : [made], isNew: there.length === 0, moved: false };
    if (there.length === 0) put(place, [made]);
    go(place);
  };
  const onMove = (event: PointerEvent): void => {
    const held = drag.current;
    if (!held) return;
    const [right, up] = [event.clientX - held.x, held.y - event.clientY];
    if (!held.moved && Math.hypot(right, up) < CLICK_PX) return;
    held.moved = true;
    const cell = (event.currentTarget as HTMLElement).offsetWidth;
    put(held.place, shaped(held.from, up / VELOCITY_PX, (right / cell) * stepS(tempo)));
  };
  const onUp = (): void => {
    const held = drag.current;
    drag.current = null;
    if (!held) return;
    if (!held.moved && !held.isNew) put(held.place, []);
    pieces.commit(bundle);
  };

  return (
    <>
      <div class="row pages">
        <fieldset class="modes sizes">
          <legend>Steps shown</legend>
          {SIZES.map((each) => (
            <label key={each} class="mode">
              <input type="radio" name="steps" checked={each === size.value} onChange={() => (size.value = each)} />
              {each * STEPS_PER_BAR}
            </label>
          ))}
        </fieldset>
        {steps > wide && (
          <div class="row" role="group" aria-label="Bars shown">
            {Array.from({ length: Math.ceil(steps / wide) }, (_, i) => (
              <button
                key={i}
                type="button"
                class="small"
                aria-pressed={from === i * wide}
                onClick={() => {
                  first.value = i * wide;
                  focus.value = { ...at, step: i * wide };
                }}
              >
                {barsShown(i * wide, Math.min((i + 1) * wide, steps))}
              </button>
            ))}
          </div>
        )}
      </div>
      <div class="grid-scroll">
        <div
          ref={grid}
          class="step-grid"
          role="grid"
          aria-label="Step grid"
          aria-colcount={steps + 1}
          style={{ minWidth: `${NAMES_PX + wide * STEP_PX}px` }}
          onKeyDown={onKey}
        >
          <div class="heads" aria-hidden="true">
            <span class="lane" />
            {shown.map((each) => (
              <span key={each} class={`head quiet ${beatClass(each)}`}>
                {each % STEPS_PER_BEAT === 0 ? `${Math.floor(each / STEPS_PER_BAR) + 1}.${(each / STEPS_PER_BEAT) % BEATS_PER_BAR + 1}` : ""}
              </span>
            ))}
          </div>
          {lanes.map((lane, l) => (
            <div key={lane.name} role="row" class={`hue-${l % 8} ${locked.has(lane.name) ? "locked" : ""}`}>
              <span role="gridcell" class="lane">
                <button
                  type="button"
                  class="plain"
                  tabIndex={l === at.lane && step === LOCK ? 0 : -1}
                  aria-pressed={locked.has(lane.name)}
                  aria-label={`Lock ${lane.name}`}
                  onClick={() => {
                    focus.value = { lane: l, step: LOCK };
                    lock(lane);
                  }}
                >
                  {locked.has(lane.name) ? <Locked /> : <Unlocked />}
                  <span>{lane.name}</span>
                </button>
              </span>
              {shown.map((each) => {
                const place = { lane: l, step: each };
                const strokes = notesAt(place);
                return (
                  <span
                    key={each}
                    role="gridcell"
                    class={`cell ${beatClass(each)}`}
                    data-step={each}
                    tabIndex={l === at.lane && each === step ? 0 : -1}
                    aria-selected={strokes.length > 0}
                    aria-colindex={each + 2}
                    aria-label={named(lane, each, strokes, tempo)}
                    onFocus={() => (focus.value = place)}
                    onPointerDown={(event) => onDown(event, place)}
                    onPointerMove={onMove}
                    onPointerUp={onUp}
                    onPointerCancel={onUp}
                  >
                    <Strokes notes={strokes} tempo={tempo} />
                  </span>
                );
              })}
            </div>
          ))}
          <span ref={line} class="playline" role="presentation" hidden />
        </div>
      </div>
      <p class="quiet hint-keys">
        Click for a stroke; drag it up or down for velocity, sideways for timing. <kbd>Enter</kbd> sets, arrows go,{" "}
        <kbd>Shift</kbd> with arrows shapes, <kbd>Space</kbd> plays.
      </p>
    </>
  );
}

const beatClass = (step: number): string =>
  step % STEPS_PER_BAR === 0 ? "on-bar" : step % STEPS_PER_BEAT === 0 ? "on-beat" : "";

function barsShown(from: number, to: number): string {
  const [first, last] = [from / STEPS_PER_BAR + 1, Math.ceil(to / STEPS_PER_BAR)];
  return first === last ? `Bar ${first}` : `Bars ${first}–${last}`;
}
