import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { documents } from "../../src/table/documents.js";
import { runProbes } from "../../src/table/run-probes.js";
import type { Table } from "../../src/table/table.js";

describe("documents", () => {
  let table: Table;

  beforeAll(async () => {
    table = await runProbes();
  });

  it.each(documents.map(({ file, update }) => ({ name: file.pathname.split("/").at(-1), file, update })))(
    "$name says what the probes find",
    ({ file, update }) => {
      const text = readFileSync(file, "utf8");
      // Where they disagree: `pnpm --filter @selvage/examples table`, then read the difference.
      expect(text).toBe(update(text, table));
    },
  );
});
