/** JSON from people, and what is said of it: the words and places of `dawg_ai/recipe.py`. */

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*/y;

/** More letters than these are not repeated. */
const MOST_LETTERS = 40;

/** The end of what an expression matches at a place; the place itself where it does not. */
function after(expression: RegExp, text: string, at: number): number {
  expression.lastIndex = at;
  return expression.test(text) ? expression.lastIndex : at;
}

/** The value that a text holds. Throws in words, with the place where it breaks. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw new Error("not JSON that can be read: it is nested too deep");
    const at = brokenAt(text);
    const lines = text.slice(0, at).split("\n");
    const character = text.codePointAt(at);
    const found = character === undefined ? "it ends too early" : `unexpected ${shown(String.fromCodePoint(character))}`;
    throw new Error(`not JSON: ${found} at line ${lines.length}, column ${[...lines.at(-1)!].length + 1}`);
  }
}

/** Where the first token is that cannot stand there. */
function brokenAt(text: string): number {
  /** The brackets that are open; and what may come next: a value, a name, or what follows a value. */
  const open: string[] = [];
  let next: "value" | "name" | "end" = "value";
  for (let at = after(SPACE, text, 0), first = false; at < text.length; at = after(SPACE, text, at)) {
    const character = text[at]!;
    const within = open.at(-1);
    if (character === (within === "{" ? "}" : "]") && within && (next === "end" || first)) {
      open.pop();
      [next, first, at] = ["end", false, at + 1];
    } else if (next === "end") {
      if (character !== "," || !within) return at;
      [next, at] = [within === "{" ? "name" : "value", at + 1];
    } else if (next === "value" && (character === "{" || character === "[")) {
      open.push(character);
      [next, first, at] = [character === "{" ? "name" : "value", true, at + 1];
    } else {
      const end = character === '"' ? endOfString(text, at) : next === "value" ? after(SCALAR, text, at) : at;
      if (end < 0) return ~end;
      if (end === at) return at;
      at = end;
      if (next === "name") {
        at = after(SPACE, text, at);
        if (text[at] !== ":") return at;
        at += 1;
      }
      [next, first] = [next === "name" ? "value" : "end", false];
    }
  }
  return text.length;
}

/** Behind its closing quote; where the string breaks, the complement of that place, which is negative. */
function endOfString(text: string, at: number): number {
  const end = after(STRING, text, at);
  if (text[end] === '"') return end + 1;
  return end >= text.length ? ~at : ~end;
}

/** What was given, in the words of JSON, and not too long. */
export function shown(given: unknown): string {
  if (typeof given === "object" && given !== null) return Array.isArray(given) ? "a list" : "an object";
  if (typeof given !== "string") return String(given);
  const letters = [...given];
  return JSON.stringify(letters.length > MOST_LETTERS ? `${letters.slice(0, MOST_LETTERS).join("")}…` : given);
}
