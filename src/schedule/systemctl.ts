import { commandOf } from '../domain/command.ts'
import { duration } from '../domain/duration.ts'
import { HoldfastError } from '../domain/errors.ts'
import type { Finished, Place } from '../places/place.ts'

/** Programs of systemd, and what they answer. */
export interface Systemctl {
  /** Runs systemctl, and throws `unit-failed` with what it said when it fails. */
  control(...words: readonly string[]): Promise<void>
  /** Properties of units, by the name of the unit that was asked for. */
  show(units: readonly string[], properties: readonly string[]): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>>
  run(program: string, ...words: readonly string[]): Promise<Finished>
}

export function createSystemctl(place: Place, signal: AbortSignal): Systemctl {
  const run = (program: string, ...words: readonly string[]) =>
    place.run(commandOf(program, words), { signal, deadlineMs: duration(2, 'm'), captureBytes: 4_000_000 })
  return {
    run,
    async control(...words) {
      const { exitCode, stderr } = await run('systemctl', ...words)
      if (exitCode === 0) return
      throw new HoldfastError('unit-failed', `systemctl ${words.join(' ')} failed`, {
        hint: 'systemctl status and journalctl -xe say more; then run the command again',
        detail: stderr,
      })
    },
    async show(units, properties) {
      const answers = new Map<string, Record<string, string>>()
      if (units.length === 0) return answers
      const { exitCode, stdout, stderr } = await run(
        'systemctl',
        'show',
        '--timestamp=us+utc',
        `--property=${properties.join(',')}`,
        ...units,
      )
      if (exitCode !== 0) throw new HoldfastError('unit-failed', 'systemd does not answer', { detail: stderr })
      // One block for each unit, in the order asked for.
      for (const [index, block] of stdout.trim().split('\n\n').entries()) {
        const lines = block.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
        answers.set(units[index] as string, Object.fromEntries(lines) as Record<string, string>)
      }
      return answers
    },
  }
}
