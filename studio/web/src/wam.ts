/**
 * Every effect and instrument as a Web Audio Module, version 2 (https://www.webaudiomodules.com): `wam/<name>/index.js` of the
 * folder is one. Parameters and events are those of the page's thread: automation is as exact as its timers.
 */
import { type EffectNode, InstrumentNode, type Values, createEffect, createInstrument } from "./dawg.js";
import { spoken } from "./engine/knob";
import type { Knob } from "./engine/manifest";

interface Value {
  id: string;
  value: number;
  normalized: boolean;
}

export interface WamEvent {
  type: string;
  /** Of the context, in seconds; at once where it is not said. */
  time?: number;
  data: unknown;
}

interface State {
  knobs?: Values;
  rows?: readonly (readonly number[])[];
}

/** What a host reads of a parameter. */
const parameterOf = (knob: Knob) => ({
  id: knob.name,
  label: knob.label,
  type: knob.choices.length > 0 ? "choice" : "float",
  defaultValue: knob.default,
  minValue: knob.minimum,
  maxValue: knob.maximum,
  discreteStep: knob.step,
  exponent: 0,
  choices: knob.choices,
  units: knob.unit,
  normalize: (value: number) => (value - knob.minimum) / (knob.maximum - knob.minimum),
  denormalize: (value: number) => knob.minimum + value * (knob.maximum - knob.minimum),
  valueString: (value: number) => spoken(knob, value),
});

type Parameter = ReturnType<typeof parameterOf>;

/** As `dawg_ai/export/wam.py` writes it. */
export interface Descriptor {
  identifier: string;
  name: string;
  vendor: string;
  isInstrument: boolean;
}

/** The module of an effect or instrument, of which a host makes instances. */
export const wam = (name: string, descriptor: Descriptor) =>
  class DawgModule {
    static readonly isWebAudioModuleConstructor = true;
    readonly isWebAudioModule = true;
    readonly instanceId = `${name}-${crypto.randomUUID()}`;
    readonly descriptor = descriptor;
    readonly moduleId = descriptor.identifier;
    readonly name = descriptor.name;
    readonly vendor = descriptor.vendor;
    initialized = false;
    audioNode!: WamNode;

    constructor(
      readonly groupId: string,
      readonly audioContext: BaseAudioContext,
    ) {}

    static createInstance(groupId: string, audioContext: BaseAudioContext, state?: State): Promise<DawgModule> {
      return new DawgModule(groupId, audioContext).initialize(state);
    }

    async initialize(state?: State): Promise<this> {
      this.audioNode = await this.createAudioNode(state);
      this.initialized = true;
      return this;
    }

    async createAudioNode(state: State = {}): Promise<WamNode> {
      const knobs = (state.knobs ?? {}) as Record<string, never>;
      const node = descriptor.isInstrument
        ? await createInstrument(this.audioContext, name, state.rows ?? [], knobs)
        : await createEffect(this.audioContext, name, knobs);
      return Object.assign(node as EffectNode, { module: this, ...methodsOf(node as EffectNode) });
    }

    /** A plain panel: a host that wants another makes it from `getParameterInfo`. */
    async createGui(): Promise<HTMLElement> {
      return panelOf(this.audioNode, await this.audioNode.getParameterInfo());
    }

    destroyGui(panel: Element): void {
      panel.remove();
    }
  };

export type WamNode = EffectNode & ReturnType<typeof methodsOf>;

