import { readdirSync, readFileSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import type { Running } from './test-site.ts'

/** Whether a process is there and runs; one that only waits to be counted as dead doesn't. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Makes sure that a process doesn't outlive the test that started it. */
export function killWhenFinished(pid: number): void {
  onTestFinished(() => {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  })
}

/** What takes longer than this is missed, not slow. */
const untilLimitMs = 120_000

/**
 * Waits until something is there or holds, and gives it back. Throws after the limit, because a process that was missed would
 * else cost the time limit of the whole test, which says nothing of what was waited for.
 */
export async function until<T>(
  look: () => T | false | undefined,
  { what = String(look), limitMs = untilLimitMs }: { readonly what?: string; readonly limitMs?: number } = {},
): Promise<T> {
  const endsAt = performance.now() + limitMs
  for (let looks = 0; ; looks += 1) {
    const found = look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > endsAt) throw new Error(`waited ${limitMs / 1000} s in vain for: ${what}`)
    // What takes seconds isn't missed, and to look at all processes costs.
    await new Promise((resolve) => setTimeout(resolve, looks < 200 ? 10 : 50))
  }
}

/** Running processes whose command line holds all of these words; their ids and command lines. */
export function processesWith(...words: string[]): { pid: number; line: string }[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => ({ pid: Number(entry), line: commandLineOf(entry) }))
    .filter(({ pid, line }) => pid !== process.pid && words.every((word) => line.includes(word)) && isAlive(pid))
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

/** Undefined when it has ended. */
export function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}

/** The first process with these words in its command line, as soon as there is one. */
export async function processAppears(...words: string[]): Promise<number> {
  // Asked once: the command line of a process that is just being replaced by another program is empty for a moment.
  return (await until(() => processesWith(...words)[0], { what: `a process ${words.join(' … ')}` })).pid
}

/** The same of one that a run of Holdfast starts. When that ends before it was seen, throws what it said. */
export async function processOf({ ended }: Pick<Running, 'ended'>, ...words: string[]): Promise<number> {
  let said: string | undefined
  void ended.then(({ text }) => (said = text))
  const seen = await until(() => processesWith(...words)[0] ?? said, { what: `a process ${words.join(' … ')}`, limitMs: 300_000 })
  if (typeof seen === 'string') throw new Error(`no process ${words.join(' … ')} was seen before the run ended:\n${seen}`)
  return seen.pid
}
