import type { CancelScope } from "@selvage/scope";
import type { ShutdownReport, SupervisorStats } from "@selvage/supervisor";
import { type Load, sendRequests } from "./client.js";
import { Service } from "./service.js";

export interface SoakReport {
  readonly requests: number;
  /** How many failures the supervisor's `onError` was told of. */
  readonly failures: number;
  /** What became of the tasks. */
  readonly stats: SupervisorStats;
  readonly shutdown: ShutdownReport;
}

/** Starts the service, sends it requests until `goesOn` says no, and shuts it down. */
export async function soak(
  load: Omit<Load, "port">,
  goesOn: (sent: number, service: Service) => boolean,
  scope: CancelScope,
): Promise<SoakReport> {
  const service = await Service.start();
  let requests: number;
  let shutdown: ShutdownReport;
  try {
    requests = await sendRequests({ ...load, port: service.port }, (sent) => goesOn(sent, service), scope);
  } finally {
    shutdown = await service.stop();
  }
  return { requests, failures: service.failures, stats: service.stats, shutdown };
}
