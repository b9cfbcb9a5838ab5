/** What the page in the browser runs: it sends what the probe found to where it came from. */
import { probe } from "./probe.js";

const report = await probe().catch((error: unknown) => [String(error)]);
await fetch("/report", { method: "POST", body: JSON.stringify(report) });
