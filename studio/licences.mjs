/** The licences that must travel with what is built, as one text. */
import { existsSync, readFileSync } from "node:fs";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf-8");
const own = read("../LICENSE");

function notice(name) {
  const { version, license } = JSON.parse(read(`node_modules/${name}/package.json`));
  const file = `node_modules/${name}/LICENSE`;
  if (license !== "MIT") throw new Error(`${name} is under ${license}: see what that asks for before it is shipped`);
  const terms = own.slice(own.indexOf("Permission is hereby granted"));
  // The runtime's packages carry no file; their repository says this.
  const text = existsSync(new URL(file, import.meta.url)) ? read(file) : `Copyright (c) Microsoft Corporation\n\n${terms}`;
  return `${name} ${version}\n\n${text.trim()}\n`;
}

export const licences = (title, shipped) =>
  [`${title}\n\n${own.trim()}\n`, ...shipped.map(notice)].join(`\n${"-".repeat(80)}\n\n`);
