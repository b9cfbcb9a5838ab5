import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cases } from "../src/cases/index.js";
import { files, remedyFor, renderDocument, renderFigures, type Row, rowOf, versionOf } from "../src/matrix.js";
import { record } from "../src/record.js";
import { type Servers, startServers } from "../src/servers/index.js";

const document = readFileSync(files.document, "utf8");
const figures = readFileSync(files.figures, "utf8");
const rows = JSON.parse(figures) as readonly Row[];
const advice = "run `pnpm clients --write`";
/** Another Node may use other errors and messages, but its errors must be recognised as well. */
const isOfThisNode = rows.find((row) => row.package === "node")?.version === versionOf("node");

describe("matrix.md", () => {
  it("is in the form in which it is written", async () => {
    expect(document, advice).toBe(await renderDocument(rows));
    expect(figures, advice).toBe(await renderFigures(rows));
  });

  it("has a row for each case, and the versions that are installed", () => {
    const known = ({
      name,
      package: packageName,
      cancelledBy,
      remedy,
      write,
    }: Omit<Row, "version" | "end">): object => ({
      name,
      packageName,
      cancelledBy,
      remedy,
      write,
    });
    expect(rows.map(known), advice).toEqual(cases.map(known));
    const versions = rows.filter((row) => row.package !== "node").map((row) => [row.package, row.version]);
    expect(versions, advice).toEqual(versions.map(([name]) => [name, versionOf(name!)]));
  });
});

describe("what to write", () => {
  const calls = { settle: "scope.settle(", check: "scope.throwIfCancelled()", race: "scope.race(" } as const;

  it.each(cases.map((one) => [`${one.package}, ${one.name}`, one] as const))(
    "shows the remedy of %s",
    (_, { write, remedy }) => {
      const shown = Object.values(calls).filter((call) => write.includes(call));
      expect(shown).toEqual(remedy === undefined ? [] : [calls[remedy]]);
    },
  );
});

describe("matrix.json", () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers();
  });
  afterAll(() => servers[Symbol.asyncDispose]());

  it.for(cases.map((one) => [`${one.package}, ${one.name}`, one] as const))(
    "says how %s, ends (S15)",
    async ([, one], context) => {
      context.skip(one.needs !== undefined && servers.missing.has(one.needs) && !process.env["CI"]);
      const end = await record(one, servers);
      expect(remedyFor(end), JSON.stringify(end)).toBe(one.remedy);
      if (isOfThisNode) expect(rows, advice).toContainEqual(rowOf(one, end));
    },
  );
});
