import { withInstantsWritten } from '../contract/instants.ts'
import type { Notice } from '../domain/notice.ts'
import type { Answer } from './port.ts'
import { answerOf, post, withoutAnswer } from './request.ts'
import { messageOf, wellFormed } from './words.ts'

/** The document that a webhook gets (docs/notices.md): the notice as data, and as words for whoever shows only those. */
export function webhookDocument(notice: Notice, isDelayed: boolean): string {
  const { heading, paragraphs } = messageOf(notice, isDelayed, { cause: 2000, items: 50 })
  const lines = paragraphs.map((paragraph) =>
    paragraph.map(({ text, command }) => (command === undefined ? text : `${text} ${command}`)).join('\n'),
  )
  return JSON.stringify(
    { schemaVersion: 1, ...notice, title: wellFormed(heading), text: wellFormed(lines.join('\n\n')) },
    withInstantsWritten,
  )
}

export async function sendToWebhook(
  address: URL,
  notice: Notice,
  options: {
    readonly isDelayed: boolean
    readonly signal: AbortSignal
    readonly version: string
    readonly caFile?: string | undefined
  },
): Promise<Answer> {
  const { signal, caFile, version } = options
  const headers = { 'Content-Type': 'application/json', 'User-Agent': `Holdfast/${version}` }
  try {
    return answerOf(await post(address, { headers, body: webhookDocument(notice, options.isDelayed), signal, caFile }))
  } catch (error) {
    return withoutAnswer(error, signal)
  }
}
