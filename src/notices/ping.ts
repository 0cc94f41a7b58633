import type { PingSignal } from '../domain/notice.ts'
import type { Answer } from './port.ts'
import { answerOf, post, withoutAnswer } from './request.ts'

/** What healthchecks.io adds to an address; others have taken it over. */
const paths = { start: '/start', success: '', fail: '/fail', log: '/log' } as const satisfies Record<PingSignal | 'log', string>

/** The address that hears of a signal. */
export function pingAddress(address: URL, signal: PingSignal | 'log'): URL {
  const told = new URL(address)
  told.pathname = `${address.pathname.replace(/\/$/, '')}${paths[signal]}`
  return told
}

export async function sendPing(
  address: URL,
  signal: PingSignal | 'log',
  text: string,
  options: { readonly signal: AbortSignal; readonly version: string; readonly caFile?: string | undefined },
): Promise<Answer> {
  const { signal: abort, caFile, version } = options
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', 'User-Agent': `Holdfast/${version}` }
  try {
    return answerOf(await post(pingAddress(address, signal), { headers, body: text, signal: abort, caFile }))
  } catch (error) {
    return withoutAnswer(error, abort)
  }
}
