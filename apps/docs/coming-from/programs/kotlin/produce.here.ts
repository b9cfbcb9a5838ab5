import { CancelScope, produce } from "@selvage/channel";

await CancelScope.run(async (scope) => {
  const rows = produce<number>(
    scope,
    async function readRows(sender) {
      for (let row = 1; row <= 2; row++) await sender.send(row);
      throw new Error("the connection was reset");
    },
    { capacity: 2 },
  );
  try {
    for await (const row of rows.items(scope)) console.log("row", row);
  } catch (error) {
    console.log(String(error));
  }
});
