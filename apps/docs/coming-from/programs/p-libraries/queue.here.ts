import { type CancelScope, Supervisor } from "@selvage/supervisor";

async function send(address: string, scope: CancelScope) {
  if (!address.includes("@")) throw new Error(`${address}: not an address`);
  await scope.sleep(5);
  console.log(`${address}: sent`);
}

const mails = new Supervisor({
  limit: 2,
  onError: (error) => console.log(`logged: ${String(error)}`),
});
for (const address of ["ada@example.org", "nobody", "eve@example.org"])
  mails.createTask((scope) => send(address, scope));
await mails.join();
console.log("all done");
