import {
  ensure,
  type Operation,
  run,
  sleep,
  spawn,
  suspend,
} from "effection";

function* ping(): Operation<void> {
  yield* sleep(5);
  throw new Error("eu: connection refused");
}

function* cache(): Operation<void> {
  yield* ensure(() => {
    throw new Error("cache: cannot be closed");
  });
  yield* suspend();
}

try {
  await run(function* () {
    yield* spawn(cache);
    yield* spawn(ping);
    yield* suspend();
  });
} catch (error) {
  console.log(String(error));
}
