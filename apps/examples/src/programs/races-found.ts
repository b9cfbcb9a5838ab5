import type { CancelScope } from "@selvage/scope";
import { gather } from "@selvage/task-group";
import { explore, SeedError, VirtualClock } from "@selvage/testing";
import type { Program, Stage } from "../program.js";

/*
 * Of 100 in an account 30 are withdrawn, while 50 are deposited. The withdrawal reads the balance, asks the bank, and writes; if the
 * deposit is made in between, it is lost. Both are due at the same moment; timers come in the order in which they were set, so that
 * in a test the withdrawal is always done first.
 *
 * Look at: which test fails. To run it again and again is to run it in the same order. `explore` permutes what nobody has promised,
 * and names the seed of an order under which the test fails; the seed gives that order again, wherever it is run.
 */
export const program: Program = {
  name: "races-found",
  description: "a lost update, which a hundred runs of a test do not see, and explore finds",
  async run(stage) {
    await withRepetition(stage);
    await withExplore(stage);
    await mended(stage);
  },
};

async function withRepetition({ out }: Stage): Promise<void> {
  out("a test, run a hundred times");
  for (let run = 0; run < 100; run++) await new VirtualClock().run((scope) => test(withdraw, scope));
  out("  passed every time");
}

async function withExplore({ out }: Stage): Promise<void> {
  out("the same test, explored");
  try {
    await explore((scope) => test(withdraw, scope));
  } catch (error) {
    if (!(error instanceof SeedError)) throw error;
    for (const line of error.message.split("\n")) out(`  ${line}`);
    const replayed = new VirtualClock({ seed: error.seed }).run((scope) => test(withdraw, scope));
    await replayed.catch((again: unknown) => {
      out(`  replayed: ${String(again)}`);
    });
  }
}

async function mended({ out }: Stage): Promise<void> {
  out("with a withdrawal that asks first, explored");
  await explore((scope) => test(askAndWithdraw, scope));
  out("  passed under a hundred seeds");
}

interface Account {
  balance: number;
}

type Transaction = (account: Account, scope: CancelScope) => Promise<void>;

async function test(withdrawal: Transaction, scope: CancelScope): Promise<void> {
  const account: Account = { balance: 100 };
  await gather([(scope) => withdrawal(account, scope), (scope) => deposit(account, scope)], { parent: scope });
  if (account.balance !== 120) throw new Error(`expected a balance of 120, got ${account.balance}`);
}

async function withdraw(account: Account, scope: CancelScope): Promise<void> {
  const { balance } = account;
  await scope.sleep(20); // Asks the bank.
  account.balance = balance - 30;
}

async function askAndWithdraw(account: Account, scope: CancelScope): Promise<void> {
  await scope.sleep(20); // Asks the bank.
  account.balance -= 30;
}

async function deposit(account: Account, scope: CancelScope): Promise<void> {
  await scope.sleep(10); // Opens the safe.
  await scope.sleep(10); // Counts.
  account.balance += 50;
}
