/** A bare `AbortController` for each task, aborted one by one: what the platform charges for signals. */
import type { Programs } from "../programs.js";
import { allWaiting } from "../work.js";

export const programs: Programs = {
  holdScopes(kept) {
    for (let i = 0; i < kept.length; i++) {
      const controller = new AbortController();
      controller.signal.throwIfAborted(); // it is made when it is first read
      kept[i] = controller;
    }
    return () => {};
  },

  async readSignals(n, request, cancelled) {
    const controllers: AbortController[] = [];
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < n; i++) {
      const controller = new AbortController();
      controllers.push(controller);
      tasks.push(request(controller.signal));
    }
    if (cancelled) {
      await allWaiting(n);
      const reason = new Error("cancelled"); // one for all: the platform would make one for each
      for (const controller of controllers) controller.abort(reason);
    }
    await Promise.allSettled(tasks);
  },
};
