/** Kernels that are no effects: fetched when first needed, and given to the worker for whole files. */
import type { ToolName } from "#web/engine/engine";
import type { Tool } from "#web/engine/manifest";
import { audioWorker } from "../workers/clients";
import { engine } from "./store";

const given = new Set<ToolName>();

/** Have the worker know a tool; null where the engine has none. */
export async function needTool(name: ToolName): Promise<Tool | null> {
  const tool = await engine.value!.tool(name);
  if (tool && !given.has(name)) {
    given.add(name);
    await audioWorker().tell("tool", { name, tool }, name);
  }
  return tool;
}
