import type { Part } from "#web/bundle/ask";
import { spoken } from "#web/engine/knob";
import type { EffectEntry, Knob } from "#web/engine/manifest";
import type { Setting } from "#web/engine/recipe";
import { chain, entryOf, song } from "../state/store";
import { FIGURES, figures } from "../state/figures";
import { type Group, type Suggestion, dismiss, groupsOf, take, takeAll } from "../state/suggestion";

/** What a group of knobs would become, in few words. */
function inWords(entry: EffectEntry, part: Part, names: readonly string[]): string {
  const knobs = entry.knobs.filter(({ name }) => names.includes(name));
  const say = (knob: Knob): string => spoken(knob, part.knobs[knob.name]!);
  const [frequency, gain] = ["frequency", "gain"].map((role) => knobs.find((knob) => knob.role === role));
  if (frequency && gain) return `${say(gain)} at ${say(frequency)}`;
  return knobs.map((knob) => (knobs.length > 1 ? `${knob.label} ${say(knob)}` : say(knob))).join(", ");
}

function Confidence({ value }: { value: number | undefined }) {
  if (value === undefined) return null;
  const percent = Math.round(value * 100);
  return (
    <span class="confidence">
      <meter min={0} max={1} value={value} aria-label={`Confidence ${percent} %`} />
      <span class="quiet">{percent} %</span>
    </span>
  );
}

interface Props {
  now: Suggestion;
  /** It is the song already: nothing is left to take. */
  isGenerated: boolean;
}

interface PartProps extends Props {
  part: Part;
  place: number;
}

function Row({ group, at, ...props }: PartProps & { group: Group; at: number }) {
  const { now, part, place, isGenerated } = props;
  const entry = entryOf(part.effect)!;
  const setting = chain.value.find(({ id }) => id === now.links[place]);
  const isTaken = setting !== undefined && has(setting, entry, part, group, now);
  return (
    <tr class={`hue-${at % 8}`}>
      <th scope="row">
        <span class="dot" aria-hidden="true" />
        {group.name}
      </th>
      <td>{inWords(entry, part, group.knobs)}</td>
      <td>
        <Confidence value={group.confidence} />
      </td>
      <td>
        {!isGenerated && (
          <button
            type="button"
            class="small"
            aria-disabled={isTaken}
            aria-label={`${isTaken ? "Taken" : "Take"} ${now.parts.length > 1 ? `${part.effect} ` : ""}${group.name}`}
            onClick={() => !isTaken && take([group.key])}
          >
            {isTaken ? "Taken" : "Take"}
          </button>
        )}
      </td>
    </tr>
  );
}

/** Are the group's knobs where the part has them? */
function has(setting: Setting, entry: EffectEntry, part: Part, { key, knobs }: Group, { taken }: Suggestion): boolean {
  if (knobs.length === 0) return taken.has(key);
  return entry.knobs.every(({ name }, i) => !knobs.includes(name) || setting.knobs[i] === part.knobs[name]);
}

function Rows(props: PartProps) {
  const { now, part, place } = props;
  const groups = groupsOf(part, place);
  return (
    <tbody>
      {now.parts.length > 1 && (
        <tr class="part">
          <th scope="rowgroup" colSpan={4}>
            {part.effect}
          </th>
        </tr>
      )}
      {part.sure ? (
        groups.map((group, i) => <Row key={group.key} {...props} group={group} at={i} />)
      ) : (
        <tr>
          <td colSpan={4} class="quiet">
            not sure: {part.effect} is left alone
          </td>
        </tr>
      )}
    </tbody>
  );
}

/** The answer, link by link and group by group. */
function Table(props: Props) {
  return (
    <table class="bands" aria-labelledby="suggestion">
      <thead class="quiet">
        <tr>
          <th id="suggestion" scope="col" colSpan={2}>
            Suggestion
          </th>
          <th scope="col" colSpan={2}>
            Confidence
          </th>
        </tr>
      </thead>
      {props.now.parts.map((part, place) => (
        <Rows key={place} {...props} part={part} place={place} />
      ))}
    </table>
  );
}

const shown = (value: number | undefined, digits: number): string =>
  value === undefined || !Number.isFinite(value) ? "–" : value.toFixed(digits).replace(/^-(?=[0.]*$)/, "");

/** What the suggestion makes of the song, in figures. */
function Figures({ now }: { now: Suggestion }) {
  const found = figures.value?.parts === now.parts ? figures.value : null;
  return (
    <table class="before-after" aria-labelledby="figures" aria-busy={!found}>
      <thead class="quiet">
        <tr>
          <th id="figures" scope="col">
            {found ? "Measured" : "Measuring…"}
          </th>
          <th scope="col">Before</th>
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody>
        {FIGURES.map(({ label, unit, digits }, i) => (
          <tr key={label}>
            <th scope="row">
              {label} <span class="quiet">{unit}</span>
            </th>
            <td>{found ? shown(found.before[i], digits) : "…"}</td>
            <td>{found ? shown(found.after[i], digits) : "…"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Suggested(props: Props) {
  if (!props.isGenerated) {
    return (
      <>
        <div class="row pair">
          <button type="button" class="primary" onClick={takeAll}>
            Take all
          </button>
          <button type="button" onClick={dismiss}>
            Dismiss
          </button>
        </div>
        <Table {...props} />
        <Figures now={props.now} />
      </>
    );
  }
  return (
    <>
      <p>
        <b>{song.value?.name}</b> is the song now.
      </p>
      {props.now.parts.some(({ groups }) => groups.length > 0) && <Table {...props} />}
    </>
  );
}
