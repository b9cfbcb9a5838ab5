import { LONG, type LongLived, type Programs } from "../programs.js";
import { bodies, type Body } from "../work.js";

export const programs: Programs = {
  async limitInTurn(n, operation) {
    for (let i = 0; i < n; i++) await limited(operation);
  },

  limitTogether(n, operation) {
    const all: Promise<void>[] = [];
    for (let i = 0; i < n; i++) all.push(limited(operation));
    return Promise.all(all);
  },

  comeAndGo: {
    race(): LongLived {
      let close = (): void => {};
      const closed = new Promise<void>((resolve) => {
        close = resolve;
      });
      async function finish(n: number): Promise<void> {
        for (let i = 0; i < n; i++) await Promise.race([bodies.microtask(), closed]);
      }
      return { finish, close };
    },
  },
};

async function limited(operation: Body): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error("expected no time limit to be reached"));
    }, LONG);
  });
  try {
    await Promise.race([operation(), expired]);
  } finally {
    clearTimeout(timer);
  }
}
