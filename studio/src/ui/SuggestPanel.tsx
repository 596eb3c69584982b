import { type Bundle, type Source, generates, hasSong, isNeeded, offeredModes, originOf } from "#web/bundle/bundle";
import type { Manifest } from "#web/engine/manifest";
import { endMovement, moveControl, suggest, verdict } from "../state/asking";
import * as plugins from "../state/plugins";
import { bundles, busy, engine, song } from "../state/store";
import { suggestion } from "../state/suggestion";
import { KnobControl } from "./KnobControl";
import { Suggested } from "./Suggested";
import { Spark } from "./icons";

/** What a bundle says of itself in prose. */
const CARDS = [
  ["CARD.md", "Model card"],
  ["LICENCES.md", "Trained on"],
] as const;
const ACCEPTED = { audio: "audio/*,.wav,.flac,.ogg,.mp3", notes: ".json" };

function Plugin() {
  return (
    <label class="field">
      <span>Plugin</span>
      <select
        value={plugins.opened.value}
        onChange={(event) => (plugins.opened.value = Number(event.currentTarget.value))}
      >
        {bundles.value.map(
          ({ declaration }, i) =>
            // One with a tab of its own is asked there.
            !declaration.editor && (
              <option key={declaration.plugin} value={i}>
                {declaration.plugin}
              </option>
            ),
        )}
      </select>
    </label>
  );
}

function Modes({ bundle }: { bundle: Bundle }) {
  const { mode } = plugins.choicesOf(bundle);
  const offered = offeredModes(bundle.declaration);
  return (
    <>
      {offered.length > 1 && (
        <fieldset class="modes">
          <legend>What to do</legend>
          {offered.map((each) => (
            <label key={each.name} class="mode">
              <input
                type="radio"
                name="mode"
                checked={each === mode}
                onChange={() => plugins.chooseMode(bundle, each)}
              />
              {each.name}
            </label>
          ))}
        </fieldset>
      )}
      <p class="quiet">{mode.summary}.</p>
    </>
  );
}

function Files({ bundle, source }: { bundle: Bundle; source: Source }) {
  const files = plugins.choicesOf(bundle).files[source.name] ?? [];
  return (
    <div class="field">
      <label class="button file">
        <input
          type="file"
          multiple={source.most > 1}
          accept={ACCEPTED[source.features.kind]}
          onChange={(event) => {
            plugins.chooseFiles(bundle, source, event.currentTarget.files ?? []);
            // So that a file that was changed meanwhile can be chosen again.
            event.currentTarget.value = "";
          }}
        />
        Choose {plugins.howMany(source)}
      </label>
      <ul class="chosen quiet">
        {files.map((file) => (
          <li key={file.name}>{file.name}</li>
        ))}
      </ul>
    </div>
  );
}

function Presets({ bundle }: { bundle: Bundle }) {
  const { presets = [] } = bundle.declaration;
  if (presets.length === 0) return null;
  const now = plugins.presetOf(bundle);
  return (
    <label class="field">
      <span>Preset</span>
      <select
        value={now ? presets.indexOf(now) : -1}
        onChange={(event) => {
          const chosen = presets[Number(event.currentTarget.value)];
          if (!chosen) return;
          plugins.choosePreset(bundle, chosen);
          void endMovement(bundle);
        }}
      >
        <option value={-1}>As set below</option>
        {presets.map((preset, i) => (
          <option key={preset.name} value={i}>
            {plugins.presetInWords(bundle, preset)}
          </option>
        ))}
      </select>
      {now && <span class="quiet">{now.summary}.</span>}
    </label>
  );
}

function Controls({ bundle }: { bundle: Bundle }) {
  const { mode, controls } = plugins.choicesOf(bundle);
  return (
    <>
      {bundle.declaration.controls
        .filter(({ name }) => isNeeded(bundle.declaration, mode, name))
        .map((knob) => (
          <KnobControl
            key={knob.name}
            knob={knob}
            value={controls[knob.name]!}
            ghost={null}
            onTurn={(value) => moveControl(bundle, knob.name, value)}
            onRest={() => void endMovement(bundle)}
          />
        ))}
    </>
  );
}

/** What is asked of a plugin, and its answer. */
function Question({ bundle, manifest }: { bundle: Bundle; manifest: Manifest }) {
  const { declaration } = bundle;
  const { plugin } = declaration;
  const now = suggestion.value?.bundle === bundle ? suggestion.value : null;
  const isGenerated = generates(declaration, manifest);
  const action = declaration.action ?? (isGenerated ? "Generate" : "Suggest");
  return (
    <>
      <Modes key={`modes of ${plugin}`} bundle={bundle} />
      {plugins.fileSources(bundle, plugins.choicesOf(bundle).mode).map((source) => (
        <Files key={`${plugin} ${source.name}`} bundle={bundle} source={source} />
      ))}
      <Presets key={`presets of ${plugin}`} bundle={bundle} />
      <Controls key={`controls of ${plugin}`} bundle={bundle} />
      <button
        type="button"
        class={now ? "wide" : "primary wide"}
        aria-disabled={(hasSong(declaration) && !song.value) || busy.value !== ""}
        onClick={() => void suggest(bundle)}
      >
        <Spark /> {now ? `${action} again` : action}
      </button>
      {now && <Suggested now={now} isGenerated={isGenerated} />}
    </>
  );
}

/** What a bundle is, where it comes from, and whether it was found to be right. */
export function Origin({ bundle: { declaration, remarks, base } }: { bundle: Bundle }) {
  const { summary, plugin, files } = declaration;
  return (
    <p class="verdict quiet">
      {summary}. {originOf(declaration)}. {verdict.value.get(plugin)} {remarks.map((remark) => `Note: ${remark}. `)}
      {CARDS.filter(([file]) => file in files).map(([file, title]) => (
        <a key={file} href={new URL(file, base).href} target="_blank" rel="noreferrer">
          {title}
        </a>
      ))}
    </p>
  );
}

export function SuggestPanel() {
  const bundle = plugins.bundle.value;
  if (!bundle || !engine.value) {
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
  const { declaration } = bundle;
  return (
    <section class="card suggest" aria-label="Suggest">
      <h2>Suggest</h2>
      {bundles.value.length > 1 && <Plugin />}
      {offeredModes(declaration).length > 0 ? (
        <Question bundle={bundle} manifest={engine.value.manifest} />
      ) : (
        <p class="quiet">Nothing can be asked of this plugin: it offers none of its modes.</p>
      )}
      <Origin bundle={bundle} />
    </section>
  );
}
