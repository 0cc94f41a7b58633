import { number, object, text } from '../disk/shape.ts'
import { defineStateFile } from '../disk/state-file.ts'
import type { Instant } from '../domain/clock.ts'
import { childrenOf, wordsOf } from '../machine/processes.ts'

/** Who holds the lock of a site, as they wrote it down. */
export interface Holder {
  readonly pid: number
  readonly verb: string
  readonly since: Instant
}

/** For those who meet the lock. It is written over and not replaced: what is locked is that very file. */
export const holders = defineStateFile<Holder>({
  what: 'who holds the lock of a site',
  version: 1,
  shape: object<Holder>({ pid: number(), verb: text, since: number<Instant>() }),
  mode: 0o600,
  folderMode: 0o755,
  keep: 'cache',
  whenUnusable: 'ignored',
})

/** What the last holder wrote; undefined when nothing is there, or not yet. */
export const readHolder = (file: string): Holder | undefined => holders.read(file)

/**
 * The holder, as long as that process lives and its child keeps the lock (site-lock.ts): a process that came by the same number
 * has no such child. Nothing is locked to find out, because whoever wants the lock meanwhile must not be refused for it.
 */
export function livingHolder(file: string): Holder | undefined {
  const holder = readHolder(file)
  if (holder === undefined) return undefined
  try {
    return childrenOf(holder.pid).some((child) => wordsOf(child).includes(file)) ? holder : undefined
  } catch {
    return undefined
  }
}
