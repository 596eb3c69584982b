/** A tab of a plugin for notes: a step grid or a piano roll, and what can be asked about it. Loaded when first opened. */
import { useEffect } from "preact/hooks";
import { type Bundle, type Mode, isNeeded, offeredModes } from "#web/bundle/bundle";
import { prepare } from "../state/asking";
import { desk, editors, openMix, openTab } from "../state/desk";
import * as pieces from "../state/pieces";
import { chooseControl, choicesOf } from "../state/plugins";
import * as preview from "../state/preview";
import { busy } from "../state/store";
import { save, stem } from "../state/work";
import { writeMidi } from "../score/midi";
import { BEATS_PER_BAR } from "../score/grid";
import { writeWav } from "../audio/wav";
import { KnobControl } from "./KnobControl";
import { OpenButton } from "./OpenButton";
import { PianoRoll } from "./PianoRoll";
import { Origin } from "./SuggestPanel";
import { StepGrid } from "./StepGrid";
import { Dice, Loop, Play, Spark, Stop } from "./icons";
import "./notes.css";

function saveMidi(bundle: Bundle): void {
  const { track: name, channel, program } = pieces.editorOf(bundle);
  const { notes, tempo, bars } = pieces.pieceOf(bundle).score;
  const midi = writeMidi(notes, { name, channel, program }, tempo, bars * BEATS_PER_BAR);
  save(`${stem(pieces.titleOfPiece(bundle))}.mid`, [midi], "audio/midi");
}

async function saveWav(bundle: Bundle): Promise<void> {
  const song = await pieces.asSong(bundle);
  if (song) save(`${stem(song.name)}.wav`, [writeWav(song.channels, song.sampleRate)], "audio/wav");
}

function saveRecipe(bundle: Bundle): void {
  save(`${stem(pieces.titleOfPiece(bundle))}.json`, [`${JSON.stringify(pieces.recipeOf(bundle))}\n`], "application/json");
}

async function mix(bundle: Bundle): Promise<void> {
  if (await pieces.toMix(bundle)) openMix();
}

/** Play, loop, tempo, bars, and where it can go. */
function Transport({ bundle }: { bundle: Bundle }) {
  const { score } = pieces.pieceOf(bundle);
  const isPlaying = preview.playing.value;
  const empty = score.notes.length === 0;
  const tempo = pieces.tempoKnob(bundle);
  const bars = pieces.barsKnob(bundle);
  const [title, hint] = isPlaying ? ["Stop", "Stop (Space)"] : ["Play", "Play (Space)"];
  return (
    <div class="transport notes-transport">
      <button
        type="button"
        class="round primary"
        aria-label={title}
        title={hint}
        aria-disabled={empty}
        onClick={() => !empty && void pieces.togglePlay(bundle)}
      >
        {isPlaying ? <Stop /> : <Play />}
      </button>
      <button type="button" class="round" aria-label="Loop" title="Loop (L)" aria-pressed={pieces.looping.value} onClick={pieces.toggleLoop}>
        <Loop />
      </button>
      <KnobControl
        knob={tempo}
        value={score.tempo}
        ghost={null}
        onTurn={(value) => pieces.setTempo(bundle, value)}
        onRest={() => pieces.commit(bundle)}
      />
      <KnobControl
        knob={bars}
        value={score.bars}
        ghost={null}
        onTurn={(value) => pieces.edit(bundle, { bars: value })}
        onRest={() => pieces.commit(bundle)}
      />
      <div class="row outs">
        <OpenButton label="Open MIDI" accept=".mid,.midi,audio/midi" onFile={(file) => void pieces.openMidi(bundle, file)} />
        <button type="button" aria-disabled={empty} onClick={() => !empty && saveMidi(bundle)}>
          Save MIDI
        </button>
        <button type="button" aria-disabled={empty} onClick={() => !empty && void saveWav(bundle)}>
          Save WAV
        </button>
        <button type="button" aria-disabled={empty} onClick={() => !empty && saveRecipe(bundle)}>
          Save recipe
        </button>
        <button type="button" class="primary" aria-disabled={empty} onClick={() => !empty && void mix(bundle)}>
          To mix
        </button>
      </div>
    </div>
  );
}

