import { describe, expect, test } from 'vitest'
import type { Finished } from '../../places/place.ts'
import { explainFailure } from '../failure.ts'
import { wordsOf } from './answers.ts'
import { resticFailures } from './errors.ts'

function explained(exitCode: number, stderr: string) {
  const finished: Finished = { exitCode, signal: undefined, stdout: '', stderr }
  return explainFailure('restic', finished, wordsOf(stderr), resticFailures)
}

const missing = `Is there a repository at the following location?\n/mnt/backup/pi-hosting/foundry`

describe('what restic really says, and what it is called', () => {
  test.each([
    ['wrong-key', '0.14', 1, 'Fatal: wrong password or no key found'],
    ['wrong-key', '0.18', 12, '{"message_type":"exit_error","code":12,"message":"Fatal: wrong password or no key found"}'],
    [
      'repository-missing',
      '0.14',
      1,
      `Fatal: unable to open config file: stat /mnt/backup/pi-hosting/foundry/config: no such file or directory\n${missing}`,
    ],
    [
      'repository-missing',
      '0.18',
      10,
      `Fatal: repository does not exist: unable to open config file: stat /mnt/backup/pi-hosting/foundry/config: no such file or directory\n${missing}`,
    ],
    [
      'repository-missing',
      '0.18, on S3',
      10,
      'Fatal: repository does not exist: unable to open config file: Stat: The specified key does not exist.',
    ],
    ['storage-denied', '0.14', 1, `Fatal: unable to open config file: Stat: Access Denied.\n${missing}`],
    [
      'storage-denied',
      '0.18',
      1,
      `Stat(<config/>) failed: Stat: Access Denied.\nFatal: unable to open config file: Stat: Access Denied.\n${missing}`,
    ],
    [
      'storage-certificate',
      '0.14',
      1,
      `Fatal: unable to open config file: Stat: Head "https://localhost:19443/denied/pi/config": x509: certificate signed by unknown authority\n${missing}`,
    ],
    [
      'storage-unreachable',
      '0.14',
      1,
      `Fatal: unable to open config file: Stat: Get "https://127.0.0.1:9000/b/": dial tcp 127.0.0.1:9000: connect: connection refused\n${missing}`,
    ],
    ['storage-full', '0.14', 1, 'Fatal: unable to save snapshot: write /mnt/backup/tmp: no space left on device'],
    [
      'repository-damaged',
      '0.14, an index gone',
      1,
      'error for tree a1beba98:\n  id a1beba986e1cccd714256be3eabc11569bc2dcf46c01d64f872f8e4059bb043a not found in repository\nFatal: repository contains errors',
    ],
    [
      'repository-damaged',
      '0.14, while restoring',
      1,
      'ignoring error for /: id a1beba986e1cccd714256be3eabc11569bc2dcf46c01d64f872f8e4059bb043a not found in repository\nFatal: There were 2 errors',
    ],
    [
      'repository-damaged',
      '0.14, a pack changed',
      1,
      'ignoring error for /src/big: ciphertext verification failed\nFatal: There were 2 errors',
    ],
    [
      'repository-damaged',
      '0.14, a pack gone',
      1,
      'pack 6f2b9439b74c492a27e08e71d83452b92c5ef2cb25607a61930667b8d43e72d1: does not exist\nFatal: repository contains errors',
    ],
    [
      'repository-damaged',
      '0.14, a pack gone while restoring',
      1,
      'ignoring error for /src/big: StreamPack: open /mnt/backup/data/6f/6f2b9439b74c492a27e08e71d83452b92c5ef2cb25607a61930667b8d43e72d1: no such file or directory\nFatal: There were 6 errors',
    ],
    [
      'repository-damaged',
      '0.18, an index gone',
      1,
      '{"message_type":"error","error":{"message":"id 800d6de6bb890d7fbb680baf2aacb6ad1b97aa700b9dd9ead1a9e6f54eb3bcda not found in repository"},"during":"restore","item":"/"}\n{"message_type":"exit_error","code":1,"message":"Fatal: There were 2 errors\\n"}',
    ],
    [
      'repository-damaged',
      '0.18, a pack changed',
      1,
      '{"message_type":"error","error":{"message":"decrypting blob \\u003cdata/9c0bb488\\u003e from 15daedcc failed: ciphertext verification failed"},"during":"restore","item":"/src/big"}\n{"message_type":"exit_error","code":1,"message":"Fatal: There were 2 errors\\n"}',
    ],
    ['engine-too-old', '0.14 and 0.18', 1, 'Fatal: config cannot be loaded: unsupported repository version 9'],
    ['repository-damaged', '0.18', 1, 'The repository is damaged and must be repaired.\n\nFatal: repository contains errors'],
    [
      'engine-failed',
      '0.14, a source gone in the last moment',
      1,
      '/srv/foundry does not exist, skipping\nFatal: all target directories/files do not exist',
    ],
    [
      'engine-failed',
      '0.14, a file of the target gone',
      1,
      'ignoring error for /srv/data/big: UtimesNano: no such file or directory\nFatal: There were 1 errors',
    ],
  ])('%s: restic %s, exit code %d', (code, _version, exitCode, stderr) => {
    expect(explained(exitCode, stderr).code).toBe(code)
  })

  test.each([
    ['0.14', 1, plainLock('0.14')],
    ['0.18', 11, plainLock('0.18')],
    ['0.18, in JSON', 11, JSON.stringify({ message_type: 'exit_error', code: 11, message: plainLock('0.18') })],
  ])('names who holds the lock, and since when: restic %s', (_version, exitCode, stderr) => {
    expect(explained(exitCode, stderr)).toMatchObject({
      code: 'locked',
      message: 'the repository is locked by PID 8274 on pi-hosting by root, since 2026-01-26 03:00:13 (2h3m ago)',
    })
  })

  test('knows a lock by its exit code alone', () => {
    expect(explained(11, '')).toMatchObject({ code: 'locked', message: 'the repository is locked by another process' })
  })

  test('tells people in words what newer versions say in JSON', () => {
    const stderr = '{"message_type":"exit_error","code":1,"message":"Fatal: it is Tuesday\\n"}'
    expect(explained(1, stderr)).toMatchObject({
      message: 'restic failed with exit code 1: Fatal: it is Tuesday',
      detail: 'Fatal: it is Tuesday',
    })
  })
})

function plainLock(version: string): string {
  return [
    ...(version === '0.18' ? ['repo already locked, waiting up to 0s for the lock'] : []),
    'unable to create lock in backend: repository is already locked by PID 8274 on pi-hosting by root (UID 0, GID 0)',
    'lock was created at 2026-01-26 03:00:13 (2h3m ago)',
    'storage ID abe5d41d',
    'the `unlock` command can be used to remove stale locks',
  ].join('\n')
}
