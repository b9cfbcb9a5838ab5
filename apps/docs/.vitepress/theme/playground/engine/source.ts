import type { Primitive } from "./primitives.js";
import { type TaskPlan, taskNames, type Workload } from "./workload.js";

/** A program in two modules. The same text is shown and run: it is valid TypeScript and JavaScript. */
export interface Program {
  /** `tasks.js`: the tasks. It is the same for every primitive. */
  readonly tasks: string;
  /** `main.js`: runs the tasks. Its default export is the caller of the primitive. */
  readonly main: string;
}

/** Writes the program that runs a workload under a primitive. */
export function programOf(primitive: Primitive, workload: Workload): Program {
  return { tasks: text(tasksModule(workload.tasks)), main: text(mainModule(primitive, workload)) };
}

type Lines = readonly string[];

function tasksModule(plans: readonly TaskPlan[]): Lines {
  const names = taskNames.slice(0, plans.length);
  return [
    `import { task } from "./playground.js";`,
    ...plans.flatMap((plan, i) => ["", ...taskConstant(taskNames[i]!, plan)]),
    "",
    `export const tasks = [${names.join(", ")}];`,
  ];
}

function taskConstant(name: string, plan: TaskPlan): Lines {
  const its = ["work", ...(plan.cleanup > 0 ? ["cleanUp"] : []), ...(plan.ignores ? [] : ["signal"])];
  const body = [
    plan.ignores ? `await work(${plan.takes}); // no signal: cannot be stopped` : `await work(${plan.takes}, signal);`,
    plan.fails ? `throw new Error("no ${name}");` : `return "${name}";`,
  ];
  return [
    `const ${name} = task("${name}", async ({ ${its.join(", ")} }) => {`,
    ...indented(plan.cleanup > 0 ? withCleanup(name, plan, body) : body),
    "});",
  ];
}

function withCleanup(name: string, { cleanup, cleanupFails }: TaskPlan, body: Lines): Lines {
  const cleaning = [`await cleanUp(${cleanup});`];
  if (cleanupFails) cleaning.push(`throw new Error("${name} left a mess");`);
  return ["try {", ...indented(body), "} finally {", ...indented(cleaning), "}"];
}

/** The modules of the imports, in order. */
const sources: Readonly<Record<string, Lines>> = {
  "@selvage/supervisor": ["Supervisor"],
  "@selvage/task-group": ["TaskGroup", "any", "gather", "gatherSettled", "map", "race"],
  "@selvage/timeout": ["moveOnAfter", "timeout"],
  "./playground.js": ["clock", "mark", "onError"],
  "./tasks.js": ["tasks"],
};

function mainModule(primitive: Primitive, workload: Workload): Lines {
  const body = [...outerCancel(workload), ...callOf(primitive, workload)];
  return [...importsOf(body), "", "export default async function caller() {", ...indented(body), "}"];
}

function importsOf(body: Lines): Lines {
  const words = new Set(body.join("\n").match(/(?<![.\w])\w+/g));
  return Object.entries(sources).flatMap(([from, names]) => {
    const used = names.filter((name) => words.has(name));
    return used.length === 0 ? [] : [`import { ${used.join(", ")} } from "${from}";`];
  });
}

function outerCancel({ cancelAt }: Workload): Lines {
  if (cancelAt === undefined) return [];
  return [
    "const outer = new AbortController();",
    "clock.setTimer(() => {",
    `  mark("outer cancel");`,
    `  outer.abort(new Error("the user left"));`,
    `}, ${cancelAt});`,
    "",
  ];
}

function callOf(primitive: Primitive, workload: Workload): Lines {
  if (primitive.startsWith("Promise.")) return platformCall(primitive, workload);
  const outermost = ["clock", ...(workload.cancelAt === undefined ? [] : ["parent: outer.signal"])];
  if (primitive === "timeout" || primitive === "moveOnAfter") {
    return limitedCall(primitive, "gather", workload, outermost);
  }
  if (workload.timeout !== undefined) return limitedCall("timeout", primitive, workload, outermost);
  return ownerCall(primitive, workload, outermost);
}

/** A function of the platform: it takes promises, so it has no limit, no shutdown and no cancellation. */
function platformCall(combinator: string, { cancelAt, timeout }: Workload): Lines {
  const options = cancelAt === undefined ? "" : "{ signal: outer.signal }";
  const call = `${combinator}(tasks.map((task) => task(${options})))`;
  if (timeout === undefined) return [`return ${call};`];
  return [
    "// The usual time limit by hand: it does not stop the tasks.",
    "return Promise.race([",
    `  ${call},`,
    "  new Promise((_, reject) => {",
    `    clock.setTimer(() => reject(new Error("timed out")), ${timeout});`,
    "  }),",
    "]);",
  ];
}

/** A call with a time limit around the owner of the tasks. */
function limitedCall(limit: "timeout" | "moveOnAfter", owner: Primitive, workload: Workload, options: Lines): Lines {
  const inner = ownerCall(owner, workload, ["parent: scope"]);
  const [, expression] = /^return (.*);$/.exec(inner.join("\n")) ?? [];
  const body =
    expression === undefined ? ["async ({ scope }) => {", ...indented(inner), "},"] : [`({ scope }) => ${expression},`];
  return [`return ${limit}(`, ...indented([`${workload.timeout ?? null},`, ...body, `${optionsOf(options)},`]), ");"];
}

/** A call of the owner of the tasks. */
function ownerCall(primitive: Primitive, workload: Workload, surroundings: Lines): Lines {
  const limit = workload.limit === undefined ? [] : [`limit: ${workload.limit}`];
  const options = optionsOf([...surroundings, ...limit]);
  if (primitive === "Supervisor") return supervisorCall(workload, optionsOf([...surroundings, ...limit, "onError"]));
  if (primitive === "map") return returned("map", ["tasks", "(task, scope) => task(scope)", options]);
  if (primitive !== "TaskGroup") return returned(primitive, ["tasks", options]);
  return [
    "const started = await TaskGroup.run(",
    "  (group) => tasks.map((task) => group.createTask(task)),",
    `  ${options},`,
    ");",
    "return started.map((task) => task.result());",
  ];
}

function supervisorCall({ shutdownAt, grace }: Workload, options: string): Lines {
  if (shutdownAt === undefined) {
    return [
      "const started = await Supervisor.run(",
      "  (supervisor) => tasks.map((task) => supervisor.createTask(task)),",
      `  ${options},`,
      ");",
      "return started?.map((task) => `${task.name}: ${task.status}`);",
    ];
  }
  return [
    "return Supervisor.run(",
    "  async (supervisor) => {",
    "    for (const task of tasks) supervisor.createTask(task);",
    `    await supervisor.scope.sleep(${shutdownAt});`,
    `    mark("shutdown");`,
    `    return supervisor.shutdown({ grace: ${grace} });`,
    "  },",
    `  ${options},`,
    ");",
  ];
}

/** On one line, if it is short enough to be read beside another program. */
function returned(name: string, args: Lines): Lines {
  const line = `return ${name}(${args.join(", ")});`;
  return line.length <= 58 ? [line] : [`return ${name}(`, ...indented(args.map((arg) => `${arg},`)), ");"];
}

function optionsOf(options: Lines): string {
  return `{ ${options.join(", ")} }`;
}

function indented(lines: Lines): Lines {
  return lines.map((line) => (line === "" ? "" : `  ${line}`));
}

function text(lines: Lines): string {
  return `${lines.join("\n")}\n`;
}
