import { useSignal } from "@preact/signals";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Bundle } from "#web/bundle/bundle";
import { DURATION, PITCH, START } from "#web/engine/notes";
import { type Note, type Notes, STEPS_PER_BAR, changed, isBlack, pitchName, placeName, placed, sorted, stepOf, stepS } from "../score/grid";
import { syllablesOf } from "../score/words";
import * as pieces from "../state/pieces";
import * as preview from "../state/preview";
import { announce } from "../state/store";
import { useFrames } from "./canvas";

/** Pixels of a sixteenth and of a semitone. */
const [STEP_PX, ROW_PX] = [16, 14];
/** Semitones by which a key bends the pitch. */
const BEND = 0.1;
/** Steps of a note that is clicked, or added by key. */
const USUAL_STEPS = 4;
/** From its end a note is lengthened. */
const END_PX = 7;
/** The pitch is drawn while a note sounds, and this much around it. */
const AROUND_S = 0.08;

type Way = "move" | "length";

const stepsOf = (note: Note, tempo: number): number => note[DURATION]! / stepS(tempo);

/** So many steps in words. */
function lengthInWords(note: Note, tempo: number): string {
  const beats = Math.round((stepsOf(note, tempo) / 4) * 100) / 100;
  return `${beats} ${beats === 1 ? "beat" : "beats"}`;
}

/** The pitch that was sung, as the path of a line; rows from the top, steps from the left. */
function pathOf(bundle: Bundle, notes: Notes, highest: number, tempo: number): string {
  const { pitch } = pieces.editorOf(bundle);
  const curves = pieces.curvesOf(bundle);
  if (!pitch || !curves) return "";
  const isNear = (at: number): boolean =>
    notes.some((note) => at > note[START]! - AROUND_S && at < note[START]! + note[DURATION]! + AROUND_S);
  let pen = "M";
  return pieces
    .withPitchBend(bundle, curves)
    .map((row, i) => {
      const at = i * pitch.frame_s;
      if (!isNear(at)) {
        pen = "M";
        return "";
      }
      const point = `${pen}${(at / stepS(tempo)).toFixed(2)} ${(highest - row[pitch.column]! + 0.5).toFixed(2)}`;
      pen = "L";
      return point;
    })
    .join("");
}

function Words({ bundle }: { bundle: Bundle }) {
  const { syllables } = pieces.editorOf(bundle);
  const { words } = pieces.pieceOf(bundle).score;
  if (!syllables) return null;
  const wrong = pieces.wrongWords(bundle);
  return (
    <div class="field words">
      <label for="words">Syllables, set apart by spaces; one for each note, then from the first again</label>
      <input
        id="words"
        type="text"
        value={words}
        placeholder={syllables.default}
        autocomplete="off"
        spellcheck={false}
        aria-invalid={wrong !== ""}
        aria-describedby="words-wrong"
        onInput={(event) => pieces.edit(bundle, { words: event.currentTarget.value })}
        onChange={() => pieces.commit(bundle)}
      />
      <p id="words-wrong" class="warning">
        {wrong}
      </p>
    </div>
  );
}

/** Keys of the piano at the left. */
function Keys({ pitches }: { pitches: readonly number[] }) {
  return (
    <div class="piano quiet" aria-hidden="true">
      {pitches.map((pitch) => (
        <span key={pitch} class={isBlack(pitch) ? "black" : ""}>
          {pitch % 12 === 0 ? pitchName(pitch) : ""}
        </span>
      ))}
    </div>
  );
}