/** What a host calls. */
function methodsOf(node: EffectNode) {
  const parameters: Record<string, Parameter> = Object.fromEntries(node.knobInfo.map((knob) => [knob.name, parameterOf(knob)]));
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const chosen = (ids: readonly string[]): Parameter[] =>
    (ids.length > 0 ? ids : Object.keys(parameters)).map((id) => parameters[id]!).filter(Boolean);
  const numberOf = ({ id, choices }: Parameter): number => {
    const value = node.knobs[id]!;
    return typeof value === "number" ? value : choices.indexOf(value);
  };
  const turn = (values: Iterable<Value>): void => {
    const named: Record<string, number | string> = {};
    for (const { id, value, normalized } of values) {
      const parameter = parameters[id];
      if (!parameter) continue;
      const plain = normalized ? parameter.denormalize(value) : value;
      named[id] = parameter.choices[Math.round(plain)] ?? plain;
    }
    node.set(named);
  };
  const act = ({ type, data }: WamEvent): void => {
    if (type === "wam-automation") turn([data as Value]);
    if (type === "wam-transport") transport(data as Transport);
  };
  const transport = ({ playing, currentBar, currentBarStarted, tempo, timeSigNumerator, timeSigDenominator }: Transport): void => {
    const bar_s = (timeSigNumerator * 4 * 60) / timeSigDenominator / tempo;
    if (playing) node.start(currentBarStarted, currentBar * bar_s);
    else node.stop();
  };
  return {
    getParameterInfo: async (...ids: string[]) => Object.fromEntries(chosen(ids).map((each) => [each.id, each])),
    getParameterValues: async (normalized = false, ...ids: string[]): Promise<Record<string, Value>> =>
      Object.fromEntries(
        chosen(ids).map((each) => {
          const value = numberOf(each);
          return [each.id, { id: each.id, value: normalized ? each.normalize(value) : value, normalized }];
        }),
      ),
    setParameterValues: async (values: Record<string, Value>): Promise<void> => turn(Object.values(values)),
    getState: async (): Promise<State> => {
      const { knobs, notes: rows, curves = rows } = node.recipe.chain[0]!;
      return { knobs, ...(curves ? { rows: curves } : {}) };
    },
    setState: async ({ knobs = {}, rows }: State): Promise<void> => {
      node.set(knobs);
      if (rows && node instanceof InstrumentNode) node.play(rows);
    },
    /** In seconds. */
    getCompensationDelay: async (): Promise<number> => node.latencySamples / node.context.sampleRate,
    scheduleEvents: (...events: WamEvent[]): void => {
      for (const event of events) {
        const wait_ms = 1000 * ((event.time ?? 0) - node.context.currentTime);
        if (wait_ms <= 0 || event.type === "wam-transport") {
          act(event);
          continue;
        }
        const timer = setTimeout(() => {
          timers.delete(timer);
          act(event);
        }, wait_ms);
        timers.add(timer);
      }
    },
    clearEvents: async (): Promise<void> => {
      timers.forEach(clearTimeout);
      timers.clear();
    },
    /** They send no events. */
    connectEvents: (): void => undefined,
    disconnectEvents: (): void => undefined,
    destroy: (): void => {
      timers.forEach(clearTimeout);
      node.close();
    },
  };
}

/** Where the song is: the bar that is being played, and when it began. */
interface Transport {
  playing: boolean;
  currentBar: number;
  currentBarStarted: number;
  tempo: number;
  timeSigNumerator: number;
  timeSigDenominator: number;
}

function panelOf(node: WamNode, parameters: Record<string, Parameter>): HTMLElement {
  const panel = document.createElement("form");
  for (const { id, label, choices, minValue, maxValue, discreteStep, units } of Object.values(parameters)) {
    const box = document.createElement("label");
    const control = document.createElement(choices.length > 0 ? "select" : "input");
    if (control instanceof HTMLSelectElement) control.append(...choices.map((choice) => new Option(choice)));
    else Object.assign(control, { type: "number", min: minValue, max: maxValue, step: discreteStep });
    control.value = String(node.knobs[id]);
    control.onchange = () => {
      const given = choices.length > 0 ? control.value : Number(control.value);
      node.set({ [id]: given });
      control.value = String(node.knobs[id]);
    };
    box.append(`${label}${units && ` (${units})`} `, control);
    panel.append(box);
  }
  return panel;
}
