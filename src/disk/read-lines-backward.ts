import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

const chunkBytes = 262_144
const newline = 0x0a

/**
 * The lines of a file, the last one first, without empty ones. It is read from its end in chunks: whoever asks for the newest lines pays
 * for no more than those, and a line longer than the limit is passed over without being held in memory.
 */
export function* readLinesBackward(file: string, limitBytes: number): Generator<string> {
  const opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(opened)
    if (!stats.isFile()) throw Object.assign(new Error(`EINVAL: '${file}' is not a regular file`), { code: 'EINVAL' })
    const { size } = stats
    const buffer = Buffer.allocUnsafe(Math.min(size, chunkBytes))
    /** What is known of the line that begins before the last chunk; undefined once that is too long. */
    let tail: Buffer | undefined = Buffer.alloc(0)
    for (let end = size; end > 0;) {
      const begin: number = Math.max(0, end - chunkBytes)
      const chunk: Buffer = buffer.subarray(0, readSync(opened, buffer, 0, end - begin, begin))
      const firstLine: number = begin === 0 ? 0 : chunk.indexOf(newline) + 1
      if (begin > 0 && firstLine === 0) {
        tail = tail === undefined || tail.length + chunk.length > limitBytes ? undefined : Buffer.concat([chunk, tail])
      } else {
        const lines = chunk.subarray(firstLine, tail === undefined ? chunk.lastIndexOf(newline) + 1 : undefined)
        const text = (tail === undefined || tail.length === 0 ? lines : Buffer.concat([lines, tail])).toString('utf8')
        tail = Buffer.from(chunk.subarray(0, Math.max(0, firstLine - 1)))
        for (let lineEnd = text.length; lineEnd > 0;) {
          const lineBegin: number = text.lastIndexOf('\n', lineEnd - 1) + 1
          if (lineBegin < lineEnd) yield text.slice(lineBegin, lineEnd)
          lineEnd = lineBegin - 1
        }
      }
      end = begin
    }
  } finally {
    closeSync(opened)
  }
}
