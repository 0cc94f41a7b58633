/** How a process of ours ends. What each means to a script stands in src/cli/exit-codes.ts, which errors lead to it in errors.ts. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  partlyDone: 3,
  /** An objective is breached, or a finding is open. */
  breached: 4,
  drillFailed: 5,
  noRepository: 10,
  locked: 11,
  wrongKey: 12,
  configuration: 78,
  interrupted: 130,
} as const
