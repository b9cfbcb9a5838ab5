import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const measure = fileURLToPath(new URL("../../../../checks/dist/size.js", import.meta.url));

declare const data: string;
export { data };

export default {
  /** The output of `pnpm size`, measured now. */
  load(): string {
    const { stdout, stderr } = spawnSync(process.execPath, [measure], { encoding: "utf8" });
    if (!stdout.includes(" bytes")) throw new Error(`expected the sizes, got\n${stdout}${stderr}`);
    return stdout.trim();
  },
};
