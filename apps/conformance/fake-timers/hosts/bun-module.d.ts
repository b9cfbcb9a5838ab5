/** The part of Bun's test runner that is used here. */
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
