import { HoldfastError, type ErrorCode } from '../../domain/errors.ts'

/** What a bucket answered instead of doing what it was asked. */
export interface Refusal {
  readonly status: number
  /** As the service names it, or `status 404` where it names none. */
  readonly code: string
  /** The region that it would have, where it says so. */
  readonly region: string | undefined
}

interface Asked {
  readonly bucket: string
  readonly host: string
  readonly region: string
}

interface Explanation {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string
}

/** The first that fits explains the refusal. */
const explanations: readonly (readonly [fits: (refusal: Refusal, asked: Asked) => boolean, explain: Explain])[] = [
  [
    ({ status, code }) => code === 'NoSuchBucket' || (status === 404 && code.startsWith('status')),
    (_, { bucket, host }) => ({
      code: 'bucket-missing',
      message: `the bucket ${bucket} does not exist at ${host}`,
      hint: 'correct storage.s3.bucket, or create the bucket first; Holdfast never creates one by itself',
    }),
  ],
  [
    ({ status, code, region }, asked) =>
      /^(?:AuthorizationHeaderMalformed|PermanentRedirect)$/.test(code) ||
      [301, 307].includes(status) ||
      (region !== undefined && region !== asked.region),
    ({ region }, asked) => ({
      code: 'storage-region',
      message: `the bucket ${asked.bucket} does not live in region ${asked.region}`,
      hint: region === undefined ? 'correct storage.s3.region' : `set storage.s3.region to ${region}`,
    }),
  ],
  [
    ({ status, code }) => status === 507 || /Quota|StorageFull/.test(code),
    ({ code }, { bucket }) => ({
      code: 'storage-full',
      message: `the bucket ${bucket} takes nothing more: ${code}`,
      hint: 'its quota, or the disk of the service, is full: raise it, or let holdfast retention apply make room',
    }),
  ],
  [
    ({ status, code }) => [408, 429].includes(status) || /^(?:SlowDown|RequestTimeout|TooManyRequests)$/.test(code),
    ({ code }) => ({
      code: 'storage-unreachable',
      message: `the storage is busy: ${code}`,
      hint: 'the run can simply be repeated',
    }),
  ],
  [
    ({ code }) => code === 'RequestTimeTooSkewed',
    () => ({
      code: 'storage-denied',
      message: 'the storage refuses requests because the clock of this machine is wrong',
      hint: 'timedatectl shows it; systemctl restart systemd-timesyncd',
    }),
  ],
  [
    ({ status }) => status === 401 || status === 403,
    ({ code }, { bucket }) => ({
      code: 'storage-denied',
      message: `the storage ${keyFaults[code] ?? `refuses these keys in the bucket ${bucket} (${code})`}`,
      hint: 'check the keys in aws.env, and that they may read, write and list below the prefix of this site',
    }),
  ],
  [
    ({ status }) => status >= 500,
    ({ code }) => ({
      code: 'storage-unreachable',
      message: `the storage answers with ${code}`,
      hint: 'it is in trouble; the run can simply be repeated',
    }),
  ],
]

type Explain = (refusal: Refusal, asked: Asked) => Explanation

const keyFaults: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: 'does not know the access key',
  SignatureDoesNotMatch: 'says the secret key is wrong',
}

/** @param detail what the service itself wrote about it */
export function refusalError(refusal: Refusal, asked: Asked, detail: string | undefined): HoldfastError {
  const [, explain] = explanations.find(([fits]) => fits(refusal, asked)) ?? []
  const { code, message, hint } = explain?.(refusal, asked) ?? {
    code: 'storage-denied' as const,
    message: `the storage answers with ${refusal.code}`,
    hint: 'check endpoint, bucket and keys',
  }
  return new HoldfastError(code, message, { hint, ...(detail === undefined ? {} : { detail }) })
}
