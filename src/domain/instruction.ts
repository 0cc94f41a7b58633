/** One thing that a person does by hand on the night that matters: what to type, what comes of it, and what if it does not. */
export interface Instruction {
  /** An imperative, such as "List the snapshots". */
  readonly title: string
  /** One command for a shell of root. */
  readonly command: string
  /** What one should see after it. */
  readonly expect: string
  /** What to do when one doesn't. */
  readonly otherwise: string
  /** The same for another wish, to be typed in place of it. */
  readonly instead?: readonly { readonly wish: string; readonly command: string }[]
}
