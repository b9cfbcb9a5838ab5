import type { Fault } from "./fault.js";

interface Failure {
  readonly fault: Fault;
  readonly at: number;
  readonly ofBody: boolean;
}

/** The failures in an owner, in order of arrival; the same error is listed once (T3). */
export class Failures {
  readonly #all: Failure[] = [];

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /** Adds a failure; returns whether it was new. */
  add(failure: Failure): boolean {
    if (this.#all.some(({ fault }) => fault === failure.fault)) return false;
    this.#all.push(failure);
    return true;
  }

  /**
   * The possible orders of arrival: the body's error arrives a few microtasks after it was thrown, and errors that
   * tasks throw in between come before it.
   */
  orders(): Fault[][] {
    const body = this.#all.find(({ ofBody }) => ofBody);
    const rest = this.#all.filter((failure) => failure !== body);
    if (body === undefined) return [rest.map(({ fault }) => fault)];
    const orders: Fault[][] = [];
    for (let position = this.#all.indexOf(body); position <= rest.length; position++) {
      if (position > 0 && rest[position - 1]!.at > body.at) break;
      orders.push(rest.toSpliced(position, 0, body).map(({ fault }) => fault));
    }
    return orders;
  }
}
