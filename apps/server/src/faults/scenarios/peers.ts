import type { Socket } from "node:net";
import { map } from "@selvage/task-group";
import { timeout } from "@selvage/timeout";
import { type Conversation, converse, drip, pour } from "../peer.js";
import type { Scenario, Stage } from "../scenario.js";

/** How many of each kind of peer there are. */
const PEERS = 50;
/** How many of those that do nothing. */
const IDLE = 1_000;
/** After what time the service has cut off a peer, on a busy machine, too, in milliseconds. */
const CUT = 30_000;
/** The memory of a process that peers may not fill, in bytes. */
const MEMORY = 300e6;
/** In bytes. */
const HUGE = 100 * 1024 * 1024;
/** Between two bytes of a slow peer, in milliseconds. */
const SLOW = 200;

/** Peers misuse the service's port, while others are served. */
export const peerFaults: readonly Scenario[] = [
  { name: "peers send slow headers and bodies", events: 2_000, play: sendSlowly },
  { name: "peers send bodies of 100 MB", events: 2_000, play: sendMuch },
  { name: "peers send malformed requests", events: 2_000, play: sendNonsense },
  { name: "peers leave 1,000 connections idle", events: 2_000, play: sendNothing },
];

const head = (more: string): string => `POST /events HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${more}`;

async function sendSlowly(stage: Stage): Promise<void> {
  const slowHeaders = (socket: Socket): void => {
    socket.write(head("x: "));
    drip(socket, "x", SLOW);
  };
  const slowBody = (socket: Socket): void => {
    socket.write(head("content-length: 1000\r\n\r\n"));
    drip(socket, " ", SLOW);
  };
  await attackWhileServing(stage, [...repeat(slowHeaders), ...repeat(slowBody)]);
}

async function sendMuch(stage: Stage): Promise<void> {
  const chunk = Buffer.alloc(64 * 1024, " ");
  const chunked = Buffer.concat([Buffer.from("10000\r\n"), chunk, Buffer.from("\r\n")]);
  const peers = [
    ...repeat((socket) => {
      socket.write(head(`content-length: ${HUGE}\r\n\r\n`));
      pour(socket, chunk, HUGE);
    }),
    ...repeat((socket) => {
      socket.write(head("transfer-encoding: chunked\r\n\r\n"));
      pour(socket, chunked, HUGE);
    }),
  ].map((speak) => (socket: Socket): void => {
    socket.once("data", () => socket.end()); // refused
    speak(socket);
  });
  expectStatus(stage, /^(|HTTP\/1\.1 413 [^]*)$/, await attack(stage, peers));
}

async function sendNonsense(stage: Stage): Promise<void> {
  const { url } = stage.destinations[0]!;
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  const bodies = [
    '{"url":',
    "null",
    "[]",
    '"text"',
    "{}",
    `{"url":"not a URL","data":1}`,
    `{"url":"file:///etc/passwd","data":1}`,
    `{"url":${JSON.stringify(url)},"data":1,"__proto__":{"x":1}}`,
    `{"url":"http://127.0.0.1:1/${"x".repeat(3_000)}","data":1}`,
    `{"url":${JSON.stringify(url)},"data":${deep}}`,
    `{"url":${JSON.stringify(url)},"data":${deep}`,
    `{"url":"http://127.0.0.1:99999/","data":1}`,
    "\ud800\0\u202e",
  ];
  // PostgreSQL can store neither of these characters, but an event may have them.
  const odd = `{"url":${JSON.stringify(`${url}/\0x`)},"data":"\\u0000\\ud800"}`;
  const raw = [
    "\0\0\0\0\r\n\r\n",
    "GET\r\n\r\n",
    "\u0016\u0003\u0001\u0002\0\u0001\0\u0001", // a TLS client
    `${head(`x: ${"x".repeat(64 * 1024)}`)}\r\n\r\n`,
    head("content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n"), // smuggles a second request
    head("content-length: -1\r\n\r\n"),
    head("connection: close\r\ntransfer-encoding: chunked\r\n\r\nzzzz\r\n"),
    head("connection: close\r\nidempotency-key: \u0001\r\ncontent-length: 2\r\n\r\n{}"),
  ];
  const peers = [...bodies.map(post), ...raw].map((text) => (socket: Socket) => void socket.write(text));
  expectStatus(stage, /^(|HTTP\/1\.1 4\d\d [^]*)$/, await attack(stage, peers));
  expectStatus(stage, /^HTTP\/1\.1 202 [^]*$/, await attack(stage, [(socket) => void socket.write(post(odd))]));
}

function post(body: string): string {
  return head(`connection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

async function sendNothing(stage: Stage): Promise<void> {
  const halfOpen = (socket: Socket): unknown => socket.on("connect", () => socket.resetAndDestroy());
  await attackWhileServing(stage, [...repeat(() => {}, IDLE), ...repeat(halfOpen)]);
}

function repeat(speak: (socket: Socket) => void, times: number = PEERS): ((socket: Socket) => void)[] {
  return Array.from({ length: times }, () => speak);
}

/** An attack that takes seconds. Clients are served meanwhile. */
async function attackWhileServing(stage: Stage, peers: readonly ((socket: Socket) => void)[]): Promise<void> {
  const before = stage.load.accepted.size;
  await attack(stage, peers);
  if (stage.load.accepted.size === before) stage.blame("no client was served while the peers were connected");
}

/** Connects all peers at once, and waits until the service has cut them all off. */
async function attack(stage: Stage, peers: readonly ((socket: Socket) => void)[]): Promise<readonly Conversation[]> {
  const { scope, service, blame } = stage;
  const url = service.url.value!;
  const conversations = await timeout(
    CUT,
    ({ scope: parent }) => map(peers, (speak, own) => converse(own, url, speak), { parent }),
    { parent: scope },
  );
  if (service.peak > MEMORY) blame(`expected at most ${MEMORY / 1e6} MB, got ${service.peak / 1e6}`);
  return conversations;
}

function expectStatus({ blame }: Stage, expected: RegExp, conversations: readonly Conversation[]): void {
  for (const { answer } of conversations) {
    if (!expected.test(answer)) blame(`expected an answer like ${String(expected)}, got ${answer.slice(0, 300)}`);
  }
}
