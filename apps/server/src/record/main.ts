/**
 * Runs the service once, and writes what its README shows: the timeline of a shutdown, and the spans of one event. The trace file is kept, so that it
 * can be opened in Perfetto.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { run } from "@selvage/runner";
import { type ReceivedSpan, startCollector } from "@selvage/test-support/otlp-collector";
import { writePage } from "./page.js";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const traceFile = path("../../shutdown.trace");
const spansFile = path("../../event.spans.json");

await run(async (scope) => {
  await using collector = await startCollector();
  const arrived = new Map<string, number>();
  const destination = createServer((request, response) => {
    const { url = "" } = request.resume();
    arrived.set(url, (arrived.get(url) ?? 0) + 1);
    if (url === "/hangs") return;
    const status = url === "/orders" && arrived.get(url) === 1 ? 503 : 200; // the first attempt fails
    void scope.sleep(url === "/slow" ? 700 : 20).then(() => response.writeHead(status).end());
  }).listen(0, "127.0.0.1");
  await once(destination, "listening");
  const target = `http://127.0.0.1:${(destination.address() as AddressInfo).port}`;

  const service = spawn(process.execPath, [path("../main.js")], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      PORT: "0",
      DATA_FOLDER: "memory://",
      GRACE_MS: "1500",
      NOT_READY_MS: "300",
      RETRY_DELAY_MS: "200",
      TRACE_FILE: traceFile,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    },
  });
  scope.onCancel(() => service.kill("SIGKILL"));
  const url = await addressOf(service);
  const post = async (event: string): Promise<void> => {
    const body = JSON.stringify({ url: target + event, data: {} });
    await fetch(`${url}/events`, { method: "POST", headers: { "content-type": "application/json" }, body });
  };
  const arrival = async (event: string, n: number): Promise<void> => {
    while ((arrived.get(event) ?? 0) < n) await scope.sleep(5);
  };
  await post("/orders");
  await arrival("/orders", 2);
  for (const event of ["/slow", "/slow", "/hangs"]) await post(event);
  await arrival("/slow", 2);
  await arrival("/hangs", 1);
  service.kill("SIGTERM");
  await once(service, "exit");
  destination.close().closeAllConnections();

  writeFileSync(spansFile, `${JSON.stringify(traceOf(collector.spans()), undefined, 2)}\n`);
  writePage();
});

/** The address that the service logs. */
async function addressOf({ stdout }: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  for await (const line of createInterface({ input: stdout })) {
    const [, url] = /"listening on (.*?)"/.exec(line) ?? [];
    if (url === undefined) continue;
    stdout.resume(); // the rest is not read
    return url;
  }
  throw new Error("expected the service to listen");
}

/** The spans of the first event: those of one trace. */
function traceOf(spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  const first = spans.find(({ name }) => name === "accept");
  return spans.filter(({ traceId }) => traceId === first?.traceId);
}
