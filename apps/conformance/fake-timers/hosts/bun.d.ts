/** What is used of Bun's test runner. */
declare module "bun:test" {
  export const jest: {
    useFakeTimers(): void;
    useRealTimers(): void;
    advanceTimersByTime(ms: number): void;
    clearAllTimers(): void;
    getTimerCount(): number;
  };
  export function test(title: string, body: () => Promise<void>): void;
}
