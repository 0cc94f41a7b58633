import { describe, expect, test } from 'vitest'
import type { Finished } from '../../places/place.ts'
import { explainFailure } from '../failure.ts'
import { pgbackrestFailures } from './errors.ts'

function codeOf(exitCode: number, said: string): string {
  const finished: Finished = { exitCode, signal: undefined, stdout: '', stderr: '' }
  return explainFailure('pgbackrest', finished, said, pgbackrestFailures).code
}

const noConnection = `WARN: unable to check pg1: [DbConnectError] unable to connect to 'dbname='postgres' port=5499 user='postgres' host='/tmp/sock'': connection to server on socket "/tmp/sock/.s.PGSQL.5499" failed: No such file or directory
      	Is the server running locally and accepting connections on that socket?`
const noInfo = (cause: string): string =>
  `unable to load info file '/mnt/repo/backup/database/backup.info' or '/mnt/repo/backup/database/backup.info.copy':
       ${cause}
       ${cause}
       HINT: backup.info cannot be opened and is required to perform a backup.
       HINT: has a stanza-create been performed?`

describe('what pgBackRest 2.45 and 2.55 really say, and what it is called', () => {
  test.each([
    ['postgres-down', 27, `${noConnection}\nERROR: [027]: no database found`],
    ['postgres-down', 56, `${noConnection}\nERROR: [056]: unable to find primary cluster - cannot proceed`],
    [
      'postgres-down',
      56,
      `${noConnection.replace('No such file or directory', 'Connection refused')}\nERROR: [056]: unable to find primary cluster`,
    ],
    [
      'repository-missing',
      55,
      `ERROR: [055]: ${noInfo("FileMissingError: unable to open missing file '/mnt/repo/backup/database/backup.info' for read")}`,
    ],
    ['repository-missing', 103, 'missing stanza path'],
    [
      'point-needed',
      104,
      'ERROR: [075]: repo1: full backup 20261124-175441F cannot be expired until another full backup has been created on this repo\nERROR: [104]: expire command encountered 1 error(s), check the log file for details',
    ],
    ['point-unknown', 75, 'ERROR: [075]: no backup set to annotate found'],
    ['wrong-key', 95, `ERROR: [095]: ${noInfo('CryptoError: unable to flush\n       HINT: is or was the repo encrypted?')}`],
    ['wrong-key', 29, `ERROR: [029]: ${noInfo('FormatError: key/value found outside of section at line 1: ?s=???X?')}`],
    [
      'storage-certificate',
      95,
      "ERROR: [095]: unable to verify certificate presented by 'localhost:19443': [18] self-signed certificate",
    ],
    [
      'storage-certificate',
      95,
      "P00  ERROR: [095]: unable to verify certificate presented by 'localhost:19443 (127.0.0.1)': [18] self-signed certificate\n    [CryptoError] on 4 retries from 217-1003ms: unable to verify certificate presented by 'localhost:19443 (127.0.0.1)'",
    ],
    [
      'storage-unreachable',
      49,
      `ERROR: [049]: ${noInfo("HostConnectError: unable to connect to '127.0.0.1:1': [111] Connection refused")}`,
    ],
    ['storage-unreachable', 49, "ERROR: [049]: unable to get address for 'nohost.invalid': [-2] Name or service not known"],
    ['storage-unreachable', 101, 'ERROR: [101]: [503] Service Unavailable'],
    ['storage-denied', 39, 'ERROR: [039]: HTTP request failed with 403 (Forbidden):\n       HEAD /denied/pi'],
    [
      'bucket-missing',
      39,
      'ERROR: [039]: HTTP request failed with 404 (Not Found):\n       <Error><Code>NoSuchBucket</Code></Error>',
    ],
    [
      'locked',
      50,
      "ERROR: [050]: unable to acquire lock on file '/tmp/lock/database-backup.lock': Resource temporarily unavailable",
    ],
    ['engine-failed', 50, "ERROR: [050]: unable to acquire lock on file '/tmp/lock/database-backup.lock': Permission denied"],
    [
      'postgres-mismatch',
      51,
      'ERROR: [051]: PostgreSQL version 15, system-id 7711742623814094695 do not match stanza version 15, system-id 7711742581996391971',
    ],
    ['archive-failing', 82, 'ERROR: [082]: WAL segment 000000010000000000000009 was not archived before the 1000ms timeout'],
    ['archive-failing', 68, "ERROR: [068]: archive_command 'false' must contain pgbackrest"],
    ['archive-failing', 87, 'ERROR: [087]: archive_mode must be enabled'],
    ['archive-failing', 62, 'ERROR: [062]: stop file exists for stanza database'],
    [
      'point-unknown',
      75,
      'WARN: repo1: [BackupSetInvalidError] no backup sets to restore\nERROR: [075]: backup set 20200101-000000F is not valid',
    ],
    ['target-exists', 40, "ERROR: [040]: unable to restore to path '/srv/restored' because it contains files"],
    ['target-exists', 38, 'ERROR: [038]: unable to restore while PostgreSQL is running'],
    [
      'repository-damaged',
      29,
      'ERROR: [029]: raised from local-1 protocol: zst error: [-20] Data corruption detected\n       [FormatError] on retry after 0ms',
    ],
    [
      'repository-damaged',
      55,
      "ERROR: [055]: raised from local-1 protocol: unable to open missing file '/mnt/repo/backup/database/20261124-142050F/bundle/1' for read\n       [FileMissingError] on retry after 0ms",
    ],
    ['engine-failed', 41, "ERROR: [041]: unable to open file '/mnt/repo/backup.info' for read: [13] Permission denied"],
    ['engine-failed', 31, "ERROR: [031]: option 'lock-path' not valid for command 'repo-ls'"],
  ])('%s: exit code %d, %s', (code, exitCode, said) => {
    expect(codeOf(exitCode, said)).toBe(code)
  })

  test('is known by the exit code alone where a version says it in other words', () => {
    expect([82, 50, 75, 95, 103].map((exitCode) => codeOf(exitCode, 'in other words'))).toEqual([
      'archive-failing',
      'locked',
      'point-unknown',
      'wrong-key',
      'repository-missing',
    ])
  })
})
