/** What one process has measured: a time of one item in nanoseconds, or another number. */
export interface Figure {
  /** Wall time, where it is a time. */
  readonly value: number;
  /** The same in processor time of the main thread; `undefined` where it is not a time, or the platform does not say. */
  readonly thread?: number | undefined;
  /** The same in processor time of the process. */
  readonly process?: number | undefined;
}

/** Which of its times a ratio is made of. */
export type ClockName = "wall" | "thread" | "process";

export const clockNames: readonly ClockName[] = ["wall", "thread", "process"];

/** The numbers of one clock; those of the wall clock where there are no others. */
export function numbersOf(figures: readonly Figure[], clock: ClockName): number[] {
  return figures.map((figure) => (clock === "wall" ? figure.value : (figure[clock] ?? figure.value)));
}

/** Whether all figures have a time of this clock. */
export function haveClock(figures: readonly Figure[], clock: "thread" | "process"): boolean {
  return figures.every((figure) => figure[clock] !== undefined);
}
