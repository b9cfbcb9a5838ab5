/** What is known of the events at the end of a run. */
export interface Books {
  /** The ids that the service answered with 202. */
  readonly accepted: ReadonlySet<string>;
  /** The ids that were sent, and that the service has not accepted in spite of all attempts of the client. */
  readonly unaccepted: readonly string[];
  /** How often each id arrived at its destination with success. */
  readonly arrivals: ReadonlyMap<string, number>;
  /** The ids that the service still has to deliver: they are due or claimed. */
  readonly open: readonly string[];
}

/** What became of the events. */
export interface Account {
  readonly accepted: number;
  readonly unaccepted: number;
  /** Accepted, never arrived, and not going to: the service does not know them, or has given them up. */
  readonly lost: readonly string[];
  /** Still to be delivered when the time was up. */
  readonly stuck: readonly string[];
  /** Arrived more than once, which a service that delivers at least once may do. */
  readonly twice: number;
}

/** Counts what became of the events. */
export function account({ accepted, unaccepted, arrivals, open }: Books): Account {
  const isOpen = new Set(open);
  return {
    accepted: accepted.size,
    unaccepted: unaccepted.length,
    lost: [...accepted].filter((id) => !arrivals.has(id) && !isOpen.has(id)),
    stuck: open,
    twice: [...arrivals.values()].filter((count) => count > 1).length,
  };
}

/** A line for each kind of event that a correct service does not have. */
export function losses({ unaccepted, lost, stuck }: Account): string[] {
  const name = (what: string, ids: readonly string[]): string[] =>
    ids.length === 0 ? [] : [`${ids.length} ${what}, for example ${ids.slice(0, 3).join(", ")}`];
  return [
    ...name("lost", lost),
    ...name("stuck", stuck),
    ...(unaccepted === 0 ? [] : [`${unaccepted} not accepted, in spite of all attempts`]),
  ];
}
