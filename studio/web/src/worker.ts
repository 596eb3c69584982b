/** The worker in which a page's plugins work, each with a worker of its own. */
import type { Plugin, Question } from "./plugin";
import { answer } from "./rpc";

let plugin: Plugin | null = null;

answer({
  async open(name: string) {
    const { Plugin } = await import("./plugin.js");
    plugin = await Plugin.open(name);
    return { value: null };
  },

  async ask(question: Question) {
    return { value: await plugin!.ask(question) };
  },
});
