import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CancelScope, now } from "@selvage/scope";
import { browserApiErrorsIntegration } from "@sentry/browser";
import { build } from "esbuild";
import shimmer from "shimmer";
import { afterEach, describe, expect, it, vi } from "vitest";
import { app } from "../../src/workspace.js";

type Timeout = typeof globalThis.setTimeout;

const real = globalThis.setTimeout;

afterEach(() => {
  globalThis.setTimeout = real;
  vi.useRealTimers();
});

/** Passes its calls on, as wrappers of monitoring agents do. */
const passOn = (original: Timeout): Timeout =>
  ((...args: Parameters<Timeout>) => original(...args)) as unknown as Timeout;

/** Each wraps `globalThis.setTimeout` after Selvage was imported. Zone has a separate file: fake-timers/hosts/zone.ts. */
const wrappers: readonly [string, () => void | Promise<void>][] = [
  ["Sentry", wrapBySentry],
  ["shimmer", () => shimmer.wrap(globalThis, "setTimeout", passOn as never)],
  [
    "shimmer, around Sentry's",
    () => {
      wrapBySentry();
      shimmer.wrap(globalThis, "setTimeout", passOn as never);
    },
  ],
  ["New Relic's browser agent", wrapByNewRelic],
  [
    "New Relic's browser agent as it was",
    () => {
      // Its documented marker, because the versions that used it need a browser.
      globalThis.setTimeout = Object.assign(passOn(real), { "nr@original": real });
    },
  ],
];

function wrapBySentry(): void {
  const rest = { setInterval: false, requestAnimationFrame: false, XMLHttpRequest: false, eventTarget: false };
  browserApiErrorsIntegration(rest).setupOnce!();
}

interface NewRelic {
  readonly createWrapperWithEmitter: () => (fn: Timeout, prefix: string) => Timeout;
}

/** Wraps with the agent's own function. Its marker ends with the name of the bundle. */
async function wrapByNewRelic(): Promise<void> {
  const stdin = {
    contents: 'export * from "@newrelic/browser-agent/src/common/wrap/wrap-function.js"',
    resolveDir: import.meta.dirname,
  };
  const outfile = join(app, "node_modules/.cache/new-relic.mjs");
  const banner = { js: "const window = { document: {}, navigator: {} };" }; // the part of a browser that it needs
  await build({ stdin, bundle: true, format: "esm", outfile, banner, logLevel: "error" });
  const { createWrapperWithEmitter } = (await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as NewRelic;
  globalThis.setTimeout = createWrapperWithEmitter()(real, "setTimeout-");
}

/** Whether a check sees a deadline that passed without a turn of the event loop, which is so only with real time. */
function checkSeesTheTime(): boolean {
  const scope = new CancelScope({ deadline: now() + 1 });
  const start = performance.now();
  while (performance.now() - start < 5);
  const { cancelled } = scope;
  scope.close();
  return cancelled;
}

describe("timers that a monitoring agent wraps", () => {
  it.each(wrappers)("are treated as real: %s (C1)", async (_, wrap) => {
    await wrap();
    expect(globalThis.setTimeout).not.toBe(real);
    expect(checkSeesTheTime()).toBe(true);
    await new CancelScope().sleep(2);
  });

  it.each(wrappers)("are treated as fake if the wrapped timers are fake: %s (C1)", async (name, wrap) => {
    if (name.startsWith("New Relic")) return; // it wraps the original timers
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await wrap();
    expect(checkSeesTheTime()).toBe(false);
  });

  it("are treated as fake if the wrapper is unknown (C1)", () => {
    globalThis.setTimeout = passOn(real);
    expect(checkSeesTheTime()).toBe(false);
  });
});
