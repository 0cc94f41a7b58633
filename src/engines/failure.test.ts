import { describe, expect, test } from 'vitest'
import type { Finished } from '../places/place.ts'
import { explainFailure, storageRules, type FailureRule } from './failure.ts'

const ended = (exitCode: number | undefined, signal?: NodeJS.Signals): Finished => ({ exitCode, signal, stdout: '', stderr: '' })

const rules: readonly FailureRule[] = [
  {
    code: 'locked',
    text: /locked by (\w+)/,
    message: (match) => `locked by ${match?.[1] ?? 'somebody'}`,
    hint: 'wait',
    exitCodes: [11],
  },
  { code: 'wrong-key', exitCodes: [12], message: 'wrong key', hint: 'find the right one' },
  { code: 'repository-damaged', text: /damaged/, message: 'damaged', hint: 'change nothing' },
]

describe('what a failed engine means', () => {
  test('is what the first rule says that fits, by text or by exit code', () => {
    expect(explainFailure('restic', ended(1), 'the repository is damaged, and locked by alice', rules)).toMatchObject({
      code: 'locked',
      message: 'locked by alice',
      hint: 'wait',
      detail: 'the repository is damaged, and locked by alice',
    })
    expect(explainFailure('restic', ended(11), '', rules)).toMatchObject({ code: 'locked', message: 'locked by somebody' })
    expect(explainFailure('restic', ended(12), 'damaged', rules).code).toBe('wrong-key')
  })

  test('is engine-failed, in the engine’s own last words, when no rule knows it', () => {
    expect(explainFailure('restic', ended(1), 'opening…\n  Fatal: it is Tuesday\n\n', rules)).toMatchObject({
      code: 'engine-failed',
      message: 'restic failed with exit code 1: Fatal: it is Tuesday',
      detail: 'opening…\n  Fatal: it is Tuesday\n\n',
    })
    expect(explainFailure('restic', ended(1), '', rules).message).toBe('restic failed with exit code 1: it said nothing')
  })

  test('is engine-killed when a signal ended it, whatever it had said before', () => {
    expect(explainFailure('pgbackrest', ended(undefined, 'SIGKILL'), 'damaged', rules)).toMatchObject({
      code: 'engine-killed',
      message: 'pgbackrest was killed (SIGKILL)',
      detail: 'damaged',
    })
  })
})

describe('what a storage says', () => {
  test.each([
    ['storage-certificate', 'Head "https://localhost:19443/b/config": x509: certificate signed by unknown authority'],
    ['storage-certificate', "unable to verify certificate presented by 'localhost:19443': [18] self-signed certificate"],
    ['storage-certificate', 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid'],
    ['storage-region', "the region 'us-east-1' is wrong; expecting 'eu-central-1'"],
    ['bucket-missing', '<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>'],
    ['storage-denied', 'client.PutObject: The Access Key Id you provided does not exist in our records.'],
    ['storage-denied', 'Stat(<config/>) failed: Stat: Access Denied.'],
    ['storage-denied', 'HTTP request failed with 403 (Forbidden):'],
    ['storage-denied', '<Code>ExpiredToken</Code>'],
    ['storage-full', 'write /mnt/backup/data/4a/4a32: no space left on device'],
    ['storage-full', 'write /mnt/backup/data/4a/4a32: disk quota exceeded'],
    ['storage-unreachable', 'dial tcp 127.0.0.1:9000: connect: connection refused'],
    ['storage-unreachable', "HostConnectError: unable to connect to '127.0.0.1:1': [111] Connection refused"],
    ['storage-unreachable', "unable to get address for 'nohost.invalid': [-2] Name or service not known"],
    ['storage-unreachable', 'dial tcp: lookup nohost.invalid: no such host'],
    ['storage-unreachable', 'net/http: TLS handshake timeout'],
    ['storage-unreachable', '503 Service Unavailable'],
    ['storage-unreachable', '[503] Service Unavailable'],
    ['storage-unreachable', '[500] Internal Server Error'],
    ['storage-unreachable', '<Code>SlowDown</Code><Message>Please reduce your request rate.</Message>'],
  ])('is %s: %s', (code, said) => {
    expect(explainFailure('restic', ended(1), said, storageRules).code).toBe(code)
  })
})
