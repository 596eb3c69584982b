import { digits, fromTravel, moved, nearest, spoken, toTravel } from "#web/engine/knob";
import type { Knob } from "#web/engine/manifest";

interface Props {
  knob: Knob;
  value: number;
  /** Where a suggestion would put it. */
  ghost: number | null;
  onTurn: (value: number) => void;
  /** A movement has ended. */
  onRest: () => void;
}

/** Positions of the native slider; it counts travel, so that logarithmic knobs feel even. */
const TRAVEL = 1000;

const nameOf = ({ group, label }: Knob): string => `${group} ${label}`.trim();

/** A number as people type it: "1200", "1.2k", "-3,5". */
function typed(text: string): number {
  const match = /^\s*([-+]?\d*[.,]?\d+)\s*(k?)/i.exec(text);
  return match ? Number(match[1]!.replace(",", ".")) * (match[2] ? 1000 : 1) : NaN;
}

function onKey(event: KeyboardEvent, { knob, value, onTurn }: Props): void {
  const step = event.altKey ? nearest(knob, value + knob.step) : moved(knob, value, 1);
  const back = event.altKey ? nearest(knob, value - knob.step) : moved(knob, value, -1);
  const targets: Record<string, number> = {
    ArrowUp: step,
    ArrowRight: step,
    ArrowDown: back,
    ArrowLeft: back,
    PageUp: moved(knob, value, 10),
    PageDown: moved(knob, value, -10),
    Home: knob.minimum,
    End: knob.maximum,
  };
  const target = targets[event.key];
  if (target === undefined) return;
  event.preventDefault();
  onTurn(target);
}

function Choice({ knob, value, ghost, onTurn, onRest }: Props) {
  return (
    <label class={`knob choice ${knob.role}`}>
      <span class="knob-label">{knob.label}</span>
      <select
        value={value}
        aria-label={nameOf(knob)}
        onChange={(event) => {
          onTurn(Number(event.currentTarget.value));
          onRest();
        }}
      >
        {knob.choices.map((choice, i) => (
          <option key={choice} value={i}>
            {choice}
          </option>
        ))}
      </select>
      {ghost !== null && ghost !== value && <span class="ghost-text">→ {spoken(knob, ghost)}</span>}
    </label>
  );
}

/** What was typed is done with: the focus goes on to the slider, where keys are the song's again. */
function leave(event: KeyboardEvent): void {
  if (event.key !== "Enter") return;
  const field = event.currentTarget as HTMLElement;
  field.closest(".knob")?.querySelector<HTMLElement>("input[type=range]")?.focus();
}

/** One knob: a native slider with its number beside it, both spoken with their unit. */
export function KnobControl(props: Props) {
  const { knob, value, ghost, onTurn, onRest } = props;
  if (knob.scale === "choice") return <Choice {...props} />;
  const name = nameOf(knob);
  const enter = (field: HTMLInputElement): void => {
    const number = typed(field.value);
    if (Number.isFinite(number)) onTurn(nearest(knob, number));
    else field.value = digits(knob, value);
    onRest();
  };
  const away = ghost !== null && ghost !== value;
  return (
    <div class="knob">
      <span class="knob-label" aria-hidden="true">
        {knob.label}
      </span>
      <span class="knob-slider" style={{ "--at": `${toTravel(knob, value) * 100}%` }}>
        <input
          type="range"
          min={0}
          max={TRAVEL}
          value={Math.round(toTravel(knob, value) * TRAVEL)}
          aria-label={name}
          aria-valuetext={spoken(knob, value) + (away ? `, suggested ${spoken(knob, ghost)}` : "")}
          onInput={(event) => onTurn(fromTravel(knob, Number(event.currentTarget.value) / TRAVEL))}
          onChange={onRest}
          onKeyDown={(event) => onKey(event, props)}
          onKeyUp={onRest}
          onDblClick={() => {
            onTurn(knob.default);
            onRest();
          }}
        />
        {away && <span class="ghost-tick" title={`Suggested: ${spoken(knob, ghost)}`} style={{ left: `${toTravel(knob, ghost) * 100}%` }} />}
      </span>
      <span class="knob-number">
        <input
          type="text"
          inputMode="decimal"
          aria-label={`${name}${knob.unit ? ` in ${knob.unit}` : ""}`}
          value={digits(knob, value)}
          onChange={(event) => enter(event.currentTarget)}
          onKeyDown={leave}
        />
        <span class="quiet" aria-hidden="true">
          {knob.unit}
        </span>
      </span>
    </div>
  );
}
