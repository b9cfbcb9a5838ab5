import { VirtualClock } from "@selvage/testing";
import type { Column } from "../column.js";
import { collectGarbage } from "../garbage.js";

const count = 100;

export const memory: Column = {
  title: "memory held for finished tasks",
  probe:
    `${count} tasks have each returned an object, one task still runs, and garbage is collected. ` +
    "Yes: more than half of the objects are still in memory.",
  isUnwanted: true,
  async ofManyTasks(way) {
    const returned: WeakRef<object>[] = [];
    let finish = (): void => {};
    const last = new Promise<void>((resolve) => (finish = resolve));
    const run = way.run(
      ({ start }) => {
        for (let i = 0; i < count; i++) start(() => returnObject(returned));
        start(() => last);
      },
      { clock: new VirtualClock(), signal: new AbortController().signal, onError: () => {}, limit: Infinity },
    );
    await collectGarbage();
    const held = returned.filter((object) => object.deref() !== undefined).length;
    finish();
    await run;
    return held > count / 2;
  },
};

async function returnObject(returned: WeakRef<object>[]): Promise<object> {
  await Promise.resolve();
  const object = {};
  returned.push(new WeakRef(object));
  return object;
}
