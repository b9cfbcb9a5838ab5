import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const examples = fileURLToPath(new URL("../../../../examples/dist/main.js", import.meta.url));

/** The result of one way to run the workload. */
export interface Timeline {
  /** "TaskGroup", or "TaskGroup, in a timeout of 50 ms". */
  readonly name: string;
  readonly description: string;
  /** The chart, and below it what the caller saw. */
  readonly chart: string;
}

/** The comparison of `pnpm start`, from a run. */
export interface Timelines {
  /** The tasks, and the signs of the charts. */
  readonly legend: string;
  readonly all: readonly Timeline[];
  readonly glance: string;
}

declare const data: Timelines;
export { data };

export default {
  async load(): Promise<Timelines> {
    const env = { PATH: process.env["PATH"], NO_COLOR: "1" };
    const { stdout } = await promisify(execFile)(process.execPath, [examples, "comparison"], { env });
    const [, rest = ""] = /^The same tasks, run in different ways\n\n([^]*)$/m.exec(stdout) ?? [];
    const blocks = rest.trimEnd().split(/\n\n(?=\S)/);
    const legend = blocks.shift();
    const glance = blocks.pop();
    if (legend === undefined || glance?.startsWith("At a glance\n") !== true) {
      throw new Error(`expected the comparison to print its legend, its charts and a summary, got\n${stdout}`);
    }
    return { legend: unindent(legend), all: blocks.map(parse), glance: unindent(glance.replace(/^.*\n/, "")) };
  },
};

function parse(block: string): Timeline {
  const [, title = "", chart = ""] = /^(.*)\n([^]*)$/.exec(block) ?? [];
  const [, name = title, description = ""] = /^(.*): (.*)$/.exec(title) ?? [];
  return { name, description, chart: unindent(chart) };
}

function unindent(text: string): string {
  return text.replace(/^ {2}/gm, "");
}
