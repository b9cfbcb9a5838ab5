/** The program of the page in the browser: it sends the probe's results to the server that the page came from. */
import { probe } from "./probe.js";

const report = await probe().catch((error: unknown) => [String(error)]);
await fetch("/report", { method: "POST", body: JSON.stringify(report) });
