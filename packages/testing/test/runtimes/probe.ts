/** What the package does, in lines that must be the same on every runtime. */
import { CancelScope } from "@selvage/scope";
import { explore, sequence, settled, VirtualClock } from "../../src/index.js";

export async function probe(): Promise<string[]> {
  return [
    await autojumps(),
    await settles(),
    await refusesToHang(),
    ...(await Promise.all([undefined, 1, 2, 3].map(interleaves))),
    await findsRace(),
    await sequences(),
  ];
}

async function autojumps(): Promise<string> {
  const clock = new VirtualClock({ autojump: true });
  const scope = new CancelScope({ clock, deadline: 86_400_000 });
  await scope.run(() => scope.sleep(Infinity));
  return `jumped to ${clock.now()}`;
}

async function settles(): Promise<string> {
  const scope = new CancelScope({ clock: new VirtualClock() });
  let passed = 0;
  const walk = scope.run(async () => {
    for (; passed < 300; passed++) await scope.checkpoint();
  });
  await settled();
  await walk;
  return `settled after ${passed} checkpoints`;
}

async function refusesToHang(): Promise<string> {
  const run = new VirtualClock().run((scope) => scope.race(new Promise(() => {})));
  return run.then(String, (error: unknown) => String(error).split("\n")[0]!);
}

async function interleaves(seed: number | undefined): Promise<string> {
  let order = "";
  await new VirtualClock({ seed }).run(async (scope) => {
    async function walker(name: string): Promise<void> {
      for (let lap = 0; lap < 5; lap++) {
        await scope.checkpoint();
        order += name;
        await scope.sleep(1);
        order += name.toUpperCase();
      }
    }
    await Promise.all(["a", "b", "c"].map(walker));
  });
  return `seed ${seed}: ${order}`;
}

async function findsRace(): Promise<string> {
  const exploring = explore(async (scope) => {
    let last = "";
    const finish = async (name: string): Promise<void> => {
      await scope.checkpoint();
      last = name;
    };
    await Promise.all(["first", "second"].map(finish));
    if (last !== "second") throw new Error(`${last} came last`);
  });
  return exploring.then(String, String);
}

async function sequences(): Promise<string> {
  const step = sequence(3);
  let order = "";
  const take = async (point: number): Promise<void> => {
    await step(point);
    order += String(point);
  };
  await Promise.all([take(2), take(0), take(1)]);
  return `sequence ${order}`;
}
