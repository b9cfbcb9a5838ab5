/** How a wait ended. */
export type Outcome = "granted" | "cancelled" | "closed" | "refused";

interface Waiting {
  readonly id: number;
  readonly n: number;
  /** The time of its deadline. */
  until: number;
}

/** What the models of a semaphore and of a rate limiter share: a queue in which nothing overtakes. Times are whole numbers. */
abstract class Model {
  time = 0;
  queue: Waiting[] = [];
  /** The ends of all waits, in order. */
  readonly ends: [id: number, outcome: Outcome][] = [];

  protected abstract fits(n: number): boolean;
  protected abstract take(n: number): void;

  /** Begins a wait. */
  wait(id: number, n: number, until: number): void {
    if (until <= this.time) {
      this.ends.push([id, "cancelled"]);
      return;
    }
    this.queue.push({ id, n, until });
    this.serve();
  }

  /** Takes without waiting. */
  tryTake(n: number): boolean {
    this.serve();
    if (this.queue.length > 0 || !this.fits(n)) return false;
    this.take(n);
    return true;
  }

  /** A wait ends because of its scope. */
  leave(id: number, outcome: Outcome): void {
    const one = this.queue.find((each) => each.id === id);
    if (one === undefined) return;
    this.queue.splice(this.queue.indexOf(one), 1);
    this.ends.push([id, one.until <= this.time ? "cancelled" : outcome]);
    this.serve();
  }

  /** The deadline of a wait is moved. */
  move(id: number, until: number): void {
    const one = this.queue.find((each) => each.id === id);
    if (one === undefined) return;
    if (one.until > this.time) one.until = until;
    if (one.until <= this.time) this.leave(id, "cancelled");
  }

  /** Everything that has to happen at the present time has happened. */
  settle(): void {
    for (const { id } of this.queue.filter(({ until }) => until <= this.time)) this.leave(id, "cancelled");
    this.serve();
  }

  protected serve(): void {
    for (let [first] = this.queue; first !== undefined; [first] = this.queue) {
      const isLate = first.until <= this.time;
      if (!isLate && !this.fits(first.n)) return;
      this.queue.shift();
      if (!isLate) this.take(first.n);
      this.ends.push([first.id, isLate ? "cancelled" : "granted"]);
    }
  }
}

/** A semaphore, as simple as it can be. */
export class SemaphoreModel extends Model {
  #permits: number;
  taken = 0;

  constructor(permits: number) {
    super();
    this.#permits = permits;
  }

  get permits(): number {
    return this.#permits;
  }

  set permits(permits: number) {
    this.#permits = permits;
    for (const { id, n } of [...this.queue]) if (n > permits) this.leaveAlone(id);
    this.serve();
  }

  release(n: number): void {
    this.taken -= n;
    this.serve();
  }

  protected override fits(n: number): boolean {
    return n <= this.#permits - this.taken;
  }

  protected override take(n: number): void {
    this.taken += n;
  }

  /** A waiter that asks for too much is refused, unless its deadline has passed. */
  private leaveAlone(id: number): void {
    const index = this.queue.findIndex((each) => each.id === id);
    const [one] = this.queue.splice(index, 1);
    this.ends.push([id, one!.until <= this.time ? "cancelled" : "refused"]);
  }
}

/** A rate limiter, counted in milliseconds: a token costs `cost` of them, and the bucket has room for `burst` tokens. */
export class RateLimiterModel extends Model {
  readonly #cost: number;
  readonly #burst: number;
  #credit: number;
  #since = 0;

  constructor(cost: number, burst: number) {
    super();
    this.#cost = cost;
    this.#burst = burst;
    this.#credit = cost * burst;
  }

  protected override fits(n: number): boolean {
    this.#credit = Math.min(this.#cost * this.#burst, this.#credit + this.time - this.#since);
    this.#since = this.time;
    return n * this.#cost <= this.#credit;
  }

  protected override take(n: number): void {
    this.#credit -= n * this.#cost;
  }
}
