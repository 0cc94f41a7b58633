import type { RunOptions } from '../../places/place.ts'
import type { Message } from './answers.ts'

/** How a command of restic may be run: its answer captured, or taken line by line, or only its messages. */
export type ExtraOptions = Partial<RunOptions> & {
  accept?: readonly number[]
  /** Of any version, from its beginning to its end. */
  tellsProgress?: boolean
  onMessage?: (message: Message) => void
  /** Lines that are no messages. */
  onWords?: (line: string) => void
}
