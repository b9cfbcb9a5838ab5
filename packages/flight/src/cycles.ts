import type { CancelScope } from "@selvage/scope";
import { parentOf } from "@selvage/scope/lowlevel";

/*
 * Which flights wait for which (F9). A flight waits for another one while code in its function does.
 */

/** A flight, as the search for cycles sees it. */
export interface Waited {
  /** The flights for which code inside it waits, with the number of such waits. */
  readonly waitsFor: Map<Waited, number>;
  /** The cancelled flight that must end before it begins. */
  readonly before: Waited | undefined;
}

/** The flight of each scope in which the function of a flight runs. */
const flights = new WeakMap<CancelScope, Waited>();

/** The flights in whose functions the code in a scope runs. */
export function flightsAround(scope: CancelScope): Waited[] {
  const around: Waited[] = [];
  for (let node: CancelScope | undefined = scope; node !== undefined; node = parentOf(node)) {
    const flight = flights.get(node);
    if (flight !== undefined) around.push(flight);
  }
  return around;
}

/** Records that the function of a flight runs in a scope. */
export function runsIn(flight: Waited, scope: CancelScope): void {
  flights.set(scope, flight);
}

/** Whether a wait of code in these flights for `flight` would never end, because that one waits for one of them. */
export function isEndless(flight: Waited, around: readonly Waited[]): boolean {
  if (around.length === 0) return false;
  const seen = new Set<Waited>([flight]);
  for (const each of seen) {
    if (around.includes(each)) return true;
    for (const next of each.waitsFor.keys()) seen.add(next);
    if (each.before !== undefined) seen.add(each.before);
  }
  return false;
}

/** Records that code in these flights waits for `flight`. */
export function beginWaits(flight: Waited, around: readonly Waited[]): void {
  for (const each of around) each.waitsFor.set(flight, (each.waitsFor.get(flight) ?? 0) + 1);
}

/** Records that such a wait has ended. */
export function endWaits(flight: Waited, around: readonly Waited[]): void {
  for (const each of around) {
    const count = each.waitsFor.get(flight)! - 1;
    if (count > 0) each.waitsFor.set(flight, count);
    else each.waitsFor.delete(flight);
  }
}
