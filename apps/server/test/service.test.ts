import { createHmac } from "node:crypto";
import { Agent, request } from "node:http";
import { describe, expect, it } from "vitest";
import { startDestination } from "./destination.js";
import { startService } from "./running-service.js";

const ok = (response: { end(): void }): void => response.end();

describe("the service", () => {
  it("stores an event, answers 202, and delivers it with its id and a signature", async () => {
    await using destination = await startDestination(ok);
    await using service = await startService({ secret: "key" });
    const response = await service.post({ url: destination.url, data: { order: 7 } }, { "idempotency-key": "order-7" });
    expect([response.status, await response.json()]).toEqual([202, { id: "order-7" }]);
    await destination.arrived(1);
    const { headers, body } = destination.received[0]!;
    const timestamp = headers["webhook-timestamp"] as string;
    const signature = createHmac("sha256", "key").update(`order-7.${timestamp}.{"order":7}`).digest("base64");
    expect(body).toBe('{"order":7}');
    expect(headers).toMatchObject({ "webhook-id": "order-7", "webhook-signature": `v1,${signature}` });
  });

  it("takes an event that is sent twice with one Idempotency-Key for the same", async () => {
    await using destination = await startDestination(ok);
    await using service = await startService();
    for (const id of ["a", "a", "b"]) await service.post({ url: destination.url, data: id }, { "idempotency-key": id });
    await destination.arrived(2);
    service.stop();
    await service.ended;
    expect(destination.received.map(({ body }) => body)).toEqual(['"a"', '"b"']);
  });

  it("tries again, in later rounds too, until the destination has taken the event", async () => {
    await using destination = await startDestination((response, nth) => {
      response.statusCode = nth < 8 ? 500 : 204;
      response.end();
    });
    await using service = await startService({ attempts: 3 });
    await service.post({ url: destination.url, data: 1 });
    await destination.arrived(8);
    expect(new Set(destination.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  });

  it("does not repeat what a destination refuses for good", async () => {
    await using destination = await startDestination((response, nth) => {
      response.statusCode = nth === 1 ? 410 : 200;
      response.end();
    });
    await using service = await startService({ perDestination: 1, rounds: 1_000 });
    await service.post({ url: destination.url, data: "refused" });
    await destination.arrived(1);
    await service.post({ url: destination.url, data: "taken" });
    await destination.arrived(2);
    expect(destination.received.map(({ body }) => body)).toEqual(['"refused"', '"taken"']);
  });

  it("sends to one destination no more at once than its limit, and a slow destination does not delay another one", async () => {
    const open: { end(): void }[] = [];
    await using slow = await startDestination((response) => void open.push(response));
    await using quick = await startDestination(ok);
    await using service = await startService({ perDestination: 2, inFlight: 20 });
    for (let i = 0; i < 10; i++) await service.post({ url: slow.url, data: i });
    await service.post({ url: quick.url, data: "quick" });
    await quick.arrived(1);
    await slow.arrived(2);
    expect(open).toHaveLength(2);
    for (const response of open.splice(0)) response.end();
    await slow.arrived(4);
    expect(open).toHaveLength(2);
    for (const response of open) response.end();
  });

  it("answers 400 to what is not an event", async () => {
    await using service = await startService();
    const bodies = [{}, [], "text", { url: "ftp://127.0.0.1/", data: 1 }, { url: "nonsense", data: 1 }, { url: 1 }];
    for (const body of bodies) expect((await service.post(body)).status).toBe(400);
    const event = { url: "http://127.0.0.1:1/", data: 1 };
    expect((await service.post(event, { "idempotency-key": "x".repeat(101) })).status).toBe(400);
  });

  it("answers 400 to what could not be sent or stored, and accepts U+0000 in a URL and in data", async () => {
    await using destination = await startDestination(ok);
    await using service = await startService();
    expect((await service.post({ url: "http://user:word@127.0.0.1:1/", data: 1 })).status).toBe(400);
    const deepBody = `{"url":"http://127.0.0.1:1/","data":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
    expect((await service.postText(deepBody)).status).toBe(400);
    expect((await service.post({ url: `${destination.url}/\u0000`, data: "\u0000" })).status).toBe(202);
    await destination.arrived(1);
  });

  it("shows its tasks and its metrics", async () => {
    const open: { end(): void }[] = [];
    await using destination = await startDestination((response) => void open.push(response));
    await using service = await startService();
    await service.post({ url: destination.url, data: 1 });
    await destination.arrived(1);
    const tree = JSON.stringify(await (await fetch(`${service.url}/tasks`)).json());
    for (const name of ["database", "poll", "http", "deliver"]) expect(tree).toContain(`"name":"${name}"`);
    expect(await (await fetch(`${service.url}/metrics`)).text()).toMatch(/^webhooks_accepted_total\{.*\} 1$/m);
    for (const response of open) response.end();
  });
});

describe("a shutdown", () => {
  it("lets a delivery end that ends in its grace", async () => {
    const open: { end(): void }[] = [];
    await using destination = await startDestination((response) => void open.push(response));
    await using service = await startService();
    await service.post({ url: destination.url, data: 1 });
    await destination.arrived(1);
    service.stop();
    for (const response of open) response.end();
    await service.ended;
    expect(service.lines.join("")).toContain('"events":0,"msg":"what was cut off is due again"');
  });

  it("cancels a delivery that does not end, and makes its event due again", async () => {
    await using destination = await startDestination(() => {});
    await using service = await startService({ grace: 0 });
    await service.post({ url: destination.url, data: 1 });
    await destination.arrived(1);
    service.stop();
    await service.ended;
    expect(service.lines.join("")).toContain('"events":1,"msg":"what was cut off is due again"');
    expect(service.lines.join("")).toMatch(/"failed":0,.*"abandoned":\[\].*"msg":"drained"/);
  });

  it("closes the connections of clients that keep them alive", async () => {
    await using service = await startService({ grace: 60_000, shutdownTimeout: 60_000 });
    using agent = new KeepAlive();
    expect(await agent.get(`${service.url}/readyz`)).toEqual({ status: 200, connection: "keep-alive" });
    service.stop();
    await service.ended; // long before its grace is over
  });

  it("is not ready before it stops to accept events, and closes each connection that it answers", async () => {
    await using destination = await startDestination(ok);
    await using service = await startService();
    using agent = new KeepAlive();
    expect(await agent.get(`${service.url}/readyz`)).toEqual({ status: 200, connection: "keep-alive" });
    service.leaving = true;
    expect(await agent.get(`${service.url}/readyz`)).toEqual({ status: 503, connection: "close" });
    expect(await agent.get(`${service.url}/healthz`)).toEqual({ status: 200, connection: "close" });
    expect((await service.post({ url: destination.url, data: 1 })).status).toBe(202);
    await destination.arrived(1);
  });
});

/** A client that keeps its connection. */
class KeepAlive implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  get(url: string): Promise<{ readonly status: number | undefined; readonly connection: string | undefined }> {
    return new Promise((resolve, reject) => {
      request(url, { agent: this.#agent }, (response) => {
        response.resume();
        const { statusCode: status, headers } = response;
        response.on("end", () => resolve({ status, connection: headers.connection }));
      })
        .on("error", reject)
        .end();
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
