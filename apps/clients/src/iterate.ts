/** Iterates to the end, and calls back with each value. */
export async function iterate(values: AsyncIterable<unknown>, onValue: (value: unknown) => void): Promise<void> {
  for await (const value of values) onValue(value);
}
