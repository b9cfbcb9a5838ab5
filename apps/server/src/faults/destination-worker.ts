/** A destination's server, in a separate thread: it answers in time however busy the clients are. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort } from "node:worker_threads";
import type { Behaviour, Order, Report } from "./destination.js";

/** Between the bytes of an answer that drips, in milliseconds. */
const DRIP = 50;

let behaviour: Behaviour = "answers";
const server = createServer((request, response) => void receive(request, response));

parentPort!.on("message", (order: Order) => {
  if ("behave" in order) behaviour = order.behave;
  else report({ settled: true });
});
server.listen(0, "127.0.0.1", () => report({ port: (server.address() as AddressInfo).port }));

function report(message: Report): void {
  parentPort!.postMessage(message);
}

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.on("error", () => {}); // the service has left, and delivers the event again
  request.resume();
  await once(request, "end").catch(() => {});
  if (!request.complete) return;
  if (behaviour === "answers") {
    report({ arrived: String(request.headers["webhook-id"]) });
    response.writeHead(204).end();
    return;
  }
  report({ refused: true });
  switch (behaviour) {
    case "hangs":
      return;
    case "resets":
      request.socket.resetAndDestroy();
      return;
    case "fails":
      response.writeHead(500).end("an injected failure");
      return;
    case "drips":
      drip(response);
  }
}

/** Sends the beginning of an answer, and then a header that does not end. */
function drip(response: ServerResponse): void {
  const { socket } = response;
  socket?.write("HTTP/1.1 200 OK\r\nx-drip: ");
  const timer = setInterval(() => socket?.write("."), DRIP);
  socket?.on("error", () => {});
  socket?.once("close", () => clearInterval(timer));
}
