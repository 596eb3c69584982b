import { groups, isOff } from "#web/engine/knob";
import { reduces, takesKey, takesSound } from "#web/engine/manifest";
import type { Sound } from "#web/engine/recipe";
import * as player from "../state/player";
import { scoreNumbered } from "../state/scores";
import { chooseSound } from "../state/sounds";
import { commit, current, engine, entryOf, song, switchEffect } from "../state/store";
import { ghostsOf, handTurns } from "../state/suggestion";
import { CurvePlot } from "./CurvePlot";
import { KnobControl } from "./KnobControl";
import { Meter, inFull } from "./Meters";
import { OpenButton } from "./OpenButton";

interface OtherSoundProps {
  does: string;
  sound: Sound | undefined;
  /** What it is without one. */
  none: string;
  what: string;
  onFile: (file: File) => void;
}

/** A sound besides the song, and the button that chooses its file. */
function OtherSound({ does, sound, none, what, onFile }: OtherSoundProps) {
  return (
    <div class="row sound">
      <p>
        {does} <b>{sound?.name ?? none}</b>
        {sound?.key === 0 && <span class="quiet"> (to be chosen)</span>}
      </p>
      <OpenButton label={`Choose ${what}`} accept="audio/*,.wav,.flac,.ogg,.mp3" onFile={onFile} />
    </div>
  );
}

/** The head of the panel of the effect that is open, with its curve if it has one. */
export function EffectHead() {
  const setting = current.value;
  const entry = setting && entryOf(setting.effect);
  const compiled = setting && engine.value?.compiled.get(setting.effect);
  if (!setting || !entry) return null;
  const { id, effect, on, sound, sideChain } = setting;
  const choose = (role: "sound" | "sideChain") => (file: File) => void chooseSound(id, role, file);
  return (
    <section class="card effect" aria-label={`Effect ${effect}`}>
      <header>
        <h2>{effect}</h2>
        <p class="quiet">{entry.summary}</p>
        <label class="switch">
          <input type="checkbox" checked={on} onChange={(e) => switchEffect(id, e.currentTarget.checked)} />
          <span>On</span>
        </label>
      </header>
      {song.value && (
        <p class="full-meter quiet">
          <Meter key={id} read={() => player.levelsOf(id)} say={inFull} reduces={reduces(entry)} />
        </p>
      )}
      {takesSound(entry) && (
        <OtherSound does="Works with" sound={sound} none="no sound yet" what="a sound" onFile={choose("sound")} />
      )}
      {takesKey(entry) && (
        <OtherSound does="Listens to" sound={sideChain} none="its input" what="a side-chain" onFile={choose("sideChain")} />
      )}
      {entry.plays && (
        <p class="quiet">
          Plays {scoreNumbered(setting.score)?.length ?? "no"} {entry.plays === "notes" ? "notes" : "rows of curves"}.
        </p>
      )}
      {"curve" in entry.exports && compiled && (
        <CurvePlot entry={entry} compiled={compiled} setting={setting} ghosts={ghostsOf(id, entry)} />
      )}
    </section>
  );
}

/** The knobs of the effect that is open, group by group. Of the bands that are off one is there, to be switched on. */
export function EffectKnobs() {
  const setting = current.value;
  const entry = setting && entryOf(setting.effect);
  if (!setting || !entry) return null;
  const { id, effect, knobs } = setting;
  const ghosts = ghostsOf(id, entry);
  const all = groups(entry.knobs).map((group, number) => {
    const off = group.knobs.some((place) => isOff(entry.knobs[place]!, knobs[place]!));
    return { ...group, number, off };
  });
  const spare = all.find(({ off }) => off);
  return (
    <section key={id} class="groups" aria-label={`Knobs of ${effect}`}>
      {all.filter((group) => !group.off || group === spare).map((group) => (
        <fieldset key={group.name} class={`group hue-${group.number % 8} ${group.knobs.length === 1 ? "lone" : ""}`}>
          <legend>{group.name || "All"}</legend>
          {group.knobs.filter((place) => !group.off || entry.knobs[place]!.role === "kind").map((place) => (
            <KnobControl
              key={place}
              knob={entry.knobs[place]!}
              value={knobs[place]!}
              ghost={ghosts[place] ?? null}
              onTurn={(value) => handTurns(id, new Map([[place, value]]))}
              onRest={commit}
            />
          ))}
        </fieldset>
      ))}
    </section>
  );
}
