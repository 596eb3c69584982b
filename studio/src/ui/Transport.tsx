import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { peakOf } from "../audio/peaks";
import * as player from "../state/player";
import { after, before } from "../state/store";
import { loudnessDifference } from "../state/work";
import { useFrames } from "./canvas";
import { Meter, ofChain } from "./Meters";
import { Loop, Pause, Play } from "./icons";
import { togglePlay } from "./keys";
import { clock } from "./time";

const level = (lufs: number | null | undefined): string => {
  if (lufs === undefined) return "measuring…";
  return lufs === null || !Number.isFinite(lufs) ? "too quiet to measure" : `${lufs.toFixed(1)} LUFS`;
};

function matching(): string {
  const difference = loudnessDifference();
  if (!after.value) return "Measuring loudness…";
  if (Math.abs(difference) < 0.05) return "Both sides are equally loud";
  const louder = difference > 0 ? "Result" : "Original";
  return `${louder} turned down ${Math.abs(difference).toFixed(1)} dB, so both are equally loud`;
}

/** A word of warning where the result goes beyond full scale. */
function overshoot(): string {
  const peak = after.value ? 20 * Math.log10(peakOf(after.value.peaks)) : -Infinity;
  return peak > 0.05 ? `The result peaks ${peak.toFixed(1)} dB over full scale: the exported float file keeps that, players clip it.` : "";
}

function Clock() {
  const at = useRef<HTMLSpanElement>(null);
  useFrames(() => {
    if (at.current) at.current.textContent = clock(player.position());
  }, player.playing.value);
  useSignalEffect(() => {
    if (at.current) at.current.textContent = clock(player.rest.value);
  });
  return (
    <span class="clock" aria-hidden="true">
      <span ref={at} />
      <span class="quiet"> / {clock(player.duration.value)}</span>
    </span>
  );
}

function Side({ of, label, lufs }: { of: player.Side; label: string; lufs: number | null | undefined }) {
  return (
    <button
      type="button"
      class={`side ${of}`}
      aria-pressed={player.side.value === of}
      onClick={() => player.choose(of)}
    >
      <b>{label}</b> <span class="quiet">{level(lufs)}</span>
    </button>
  );
}

export function Transport() {
  const { playing, looping, held } = player;
  return (
    <div class="transport">
      <button type="button" class="round primary" aria-label={playing.value ? "Pause" : "Play"} title="Play or pause (Space)" onClick={togglePlay}>
        {playing.value ? <Pause /> : <Play />}
      </button>
      <button
        type="button"
        class="round"
        aria-label="Loop"
        title="Loop (L)"
        aria-pressed={looping.value}
        onClick={() => player.setLoop(!looping.value)}
      >
        <Loop />
      </button>
      <Clock />
      {held.value && (
        <button type="button" class="primary" onClick={player.resume}>
          The browser holds the sound back: press to hear it
        </button>
      )}
      <div class="sides" role="group" aria-label="Compare at matched loudness">
        <Side of="before" label="Original" lufs={before.value?.lufs} />
        <Side of="after" label="Result" lufs={after.value?.lufs} />
      </div>
      <span class="matching quiet">{matching()}</span>
      <p class="now quiet">
        <span>Last 3 s</span> <Meter read={player.levelsOfChain} say={ofChain} reduces={false} />
      </p>
      {overshoot() && <p class="warning">{overshoot()}</p>}
    </div>
  );
}
