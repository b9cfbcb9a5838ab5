import { basename } from "node:path";
import { MOST_SCOPES, type Report, takeTrees, type Trees } from "../register/report.js";
import { CommandError } from "./command-error.js";
import type { InspectorSession } from "./inspector-session.js";

/** Finds the classes that have the mark of a `CancelScope`, one for each copy of the core. It runs in the other process. */
const FIND_CLASSES = `function () {
  const mark = Symbol.for("@selvage/scope/CancelScope");
  return this.filter((fn) => {
    try {
      const prototype = Object.getOwnPropertyDescriptor(fn, "prototype")?.value;
      return typeof prototype === "object" && prototype !== null && Object.hasOwn(prototype, mark);
    } catch {
      return false;
    }
  });
}`;

/** Takes the trees of all instances of one class. It runs in the other process, with the core's own functions. */
const TAKE_TREES = `function (url, maxScopes) {
  const require = process.getBuiltinModule("node:module").createRequire(url);
  const { snapshot } = require("@selvage/scope/debug");
  const { factsOf, parentOf } = require("@selvage/scope/lowlevel");
  const { isKeptHot } = require("@selvage/scope/internal");
  const roots = this.filter((scope) => {
    try {
      return parentOf(scope) === undefined && !isKeptHot(scope) && !/^(closed|fulfilled|rejected|cancelled)$/.test(factsOf(scope).status);
    } catch {
      return false;
    }
  });
  return (${takeTrees.toString()})(roots, snapshot, maxScopes);
}`;

/** Reads the report of a process through its inspector. The process collects its garbage and searches its heap. */
export async function readInspector(pid: number, session: InspectorSession): Promise<Report> {
  await session.call("Debugger.enable");
  const functions = await instancesOf(await session.reference("Function.prototype"), session);
  const found = await session.callOn(functions, FIND_CLASSES, [], false);
  const classes = (await propertiesOf(found.objectId!, session)).filter(({ name }) => /^\d+$/.test(name));
  if (classes.length === 0) throw new CommandError(`Process ${pid} does not use @selvage/scope.`);
  const all: Trees[] = [];
  for (const { value } of classes) all.push(await treesOf(value!.objectId!, session));
  const [title, uptime] = (await session.evaluate("[process.argv[1] ?? process.execPath, process.uptime()]")) as [
    string,
    number,
  ];
  await session.call("Debugger.disable");
  await session.call("Runtime.releaseObjectGroup", { objectGroup: "" }).catch(() => {});
  return {
    pid,
    title: basename(title),
    uptime: Math.round(uptime * 1_000),
    trees: all.flatMap(({ trees }) => trees),
    moreTrees: all.reduce((sum, { moreTrees }) => sum + moreTrees, 0),
    errors: all.flatMap(({ errors }) => errors),
  };
}

async function treesOf(scopeClass: string, session: InspectorSession): Promise<Trees> {
  const prototype = await session.callOn(scopeClass, "function () { return this.prototype; }", [], false);
  const scopes = await instancesOf(prototype.objectId!, session);
  const url = await locationOf(scopeClass, session);
  try {
    return (await session.callOn(scopes, TAKE_TREES, [url, MOST_SCOPES], true)).value as Trees;
  } catch (error) {
    throw new CommandError(
      `The trees of ${url} cannot be read: ${(error as Error).message}\n` +
        "If the program is bundled, import @selvage/trace/register in it.",
    );
  }
}

async function instancesOf(prototype: string, session: InspectorSession): Promise<string> {
  const { objects } = await session.call<{ readonly objects: { readonly objectId: string } }>("Runtime.queryObjects", {
    prototypeObjectId: prototype,
  });
  return objects.objectId;
}

interface Property {
  readonly name: string;
  readonly value?: { readonly objectId?: string; readonly value?: unknown };
}

interface Properties {
  readonly result: readonly Property[];
  readonly internalProperties?: readonly Property[];
}

async function propertiesOf(objectId: string, session: InspectorSession): Promise<readonly Property[]> {
  return (await session.call<Properties>("Runtime.getProperties", { objectId, ownProperties: true })).result;
}

/** Returns the URL of the script that contains a class. */
async function locationOf(objectId: string, session: InspectorSession): Promise<string> {
  const params = { objectId, ownProperties: true };
  const { internalProperties = [] } = await session.call<Properties>("Runtime.getProperties", params);
  const location = internalProperties.find(({ name }) => name === "[[FunctionLocation]]")?.value?.value;
  const { scriptId = "" } = (location ?? {}) as { readonly scriptId?: string };
  return session.scripts.get(scriptId) ?? "";
}