export function PianoRoll({ bundle }: { bundle: Bundle }) {
  const { pitches, syllables, pitch: sungPitch } = pieces.editorOf(bundle);
  const { score, answer } = pieces.pieceOf(bundle);
  const { notes, tempo, bars, words, bends } = score;
  const [lowest, highest] = pitches;
  const rows = Array.from({ length: highest - lowest + 1 }, (_, i) => highest - i);
  const steps = bars * STEPS_PER_BAR;
  const chosen = useSignal(0);
  const roll = useRef<HTMLDivElement>(null);
  const line = useRef<HTMLSpanElement>(null);
  const isMoved = useRef(false);
  const drag = useRef<{ note: Note; from: Note; x: number; y: number; way: Way } | null>(null);
  const at = Math.min(chosen.value, notes.length - 1);
  const sung = syllables ? syllablesOf(words, syllables) : [];
  const path = useMemo(() => pathOf(bundle, notes, highest, tempo), [answer, notes, bends, tempo]);
  /** Is the pitch drawn with the mouse, in place of notes? */
  const isDrawn = useSignal(false);
  const pen = useRef<{ frame: number; pitch: number } | null>(null);

  useLayoutEffect(() => {
    if (!isMoved.current) return;
    isMoved.current = false;
    roll.current?.querySelector<HTMLElement>(".note[tabindex='0']")?.focus();
  });
  useFrames(() => {
    if (!line.current) return;
    line.current.hidden = !preview.playing.value;
    line.current.style.left = `${(preview.position() / stepS(tempo)) * STEP_PX}px`;
  }, preview.playing.value);

  const inside = (pitch: number): number => Math.min(Math.max(pitch, lowest), highest);
  /** Another note in the place of one, or none; that one is chosen then. */
  const put = (before: Note | null, after: Note | null, others: { bars?: number } = {}): void => {
    const now = pieces.pieceOf(bundle).score.notes;
    const next = sorted([...now.filter((note) => note !== before), ...(after ? [after] : [])]);
    pieces.edit(bundle, { notes: next, ...others });
    chosen.value = after ? next.indexOf(after) : Math.max(0, at - 1);
  };
  const focusChosen = (): void => {
    isMoved.current = true;
  };
  const name = (note: Note, i: number): string =>
    [
      ...(syllables ? [sung[i % sung.length]!] : []),
      pitchName(note[PITCH]!),
      placeName(stepOf(note, tempo)),
      lengthInWords(note, tempo),
    ].join(", ");

  const add = (after: Note | undefined): void => {
    const step = after ? Math.round(stepOf(after, tempo) + stepsOf(after, tempo)) : 0;
    const usual = after ? Math.round(stepsOf(after, tempo)) : USUAL_STEPS;
    const pitch = after ? after[PITCH]! : Math.round((lowest + highest) / 2);
    const end = Math.ceil((step + usual) / STEPS_PER_BAR);
    if (end > pieces.barsKnob(bundle).maximum) return;
    put(null, placed(step, Math.max(1, usual), pitch, tempo), { bars: Math.max(bars, end) });
    pieces.commit(bundle);
    focusChosen();
    announce("A note is added.");
  };

  /** What keys make of the chosen note. */
  const turned = (note: Note, { key, shiftKey }: KeyboardEvent): Note | undefined => {
    const one = stepS(tempo);
    const by = (column: number, value: number): Note => changed(note, { [column]: value });
    const shaped: Record<string, () => Note> = {
      ArrowUp: () => by(PITCH, inside(note[PITCH]! + 1)),
      ArrowDown: () => by(PITCH, inside(note[PITCH]! - 1)),
      ArrowRight: () => by(START, Math.min(note[START]! + one, (steps - 1) * one)),
      ArrowLeft: () => by(START, note[START]! - one),
    };
    if (shiftKey && shaped[key]) return shaped[key]();
    if (key === "+" || key === "=") return by(DURATION, note[DURATION]! + one);
    return key === "-" ? by(DURATION, Math.max(one, note[DURATION]! - one)) : undefined;
  };
  /** Bend the pitch while a note sounds. */
  const bendNote = (note: Note, by: number): void => {
    const { frame_s } = sungPitch!;
    const from = Math.round(note[START]! / frame_s);
    const to = Math.round((note[START]! + note[DURATION]!) / frame_s);
    const more = Array.from({ length: to - from }, (_, i): [number, number] => [from + i, (bends[from + i] ?? 0) + by]);
    pieces.edit(bundle, { bends: { ...bends, ...Object.fromEntries(more) } });
    pieces.commit(bundle);
    announce(`${Math.round(100 * (bends[from] ?? 0) + 100 * by)} cents`);
  };
  /** The pitch from where the pen was to where it is. */
  const draw = (event: PointerEvent): void => {
    const curves = pieces.curvesOf(bundle);
    if (!sungPitch || !curves) return;
    const box = roll.current!.getBoundingClientRect();
    const at_s = ((event.clientX - box.left) / STEP_PX) * stepS(tempo);
    const now = {
      frame: Math.min(Math.max(Math.round(at_s / sungPitch.frame_s), 0), curves.length - 1),
      pitch: Math.min(Math.max(highest + 0.5 - (event.clientY - box.top) / ROW_PX, lowest), highest),
    };
    const before = pen.current ?? now;
    pen.current = now;
    const [first, last] = before.frame <= now.frame ? [before, now] : [now, before];
    const drawn = Array.from({ length: last.frame - first.frame + 1 }, (_, i): [number, number] => {
      const frame = first.frame + i;
      const share = last.frame === first.frame ? 1 : i / (last.frame - first.frame);
      return [frame, first.pitch + share * (last.pitch - first.pitch) - curves[frame]![sungPitch.column]!];
    });
    pieces.edit(bundle, { bends: { ...pieces.pieceOf(bundle).score.bends, ...Object.fromEntries(drawn) } });
  };
  const onKey = (event: KeyboardEvent): void => {
    const note = notes[at];
    if (note && sungPitch && event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      bendNote(note, event.key === "ArrowUp" ? BEND : -BEND);
      return;
    }
    if (!note || event.ctrlKey || event.altKey || event.metaKey) return;
    const targets: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: notes.length - 1 };
    const after = turned(note, event);
    const target = targets[event.key];
    if (after) {
      put(note, after);
      pieces.commit(bundle);
    } else if (target !== undefined) chosen.value = Math.min(Math.max(target, 0), notes.length - 1);
    else if (event.key === "Enter") add(note);
    else if (event.key === "Delete" || event.key === "Backspace") {
      put(note, null);
      pieces.commit(bundle);
    } else return;
    event.preventDefault();
    focusChosen();
  };

  const pointed = (event: MouseEvent): { step: number; pitch: number } => {
    const box = roll.current!.getBoundingClientRect();
    return {
      step: Math.floor((event.clientX - box.left) / STEP_PX),
      pitch: inside(highest - Math.floor((event.clientY - box.top) / ROW_PX)),
    };
  };
  /** A held pointer belongs to the roll, so its clicks do not tell which note they are on. */
  const noteAt = (event: MouseEvent): Note | undefined => {
    const at = ((event.clientX - roll.current!.getBoundingClientRect().left) / STEP_PX) * stepS(tempo);
    const { pitch } = pointed(event);
    return notes.find((note) => note[PITCH] === pitch && at >= note[START]! && at < note[START]! + note[DURATION]!);
  };
  const hold = (event: PointerEvent, note: Note, way: Way): void => {
    roll.current!.setPointerCapture(event.pointerId);
    drag.current = { note, from: note, x: event.clientX, y: event.clientY, way };
  };
  const onDown = (event: PointerEvent): void => {
    const target = event.target as HTMLElement;
    const place = target.closest<HTMLElement>(".note")?.dataset["note"];
    if (event.button !== 0) return;
    if (isDrawn.value) {
      event.preventDefault();
      roll.current!.setPointerCapture(event.pointerId);
      draw(event);
    } else if (place !== undefined) {
      const note = notes[Number(place)]!;
      event.preventDefault();
      chosen.value = Number(place);
      focusChosen();
      hold(event, note, target.closest(".note")!.getBoundingClientRect().right - event.clientX < END_PX ? "length" : "move");
    } else if (event.pointerType !== "touch") {
      event.preventDefault();
      const { step, pitch } = pointed(event);
      if (step >= steps) return;
      const note = placed(step, USUAL_STEPS, pitch, tempo);
      put(null, note);
      focusChosen();
      hold(event, note, "length");
    }
  };
  const onMove = (event: PointerEvent): void => {
    if (pen.current) draw(event);
    const held = drag.current;
    if (!held) return;
    const right = Math.round((event.clientX - held.x) / STEP_PX) * stepS(tempo);
    const up = Math.round((held.y - event.clientY) / ROW_PX);
    const { from, way } = held;
    const after =
      way === "length"
        ? changed(from, { [DURATION]: Math.max(stepS(tempo), from[DURATION]! + right) })
        : changed(from, { [START]: from[START]! + right, [PITCH]: inside(from[PITCH]! + up) });
    if (String(after) === String(held.note)) return;
    put(held.note, after);
    held.note = after;
  };
  const onUp = (): void => {
    if (drag.current || pen.current) pieces.commit(bundle);
    drag.current = null;
    pen.current = null;
  };
  /** By finger the roll is scrolled, and a tap writes. */
  const onClick = (event: MouseEvent): void => {
    if ((event as PointerEvent).pointerType !== "touch" || noteAt(event) || isDrawn.value) return;
    const { step, pitch } = pointed(event);
    put(null, placed(step, USUAL_STEPS, pitch, tempo));
    pieces.commit(bundle);
  };
  const onDouble = (event: MouseEvent): void => {
    const note = noteAt(event);
    if (!note || isDrawn.value) return;
    put(note, null);
    pieces.commit(bundle);
  };

  return (
    <>
      <div class="roll-scroll">
        <Keys pitches={rows} />
        <div
          ref={roll}
          class={`roll ${isDrawn.value ? "pen" : ""}`}
          role="group"
          aria-label="Piano roll"
          style={{ width: `${steps * STEP_PX}px`, height: `${rows.length * ROW_PX}px` }}
          onKeyDown={onKey}
          onPointerDown={onDown}
          onPointerMove={onMove}
          onPointerUp={onUp}
          onPointerCancel={onUp}
          onClick={onClick}
          onDblClick={onDouble}
        >
          {rows.map((pitch, i) => isBlack(pitch) && <span key={pitch} class="black" style={{ top: `${i * ROW_PX}px` }} />)}
          {notes.map((note, i) => (
            <div
              key={i}
              class="note"
              role="button"
              data-note={i}
              tabIndex={i === at ? 0 : -1}
              aria-label={name(note, i)}
              style={{
                left: `${(note[START]! / stepS(tempo)) * STEP_PX}px`,
                top: `${(highest - note[PITCH]!) * ROW_PX}px`,
                width: `${stepsOf(note, tempo) * STEP_PX}px`,
              }}
              onFocus={() => (chosen.value = i)}
            >
              {syllables && <span>{sung[i % sung.length]}</span>}
            </div>
          ))}
          {path && (
            <svg
              class={`sung ${pieces.isCurrent(bundle) ? "" : "stale"}`}
              viewBox={`0 0 ${steps} ${rows.length}`}
              preserveAspectRatio="none"
              role="img"
              aria-label="The pitch that is sung"
            >
              <path d={path} vector-effect="non-scaling-stroke" />
            </svg>
          )}
          <span ref={line} class="playline" role="presentation" hidden />
        </div>
      </div>
      <div class="row add-note">
        <button type="button" onClick={() => add(notes.at(-1))}>
          Add a note
        </button>
        {path && (
          <button type="button" aria-pressed={isDrawn.value} onClick={() => (isDrawn.value = !isDrawn.value)}>
            Draw the pitch
          </button>
        )}
        {path && Object.keys(bends).length > 0 && (
          <button
            type="button"
            onClick={() => {
              pieces.edit(bundle, { bends: {} });
              pieces.commit(bundle);
            }}
          >
            Pitch as sung
          </button>
        )}
        <p class="quiet hint-keys">
          Draw with the mouse, drag to move, its end for length, double-click to remove. <kbd>Enter</kbd> adds,{" "}
          <kbd>Shift</kbd> with arrows moves, <kbd>+</kbd> <kbd>-</kbd> length, <kbd>Space</kbd> plays.
        </p>
      </div>
      <Words bundle={bundle} />
    </>
  );
}
