import { readFileSync } from 'node:fs'
import { onTestFinished } from 'vitest'

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

/** Waits until something holds; a promise that never comes true ends by the time limit of the test. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
}
