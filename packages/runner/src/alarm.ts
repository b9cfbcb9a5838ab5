import { CancelScope } from "@selvage/scope";

/**
 * Calls `callback` at a time of `now()`: before it returns, if that time has passed. The alarm does not keep the process alive.
 *
 * @returns A function that disarms it.
 */
export function setAlarm(when: number, callback: () => void): () => void {
  const alarm = new CancelScope({ parent: null });
  alarm.onCancel(callback);
  alarm.deadline = when;
  return () => {
    alarm.close();
  };
}
