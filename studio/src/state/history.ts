/** Undo as a list of snapshots: small values, never audio. */
export interface History<State> {
  past: readonly State[];
  present: State;
  future: readonly State[];
}

const MOST = 200;

export const begin = <State>(present: State): History<State> => ({ past: [], present, future: [] });

export const push = <State>({ past, present }: History<State>, next: State): History<State> => ({
  past: [...past, present].slice(-MOST),
  present: next,
  future: [],
});

export function undo<State>(history: History<State>): History<State> {
  const last = history.past.at(-1);
  if (last === undefined) return history;
  return { past: history.past.slice(0, -1), present: last, future: [history.present, ...history.future] };
}

export function redo<State>(history: History<State>): History<State> {
  const [next, ...future] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.present], present: next, future };
}
