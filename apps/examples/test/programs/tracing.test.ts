import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/tracing.js";
import { printed } from "../printed.js";

describe("tracing", () => {
  it("the trace by hand lacks what still runs, and the other one shows who was cancelled and why (N5)", async () => {
    const lines = await printed(program);
    expect(lines).toEqual([
      "spans by hand, and Promise.all",
      "  page            │████████████████████████████████│  80 ms  error: 503 from /user",
      "    load offers   │████████████████████            │  50 ms",
      "      GET /offers │    ████████████████            │  40 ms",
      "    load user     │████████████████████████████████│  80 ms  error: 503 from /user",
      "instrument, and a TaskGroup",
      '  page            │████████████████████████████████│  80 ms  error: 1 task failed in TaskGroup "page": load user: 503 from /user',
      "    load user     │████████████████████████████████│  80 ms  error: 503 from /user",
      "    load offers   │████████████████████            │  50 ms",
      "      GET /offers │    ████████████████            │  40 ms",
      '    load cart     │████████████████████████████████│  80 ms  cancelled by TaskGroup "page": Error: 503 from /user',
    ]);
  });

  it("the guide shows the trace that the collector has received (N5)", async () => {
    const lines = await printed(program);
    const guide = readFileSync(new URL("../../../docs/guides/tracing.md", import.meta.url), "utf8");
    const start = lines.indexOf("instrument, and a TaskGroup") + 1;
    expect(guide).toContain(
      lines
        .slice(start)
        .map((line) => line.slice(2))
        .join("\n"),
    );
  });
});
