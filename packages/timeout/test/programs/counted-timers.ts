/** Counts the platform's timers that are set; imported before whatever keeps the platform's `setTimeout`. */
export const timers = { set: 0 };

const { setTimeout } = globalThis;
globalThis.setTimeout = Object.assign((callback: () => void, delay?: number) => {
  timers.set++;
  return setTimeout(callback, delay);
}, setTimeout);
