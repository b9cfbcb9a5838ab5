/** A measurement at one time. */
export interface Sample {
  /** In minutes. */
  readonly time: number;
  /** In bytes. */
  readonly heap: number;
}

/** The growth of the heap in bytes per minute: the slope of the line with the least squares. */
export function growth(samples: readonly Sample[]): number {
  const time = mean(samples.map((sample) => sample.time));
  const heap = mean(samples.map((sample) => sample.heap));
  let rise = 0;
  let run = 0;
  for (const sample of samples) {
    rise += (sample.time - time) * (sample.heap - heap);
    run += (sample.time - time) ** 2;
  }
  return rise / run;
}

/** The samples without the first quarter, in which code is compiled and caches are filled. */
export function warm(samples: readonly Sample[]): readonly Sample[] {
  return samples.slice(Math.ceil(samples.length / 4));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
