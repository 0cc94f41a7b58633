import type { Duration } from '../../domain/duration.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { ServerFacts } from './port.ts'

/** A server setting that has to change for archiving to work. */
export interface SettingChange {
  readonly name: 'wal_level' | 'archive_mode' | 'archive_command' | 'archive_timeout'
  readonly value: string
  readonly reason: string
  readonly needsRestart: boolean
  /** What stops working by it, which wants a yes of its own. */
  readonly interrupts?: string
}

/** How WAL gets to the engine. */
export interface Archiving {
  readonly archiveCommand: string
  /** The engine's configuration: a command that names it is one of ours, from an earlier setup. */
  readonly file: string
}

/** What to change so that every segment of WAL reaches the repository well within the agreed loss. Empty when all is well. */
export function archivingChanges(facts: ServerFacts, { archiveCommand, file }: Archiving, rpo: Duration): SettingChange[] {
  const changes: SettingChange[] = []
  const { configured } = facts
  const present = {
    walLevel: configured.wal_level ?? facts.walLevel,
    archiveMode: configured.archive_mode ?? facts.archiveMode,
    archiveCommand: configured.archive_command ?? facts.archiveCommand,
  }
  if (present.walLevel === 'minimal') {
    changes.push({
      name: 'wal_level',
      value: 'replica',
      reason: 'minimal WAL cannot be replayed onto a backup',
      needsRestart: true,
    })
  }
  if (present.archiveMode === 'off') {
    changes.push({ name: 'archive_mode', value: 'on', reason: 'WAL is what makes any second restorable', needsRestart: true })
  }
  if (present.archiveCommand !== archiveCommand) {
    // A server with archive_mode off calls its command "(disabled)".
    const unset = present.archiveCommand === '' || present.archiveCommand === '(disabled)'
    const ours = present.archiveCommand.includes(file.replaceAll('%', '%%'))
    changes.push({
      name: 'archive_command',
      value: archiveCommand,
      reason: unset ? 'hands each finished segment of WAL to pgBackRest' : `instead of: ${present.archiveCommand}`,
      needsRestart: false,
      ...(unset || ours ? {} : { interrupts: `WAL no longer goes to: ${present.archiveCommand}` }),
    })
  }
  const timeoutSeconds = archiveTimeoutSeconds(rpo)
  if (facts.archiveTimeoutSeconds === 0 || facts.archiveTimeoutSeconds > timeoutSeconds) {
    changes.push({
      name: 'archive_timeout',
      value: `${timeoutSeconds}s`,
      reason: `the agreed loss (rpo) is ${formatDuration(rpo)}: a quiet database archives at least every ${formatDuration(timeoutSeconds * 1000)}, so that several uploads may fail before the objective is missed`,
      needsRestart: false,
    })
  }
  return changes
}

/** A sixth of the agreed loss, between a minute (segments cost requests) and an hour. */
export function archiveTimeoutSeconds(rpo: Duration): number {
  return Math.min(3600, Math.max(60, Math.round(rpo / 6000)))
}

/** ALTER SYSTEM for a change; the value is quoted as an SQL literal. */
export function alterSystemText(change: SettingChange): string {
  return `ALTER SYSTEM SET ${change.name} = '${change.value.replaceAll("'", "''")}'`
}
