import { CancelScope, now } from "@selvage/scope";

class ClientGone extends Error {}

async function handle(scope: CancelScope) {
  const answer = await CancelScope.run(
    async (query) => {
      await query.sleep(60_000);
      return "42 rows";
    },
    { parent: scope, deadline: now() + 10 },
  );
  if (answer === undefined) console.log("query: deadline exceeded");
  await scope.sleep(60_000);
  return "served";
}

const request = new CancelScope({ name: "request" });
setTimeout(
  () => request.cancel(new ClientGone("the client went away")),
  500,
);
await request.run(handle);
console.log(
  request.reason?.cause instanceof ClientGone,
  request.reason?.message,
);
