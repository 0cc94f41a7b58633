import { StringDecoder } from 'node:string_decoder'
import type { Readable } from 'node:stream'

/** A line longer than this is handed on in pieces: a program that never ends its line must not fill the memory. */
export const longestLine = 1 << 20

/**
 * Hands a stream over line by line, waiting for each one to be dealt with before reading on, so that a slow listener slows
 * the writer instead of filling memory. A carriage return ends a line too: that is how progress is drawn.
 */
export async function forEachLine(
  stream: Readable,
  deal: (line: string) => void | Promise<void> | undefined,
  keepEmpty = false,
): Promise<void> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of stream) {
    // What was kept has no end in it: an answer in one long line is not searched again with every piece of it.
    const searched = rest.length
    rest += decoder.write(chunk as Buffer)
    let begin = 0
    for (let at = nextLineEnd(rest, searched); at !== -1; at = nextLineEnd(rest, begin)) {
      if (at > begin || keepEmpty) await deal(rest.slice(begin, at))
      begin = at + 1
    }
    rest = rest.slice(begin)
    while (rest.length > longestLine) {
      await deal(rest.slice(0, longestLine))
      rest = rest.slice(longestLine)
    }
  }
  rest += decoder.end()
  if (rest !== '') await deal(rest)
}

function nextLineEnd(text: string, from: number): number {
  const newline = text.indexOf('\n', from)
  const carriageReturn = text.indexOf('\r', from)
  if (newline === -1) return carriageReturn
  if (carriageReturn === -1) return newline
  return Math.min(newline, carriageReturn)
}
