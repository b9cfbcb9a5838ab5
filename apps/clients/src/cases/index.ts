import type { Case } from "../case.js";
import { databases } from "./databases.js";
import { grpc } from "./grpc.js";
import { clients } from "./http-clients.js";
import { events } from "./node-events.js";
import { files } from "./node-files.js";
import { http } from "./node-http.js";
import { processes } from "./node-processes.js";
import { streams } from "./node-streams.js";
import { sdks } from "./sdks.js";
import { undici } from "./undici.js";

/** Every operation of the matrix, in the order of its rows. */
export const cases: readonly Case[] = [
  ...http,
  ...streams,
  ...files,
  ...events,
  ...processes,
  ...undici,
  ...clients,
  ...sdks,
  ...grpc,
  ...databases,
];
