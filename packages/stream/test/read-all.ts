/** Reads a stream to its end. */
export async function readAll<T>(results: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of results) items.push(item);
  return items;
}
