import type { CancelScope } from "@selvage/scope";
import { gather } from "@selvage/task-group";
import { explore, SeedError, VirtualClock } from "@selvage/testing";
import type { Program, Stage } from "../program.js";

/*
 * An account has a balance of 100. 30 are withdrawn while 50 are deposited. The withdrawal reads the balance, asks
 * the bank, and writes. If the deposit is made in between, it is lost. Both are due at the same time. Timers fire in
 * the order in which they were set, so in an ordinary test the withdrawal always comes first.
 *
 * Look at: which test fails. Repeating the test repeats the same order. `explore` permutes every order that is not
 * promised, and names the seed of an order in which the test fails. The seed reproduces that order on every machine.
 */
export const program: Program = {
  name: "races-found",
  description: "a lost update, which a hundred runs of a test miss, and explore finds",
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
  out("with a withdrawal that reads the balance last, explored");
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
