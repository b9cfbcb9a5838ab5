import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const measure = fileURLToPath(new URL("../../../../checks/dist/size.js", import.meta.url));

/** What some packages add to a bundle together, in bytes, minified and compressed. */
export interface Size {
  readonly packages: string;
  /** Everything that they export. */
  readonly everything: number;
  readonly budget: number;
  /** The name that is usually imported, and what it adds by itself. */
  readonly usual: string;
  readonly alone: number;
}

declare const data: readonly Size[];
export { data };

export default {
  load(): readonly Size[] {
    const { stdout } = spawnSync(process.execPath, [measure], { encoding: "utf8" });
    const lines = stdout.matchAll(/^[\w ]+: (.+): (\d+) of (\d+) bytes \((\w+) alone: (\d+)\)$/gm);
    const sizes = [...lines].map(([, packages = "", everything, budget, usual = "", alone]) => ({
      packages,
      everything: Number(everything),
      budget: Number(budget),
      usual,
      alone: Number(alone),
    }));
    if (sizes.length === 0) throw new Error(`expected the sizes, a line each, got\n${stdout}`);
    return sizes;
  },
};
