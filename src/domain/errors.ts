import { defined } from './defined.ts'
/**
 * The one catalogue of what can go wrong. Every failure that a person can meet is a HoldfastError with a code from
 * here; a code says how a process ends (docs/exit-codes.md) and whether trying again can help.
 */

interface ErrorTraits {
  /** The process's exit code when this is what ended it. */
  readonly exit: number
  /** True when the same attempt may succeed in a moment with nothing changed. */
  readonly retryable: boolean
  /** What happened, in one line, for the reference page. */
  readonly meaning: string
}

const traits = (exit: number, meaning: string, retryable = false): ErrorTraits => ({ exit, meaning, retryable })

export const errorCatalogue = {
  unexpected: traits(1, 'something nobody foresaw: a bug, or a machine in an odd state'),
  usage: traits(2, 'the command line asks for something that does not exist or does not fit'),
  'partly-done': traits(3, 'some components were done and some were not'),
  'repository-missing': traits(10, 'there is no repository where the configuration says'),
  'bucket-missing': traits(10, 'the bucket does not exist'),
  locked: traits(11, 'another process holds the lock of the site or of a repository', true),
  'site-taken': traits(11, 'another machine backs up this site; two would undo each other’s work'),
  'wrong-key': traits(12, 'the passphrase does not open the repository'),
  configuration: traits(78, 'holdfast.yaml has errors, or cannot be read'),
  secret: traits(78, 'a secret is absent, empty, readable by others or tracked by git'),
  'engine-missing': traits(78, 'an engine is not installed'),
  'engine-too-old': traits(78, 'an engine is older than Holdfast can drive'),
  'kit-unreadable': traits(78, 'the recovery kit is incomplete, or was written by a newer Holdfast'),
  'state-unreadable': traits(1, 'a file that one command leaves to the next cannot be used'),
  'engine-configuration': traits(78, 'the engine configuration is absent: setup has not been applied'),
  interrupted: traits(130, 'stopped by Ctrl-C or a TERM signal'),
  'notice-failed': traits(1, 'no channel took a notice'),
  'program-missing': traits(1, 'a program that is needed is not installed'),
  'not-root': traits(1, 'only root may do this'),
  'unit-invalid': traits(1, 'systemd does not take a unit that Holdfast would write'),
  'unit-unknown': traits(2, 'systemd has no such unit'),
  'unit-failed': traits(1, 'a unit of systemd failed before Holdfast itself could tell why'),
  timeout: traits(1, 'a process was stopped because its deadline passed'),
  'engine-failed': traits(1, 'an engine failed for a reason that is not in the table of known ones'),
  'engine-output': traits(1, 'an engine answered something that could not be read'),
  'engine-stalled': traits(1, 'an engine stopped working without ending, and was stopped'),
  'engine-killed': traits(1, 'an engine was killed from outside, for example by the kernel for want of memory'),
  'storage-unreachable': traits(1, 'the storage does not answer', true),
  'storage-denied': traits(1, 'the storage refuses the credentials, or what they may do'),
  'storage-region': traits(78, 'the bucket lives in another region'),
  'storage-certificate': traits(1, 'the certificate of the storage is expired or not trusted'),
  'storage-full': traits(1, 'no space is left where a repository, cache or spool lives'),
  'repository-damaged': traits(1, 'the repository is damaged'),
  'source-missing': traits(1, 'a path that should be backed up does not exist'),
  'source-empty': traits(1, 'a folder that held data is empty or no longer mounted'),
  'source-unreadable': traits(3, 'some files could not be read; the others were backed up'),
  'clock-behind': traits(1, 'the clock of this machine is behind the newest backup'),
  'clock-doubtful': traits(1, 'the clock of this machine may be wrong, so nothing is removed'),
  'removal-large': traits(2, 'an unusual number of restore points would be removed at once'),
  'page-checksum': traits(3, 'the backup holds database pages whose checksum is wrong'),
  'no-access': traits(1, 'a user that an engine runs as cannot get to a file or folder'),
  'container-missing': traits(1, 'there is no container of that name'),
  'container-down': traits(1, 'a container is stopped, paused or about to restart', true),
  'container-runtime': traits(1, 'the container runtime does not answer, or does not let this user in'),
  'container-data': traits(1, 'the data of a container would go with it, or cannot be set aside'),
  'container-setup': traits(1, 'the image of a container could not be built, or the container not be made anew'),
  'postgres-down': traits(1, 'PostgreSQL does not answer', true),
  'postgres-in-recovery': traits(1, 'PostgreSQL is in recovery: a standby, or still starting'),
  'postgres-mismatch': traits(1, 'the repository belongs to another PostgreSQL cluster or version'),
  'archive-failing': traits(1, 'WAL does not reach the repository'),
  'wal-gap': traits(3, 'WAL is missing in the archive: a stretch of time cannot be restored'),
  'target-exists': traits(2, 'the place to write to already holds something'),
  'target-time': traits(2, 'the time is not one that can be restored'),
  'point-unknown': traits(2, 'there is no such restore point'),
  'point-needed': traits(1, 'a restore point may not be removed: it is pinned, the last good one, or another needs it'),
  'path-unknown': traits(2, 'the restore point does not hold that path'),
  'object-unknown': traits(2, 'the restored cluster does not hold that database or table'),
  'drill-failed': traits(5, 'what a drill restored is not what it should be'),
  'drill-overdue': traits(4, 'no restore has been tested for longer than the schedule says'),
  'outage-exceeded': traits(4, 'a recovery took longer than the agreed outage (rto) when it was last measured'),
  'backup-overdue': traits(4, 'a component has no good restore point that is as new as it should be'),
  'loss-exceeded': traits(4, 'a crash now would lose more than the agreed loss (rpo)'),
  'run-killed': traits(4, 'a run was killed or stopped before its end, and none has followed'),
  'run-hangs': traits(4, 'a run, or other work on the site, goes on for far longer than usual'),
  'lock-stale': traits(4, 'a lock is left over, or pgBackRest was told to stop: the next work may be refused'),
  'disk-low': traits(4, 'a file system that backups need is nearly full'),
  'watch-silent': traits(4, 'holdfast watch, which has looked before, looks no more'),
  'heartbeat-overdue': traits(4, 'the message that all is well was not sent when it was due'),
  'journal-unreadable': traits(4, 'the journal, or what the last watch saw, cannot be read or written'),
  'recovery-incomplete': traits(1, 'a restored database did not reach the time that was asked for'),
} as const satisfies Record<string, ErrorTraits>

