import { readFileSync } from 'node:fs'
import { parseInstant, type Instant } from '../domain/clock.ts'
import { childrenOf, wordsOf } from '../machine/processes.ts'

/** Who holds the lock of a site, as they wrote it down. */
export interface Holder {
  readonly pid: number
  readonly verb: string
  readonly since: Instant
}

/** What the last holder wrote; undefined when nothing is there, or not yet. */
export function readHolder(file: string): Holder | undefined {
  try {
    const { pid, verb, since } = JSON.parse(readFileSync(file, 'utf8')) as Record<keyof Holder, unknown>
    return { pid: Number(pid), verb: String(verb), since: parseInstant(String(since)) }
  } catch {
    return undefined
  }
}

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
