import { LONG, type Programs, type Wait } from "../programs.js";
import { allWaiting, work } from "../work.js";

export const programs: Programs = {
  startAndJoin(n, body) {
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < n; i++) tasks.push(body());
    return Promise.all(tasks);
  },

  async hold(n, wait) {
    const waits: Held[] = [];
    const tasks: Promise<void>[] = [];
    const body = holds[wait];
    for (let i = 0; i < n; i++) tasks.push(body(waits));
    const done = Promise.all(tasks);
    tasks.length = 0;
    await allWaiting(n);
    return () => {
      for (const release of waits) release();
      return done;
    };
  },
};

/** The function that ends a wait has to be kept, or it is garbage and the task with it. */
type Held = () => void;

const holds: Record<Wait, (waits: Held[]) => Promise<void>> = {
  async "for ever"(waits) {
    work.started++;
    await new Promise<void>((resolve) => {
      waits.push(resolve);
    });
    work.ended++;
  },

  async sleeping(waits) {
    work.started++;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LONG);
      waits.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    work.ended++;
  },
};