/** One button for each thing that can be asked. */
function Actions({ bundle }: { bundle: Bundle }) {
  const first = pieces.firstMode(bundle);
  return (
    <div class="row actions">
      {offeredModes(bundle.declaration).map((mode: Mode) => {
        const why = pieces.missing(bundle, mode);
        return (
          <button
            key={mode.name}
            type="button"
            class={mode === first ? "primary wide" : ""}
            title={why || mode.summary}
            aria-disabled={why !== "" || busy.value !== ""}
            onClick={() => void pieces.ask(bundle, mode)}
          >
            {mode === first && <Spark />} {mode.action ?? mode.name}
          </button>
        );
      })}
    </div>
  );
}

/** A new seed, by chance: the one draw that is the page's own, and it is shown. */
function roll(bundle: Bundle): void {
  const { seed } = pieces.editorOf(bundle);
  const knob = bundle.declaration.controls.find(({ name }) => name === seed)!;
  const span = knob.maximum - knob.minimum + 1;
  const [draw] = crypto.getRandomValues(new Uint32Array(1)) as unknown as [number];
  chooseControl(bundle, seed, knob.minimum + (draw % span));
  void pieces.ask(bundle, pieces.firstMode(bundle));
}

function Controls({ bundle }: { bundle: Bundle }) {
  const { tempo, bars, seed } = pieces.editorOf(bundle);
  const { controls } = choicesOf(bundle);
  const mode = pieces.firstMode(bundle);
  const shown = bundle.declaration.controls.filter(
    ({ name }) => name !== tempo && name !== bars && isNeeded(bundle.declaration, mode, name),
  );
  return (
    <>
      {shown.map((knob) => (
        <KnobControl
          key={knob.name}
          knob={knob}
          value={controls[knob.name]!}
          ghost={null}
          onTurn={(value) => chooseControl(bundle, knob.name, value)}
          onRest={() => undefined}
        />
      ))}
      {seed && (
        <button type="button" aria-disabled={busy.value !== ""} onClick={() => busy.value === "" && roll(bundle)}>
          <Dice /> Another seed
        </button>
      )}
    </>
  );
}

/** The knobs of the instruments that play. */
function Instruments({ bundle }: { bundle: Bundle }) {
  return (
    <>
      {bundle.declaration.chain.map(({ effect }, place) => (
        <fieldset key={place} class="instrument">
          <legend>{effect}</legend>
          {pieces.ownKnobs(bundle, place).map((knob) => (
            <KnobControl
              key={knob.name}
              knob={knob}
              value={pieces.knobOf(bundle, place, knob)}
              ghost={null}
              onTurn={(value) => pieces.turnKnob(bundle, place, knob.name, value)}
              onRest={() => undefined}
            />
          ))}
        </fieldset>
      ))}
    </>
  );
}

/** Keys and buttons of the whole page act here while the tab is open. */
function useDesk(bundle: Bundle): void {
  useEffect(() => {
    desk.value = {
      togglePlay: () => void pieces.togglePlay(bundle),
      toggleLoop: pieces.toggleLoop,
      undo: () => pieces.stepBack(bundle),
      redo: () => pieces.stepForward(bundle),
      canUndo: () => pieces.pieceOf(bundle).history.past.length > 0,
      canRedo: () => pieces.pieceOf(bundle).history.future.length > 0,
    };
    prepare(bundle);
    return () => preview.stop();
  }, [bundle]);
}

function Open({ bundle }: { bundle: Bundle }) {
  const { title, lanes } = pieces.editorOf(bundle);
  useDesk(bundle);
  return (
    <div class="notes-tab" role="tabpanel" aria-label={title}>
      <section class="card editor" aria-label={`${title}: notes`}>
        <Transport bundle={bundle} />
        {lanes.length > 0 ? <StepGrid bundle={bundle} /> : <PianoRoll bundle={bundle} />}
      </section>
      <section class="card suggest" aria-label={`${title}: ask`}>
        <Actions bundle={bundle} />
        <Controls bundle={bundle} />
        <Instruments bundle={bundle} />
        <Origin bundle={bundle} />
      </section>
    </div>
  );
}

export function NotesTab() {
  const bundle = editors.value.find(({ declaration }) => declaration.plugin === openTab.value);
  return bundle ? <Open key={bundle.declaration.plugin} bundle={bundle} /> : null;
}
