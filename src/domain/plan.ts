/** One change that a plan proposes. Data only: `apply` re-checks it against the world before doing it. */
export interface PlanItem {
  readonly action: string
  /** What is changed: a file, a package, a setting, a repository. */
  readonly subject: string
  readonly reason: string
  /** The new content or the exact command, for those who want to see it. */
  readonly detail?: string
  /** This interrupts something that runs, such as a restart of PostgreSQL, and wants a yes of its own. */
  readonly interrupts?: string
  /** A person has to do this: `detail` says how, and what needs it waits. */
  readonly byHand?: true
  /** What a person should do afterwards, so that it stays so. */
  readonly afterwards?: string
}

/** A change together with the way to do it. */
export interface Change extends PlanItem {
  /** What has to be done before; while that is put off, so is this. */
  readonly needs?: Change | undefined
  apply(): Promise<void>
}
