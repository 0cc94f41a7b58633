import { HoldfastError, type ErrorCode } from '../domain/errors.ts'
import type { Finished } from '../places/place.ts'

/** One line of an engine's error table: how a failure is recognised, and what it is called. */
export interface FailureRule {
  readonly code: ErrorCode
  /** What the engine exits with when it tells by exit code. */
  readonly exitCodes?: readonly number[]
  /** What it writes when it tells only by text. */
  readonly text?: RegExp
  readonly message: string | ((match: RegExpExecArray | undefined) => string)
  readonly hint: string
}

/**
 * What a failed engine's exit means: the first rule that fits, texts before exit codes where a rule has both. What no rule
 * knows is `engine-failed`, with the engine's own last words.
 */
export function explainFailure(engine: string, finished: Finished, said: string, rules: readonly FailureRule[]): HoldfastError {
  if (finished.signal !== undefined) {
    return new HoldfastError('engine-killed', `${engine} was killed (${finished.signal})`, {
      hint: 'look for the kernel’s out-of-memory killer: journalctl -k | grep -i oom; then run the command again',
      detail: said,
    })
  }
  const known = knownFailure(said, finished.exitCode, rules)
  if (known !== undefined) return known
  const lines = said.split('\n').filter((line) => line.trim() !== '')
  // pgBackRest says what went wrong first, and then that it ends.
  const telling = lines.find((line) => /\bERROR: \[\d+\]/.test(line)) ?? lines.at(-1) ?? 'it said nothing'
  return new HoldfastError('engine-failed', `${engine} failed with exit code ${finished.exitCode}: ${telling.trim()}`, {
    hint: 'its whole answer stands below; holdfast backup --dry-run prints the command, to be run by hand',
    detail: said,
  })
}

/** What the table makes of an engine's words, and of its exit code where it has ended; undefined when no rule fits. */
export function knownFailure(
  said: string,
  exitCode: number | undefined,
  rules: readonly FailureRule[],
): HoldfastError | undefined {
  for (const rule of rules) {
    const match = rule.text?.exec(said) ?? undefined
    const byCode = exitCode !== undefined && rule.exitCodes?.includes(exitCode)
    if (match === undefined && !byCode) continue
    const message = typeof rule.message === 'string' ? rule.message : rule.message(match)
    return new HoldfastError(rule.code, message, { hint: rule.hint, detail: said })
  }
  return undefined
}

/** What any S3 client may say. Both engines quote the server, so the texts are the server's own or the TLS library's. */
export const storageRules: readonly FailureRule[] = [
  {
    code: 'storage-certificate',
    text: /certificate has expired|certificate is not yet valid|certificate signed by unknown authority|failed to verify certificate|unable to verify certificate|certificate verify failed|x509: /i,
    message: 'the certificate of the storage is expired or not trusted',
    hint: 'renew it on the server, or name the right authority: storage.s3.caFile; a wrong clock here looks the same: timedatectl',
  },
  {
    code: 'storage-region',
    text: /AuthorizationHeaderMalformed|the region '[^']*' is wrong|PermanentRedirect|IllegalLocationConstraint/i,
    message: 'the bucket lives in another region',
    hint: 'correct storage.s3.region',
  },
  {
    code: 'bucket-missing',
    text: /NoSuchBucket|specified bucket does not exist/i,
    message: 'the bucket does not exist',
    hint: 'correct storage.s3.bucket, or create the bucket first; Holdfast never creates one by itself',
  },
  {
    code: 'storage-denied',
    text: /InvalidAccessKeyId|SignatureDoesNotMatch|access key id you provided does not exist|signature we calculated does not match|AccessDenied|Access Denied|HTTP request failed with 403|ExpiredToken/i,
    message: 'the storage refuses these credentials',
    hint: 'check the keys in aws.env, and that they may read, write and list below the prefix of this site',
  },
  {
    code: 'storage-full',
    text: /no space left on device|disk quota exceeded|QuotaExceeded/i,
    message: 'no space is left in the repository, its cache or its temporary folder',
    hint: 'df -h shows which; nothing that was backed up before is lost',
  },
  {
    code: 'storage-unreachable',
    text: /connection refused|connection reset|no such host|i\/o timeout|network is unreachable|no route to host|unable to get address|TLS handshake timeout|HostConnectError|unable to connect to|50[0234]\]? (?:Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)|ServiceUnavailable|SlowDown/i,
    message: 'the storage does not answer',
    hint: 'check the network and the endpoint; the run can simply be repeated',
  },
]
