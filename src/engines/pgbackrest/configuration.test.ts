import { describe, expect, test } from 'vitest'
import { locations } from '../../../test/support/locations.ts'
import { duration } from '../../domain/duration.ts'
import { configurationText, type PgbackrestConfiguration } from './configuration.ts'

const configuration: PgbackrestConfiguration = {
  stanza: 'database',
  location: locations['a directory'],
  passphrase: 'correct horse battery staple',
  s3Keys: undefined,
  processes: 2,
  patience: duration(3, 'm'),
  workDirectory: '/var/lib/holdfast/pi-hosting/pgbackrest/database',
  dataDirectory: '/var/lib/postgresql/15/main',
  port: 5432,
  socketDirectory: '/var/run/postgresql',
  user: 'postgres',
}

const s3Keys = { id: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCY', token: undefined }

describe('pgbackrest.conf', () => {
  test.each([
    ['a directory', 'pgbackrest-directory.conf.txt', undefined],
    ['S3 at AWS', 'pgbackrest-s3-aws.conf.txt', { ...s3Keys, token: 'FwoGZXIvYXdzEBYaDK' }],
    ['S3 of one’s own', 'pgbackrest-s3-own.conf.txt', s3Keys],
  ] as const)('for %s is that of the golden file', async (where, file, keys) => {
    const text = configurationText({ ...configuration, location: locations[where], s3Keys: keys })
    await expect(text).toMatchFileSnapshot(`../../../test/golden/${file}`)
  })

  test('keeps every backup: only Holdfast removes, by its own plan', () => {
    expect(configurationText(configuration)).toMatch(/^repo1-retention-full=9999999$/m)
  })

  test.each([
    [duration(13, 'h'), 'io-timeout=3600', 'archive-timeout=46800'],
    [duration(3, 'd'), 'io-timeout=3600', 'archive-timeout=86400'],
  ])('never waits longer than pgBackRest can (%i ms)', (patience, ...lines) => {
    expect(configurationText({ ...configuration, patience }).split('\n')).toEqual(expect.arrayContaining(lines))
  })

  test('names every option once', () => {
    const names = configurationText({ ...configuration, location: locations['S3 of one’s own'], s3Keys })
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => line.split('=')[0])
    expect(new Set(names).size).toBe(names.length)
  })
})
