import type { Plan } from "./plan.js";

/** Writes the program of a pipeline. The same text is shown and run: it is valid TypeScript and JavaScript. */
export function pipelineProgram({ items, capacity, takes, failsAt }: Plan): string {
  const failure =
    failsAt === undefined ? "" : `          if (line === ${failsAt}) throw new Error("line ${failsAt} is damaged");\n`;
  return `import { produce } from "@selvage/channel";
import { TaskGroup } from "@selvage/task-group";
import { clock, work } from "./playground.js";

export default async function caller() {
  return TaskGroup.run(
    async (group) => {
      const lines = produce(group.scope, async function read(sender) {
        for (let item = 1; item <= ${items}; item++) {
          await work(sender.scope, item, ${takes.read});
          await sender.send(item); // ${waitsFor("lines", capacity)}
        }
      }, { capacity: ${capacity}, name: "lines" });

      const rows = produce(group.scope, async function transform(sender) {
        for await (const line of lines.items(sender.scope)) {
          await work(sender.scope, line, ${takes.transform});
${failure}          await sender.send(line); // ${waitsFor("rows", capacity)}
        }
      }, { capacity: ${capacity}, name: "rows" });

      group.createTask(async function write(scope) {
        for await (const row of rows.items(scope)) {
          await work(scope, row, ${takes.write});
        }
      });
    },
    { clock },
  );
}
`;
}

/** What the comment says about a send. */
function waitsFor(what: string, capacity: number): string {
  if (capacity === Infinity) return "never waits";
  if (capacity === 0) return "waits until it is received";
  return `waits while ${capacity} ${capacity === 1 ? what.slice(0, -1) + " waits" : what + " wait"}`;
}
