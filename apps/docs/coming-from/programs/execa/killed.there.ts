import { once } from "node:events";
import { execa } from "execa";

const controller = new AbortController();
const script = "sleep 2 & echo $!; wait"; // a shell with a child, as in most build scripts
const build = execa("sh", ["-c", script], {
  cancelSignal: controller.signal,
  forceKillAfterDelay: 100,
});
const [pid] = (await once(build.stdout, "data")) as [Buffer];
const start = Date.now();
controller.abort();

setTimeout(() => {
  process.kill(Number(pid), 0); // throws if there is no such process
  console.log("a second later: the child still runs");
}, 1_000);
await build.catch((error: Error) => console.log(error.name));
console.log("waited for seconds:", Date.now() - start > 1_500);
