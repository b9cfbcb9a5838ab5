import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { Watch } from "@selvage/channel";
import { built } from "./built.js";

/** What a destination does with a request. */
export type Behaviour =
  | "answers"
  /** Never answers. */
  | "hangs"
  /** Closes the connection without an answer. */
  | "resets"
  /** Answers 500. */
  | "fails"
  /** Sends an answer so slowly that its headers are never complete. */
  | "drips";

/** A message to the thread of a destination. */
export type Order = { readonly behave: Behaviour } | { readonly settle: true };

/** A message from it: its port, an event that arrived and was answered, a request that was not, or that all earlier messages were sent. */
export type Report =
  { readonly port: number } | { readonly arrived: string } | { readonly refused: true } | { readonly settled: true };

/** A server to which events are delivered. It counts how often each arrived. */
export class Destination implements AsyncDisposable {
  /** How often each id arrived and was answered with success. */
  readonly arrivals: Map<string, number> = new Map<string, number>();
  /** How many ids have arrived. */
  readonly arrived: Watch<number> = new Watch<number>(0);
  /** How many requests were not answered as they should have been. */
  readonly refused: Watch<number> = new Watch<number>(0);
  readonly #worker: Worker = new Worker(built("faults/destination-worker.js"));
  #url: string = "";
  #settled: () => void = () => {};

  private constructor() {
    this.#worker.on("message", (report: Report) => this.#note(report));
  }

  static async start(): Promise<Destination> {
    const destination = new Destination();
    await once(destination.#worker, "message"); // its port
    return destination;
  }

  get url(): string {
    return this.#url;
  }

  /** Changes what it does with the requests that arrive from now on. */
  behave(behaviour: Behaviour): void {
    this.#order({ behave: behaviour });
  }

  /** Waits until everything that has arrived is counted. */
  async settled(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#settled = resolve;
      this.#order({ settle: true });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }

  #order(order: Order): void {
    this.#worker.postMessage(order);
  }

  #note(report: Report): void {
    if ("port" in report) this.#url = `http://127.0.0.1:${report.port}/hook`;
    else if ("settled" in report) this.#settled();
    else if ("refused" in report) this.refused.set(this.refused.value + 1);
    else this.#count(report.arrived);
  }

  #count(id: string): void {
    const before = this.arrivals.get(id) ?? 0;
    this.arrivals.set(id, before + 1);
    if (before === 0) this.arrived.set(this.arrivals.size);
  }
}
