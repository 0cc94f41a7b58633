import type { Command } from '../../domain/command.ts'
import { HoldfastError, type ErrorRecord } from '../../domain/errors.ts'
import { bytes } from '../../domain/size.ts'
import type { SnapshotRequest } from '../file-port.ts'
import type { BackUpResult, EngineContext } from '../port.ts'
import { fileErrorOf, parseMessage, parseSummary, wordsOf, type BackUpSummary } from './answers.ts'
import { backUpCommand } from './commands.ts'
import type { ResticOptions, ResticRun } from './run.ts'

/** Unreadable files that are named one by one; of the rest only the number is reported. */
const namedFaults = 20

/** A snapshot was made, but some files could not be read. */
const someUnreadable = 3

export async function backUp(restic: ResticRun, { pin }: SnapshotRequest, context: EngineContext): Promise<BackUpResult> {
  let summary: BackUpSummary | undefined
  const unreadable = new UnreadableFiles()
  const finished = await restic.runLong(backUpCommandOf(restic.options, pin), context, {
    accept: [0, someUnreadable],
    tellsProgress: true,
    onMessage: (message) => {
      if (message.message_type === 'summary') summary = parseSummary(message)
    },
    onStderrLine: (line) => unreadable.read(line),
  })
  if (summary === undefined) {
    throw new HoldfastError('engine-output', 'restic ended without a summary', { detail: wordsOf(finished.stderr) })
  }
  const faults = unreadable.faults()
  if (finished.exitCode === someUnreadable && faults.length === 0) {
    faults.push({ code: 'source-unreadable', message: 'some files could not be read', detail: wordsOf(finished.stderr) })
  }
  return {
    point: { id: summary.snapshot_id, kind: 'snapshot' },
    processedBytes: bytes(summary.total_bytes_processed),
    processedFiles: summary.total_files_processed,
    addedBytes: bytes(summary.data_added_packed ?? summary.data_added),
    faults,
    warnings: [],
  }
}

export function backUpCommandOf(options: ResticOptions, pin: string | undefined): Command {
  const { name, source } = options.component
  const { paths, exclude, oneFileSystem } = source
  return backUpCommand(options, { site: options.site, component: name, paths, exclude, oneFileSystem }, pin)
}

class UnreadableFiles {
  private readonly named: ErrorRecord[] = []
  private count = 0

  read(line: string): void {
    const message = parseMessage(line)
    if (message?.message_type !== 'error') return
    this.count += 1
    if (this.count > namedFaults) return
    const { item, cause } = fileErrorOf(message)
    this.named.push({
      code: 'source-unreadable',
      message: `${item} could not be read: ${cause}`,
      hint: 'make it readable for the user that runs holdfast, or add it to exclude',
    })
  }

  faults(): ErrorRecord[] {
    if (this.count <= namedFaults) return [...this.named]
    return [...this.named, { code: 'source-unreadable', message: `${this.count - namedFaults} more files could not be read` }]
  }
}
