import { CancelScope, Semaphore } from "@selvage/semaphore";

const order: string[] = [];
async function render(page: string, scope: CancelScope) {
  order.push(page);
  await scope.sleep(5);
}

const all = new Semaphore(2);
const crawlers = new Semaphore(1); // one is kept free for users
using scope = new CancelScope();
const jobs = ["crawler 1", "crawler 2", "crawler 3"].map((page) =>
  crawlers.run(scope, (own) => all.run(own, (job) => render(page, job))),
);
jobs.push(all.run(scope, (job) => render("user", job)));
await Promise.all(jobs);
console.log(order.join(", "));
