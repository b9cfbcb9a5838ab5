import { any, type CancelScope } from "@selvage/task-group";

async function download(mirror: string, ms: number, scope: CancelScope) {
  await scope.sleep(ms);
  if (mirror === "fr") throw new Error("fr: 503");
  console.log(`${mirror}: downloaded`);
  return mirror;
}

const winner = await any([
  (scope) => download("fr", 1, scope),
  (scope) => download("de", 10, scope),
  (scope) => download("jp", 1000, scope),
]);
console.log(`used ${winner}`);
