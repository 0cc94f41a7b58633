import { instant, type Instant } from '../domain/clock.ts'
import { HoldfastError } from '../domain/errors.ts'
import type { UnitEnd } from './port.ts'
import type { Systemctl } from './systemctl.ts'

const properties = [
  'LoadState',
  'Result',
  'ExecMainCode',
  'ExecMainStatus',
  'ExecMainStartTimestamp',
  'ExecMainExitTimestamp',
  'TimeoutStartUSec',
  'InvocationID',
]

/** CLD_EXITED, CLD_KILLED and CLD_DUMPED of wait(2). */
const ways = new Map<string, UnitEnd['how']>([
  ['1', 'exited'],
  ['2', 'killed'],
  ['3', 'dumped'],
])

/** Lines that are worth being told: what a run says when it ends badly fits in them. */
const shownLines = 15

export async function lastEndOf(systemctl: Systemctl, unit: string): Promise<UnitEnd> {
  const state = (await systemctl.show([unit], properties)).get(unit) ?? {}
  if (state['LoadState'] !== 'loaded') {
    throw new HoldfastError('unit-unknown', `systemd has no unit ${unit}`, { hint: 'systemctl list-units lists those it has' })
  }
  return {
    result: state['Result'] ?? '',
    how: ways.get(state['ExecMainCode'] ?? ''),
    status: Number(state['ExecMainStatus']),
    beganAt: timestamp(state['ExecMainStartTimestamp']),
    endedAt: timestamp(state['ExecMainExitTimestamp']),
    limit: state['TimeoutStartUSec'] ?? '',
    lines: await linesOf(systemctl, unit, state['InvocationID'] ?? ''),
  }
}

/** What this very start of the unit said, and what systemd said of it. */
async function linesOf(systemctl: Systemctl, unit: string, invocation: string): Promise<string[]> {
  const about =
    invocation === '' ? [`--unit=${unit}`] : [`_SYSTEMD_INVOCATION_ID=${invocation}`, '+', `INVOCATION_ID=${invocation}`]
  const { exitCode, stdout } = await systemctl.run('journalctl', '--quiet', '--output=cat', `--lines=${shownLines}`, ...about)
  return exitCode === 0 ? stdout.split('\n').filter((line) => line.trim() !== '') : []
}

/** `Thu 2026-11-26 19:31:16.520211 UTC`; systemd writes nothing for what has not happened. */
function timestamp(text = ''): Instant | undefined {
  const [, date, time] = /^\w+ ([\d-]+) ([\d:.]+) UTC$/.exec(text) ?? []
  return date === undefined ? undefined : instant(Date.parse(`${date}T${time}Z`))
}
