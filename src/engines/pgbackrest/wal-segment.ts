import { instant, type Instant } from '../../domain/clock.ts'

/**
 * The time of the last transaction that ended within a segment of WAL: recovery reaches every second before it. Undefined when
 * none ended there, as in the middle of a long load of data.
 *
 * What is read of the format is the same in all versions since 9.5 (access/xlogrecord.h, xlog_internal.h, xact.h). pg_waldump
 * would tell as much, but only that of the very version, which a machine after a disaster need not have yet.
 */
export function lastTransactionIn(segment: Uint8Array): Instant | undefined {
  let last: Instant | undefined
  for (const { records, firstAt } of recordStreams(viewOf(segment))) {
    let position = firstAt
    while (position + recordHeaderBytes <= records.byteLength) {
      const length = records.getUint32(position, true)
      // Zeros follow the last record; one that goes on in the next segment hasn't ended here.
      if (length < recordHeaderBytes || position + length > records.byteLength) break
      last = transactionEnd(records, position) ?? last
      position += aligned(length)
    }
  }
  return last
}

const recordHeaderBytes = 24
const shortPageHeaderBytes = 24
const longPageHeaderBytes = 40

/** Flags of a page: it begins in the middle of a record; it is a segment's first; it stands for a record that never was completed. */
const pageContinues = 0x01
const pageIsLong = 0x02
const pageOverwrites = 0x08

const aligned = (length: number): number => (length + 7) & ~7
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

interface RecordStream {
  readonly records: DataView
  /** Where the first whole record begins. */
  readonly firstAt: number
}

/** The records of a segment, without the headers of the pages that cut through them. */
function recordStreams(segment: DataView): RecordStream[] {
  if (segment.byteLength < longPageHeaderBytes || (segment.getUint16(2, true) & pageIsLong) === 0) return []
  const pageBytes = segment.getUint32(36, true)
  if (pageBytes < longPageHeaderBytes || segment.byteLength % pageBytes !== 0) return []
  const [magic, address] = [segment.getUint16(0, true), segment.getBigUint64(8, true)]
  const streams: Uint8Array[][] = [[]]
  for (let offset = 0; offset < segment.byteLength; offset += pageBytes) {
    // Pages of an older segment, whose file was used again, have the address that they had there.
    if (segment.getUint16(offset, true) !== magic) break
    if (segment.getBigUint64(offset + 8, true) !== address + BigInt(offset)) break
    const flags = segment.getUint16(offset + 2, true)
    const headerBytes = (flags & pageIsLong) === 0 ? shortPageHeaderBytes : longPageHeaderBytes
    if ((flags & pageOverwrites) !== 0 && offset > 0) streams.push([])
    streams.at(-1)?.push(new Uint8Array(segment.buffer, segment.byteOffset + offset + headerBytes, pageBytes - headerBytes))
  }
  const remainderBytes = (segment.getUint16(2, true) & pageContinues) === 0 ? 0 : aligned(segment.getUint32(16, true))
  return streams.map((pages, index) => ({ records: viewOf(Buffer.concat(pages)), firstAt: index === 0 ? remainderBytes : 0 }))
}

const transactionManager = 1
const operationMask = 0x70
/** Commit, abort, and both of a prepared transaction. */
const endingOperations: readonly number[] = [0x00, 0x20, 0x30, 0x40]

/** What stands in front of a record's main data. */
const block = { shortData: 255, longData: 254, origin: 253, topTransaction: 252 } as const

/** Between 1970, where instants begin, and 2000, where PostgreSQL's times do. */
const postgresEpochMs = 946_684_800_000

function transactionEnd(records: DataView, position: number): Instant | undefined {
  const operation = records.getUint8(position + 16) & operationMask
  if (records.getUint8(position + 17) !== transactionManager || !endingOperations.includes(operation)) return undefined
  let at = position + recordHeaderBytes
  for (;;) {
    const kind = records.getUint8(at)
    if (kind === block.origin) at += 3
    else if (kind === block.topTransaction) at += 5
    else if (kind === block.shortData || kind === block.longData) break
    else return undefined
  }
  at += records.getUint8(at) === block.shortData ? 2 : 5
  // Microseconds, cut: the end of the window must not lie after the transaction.
  return instant(postgresEpochMs + Number(records.getBigInt64(at, true) / 1000n))
}
