import { InvalidArgumentError } from 'commander'
import { durationForm, parseDuration } from '../../domain/duration.ts'

export const waiting = { '--wait <duration>': { description: 'wait so long for another run to end', parse: readDuration } }

export const limited = { '--limit <count>': { description: 'show at most so many', parse: readCount } }

/** Where a bucket is; `init` and `recover` ask the same. */
export const bucketPlace = {
  '--region <region>': 'region of the bucket',
  '--endpoint <url>': 'S3-compatible service instead of AWS',
  '--ca-file <file>': 'PEM file of a private authority that signed the certificate of the endpoint',
}

function readCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('expected a whole number from 1 on')
}

function readDuration(text: string): number {
  const value = parseDuration(text)
  if (value === undefined) throw new InvalidArgumentError(`expected ${durationForm}`)
  return value
}
