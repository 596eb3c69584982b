import { useSignal } from "@preact/signals";
import * as store from "../state/store";
import { desk, editors, openMix, openTab } from "../state/desk";
import { exportWav, openDemo, openFile, saveRecipe, startAnew } from "../state/work";
import { EffectHead, EffectKnobs } from "./EffectPanel";
import { OpenButton } from "./OpenButton";
import { Rack } from "./Rack";
import { SuggestPanel } from "./SuggestPanel";
import { KeySheet } from "./KeySheet";
import { Transport } from "./Transport";
import { Waveform } from "./Waveform";
import { Close, Redo, Undo } from "./icons";
import { redo, sheetOpen, undo } from "./keys";
import { Tabs, tabOf } from "./Tabs";

const ACCEPT = "audio/*,.wav,.flac,.ogg,.mp3,.json";

/** A song or a recipe, which belong to the mix. */
function open(file: File): void {
  openMix();
  void openFile(file);
}

function anew(): void {
  if (confirm("Forget the song, the chain and all that could be undone?")) void startAnew();
}

function Header() {
  const { past, future, present } = store.history.value;
  const inTab = desk.value;
  const canUndo = inTab ? inTab.canUndo() : past.length > 0 || store.chain.value !== present;
  const canRedo = inTab ? inTab.canRedo() : future.length > 0;
  const song = store.song.value;
  return (
    <header class="top">
      <h1>
        <span class="mark" aria-hidden="true" />
        DAWG <span class="quiet">studio</span>
      </h1>
      {song && (
        <p class="song">
          <b>{song.name}</b>{" "}
          <span class="quiet">
            {song.rateKnown ? "" : "rate not known, decoded at "}
            {song.sampleRate / 1000} kHz, {song.channels.length === 1 ? "mono" : "stereo"}
          </span>
        </p>
      )}
      <div class="row steps">
        <button type="button" class="round" aria-label="Undo" aria-disabled={!canUndo} title="Undo (Ctrl+Z)" onClick={undo}>
          <Undo />
        </button>
        <button
          type="button"
          class="round"
          aria-label="Redo"
          aria-disabled={!canRedo}
          title="Redo (Ctrl+Shift+Z)"
          onClick={redo}
        >
          <Redo />
        </button>
        <button
          type="button"
          class="round"
          aria-label="Keys"
          aria-haspopup="dialog"
          title="Keys (?)"
          onClick={() => (sheetOpen.value = true)}
        >
          ?
        </button>
      </div>
      {song && !inTab && (
        <div class="row files">
          <OpenButton label="Open…" accept={ACCEPT} onFile={open} />
          <button type="button" onClick={saveRecipe}>
            Save recipe
          </button>
          <button type="button" class="primary" onClick={() => void exportWav()}>
            Export WAV
          </button>
        </div>
      )}
    </header>
  );
}

function Messages() {
  return (
    <div class="messages" role="alert">
      {store.messages.value.map(({ id, kind, text }) => (
        <p key={id} class={`message ${kind}`}>
          <b>{kind === "error" ? "Problem" : "Note"}</b> {text}
          <button type="button" class="round plain" aria-label="Dismiss message" onClick={() => store.dismiss(id)}>
            <Close />
          </button>
        </p>
      ))}
    </div>
  );
}

function Welcome() {
  return (
    <section class="welcome" aria-label="Open a song">
      <h2>Drop a song here</h2>
      <p class="quiet">WAV, FLAC, OGG or MP3. It stays on this computer: the page is forbidden to send anything.</p>
      <div class="row">
        <OpenButton label="Choose a file" accept={ACCEPT} onFile={open} primary />
        <button type="button" onClick={() => void openDemo()}>
          Try the demo song
        </button>
      </div>
    </section>
  );
}

/** The song, its chain, and what can be suggested for it. */
function Mix() {
  return (
    <>
      {store.song.value ? (
        <section class="card wave" aria-label="Song">
          <Waveform />
          <Transport />
          <p id="keys-hint" class="quiet hint-keys">
            Click to go there, drag to mark a loop. <kbd>Space</kbd> plays, <kbd>A</kbd> compares, <kbd>?</kbd> shows all
            keys.
          </p>
        </section>
      ) : (
        <Welcome />
      )}
      <div class="columns">
        <Rack />
        <EffectHead />
        <SuggestPanel />
        <EffectKnobs />
      </div>
    </>
  );
}

export function App() {
  const over = useSignal(false);
  const Tab = tabOf(openTab.value);
  return (
    <div
      class={`app ${over.value ? "over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) over.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        const file = event.dataTransfer?.files[0];
        if (file) open(file);
      }}
    >
      <Header />
      {editors.value.length > 0 && <Tabs />}
      <Messages />
      <main>{Tab ? <Tab key={openTab.value} /> : <Mix />}</main>
      <footer class="quiet">
        Sound never leaves this page: the browser blocks every connection but to this site. All of it runs here, and this
        browser keeps your session.{" "}
        <button type="button" class="small" onClick={anew}>
          Start anew
        </button>{" "}
        <a href="licences.txt">Licences</a>
      </footer>
      <KeySheet />
      <div class="status">
        <p class="busy" role="status">
          {store.busy.value}
        </p>
        <p class="said" role="status">
          {store.announcement.value}
        </p>
      </div>
    </div>
  );
}
