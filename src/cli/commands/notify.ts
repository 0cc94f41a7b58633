import { heartbeatNotice, summaryNotice } from '../../app/notify/heartbeat.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { exitCodes } from '../../domain/exit-codes.ts'
import type { Delivery, Notice } from '../../domain/notice.ts'
import { composeSite } from '../compose.ts'
import { composeNotifier } from '../notices.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'
import type { Terminal } from '../output/terminal.ts'
import { viewOf } from '../view.ts'

/** One message to every channel, and whether it arrived. */
export async function notifyTest(options: GlobalOptions, console: Console): Promise<number> {
  const view = viewOf(await composeSite(options))
  if (view.site.notify.length === 0) {
    throw new HoldfastError('usage', `nobody is told of anything: ${view.site.file} names no channel`, {
      hint: 'notify: { discord: {} } is the simplest; docs/notices.md describes all',
    })
  }
  return show(console, view.site.name, 'test', await composeNotifier(view).test())
}

export async function notifyHeartbeat(options: GlobalOptions, console: Console): Promise<number> {
  const view = viewOf(await composeSite(options))
  return show(console, view.site.name, 'heartbeat', await composeNotifier(view).tell(heartbeatNotice(view)))
}

export async function notifySummary(options: GlobalOptions, console: Console): Promise<number> {
  const view = viewOf(await composeSite(options))
  return show(console, view.site.name, 'summary', await composeNotifier(view).tell(summaryNotice(view)))
}

function show(console: Console, site: string, kind: Notice['kind'], deliveries: readonly Delivery[]): number {
  const failed = deliveries.filter(({ outcome }) => outcome !== 'delivered')
  console.print(
    { notify: { site, kind, deliveries } },
    (terminal) =>
      deliveries.length === 0 ? [`no channel is sent a ${kind}`] : deliveries.map((delivery) => deliveryLine(delivery, terminal)),
    (terminal) => failed.map((delivery) => deliveryLine(delivery, terminal)),
  )
  if (failed.length === deliveries.length && failed.length > 0) return exitCodes.failed
  return failed.length === 0 ? exitCodes.done : exitCodes.partlyDone
}

function deliveryLine({ channel, outcome, reason }: Delivery, { paint }: Terminal): string {
  if (outcome === 'delivered') return `${paint('good', '✓')} ${channel}: delivered`
  const fate = outcome === 'waits' ? ' (it waits for the next run)' : ''
  return `${paint('bad', '✗')} ${channel}: ${reason ?? 'not delivered'}${fate}`
}
