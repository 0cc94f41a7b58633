/** This start of the machine. */
export interface Boot {
  readonly id: string
  /** How long ago it was, by a clock that nobody sets and that counts sleep too. */
  readonly uptimeMs: number
}

/** What the kernel answers at once, out of its own memory. */
export interface Kernel {
  boot(): Boot
}
