import { CancelScope, Channel, elapsed, select } from "@selvage/channel";

using scope = new CancelScope();
const orders = new Channel<string>({ capacity: 1 });
const refunds = new Channel<string>({ capacity: 1 });
refunds.trySend("#7");

for (let i = 0; i < 2; i++) {
  await select(scope, [
    orders.onReceive((order) => console.log("order", order)),
    refunds.onReceive((refund) => console.log("refund", refund)),
    elapsed(10, () => console.log("nothing")),
  ]);
}
console.log(orders.tryReceive() ?? "no order");
