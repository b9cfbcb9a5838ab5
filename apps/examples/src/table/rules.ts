/** The rules that cells refer to, in a few words each. */
export const rules = {
  S2: "Cancelling is synchronous, and waits for nothing.",
  S8: "What lives under a signal is cancelled with it.",
  S14: "`run` waits for its body, and passes its value or its error on.",
  K4: "A task that has ended gives its result.",
  T1: "Leaving waits for all children, whatever happens.",
  T2: "The first failure, of a child or of the body, cancels the rest.",
  T3: "Every failure is in the group that is thrown.",
  T4: "Cancelling the group is no failure.",
  T5: "An outer cancellation reaches the children, and is passed on.",
  T6: "While children live, others may be added.",
  T9: "A finished child is released.",
  V1: "A failure touches nobody else; finished tasks are released.",
  V2: "Every failure is told to `onError`.",
  V3: "Tasks may be added from anywhere.",
  V4: "`shutdown` may be called from anywhere, and resolves when every task has ended.",
  V7: "`run` waits for all tasks; it cancels them first if the body throws, or an outer owner cancels.",
  O1: "At its deadline the body is cancelled, and waited for.",
  O3: "An error of the body wins over the timeout.",
  O4: "A cancellation that is not the deadline's reaches the body, and stays what it is.",
  O7: "`moveOnAfter` behaves as `timeout`, but that running out of time is no error.",
} as const;

/** The number of a rule. */
export type RuleNumber = keyof typeof rules;
