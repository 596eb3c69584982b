import { useSignal } from "@preact/signals";
import { type Bundle, type Mode, offeredModes } from "../bundle/bundle";
import { groups, spoken } from "../engine/knob";
import type { EffectEntry } from "../engine/manifest";
import { bundles, busy, chain, entryOf, song } from "../state/store";
import * as ai from "../state/suggest";
import { Spark } from "./icons";

/** What a bundle says of itself in prose. */
const CARDS = [
  ["CARD.md", "Model card"],
  ["LICENCES.md", "Trained on"],
] as const;

/** What a group of knobs would become, in few words. */
function inWords(entry: EffectEntry, places: readonly number[], values: readonly number[]): string {
  const by = (role: string): number | undefined => places.find((place) => entry.knobs[place]!.role === role);
  const [frequency, gain] = [by("frequency"), by("gain")];
  const say = (place: number): string => spoken(entry.knobs[place]!, values[place]!);
  if (frequency !== undefined && gain !== undefined) return `${say(gain)} at ${say(frequency)}`;
  return places.map((place) => (places.length > 1 ? `${entry.knobs[place]!.label} ${say(place)}` : say(place))).join(", ");
}

function Wishes({ bundle, mode }: { bundle: Bundle; mode: Mode }) {
  const styles = bundle.declaration.offered_styles;
  return (
    <>
      <fieldset class="modes">
        <legend class="sr-only">What to do</legend>
        {offeredModes(bundle.declaration).map((each) => (
          <label key={each.name} class="mode">
            <input type="radio" name="mode" checked={each === mode} onChange={() => (ai.mode.value = each)} />
            {each.name}
          </label>
        ))}
      </fieldset>
      <p class="quiet">{mode.summary}.</p>
      {mode.needs === "style" && (
        <label class="field">
          <span>Style</span>
          <select value={ai.style.value} onChange={(event) => (ai.style.value = event.currentTarget.value)}>
            {styles.map((style) => (
              <option key={style}>{style}</option>
            ))}
          </select>
        </label>
      )}
      {mode.needs === "reference" && (
        <div class="field">
          <label class="button file">
            <input
              type="file"
              multiple={mode.most > 1}
              accept="audio/*,.wav,.flac,.ogg,.mp3"
              onChange={(event) => (ai.references.value = [...(event.currentTarget.files ?? [])].slice(0, mode.most))}
            />
            {mode.most > 1 ? `Choose 1 to ${mode.most} reference files` : "Choose a reference file"}
          </label>
          <ul class="chosen quiet">
            {ai.references.value.map((file) => (
              <li key={file.name}>{file.name}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
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

function Found({ now }: { now: ai.Suggestion }) {
  const { effect } = now.bundle.declaration;
  const entry = entryOf(effect)!;
  const knobs = chain.value.find(({ id }) => id === now.link)?.knobs ?? [];
  const percent = Math.round(ai.strength.value * 100);
  return (
    <>
      <label class="field amount">
        <span>
          Amount <b>{percent} %</b>
        </span>
        <input
          type="range"
          min={0}
          max={150}
          step={5}
          value={percent}
          aria-valuetext={`${percent} %`}
          onInput={(event) => void ai.setStrength(Number(event.currentTarget.value) / 100)}
        />
      </label>
      <div class="row pair">
        <button type="button" class="primary" onClick={ai.takeAll}>
          Take all
        </button>
        <button type="button" onClick={ai.forget}>
          Dismiss
        </button>
      </div>
      <table class="bands">
        <caption class="sr-only">The suggestion, group by group</caption>
        <thead class="quiet">
          <tr>
            <th scope="col" colSpan={2}>
              Suggestion
            </th>
            <th scope="col" colSpan={2}>
              Confidence
            </th>
          </tr>
        </thead>
        <tbody>
          {groups(entry.knobs).map((group, i) => {
            const same = group.knobs.every((place) => knobs[place] === now.values[place]);
            return (
              <tr key={group.name} class={`hue-${i % 8}`}>
                <th scope="row">
                  <span class="dot" aria-hidden="true" />
                  {group.name}
                </th>
                <td>{inWords(entry, group.knobs, now.values)}</td>
                <td>
                  <Confidence value={now.confidence[i]} />
                </td>
                <td>
                  <button
                    type="button"
                    class="small"
                    aria-disabled={same}
                    aria-label={`${same ? "Taken" : "Take"} ${group.name}`}
                    onClick={() => !same && ai.take([i])}
                  >
                    {same ? "Taken" : "Take"}
                  </button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </>
  );
}

export function SuggestPanel() {
  const chosen = useSignal(0);
  const bundle = bundles.value[chosen.value];
  if (!bundle) {
    return (
      <section class="card suggest" aria-label="Suggest">
        <h2>Suggest</h2>
        <p class="quiet">
          No trained plugin is here, so nothing can be suggested; the knobs work all the same. Train one, or put an
          exported bundle where this site keeps its bundles, and load the page again.
        </p>
      </section>
    );
  }
  const { offered_styles: styles, summary, plugin, files } = bundle.declaration;
  const modes = offeredModes(bundle.declaration);
  const mode = modes.find((each) => each === ai.mode.value) ?? modes[0]!;
  if (!styles.includes(ai.style.value)) ai.style.value = styles[0] ?? "";
  const now = ai.suggestion.value?.bundle === bundle ? ai.suggestion.value : null;
  return (
    <section class="card suggest" aria-label="Suggest">
      <h2>Suggest</h2>
      {bundles.value.length > 1 && (
        <label class="field">
          <span>Plugin</span>
          <select value={chosen.value} onChange={(event) => (chosen.value = Number(event.currentTarget.value))}>
            {bundles.value.map(({ declaration }, i) => (
              <option key={declaration.plugin} value={i}>
                {declaration.plugin}
              </option>
            ))}
          </select>
        </label>
      )}
      <Wishes bundle={bundle} mode={mode} />
      <button
        type="button"
        class={now ? "wide" : "primary wide"}
        aria-disabled={!song.value || busy.value !== ""}
        onClick={() => void ai.suggest(bundle, mode)}
      >
        <Spark /> {now ? "Suggest again" : "Suggest"}
      </button>
      {now && <Found now={now} />}
      <p class="verdict quiet">
        {summary}. {ai.verdict.value.get(plugin)}{" "}
        {CARDS.filter(([file]) => file in files).map(([file, title]) => (
          <a key={file} href={new URL(file, bundle.base).href} target="_blank" rel="noreferrer">
            {title}
          </a>
        ))}
      </p>
    </section>
  );
}
