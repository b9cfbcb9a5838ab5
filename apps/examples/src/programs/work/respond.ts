import type { IncomingMessage, ServerResponse } from "node:http";
import type { Sleeper } from "../../native-timers.js";

/*
 * The responses of a server, and its clients. The headers of a response are sent when it begins; its body says how it
 * ended.
 */

/** Answers `/hello`, `/broken`, `/slow`, which takes 300 ms, and `/endless`. It waits with `where`. */
export async function respond(request: IncomingMessage, response: ServerResponse, where: Sleeper): Promise<void> {
  try {
    if (request.url === "/broken") throw new Error("the page is broken");
    response.flushHeaders();
    if (request.url === "/slow") await where.sleep(300);
    if (request.url === "/endless") await where.sleep(Infinity);
    await end(response, "answered");
  } catch (error) {
    await end(response, `sorry: ${(error as Error).message}`);
    throw error;
  }
}

function end(response: ServerResponse, body: string): Promise<void> {
  return new Promise((resolve) => response.end(body, resolve));
}

/**
 * Visits each page, and sends SIGTERM to the process while the last two requests run, as `docker stop` and
 * `systemctl stop` do.
 *
 * @returns What the clients got.
 */
export async function visit(url: string): Promise<string[]> {
  const results: string[] = [];
  for (const page of ["/hello", "/broken"]) results.push(`${page}: ${await (await fetch(url + page)).text()}`);
  const slow = await fetch(`${url}/slow`);
  const endless = await fetch(`${url}/endless`);
  process.kill(process.pid, "SIGTERM");
  for (const [page, response] of Object.entries({ "/slow": slow, "/endless": endless })) {
    const body = await response.text().catch(() => "broken off");
    results.push(`${page}: ${body}`);
  }
  return results;
}
