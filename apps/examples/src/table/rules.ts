/** Short texts of the rules that cells cite. */
export const rules = {
  S2: "Cancelling is synchronous, and does not wait.",
  S8: "A scope below a signal is cancelled with the signal.",
  S14: "`run` waits for its body, and passes its value or its error on.",
  K4: "A task that has ended has its result.",
  T1: "Leaving waits for all children, whatever happens.",
  T2: "The first failure, of a child or of the body, cancels the rest.",
  T3: "Every failure is in the group that is thrown.",
  T4: "Cancelling the group is not a failure.",
  T5: "An outer cancellation reaches the children, and is passed on.",
  T6: "While children live, others may be added.",
  T9: "A finished child is released.",
  V1: "A failure affects no other task; finished tasks are released.",
  V2: "Every failure is reported to `onError`.",
  V3: "Tasks may be added from anywhere.",
  V4: "`shutdown` may be called from anywhere, and resolves when every task has ended.",
  V7: "`run` waits for all tasks; it cancels them first if the body throws, or an outer owner cancels.",
  O1: "At its deadline the body is cancelled, and waited for.",
  O3: "An error of the body wins over the timeout.",
  O4: "A cancellation by another owner reaches the body, and stays a cancellation.",
  O7: "`moveOnAfter` behaves as `timeout`, but expiry is not an error.",
} as const;

/** The number of a rule. */
export type RuleNumber = keyof typeof rules;
