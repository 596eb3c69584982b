import { useMemo, useRef } from "preact/hooks";
import { Curve } from "#web/engine/effect";
import { type Group, groups, isOff } from "#web/engine/knob";
import type { EffectEntry } from "#web/engine/manifest";
import type { Setting } from "#web/engine/recipe";
import { average } from "../state/average";
import * as player from "../state/player";
import { song } from "../state/store";
import { BandNode, type Band } from "./BandNode";
import { useFrames, useSize } from "./canvas";
import { GRID_HZ, SPECTRUM_RANGE_DB, type Scale, evenly, path, scaleFor, shortHz, spectrumTop } from "./scale";
import { drawSpectra } from "./spectra";

const POINTS = 400;
const USUAL_RATE = 48000;

interface Props {
  entry: EffectEntry;
  compiled: WebAssembly.Module;
  setting: Setting;
  ghosts: (number | null)[];
}

/** The bands that can be drawn as nodes: groups with a frequency and a gain. */
function bandsOf(entry: EffectEntry): Band[] {
  return groups(entry.knobs).flatMap((group: Group, number) => {
    const at = (role: string): number | undefined => group.knobs.find((place) => entry.knobs[place]!.role === role);
    const [frequency, gain] = [at("frequency"), at("gain")];
    if (frequency === undefined || gain === undefined) return [];
    return [{ name: group.name, number, frequency, gain, q: at("q"), kind: at("kind") }];
  });
}

function Grid({ scale }: { scale: Scale }) {
  const step = scale.reach > 15 ? 6 : 3;
  const most = Math.floor(scale.reach / step) * step;
  const levels = Array.from({ length: (2 * most) / step + 1 }, (_, i) => i * step - most);
  return (
    <g class="grid" aria-hidden="true">
      {GRID_HZ.filter((hz) => hz >= scale.lowest && hz <= scale.highest).map((hz) => (
        <g key={hz}>
          <line x1={scale.x(hz)} x2={scale.x(hz)} y1={scale.top} y2={scale.bottom} />
          <text x={scale.x(hz)} y={scale.height - 5} text-anchor="middle">
            {shortHz(hz)}
          </text>
        </g>
      ))}
      {levels.map((decibels) => (
        <g key={decibels}>
          <line
            class={decibels === 0 ? "zero" : ""}
            x1={scale.left}
            x2={scale.right}
            y1={scale.y(decibels)}
            y2={scale.y(decibels)}
          />
          <text x={scale.left - 6} y={scale.y(decibels) + 4} text-anchor="end">
            {decibels > 0 ? `+${decibels}` : decibels}
          </text>
        </g>
      ))}
    </g>
  );
}

/** The frequency response over the spectrum, with a node to drag for each band. */
export function CurvePlot({ entry, compiled, setting, ghosts }: Props) {
  const [box, size] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const rate = song.value?.sampleRate ?? USUAL_RATE;
  const curve = useMemo(() => new Curve(entry, compiled, rate), [entry, compiled, rate]);
  const all = useMemo(() => bandsOf(entry), [entry]);
  const bands = all.filter(({ kind }) => kind === undefined || !isOff(entry.knobs[kind]!, setting.knobs[kind]!));
  const atRest = average.value;
  const loudest = useMemo(() => spectrumTop(atRest?.decibels), [atRest]);
  const scale = useMemo(() => scaleFor(size, entry.knobs, loudest), [entry, size, loudest]);
  const frequencies = useMemo(() => evenly(scale, POINTS, rate), [scale, rate]);
  const decibels = curve.at(setting.knobs, frequencies);
  const suggested = setting.knobs.map((value, i) => ghosts[i] ?? value);
  const away = suggested.some((value, i) => value !== setting.knobs[i]);
  const live = player.playing.value;

  useFrames(() => {
    if (canvas.current && size.width > 0) {
      drawSpectra(canvas.current, scale, { live, atRest, frequencies, decibels, on: setting.on, rate });
    }
  }, live);

  return (
    <div class={`curve ${setting.on ? "" : "off"}`}>
      <div ref={box} class="plot">
        <canvas ref={canvas} aria-hidden="true" />
        {size.width > 0 && (
          <svg width={size.width} height={size.height} role="group" aria-label="Frequency response">
            <Grid scale={scale} />
            {away && <path class="response ghost" d={path(scale, frequencies, curve.at(suggested, frequencies))} />}
            <path class="response" d={path(scale, frequencies, decibels)} />
            {bands.map((band) => (
              <BandNode key={band.number} {...{ band, entry, setting, scale, ghosts }} />
            ))}
          </svg>
        )}
      </div>
      <p class="legend quiet">
        <span class="key before">Original</span>
        <span class="key after">Result</span>
        {away && <span class="key ghost">Suggestion</span>}
        <span>
          Spectrum: {loudest} to {loudest - SPECTRUM_RANGE_DB} dB
        </span>
        <span class="hint">
          Drag a node; wheel or Shift-drag for Q. Keys: arrows, Page Up, Page Down.
        </span>
      </p>
    </div>
  );
}