export type ErrorCode = keyof typeof errorCatalogue

interface ErrorDetails {
  /** What to do next, as a sentence that names a command or a file where it can. */
  readonly hint?: string | undefined
  readonly cause?: unknown
  /** Longer evidence: the end of an engine's standard error, one of several configuration errors… */
  readonly detail?: string | undefined
}

/** Marks our errors whoever made them: the program is several bundles, and a class could be in more than one. */
const brand = Symbol.for('holdfast.error')

/** A failure in words: a lowercase message with no final stop, and a hint that says what to do. */
export class HoldfastError extends Error {
  override readonly name = 'HoldfastError'
  readonly [brand] = true
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly detail: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint
    this.detail = details.detail
  }

  get exitCode(): number {
    return errorCatalogue[this.code].exit
  }

  get retryable(): boolean {
    return errorCatalogue[this.code].retryable
  }
}

export const isHoldfastError = (value: unknown): value is HoldfastError =>
  typeof value === 'object' && value !== null && brand in value

/** The shape of an error in the journal and in JSON output. */
export interface ErrorRecord {
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string
  readonly detail?: string
}

/** Any thrown value as a HoldfastError: what is not one already is unexpected. */
export function toHoldfastError(thrown: unknown): HoldfastError {
  if (isHoldfastError(thrown)) return thrown
  if (isSystemError(thrown) && thrown.code === 'ENOSPC') {
    return new HoldfastError('storage-full', thrown.path === undefined ? 'no space left' : `no space left for ${thrown.path}`, {
      hint: 'free some space on that file system, then run the command again',
      cause: thrown,
    })
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new HoldfastError('unexpected', message, { cause: thrown })
}

export function errorRecord(thrown: unknown): ErrorRecord {
  const error = toHoldfastError(thrown)
  return {
    code: error.code,
    message: error.message,
    ...defined({ hint: error.hint, detail: error.detail }),
  }
}

/**
 * How a batch ends as a process: 0 when no item failed; when all did for one reason that has an exit code of its own (10,
 * 11, 12, 78), that one; else 3.
 *
 * @param failures the errors of each item that failed
 * @param items how many there were
 */
export function batchExitCode(failures: readonly (readonly ErrorRecord[])[], items: number): number {
  if (failures.length === 0) return 0
  const [only, ...others] = new Set(failures.flat().map(({ code }) => errorCatalogue[code].exit))
  const ofItsOwn = failures.length === items && only !== undefined && others.length === 0 && only >= 10
  return ofItsOwn ? only : errorCatalogue['partly-done'].exit
}

/** An error of Node's own, with its `code` such as ENOENT. Ours have codes too, and are none of them. */
export function isSystemError(thrown: unknown): thrown is NodeJS.ErrnoException {
  return thrown instanceof Error && !isHoldfastError(thrown) && 'code' in thrown && typeof thrown.code === 'string'
}
