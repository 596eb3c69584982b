import { useRef } from "preact/hooks";
import { isEffect, reduces } from "#web/engine/manifest";
import * as player from "../state/player";
import { addEffect, chain, current, engine, entryOf, moveEffect, opened, removeEffect, song } from "../state/store";
import { Meter, ofEffect } from "./Meters";
import { Close, Earlier, Later } from "./icons";

/** What can be done with the effect that is open. The buttons stay where they are, and so does the focus. */
function Actions() {
  const effect = current.value;
  const name = effect?.effect ?? "effect";
  const at = effect ? chain.value.indexOf(effect) : -1;
  const actions = [
    { label: `Move ${name} earlier`, able: at > 0, act: () => moveEffect(effect!, -1), Icon: Earlier },
    { label: `Move ${name} later`, able: at < chain.value.length - 1, act: () => moveEffect(effect!, 1), Icon: Later },
    { label: `Remove ${name}`, able: effect !== undefined, act: () => removeEffect(effect!), Icon: Close },
  ];
  return (
    <>
      {actions.map(({ label, able, act, Icon }, i) => (
        <button
          key={i}
          type="button"
          class="round"
          aria-label={label}
          title={label}
          aria-disabled={!able}
          onClick={() => able && act()}
        >
          <Icon />
        </button>
      ))}
    </>
  );
}

function Add() {
  const list = useRef<HTMLSelectElement>(null);
  return (
    <div class="add">
      <select ref={list} aria-label="Effect to add">
        {Object.entries(engine.value!.manifest.modules)
          .filter(([, entry]) => isEffect(entry))
          .map(([name]) => (
            <option key={name}>{name}</option>
          ))}
      </select>
      <button type="button" onClick={() => addEffect(list.current!.value)}>
        Add
      </button>
    </div>
  );
}

/** The chain: effects in the order in which the sound goes through them. */
export function Rack() {
  if (!engine.value) return null;
  return (
    <section class="card rack" aria-label="Chain">
      {chain.value.length > 0 ? (
        <ol class="tabs" aria-label="Effects">
          {chain.value.map((each, i) => (
            <li key={each.id}>
              <button
                type="button"
                class={each.on ? "" : "off"}
                aria-pressed={each === current.value}
                onClick={() => (opened.value = each.id)}
              >
                <span class="quiet">{i + 1}</span> {each.effect} <span class="quiet">{each.on ? "on" : "off"}</span>
              </button>
              {song.value && (
                <Meter read={() => player.levelsOf(each.id)} say={ofEffect} reduces={reduces(entryOf(each.effect))} />
              )}
            </li>
          ))}
        </ol>
      ) : (
        <p class="quiet">No effect is in the chain: the result is the original.</p>
      )}
      <div class="row">
        <Actions />
        <Add />
      </div>
    </section>
  );
}
