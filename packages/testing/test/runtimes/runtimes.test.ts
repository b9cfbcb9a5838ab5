import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle, bundleToFile } from "./bundle.js";
import { probe } from "./probe.js";

const expected = await probe();

describe("the probe", () => {
  it("the probe shows that everything works, here in vitest (C2)", () => {
    expect(expected.slice(0, 3)).toEqual([
      "jumped to 86400000",
      "settled after 300 checkpoints",
      "StalledError: Deadlock: the body has not ended, nothing can run, and no timer is set.",
    ]);
    expect(expected[3]).toBe("seed undefined: abcAaBbCcAaBbCcAaBbCcAaBbCcABC");
    expect(new Set(expected.slice(4, 7).map((line) => line.slice("seed 1: ".length))).size).toBe(3);
    expect(expected[7]).toMatch(/^SeedError: Fails under seed \d+.*: first came last\n/);
    expect(expected[8]).toBe("sequence 012");
  });
});

describe("@selvage/testing", () => {
  let script: string;
  let testFile: string;

  beforeAll(async () => {
    script = await bundleToFile(new URL("print-probe.ts", import.meta.url));
    testFile = await bundleToFile(new URL("node-test-fixture.ts", import.meta.url));
  }, 60_000);

  afterAll(() => {
    for (const file of [script, testFile]) rmSync(dirname(file), { recursive: true });
  });

  it.each([
    ["plain Node", []],
    ["a runtime without setImmediate", ["setImmediate"]],
    ["a runtime with nothing but setTimeout", ["setImmediate", "MessageChannel"]],
  ])("the package does the same in %s, under the same seeds in the same order (C2)", async (_, missing) => {
    const { stdout, stderr } = await execute([script, ...missing]);
    expect([JSON.parse(stdout || "null"), stderr]).toEqual([expected, ""]);
  });

  it("the package works under node:test, which reports the live tree and the seed of what fails (C2)", async () => {
    const { stdout } = await execute(["--test", "--test-reporter=tap", testFile]);
    expect(stdout).toContain("# pass 2\n");
    expect(stdout).toContain("# fail 2\n");
    expect(stdout).toMatch(/not ok \d+ - a body that hangs fails[^]*Deadlock[^]*scope "stuck": live/);
    expect(stdout).toMatch(
      /not ok \d+ - a race fails[^]*Fails under seed \d+[^]*Replay it: explore\(body, \{ seeds: \[\d+\] \}\)/,
    );
  });
});

describe("@selvage/testing in Chromium", { timeout: 120_000 }, () => {
  const chromium = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
  // If the browser is named explicitly, it has to exist: its absence is then a failure.
  const isMissing = process.env["CHROMIUM"] === undefined && !existsSync(chromium);

  it("the package does the same in Chromium, under the same seeds in the same order (C2)", async ({ skip }) => {
    skip(isMissing, `no Chromium at ${chromium}: install it, or set CHROMIUM to its path`);
    expect(await reportFromBrowser(chromium, await bundle(new URL("page.ts", import.meta.url)))).toEqual(expected);
  });
});

function execute(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  // Without the test runner's environment: `node --test` would take itself for a part of another test run.
  const env = { PATH: process.env["PATH"], NO_COLOR: "1" };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env }, (_, stdout, stderr) => {
      resolve({ stdout, stderr });
    });
  });
}

/** Opens a page with the script in it, and waits for its report. */
async function reportFromBrowser(executable: string, script: string): Promise<unknown> {
  let report!: (report: unknown) => void;
  const reported = new Promise((resolve) => {
    report = resolve;
  });
  const server = createServer((request, response) => {
    if (request.url === "/") {
      response.setHeader("content-type", "text/html").end(`<!doctype html><script type="module">${script}</script>`);
    } else if (request.url === "/report") {
      let body = "";
      request
        .on("data", (chunk) => (body += String(chunk)))
        .on("end", () => {
          response.end();
          report(JSON.parse(body));
        });
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const profile = mkdtempSync(join(tmpdir(), "selvage-chromium-"));
  const { port } = server.address() as AddressInfo;
  const browser = spawn(
    executable,
    ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${profile}`, `http://127.0.0.1:${port}/`],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let complaints = "";
  browser.stderr.on("data", (chunk) => (complaints += String(chunk)));
  const gone = new Promise<never>((_, reject) => {
    browser.on("error", reject);
    browser.on("close", (code) => reject(new Error(`Chromium ended with ${code} before it reported:\n${complaints}`)));
  });
  try {
    return await Promise.race([reported, gone]);
  } finally {
    const closed = new Promise((resolve) => browser.on("close", resolve));
    if (browser.kill()) await closed;
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
